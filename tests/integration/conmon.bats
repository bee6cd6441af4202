#!/usr/bin/env bats
# rtmon under the name of conmon, as podman and CRI-O call it. With any runtime (RT=); CONMON= tries another conmon.
load helpers

RTMON=${RTMON:-$REPO/build/release/rtmon}

setup() {
  test_fixture
  ln -s "$RTMON" "$T/conmon"
  CONMON=${CONMON:-$T/conmon}
  mkdir "$T/exits" "$T/persist" "$T/sockets"
}

common() { ARGS=(--api-version 1 --cid "$ID" --cuuid "$ID" --runtime "$RT" --runtime-arg --root --runtime-arg "$ROOT" "$@"); }
# engine [--attach FILE] FLAG...: runs conmon for the bundle; the lines of the sync pipe are its output.
engine() {
  local attach=()
  if [[ $1 == --attach ]]; then
    attach=(--attach "$2")
    shift 2
    if [[ $1 == --size ]]; then
      attach+=(--size "$2")
      shift 2
    fi
  fi
  common "$@"
  RT_TEST_ID=$ID timeout -k 5 "$LIMIT" "$PYTHON" "$HERE/programs/engine.py" "${attach[@]}" "$CONMON" --bundle "$BUNDLE" "${ARGS[@]}"
}
create() {
  engine --container-pidfile "$T/pid" --conmon-pidfile "$T/conmon.pid" --exit-dir "$T/exits" --persist-dir "$T/persist" \
    --log-path "k8s-file:$T/log" --full-attach "$@"
}
# in_exec FLAG...: runs $T/process.json's program in the container.
in_exec() {
  mkdir -p "$T/exec"
  cd "$T/exec" || return
  BUNDLE=$T/exec engine --attach "$T/exec/out" "$@" --exec --exec-attach --exec-process-spec "$T/process.json" \
    --container-pidfile "$T/exec/pid" --exit-dir "$T/exec" --full-attach --log-path none
}
process() {
  jq '.process | .args = ["/bin/sh", "-c", $code] | .terminal = $tty' --arg code "$1" --argjson tty "${2:-false}" \
    "$BUNDLE/config.json" >"$T/process.json"
}
attach() { timeout "$LIMIT" "$PYTHON" "$HERE/programs/attach_plain.py" "$BUNDLE/attach"; }
ended() { eventually test -s "$T/exits/$ID"; }
exit_status() { cat "$T/exits/$ID"; }
log_text() { sed -E 's/^[^ ]+ (stdout|stderr) [FP] //' "$T/log"; }

@test "create: the pid, then after the start output, exit status and exit command" {
  script 'echo out; echo err >&2; exit 7'
  printf '#!/bin/sh\necho "$@" >%q; cat %q >>%q\n' "$T/told" "$T/exits/$ID" "$T/told" >"$T/command"
  chmod +x "$T/command"
  succeeds create --exit-command "$T/command" --exit-command-arg one --exit-command-arg 'two words'
  is "$(jq .data "$OUT")" "$(<"$T/pid")"
  is "$(pid_of)" "$(<"$T/pid")"
  like "$(<"$T/conmon.pid")" '^[0-9]+$'
  is "$(cat "/proc/$(<"$T/conmon.pid")/comm")" conmon
  absent "$T/exits/$ID"
  rt start "$ID"
  ended
  is "$(exit_status)" 7
  is "$(<"$T/persist/exit")" 7
  eventually test -s "$T/told"
  eventually gone "$(<"$T/conmon.pid")"
  is "$(cat "$T/told")" "$(printf 'one two words\n7')"
  is "$(log_text | sort | tr '\n' ' ')" "err out "
  is "$(jq .exitCode "$BUNDLE/rtmon/exit.json")" 7
  is "$(state_of)" stopped
}

@test "a create that fails is told in the runtime's own words" {
  args /no/such/program
  printf '#!/bin/sh\ntouch %q\n' "$T/told" >"$T/command"
  chmod +x "$T/command"
  succeeds create --exit-command "$T/command"
  is "$(jq .data "$OUT")" -1
  has "$(jq -r .message "$OUT")" /no/such/program
  absent "$T/exits/$ID"
  eventually test -e "$T/told"
}

