#!/usr/bin/env bats
# rtmon: further programs in the container, by its control socket. With any runtime (RT=).
load helpers
load monitor

setup() { monitor_fixture; }

reply() { ask "$@" | sed 's/^ok //'; }
# process SCRIPT: the file of a program for exec.
process() {
  jq '.process | .args = ["/bin/sh", "-c", $code] | .terminal = $tty' --arg code "$1" --argjson tty "${2:-false}" \
    "$BUNDLE/config.json" >"$T/process.json"
}
# exec_in REQUEST [OPTION...]: with attaching, its record in $T/record.
exec_in() {
  local request=$1
  shift
  timeout "$LIMIT" "$PYTHON" "$HERE/programs/attach.py" --request "$request" --process "$T/process.json" "$@" "$MON/control" "$T/record"
}
# Without attaching; prints the reply.
exec_detached() { ask --process "$T/process.json" "$@"; }
up() {
  args /bin/probe waiting up
  succeeds rtmon --detach --start "$@"
  eventually grep -q up "$LOG"
}
down() { ask stop TERM 0 >/dev/null; }
none_runs() { is "$(reply execs)" '[]'; }
zombies() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v monitor="$(pgrep -f -- "--dir $MON " | head -n 1)" '$3 == "Z" && $4 == monitor' | wc -l
}

@test "its output, error output, exit code and record" {
  up
  process 'echo out; echo err >&2; exit 7'
  succeeds exec_in "exec one attach"
  is "$output" out
  is "$stderr" err
  is "$(jq -r '"\(.v) \(.id) \(.exec) \(.exitCode) \(.signal) \(.drain)"' "$T/record")" "1 $ID one 7 null complete"
  is "$(reply wait exec one)" "$(<"$T/record")"
  is "$(<"$MON/exec/one.json")" "$(<"$T/record")"
  lacks "$(<"$LOG")" "F out"
  none_runs
  down
}

@test "its input, and every byte back" {
  up
  head -c 300000 "$ROOTFS/bin/busybox" >"$T/input"
  process 'cat; exit 3'
  succeeds exec_in "exec copy stdin attach wait" --input "$T/input"
  cmp "$T/input" "$OUT"
  is "$(jq .exitCode "$T/record")" 3
  process 'cat; echo none'
  succeeds exec_in "exec none attach"
  is "$output" none
  down
}

@test "with a terminal: size, input, output" {
  up
  process 'tty; read line; echo "got $line"; stty size; read line; exit 5' true
  printf 'typed\n' >"$T/input"
  background exec_in "exec tty terminal attach" --input "$T/input" --keep-input
  eventually grep -q "got typed" "$BG_OUT"
  is "$(reply execs | jq -r '.[] | "\(.exec) \(.state) \(.terminal) \(.clients)"')" "tty running true 1"
  is "$(ask resize 77 33 exec tty)" ok
  process 'stty size <"/proc/$(pidof -s sh)/fd/0"'
  script_pid=$(reply execs | jq '.[0].pid')
  is "$(stty size <"/proc/$script_pid/fd/0")" "33 77"
  has "$(ask close-stdin exec tty)" "error usage close-stdin: the input is a terminal"
  ask signal KILL exec tty
  wait "$BG_PID"
  is "$(jq -r '"\(.signal) \(.drain)"' "$T/record")" "9 complete"
  absent "$MON/exec/tty.console"
  down
}

@test "without attaching it runs by itself, and is waited for and killed by name" {
  up
  process 'trap "exit 9" TERM; echo $$ >/tmp/pid; while :; do sleep 0.1; done'
  own=$(exec_detached exec bg)
  like "$own" '^ok \{"pid":[0-9]+,"terminal":false,"input":false\}$'
  has "$(exec_detached exec bg)" "error container-exists exec 'bg' runs already"
  background ask wait exec bg
  sleep 0.3
  is "$(ask signal TERM exec bg)" ok
  wait "$BG_PID"
  is "$(sed 's/^ok //' "$BG_OUT" | jq .exitCode)" 9
  has "$(ask signal TERM exec bg)" "error container-not-running no exec 'bg' runs"
  has "$(ask wait exec never)" "error container-not-running no exec 'never' runs or is on record"
  down
}

@test "attaching later, detaching, and closing its input" {
  up
  process 'trap "echo later" USR1; while :; do read line && echo "got $line" || { [ -e /tmp/x ] || exit 6; }; done'
  exec_detached exec job stdin
  printf 'hello\n' >"$T/input"
  exits 3 timeout "$LIMIT" "$PYTHON" "$HERE/programs/attach.py" --request "attach exec job" --input "$T/input" --keep-input \
    --until "got hello" "$MON/control" "$T/record"
  is "$(reply execs | jq -r '.[0].state')" running
  is "$(ask close-stdin exec job)" ok
  is "$(reply wait exec job | jq .exitCode)" 6
  down
}

@test "KILL takes the process group with it" {
  up
  process 'sleep 1000 & echo started; wait'
  background exec_in "exec group attach"
  eventually grep -q started "$BG_OUT"
  ask signal KILL exec group
  wait "$BG_PID"
  is "$(jq -r '"\(.signal) \(.drain)"' "$T/record")" "9 complete"
  down
}

@test "many at once, each with its own output and code; none is left a zombie" {
  up
  local pids=() i
  for i in 1 2 3 4 5 6 7 8; do
    process "seq $i 20000; exit $i"
    cp "$T/process.json" "$T/process.$i"
    timeout "$LIMIT" "$PYTHON" "$HERE/programs/attach.py" --request "exec n$i attach wait" --process "$T/process.$i" \
      "$MON/control" "$T/record.$i" >"$T/many.$i" 3>&- 4>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  for i in 1 2 3 4 5 6 7 8; do
    is "$(jq .exitCode "$T/record.$i")" $i
    cmp <(seq $i 20000) "$T/many.$i"
  done
  is "$(zombies)" 0
  down
}

@test "more than there are places for is refused; records of the last 64 stay" {
  up
  process 'exec sleep 100'
  for ((i = 0; i < 32; i++)); do like "$(exec_detached exec "s$i")" '^ok'; done
  has "$(exec_detached exec more)" "error limit-reached exec: 32 run already"
  for ((i = 0; i < 32; i++)); do ask signal KILL exec "s$i"; done
  eventually none_runs
  process 'exit 0'
  for ((i = 0; i < 40; i++)); do exec_in "exec t$i attach"; done
  is "$(find "$MON/exec" -name '*.json' | wc -l)" 64
  absent "$MON/exec/s0.json"
  exists "$MON/exec/s31.json"
  is "$(find "$MON/exec" -type f | grep -vc json)" 0
  down
}

@test "a program that is not there is told with the runtime's reason, and leaves nothing" {
  up
  jq '.process.args = ["/no/such/program"] | .process' "$BUNDLE/config.json" >"$T/process.json"
  has "$(exec_detached exec missing)" "error runtime-failed the runtime's exec: "
  has "$(exec_detached exec missing)" "/no/such/program"
  none_runs
  is "$(find "$MON/exec" -type f -o -type s | wc -l)" 0
  echo '{"no": "process' >"$T/process.json"
  has "$(exec_detached exec broken)" "error runtime-failed"
  none_runs
  down
}

@test "requests that make no sense are refused" {
  up
  process 'exit 0'
  has "$(ask exec nofile)" "error usage exec: expected one descriptor"
  has "$(exec_detached exec)" "error usage expected: exec NAME"
  has "$(exec_detached exec ../x)" "error usage exec: expected a name"
  has "$(exec_detached exec x sideways)" "error usage unknown word 'sideways'"
  has "$(exec_detached exec x once)" "error usage exec: wait and once go with attach"
  has "$(ask resize 1 1 exec none)" "error container-not-running no exec 'none' runs"
  has "$(ask attach exec none)" "error container-not-running"
  has "$(ask wait exec ../../etc/passwd)" "error container-not-running"
  down
}