@test "a client of the attach socket sees all output; its going ends the input, unless that is left open" {
  script 'echo up; cat; echo over'
  succeeds create --stdin
  echo typed >"$T/input"
  background timeout "$LIMIT" "$PYTHON" "$HERE/programs/attach_plain.py" "$BUNDLE/attach" "$T/input"
  eventually test -s "$BG_OUT"
  rt start "$ID"
  wait "$BG_PID"
  is "$(tail -n 3 "$BG_OUT" | tr '\n' ' ')" "up typed over "
  ended
}

@test "with --leave-stdin-open the next client can go on" {
  script 'cat'
  succeeds create --stdin --leave-stdin-open
  rt start "$ID"
  for word in one two; do
    echo "$word" >"$T/input"
    timeout 1 "$PYTHON" "$HERE/programs/attach_plain.py" "$BUNDLE/attach" "$T/input" >/dev/null || :
    eventually grep -q "$word" "$T/log"
  done
  is "$(state_of)" running
  rt kill "$ID" KILL
  ended
  is "$(exit_status)" 137
}

@test "a client that connected before the start misses nothing of a short program" {
  for round in 1 2 3 4 5 6 7 8; do
    script "echo first $round"
    rm -f "$T/exits/$ID"
    succeeds create
    background timeout "$LIMIT" "$PYTHON" "$HERE/programs/attach_plain.py" "$BUNDLE/attach"
    eventually test -s "$BG_OUT"
    rt start "$ID"
    wait "$BG_PID"
    is "$(tail -n 1 "$BG_OUT")" "first $round"
    ended
    rt delete "$ID"
  done
}

@test "a terminal, its size by both FIFOs" {
  config '.process.terminal = true'
  script 'trap "stty size" WINCH; echo ready; while :; do sleep 0.1; done'
  succeeds create --terminal
  rt start "$ID"
  eventually grep -q ready "$T/log"
  printf '1 40 100\n' >"$BUNDLE/ctl"
  eventually grep -q '40 100' "$T/log"
  printf 'nonsense\n1 2\n9 1 1\n50 101\n' >"$BUNDLE/winsz"
  eventually grep -q '50 101' "$T/log"
  mv "$T/log" "$T/moved"
  printf '2 0 0\n' >"$BUNDLE/ctl"
  eventually test -e "$T/log"
  rt kill "$ID" KILL
  ended
}

@test "exec with attach: output, input, exit status; no start before the client is there" {
  args /bin/probe waiting up
  succeeds create
  rt start "$ID"
  process 'cat; echo err >&2; exit 5'
  echo input >"$T/input"
  succeeds in_exec --stdin <"$T/input"
  is "$(head -n 1 "$OUT")" 'attach: {"data": 0}'
  like "$(sed -n 2p "$OUT" | jq .data)" '^[0-9]+$'
  is "$(sed -n 3p "$OUT" | jq .data)" 5
  is "$(<"$T/exec/out")" input
  is "$(<"$T/exec/out.err")" err
  is "$(<"$T/exec/$ID")" 5
  is "$(state_of)" running
  rt kill "$ID" KILL
  ended
}

@test "exec with a terminal that had its size before it began" {
  args /bin/probe waiting up
  succeeds create
  rt start "$ID"
  process 'sleep 0.3; stty size' true
  succeeds in_exec --size '1 33 77' --terminal <<<""
  has "$(<"$T/exec/out")" "33 77"
  rt kill "$ID" KILL
  ended
}

@test "an exec that fails is told in the runtime's words" {
  args /bin/probe waiting up
  succeeds create
  rt start "$ID"
  jq '.process.args = ["/no/such/program"] | .process' "$BUNDLE/config.json" >"$T/process.json"
  succeeds in_exec <<<""
  is "$(sed -n 2p "$OUT" | jq .data)" -1
  has "$(sed -n 2p "$OUT" | jq -r .message)" /no/such/program
  rt kill "$ID" KILL
  ended
}