@test "a hung runtime is killed at its deadline, and the container stays" {
  printf '#!/bin/sh\ncase "$*" in *" exec "*) exec sleep 1000 ;; esac\nexec %q "$@"\n' "$RT" >"$T/hung"
  chmod +x "$T/hung"
  args /bin/probe waiting up
  succeeds "$RTMON" --runtime "$T/hung" --runtime-timeout 1 --root "$ROOT" --dir "$MON" --bundle "$BUNDLE" --detach --start "$ID"
  process 'exit 0'
  has "$(exec_detached exec hung)" "error timeout the runtime's exec did not end within 1000 ms and was killed"
  none_runs
  has "$(ask status)" '"state":"running"'
  down
}

@test "a client that goes while its exec starts leaves nothing owed" {
  up
  process 'echo x; exit 0'
  "$PYTHON" - "$MON/control" "$T/process.json" <<'EOF'
import array, os, socket, sys
for i in range(20):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.connect(sys.argv[1])
    fd = os.open(sys.argv[2], os.O_RDONLY)
    client.sendmsg([b"exec v%d attach once wait" % i], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
    client.close()
    os.close(fd)
EOF
  eventually none_runs
  is "$(find "$MON/exec" -name '*.json' | wc -l)" 20
  is "$(zombies)" 0
  down
}

@test "the container's end ends them, with and without a pid namespace, and the monitor with it" {
  for namespace in yes no; do
    [[ $namespace == yes ]] || config 'del(.linux.namespaces[] | select(.type == "pid"))'
    rm -rf "$MON"
    up --remove
    process 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
    background exec_in "exec stays attach"
    eventually grep -q ready "$BG_OUT"
    like "$(reply stop TERM 0 | jq .signal)" '^(9|15)$'
    wait "$BG_PID"
    is "$(jq .signal "$T/record")" 9
    absent "$ROOT/$ID"
    rm "$T/record"
  done
}

@test "no exec after the end, none before there is a container" {
  printf '#!/bin/sh\nsleep 1\nexec %q "$@"\n' "$RT" >"$T/slow"
  chmod +x "$T/slow"
  script 'exit 0'
  background "$RTMON" --runtime "$T/slow" --root "$ROOT" --dir "$MON" --bundle "$BUNDLE" --start --remove "$ID"
  eventually test -S "$MON/control"
  process 'exit 0'
  has "$(exec_detached exec early)" "error container-not-running exec: the container does not run"
  wait "$BG_PID"
}

@test "a thousand execs do not make the monitor grow" {
  [[ $RTMON != */asan/* ]] || skip "the sanitizer keeps freed memory"
  up
  process 'echo x'
  size() { awk '/^VmData|^VmRSS/ { print $2 }' "/proc/$(pgrep -f -- "--dir $MON " | head -n 1)/status" | tr '\n' ' '; }
  run_many() {
    "$PYTHON" - "$MON/control" "$T/process.json" "$1" <<'EOF'
import array, os, socket, sys
fd = os.open(sys.argv[2], os.O_RDONLY)
for i in range(int(sys.argv[3])):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.connect(sys.argv[1])
    client.sendmsg([b"exec n%d attach" % i], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
    while client.recv(65536)[:1] != b"\5":
        pass
    client.close()
EOF
  }
  run_many 100
  before=$(size)
  run_many 1000
  is "$(size)" "$before"
  down
}

@test "the program inherits no descriptor of the monitor's" {
  up
  process 'ls /proc/self/fd'
  succeeds exec_in "exec fds attach"
  is "$(tr '\n' ' ' <"$OUT")" "0 1 2 3 "
  down
}