@test "an exec's timeout ends the exec, with -1, not the container" {
  args /bin/probe waiting up
  succeeds create
  rt start "$ID"
  process 'sleep 1000'
  succeeds in_exec --timeout 1 <<<""
  is "$(tail -n 1 "$OUT" | jq -r '"\(.data) \(.message)"')" "-1 command timed out"
  is "$(<"$T/exec/$ID")" -1
  is "$(state_of)" running
  rt kill "$ID" KILL
  ended
}

@test "a container's timeout" {
  args /bin/probe waiting up
  succeeds create --timeout 1
  rt start "$ID"
  ended
  is "$(exit_status)" -1
}

@test "a lack of memory is marked, in the bundle and for good" {
  [[ $CGROUP == v2 ]] || needs_v1 memory
  config '.linux.resources.memory.limit = 33554432'
  script 'tail -c 100000000 /dev/zero; exit 1'
  succeeds create
  rt start "$ID"
  ended
  exists "$BUNDLE/oom"
  exists "$T/persist/oom"
}

@test "the link in --socket-dir-path is there while it is of use" {
  args /bin/probe waiting up
  succeeds engine --container-pidfile "$T/pid" --exit-dir "$T/exits" --log-path none --socket-dir-path "$T/sockets"
  rt start "$ID"
  is "$(readlink "$T/sockets/$ID")" "$BUNDLE"
  exists "$T/sockets/$ID/attach"
  rt kill "$ID" KILL
  ended
  absent "$T/sockets/$ID"
}

@test "the container's sd_notify messages are passed on, those about the engine's service are not" {
  script 'while [ ! -e /var/data/go ]; do sleep 0.05; done'
  own_rootfs
  succeeds create --sdnotify-socket "$T/engine.sock"
  "$PYTHON" - "$T/engine.sock" "$BUNDLE/notify/notify.sock" >"$T/heard" <<'EOF'
import socket, sys
engine = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
engine.bind(sys.argv[1])
engine.settimeout(10)
container = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for message in (b"MAINPID=1", b"READY=1\nMAINPID=1\nSTATUS=up", b"FDSTORE=1", b"STOPPING=1"):
    container.sendto(message, sys.argv[2])
for _ in range(2):
    print(engine.recv(4096).decode())
EOF
  is "$(cat "$T/heard")" "$(printf 'READY=1\nSTATUS=up\nSTOPPING=1')"
  is "$(stat -c %a "$BUNDLE/notify/notify.sock")" 777
  rt start "$ID"
  touch "$ROOTFS/var/data/go"
  ended
}

@test "the log is rotated before it gets longer than --log-size-max" {
  script 'seq 1 1000'
  succeeds create --log-size-max 20000
  rt start "$ID"
  ended
  (($(stat -c %s "$T/log") <= 20000))
  has "$(tail -n 1 "$T/log")" "F 1000"
  exists "$T/log.1"
  absent "$T/log.2"
}

@test "what cannot be done is refused, and the version can be read" {
  succeeds "$CONMON" --version
  like "$output" '^conmon version 2\.[0-9]+\.[0-9]+'
  exits 1 "$CONMON" --cid x
  has "$stderr" "--runtime is missing"
  for driver in splunk:x passthrough; do
    exits 1 "$CONMON" --cid x --cuuid x --runtime "$RT" --log-path "$driver"
    has "$stderr" "is not supported"
  done
  exits 1 "$CONMON" --cid x --runtime "$RT" --exec
  has "$stderr" "--exec-process-spec is missing"
  exits 1 env _OCI_SYNCPIPE=77 "$CONMON" --cid x --cuuid x --runtime "$RT"
  has "$stderr" "_OCI_SYNCPIPE: '77' is no open descriptor"
}

@test "help and man page name the same flags" {
  "$CONMON" --help | sed -nE 's/^  .{4}--([a-z-]+).*/\1/p' | sort >"$T/help"
  sed -nE '/^\.Sh AS CONMON/,/^\.Sh /s/^\.It Fl (. , Fl )?-([a-z-]+).*/\2/p' "$REPO/man/rtmon.8" | sort >"$T/page"
  diff "$T/help" "$T/page"
}
