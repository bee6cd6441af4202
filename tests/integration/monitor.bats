#!/usr/bin/env bats
# rtmon: one container's output, end and control socket. With any runtime (RT=).
load helpers
load monitor

setup() { monitor_fixture; }

reply_field() { ask status | sed 's/^ok //' | jq -r ".$1"; }
record() { jq -r "$1" "$MON/exit.json"; }
# The bytes of a stream, from the lines of a CRI log.
bytes_of() {
  local stream=$1
  shift
  "$PYTHON" -c '
import sys
for line in open(sys.argv[2], "rb"):
    _, stream, tag, text = line[:-1].split(b" ", 3)
    if stream == sys.argv[1].encode():
        sys.stdout.buffer.write(text + (b"\n" if tag == b"F" else b""))' "$stream" "$@"
}
monitor_pid() { pgrep -f -- "--dir $MON " | head -n 1; }
monitor_gone() { ! pgrep -f -- "--dir $MON " >/dev/null; }

# --- the end ------------------------------------------------------------------------------------------------------------

@test "the program's exit status is rtmon's, and on record" {
  script 'exit 7'
  exits 7 rtmon --start --remove
  is "$(record '"\(.v) \(.exitCode) \(.signal) \(.drain)"')" "1 7 null complete"
  is "$(record .id)" "$ID"
  like "$(record .startedAt)" '^20..-.*Z$'
  absent "$MON/control"
  absent "$ROOT/$ID"
}

@test "a signal that ends the program is on record as one" {
  script 'kill -KILL $$; sleep 100'
  args /bin/probe waiting up
  background rtmon --start --remove
  eventually grep -qs up "$LOG"
  succeeds ask signal KILL
  is "$output" ok
  status=0
  wait "$BG_PID" || status=$?
  is "$status" 137
  is "$(record '"\(.exitCode) \(.signal)"')" "null 9"
}

@test "without --remove the stopped container stays for the runtime to delete" {
  script 'exit 0'
  succeeds rtmon --start
  is "$(state_of)" stopped
  succeeds rt delete "$ID"
}

@test "a container killed before its start has no time of start" {
  succeeds rtmon --detach
  succeeds ask signal KILL
  eventually test -s "$MON/exit.json"
  is "$(record '"\(.signal) \(.startedAt)"')" "9 null"
}

@test "the monitor is the last to be killed for want of memory, what it starts is not" {
  args /bin/probe waiting up
  background sh -c 'echo 17 >/proc/self/oom_score_adj; exec "$@"' sh \
    "$RTMON" --runtime "$RT" --root "$ROOT" --dir "$MON" --bundle "$BUNDLE" --start --remove "$ID"
  eventually grep -qs up "$LOG"
  is "$(cat "/proc/$(reply_field pid)/oom_score_adj")" 17
  if sh -c 'echo -999 >/proc/self/oom_score_adj' 2>/dev/null; then own=-999; else own=17; fi
  is "$(cat "/proc/$BG_PID/oom_score_adj")" "$own"
  ask signal KILL
}

@test "the kernel's killing for want of memory is counted" {
  [[ $CGROUP == v2 ]] || needs_v1 memory
  config '.linux.resources.memory.limit = 33554432'
  script 'tail -c 100000000 /dev/zero & wait $!; echo $?; exit 5'
  exits 5 rtmon --start --remove
  has "$(bytes_of stdout "$LOG")" 137
  (($(record .oomKills) >= 1)) || { record .; return 1; }
}

@test "a process that keeps the output open delays the record by the drain timeout, no more" {
  config 'del(.linux.namespaces[] | select(.type == "pid"))'
  script 'sleep 1000 & echo out; exit 3'
  started=$(date +%s%N)
  exits 3 rtmon --start --drain-timeout 500
  (($(date +%s%N) - started > 500000000))
  is "$(record '"\(.exitCode) \(.drain)"')" "3 timeout"
  is "$(bytes_of stdout "$LOG")" out
  succeeds rt delete --force "$ID"
}

# --- output -------------------------------------------------------------------------------------------------------------

@test "both streams are in the log, each byte of them" {
  script 'head -c 1048577 /bin/busybox; head -c 70001 /bin/busybox >&2; echo; printf tail'
  succeeds rtmon --start --remove
  cmp <(head -c 1048577 "$ROOTFS/bin/busybox"; echo; printf tail) <(bytes_of stdout "$LOG")
  cmp <(head -c 70001 "$ROOTFS/bin/busybox") <(bytes_of stderr "$LOG")
  is "$(record .log.bytes)" "$(stat -c %s "$LOG")"
  ! grep -qavE '^20..-..-..T..:..:..\..{9}Z (stdout|stderr) [FP] ' "$LOG"
}

@test "a raw log is the output itself, at every length around a power of two" {
  for size in 1 4095 4096 4097 65535 65536 65537 131071 131072 131073; do
    script "head -c $size /bin/busybox"
    rm -rf "$MON"
    succeeds rtmon --start --remove --log-format raw
    cmp <(head -c "$size" "$ROOTFS/bin/busybox") "$LOG"
  done
}

@test "rotation keeps every line and no file is longer than the limit" {
  script 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i + 1)); done'
  succeeds rtmon --start --remove --log-max-size 10000 --log-max-files 50
  for file in "$LOG"*; do (($(stat -c %s "$file") <= 10000)); done
  for ((n = $(find "$MON" -name 'log.*' | wc -l); n > 0; n--)); do bytes_of stdout "$LOG.$n"; done >"$T/all"
  bytes_of stdout "$LOG" >>"$T/all"
  cmp <(for ((i = 0; i < 2000; i++)); do echo "line $i"; done) "$T/all"
}

@test "rotate and reopen move a running container's log" {
  script 'trap "echo usr1" USR1; echo first; while :; do sleep 0.1; done'
  succeeds rtmon --detach --start
  eventually grep -q first "$LOG"
  is "$(ask rotate)" ok
  ask signal USR1
  eventually grep -q usr1 "$LOG"
  has "$(<"$LOG.1")" first
  mv "$LOG" "$T/moved"
  is "$(ask reopen)" ok
  ask signal USR1
  eventually grep -q usr1 "$LOG"
  ask signal KILL
}

@test "a full disk costs output, counted and said, but no exit status" {
  mkdir "$T/disk"
  mount -t tmpfs -o size=64k disk "$T/disk"
  UNDO+=("umount -l '$T/disk'")
  # Output, then a pause in which room is made, then one line more.
  script 'i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i + 1)); done
    while [ ! -e /var/data/go ]; do sleep 0.1; done; sleep 1.2; echo after; exit 9'
  own_rootfs
  head -c 30000 /dev/zero >"$T/disk/filler"
  background rtmon --start --remove --log "$T/disk/log"
  lost() { (($(ask status | sed 's/^ok //' | jq .log.lostLines) > 1000)); }
  eventually lost
  rm "$T/disk/filler"
  touch "$ROOTFS/var/data/go"
  status=0
  wait "$BG_PID" || status=$?
  is "$status" 9
  kept=$(grep -c 'F 0123' "$T/disk/log")
  is "$((kept + $(record .log.lostLines)))" 3000
  is "$(record .log.lostBytes)" "$((41 * $(record .log.lostLines)))"
  has "$(<"$T/disk/log")" "stderr F rtmon: $(record .log.lostBytes) bytes of output lost here"
  has "$(tail -n 1 "$T/disk/log")" "stdout F after"
  ! grep -qvE '^20.{28} std(out|err) F ' "$T/disk/log"
}

@test "output does not make the monitor grow" {
  [[ $RTMON != */asan/* ]] || skip "the sanitizer keeps freed memory"
  script 'read_go() { while [ ! -e /var/data/go ]; do sleep 0.05; done; }; seq 20000; echo warm; read_go; seq 1000000; echo done; sleep 100'
  own_rootfs
  succeeds rtmon --detach --start --log-max-size 1000000
  warm() { grep -qs 'F warm' "$LOG" "$LOG.1"; }
  eventually warm
  # Heap and static data, touched or not.
  size() { awk '/^VmData/ { print $2 }' "/proc/$(monitor_pid)/status"; }
  before=$(size)
  touch "$ROOTFS/var/data/go"
  eventually grep -q 'F done' "$LOG"
  is "$(size)" "$before"
  ask signal KILL
}

@test "standard input is empty, or with --interactive rtmon's" {
  script 'cat; echo end'
  echo input >"$T/input"
  succeeds rtmon --start --remove <"$T/input"
  is "$(bytes_of stdout "$LOG")" end
  rm -rf "$MON"
  succeeds rtmon --start --remove --interactive <"$T/input"
  is "$(bytes_of stdout "$LOG")" "$(printf 'input\nend')"
  exits 125 rtmon --interactive --detach
  has "$stderr" "exclude each other"
}

@test "who writes to a container that closed its input is told" {
  script 'exec <&-; echo closed; exec sleep 15'
  writer() {
    trap '' PIPE
    eventually grep -qs closed "$LOG"
    echo x 2>/dev/null || touch "$T/told"
    ask stop TERM 0 >&2
  }
  # Not by rtmon(): timeout would hold the input open. The writer ends the container.
  writer 2>"$T/writer.err" |
    "$RTMON" --runtime "$RT" --root "$ROOT" --dir "$MON" --bundle "$BUNDLE" --start --remove -i "$ID" 3>&- 4>&- || :
  exists "$T/told"
}

# --- control ------------------------------------------------------------------------------------------------------------

@test "a created container waits for start; wait gives its record" {
  script 'echo ran; exit 4'
  succeeds rtmon --detach
  is "$(ask status | sed 's/^ok //' | jq -r '"\(.id) \(.state)"')" "$ID created"
  is "$(ask status | sed 's/^ok //' | jq .pid)" "$(pid_of)"
  succeeds ask --awaiting-end start
  is "$(head -n 1 "$OUT")" ok
  is "$(tail -n 1 "$OUT" | sed 's/^ok //' | jq .exitCode)" 4
  eventually monitor_gone
  is "$(bytes_of stdout "$LOG")" ran
}

@test "stop asks first" {
  script 'trap "echo asked; exit 8" INT; echo ready; while :; do sleep 0.1; done'
  succeeds rtmon --detach --start
  eventually grep -q ready "$LOG"
  is "$(ask stop INT | sed 's/^ok //' | jq .exitCode)" 8
  is "$(bytes_of stdout "$LOG" | tail -n 1)" asked
}

@test "stop kills what does not listen, after its time" {
  script 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
  succeeds rtmon --detach --start
  eventually grep -q ready "$LOG"
  started=$(date +%s%N)
  is "$(ask stop TERM 400 | sed 's/^ok //' | jq .signal)" 9
  (($(date +%s%N) - started >= 400000000))
}

@test "stop reaches a paused container" {
  args /bin/probe waiting up
  succeeds rtmon --detach --start
  eventually grep -q up "$LOG"
  succeeds rt pause "$ID"
  is "$(ask stop TERM 100 | sed 's/^ok //' | jq .signal)" 9
}

@test "stop kills every process of a container without a pid namespace" {
  config 'del(.linux.namespaces[] | select(.type == "pid"))'
  script 'trap "" TERM; sleep 1000 & echo ready; while :; do sleep 0.1; done'
  succeeds rtmon --detach --start --drain-timeout 10000
  eventually grep -q ready "$LOG"
  is "$(ask stop TERM 100 | sed 's/^ok //' | jq -r '"\(.signal) \(.drain)"')" "9 complete"
}

@test "stop of a container that was not started does not wait" {
  succeeds rtmon --detach
  started=$(date +%s%N)
  is "$(ask stop TERM 15000 | sed 's/^ok //' | jq -r '"\(.signal) \(.startedAt)"')" "9 null"
  (($(date +%s%N) - started < 10000000000))
}

@test "start happens once" {
  args /bin/probe waiting up
  succeeds rtmon --detach --start
  has "$(ask start)" "error container-state "
  ask signal KILL
}

@test "what is no request is an error, and the monitor goes on" {
  args /bin/probe waiting up
  succeeds rtmon --detach --start
  has "$(ask nonsense)" "error usage "
  has "$(ask signal NOPE)" "error usage unknown signal 'NOPE'"
  has "$(ask "$(printf 'x%.0s' {1..5000})")" "error usage request too long"
  has "$(ask status)" '"state":"running"'
  ask signal KILL
}

@test "clients that are silent, deaf or too many do not hold up the monitor" {
  args /bin/probe waiting up
  succeeds rtmon --detach --start
  fds() { find "/proc/$(monitor_pid)/fd" -type l | wc -l; }
  before=$(fds)
  succeeds ask --flood 12
  is "$output" survived
  has "$(ask status)" '"state":"running"'
  settled() { (($(fds) <= before)); }
  eventually settled
  ask signal KILL
}

@test "only its owner may talk to the monitor" {
  args /bin/probe waiting up
  succeeds rtmon --detach --start
  is "$(stat -c %a "$MON")" 700
  is "$(stat -c %a "$MON/control")" 600
  chmod 711 "$MON"
  refuses setpriv --reuid 65534 --clear-groups "$PYTHON" "$HERE/programs/control.py" "$MON/control" status
  has "$stderr" PermissionError
  ask signal KILL
}

@test "a signal that comes while start is under way is passed on after it" {
  script 'trap "exit 22" TERM; echo ready; while :; do sleep 0.1; done'
  # A runtime whose start takes half a second longer than the program needs to begin.
  printf '#!/bin/sh\n%q "$@" || exit\ncase "$*" in *" start "*) sleep 0.5 ;; esac\n' "$RT" >"$T/slow"
  chmod +x "$T/slow"
  background "$RTMON" --runtime "$T/slow" --root "$ROOT" --dir "$MON" --bundle "$BUNDLE" --start --remove "$ID"
  eventually grep -qs ready "$LOG"
  has "$(ask status)" '"state":"starting"'
  kill -TERM "$BG_PID"
  status=0
  wait "$BG_PID" || status=$?
  is "$status" 22
}

@test "signals to rtmon reach the container" {
  script 'trap "echo got term; exit 21" TERM; echo ready; while :; do sleep 0.1; done'
  background "$RTMON" --runtime "$RT" --root "$ROOT" --dir "$MON" --bundle "$BUNDLE" --start --remove "$ID"
  eventually grep -qs ready "$LOG"
  kill -TERM "$BG_PID"
  status=0
  wait "$BG_PID" || status=$?
  is "$status" 21
  has "$(bytes_of stdout "$LOG")" "got term"
}

# --- failures -----------------------------------------------------------------------------------------------------------

@test "a failed create is told with the runtime's reason and leaves nothing" {
  config '.root.path = "/nowhere/at/all"'
  for detach in '' --detach; do
    exits 125 rtmon --start $detach
    has "$stderr" "rtmon: "
    has "$stderr" "nowhere/at/all"
    absent "$MON/exit.json"
    absent "$ROOT/$ID"
  done
}

@test "a program that is not there is told the same way" {
  args /no/such/program
  exits 125 rtmon --start --detach
  has "$stderr" /no/such/program
  absent "$ROOT/$ID"
}

@test "a runtime that is not there is told with what to do" {
  exits 125 "$RTMON" --runtime "$T/none" --dir "$MON" "$ID"
  has "$stderr" "run the runtime: '$T/none'"
  has "$stderr" "--runtime"
}

@test "a second monitor does not take the first one's directory" {
  args /bin/probe waiting up
  succeeds rtmon --detach --start
  exits 125 rtmon --start
  has "$stderr" "another monitor runs in '$MON'"
  has "$(ask status)" '"state":"running"'
  ask signal KILL
}

@test "a hung runtime is killed at its deadline and what it began is deleted" {
  printf '#!/bin/sh\ncase "$*" in *" create "*) sleep 1000 ;; *) echo "$@" >>%q ;; esac\n' "$T/calls" >"$T/hung"
  chmod +x "$T/hung"
  exits 125 "$RTMON" --runtime "$T/hung" --runtime-timeout 1 --dir "$MON" --bundle "$BUNDLE" "$ID"
  has "$stderr" "create did not end within 1000 ms and was killed"
  has "$(<"$T/calls")" "delete --force $ID"
}

@test "the runtime ignores and blocks no signal, whatever rtmon was started with" {
  printf '#!/bin/sh\ngrep Sig /proc/self/status >%q\nexit 1\n' "$T/signals" >"$T/looks"
  chmod +x "$T/looks"
  exits 125 "$PYTHON" - "$RTMON" --runtime "$T/looks" --dir "$MON" "$ID" <<'EOF'
import os, signal, sys
for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMAX):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
os.execv(sys.argv[1], sys.argv[1:])
EOF
  is "$(awk '/SigBlk|SigIgn/ { print $2 }' "$T/signals" | sort -u)" 0000000000000000
}

@test "a runtime killed in the middle of create leaves nothing" {
  rt_only "others may keep a state directory"
  printf '#!/bin/sh\nkill -KILL $PPID\n' >"$T/hook"
  chmod +x "$T/hook"
  config '.hooks.createRuntime = [{path: $hook}]' --arg hook "$T/hook"
  exits 125 rtmon --start
  has "$stderr" "create"
  absent "$ROOT/$ID"
}

@test "a signal during create ends it, and nothing is left" {
  rt_only "others may keep a cgroup"
  printf '#!/bin/sh\ntouch %q; sleep 1000\n' "$T/hooked" >"$T/hook"
  chmod +x "$T/hook"
  config '.hooks.createRuntime = [{path: $hook}]' --arg hook "$T/hook"
  background "$RTMON" --runtime "$RT" --root "$ROOT" --dir "$MON" --bundle "$BUNDLE" --start "$ID"
  eventually test -e "$T/hooked"
  kill -TERM "$BG_PID"
  status=0
  wait "$BG_PID" || status=$?
  is "$status" 125
  has "$(<"$BG_ERR")" "stopped by a signal"
  absent "$ROOT/$ID"
}

@test "a monitor's directory is taken over from one that was killed" {
  args /bin/probe waiting up
  succeeds rtmon --detach --start
  kill -KILL "$(monitor_pid)"
  eventually monitor_gone
  succeeds rt delete --force "$ID"
  script 'exit 6'
  exits 6 rtmon --start --remove
}

# --- the container's view -----------------------------------------------------------------------------------------------

@test "the container inherits no descriptor of the monitor's" {
  script 'ls /proc/self/fd'
  succeeds rtmon --start --remove
  is "$(bytes_of stdout "$LOG" | tr '\n' ' ')" "0 1 2 3 "  # 3 is the directory that ls reads
}

@test "help and man page name the same flags" {
  "$RTMON" --help | sed -nE 's/^  .{4}--([a-z-]+).*/\1/p' | sort >"$T/help"
  sed -nE '/^\.Sh DESCRIPTION/,/^\.Sh REQUESTS/s/^\.It Fl (. , Fl )?-([a-z-]+).*/\2/p' "$REPO/man/rtmon.8" | sort >"$T/page"
  diff "$T/help" "$T/page"
  is "$("$RTMON" --version)" "rtmon version $(<"$REPO/VERSION")"
  exits 125 "$RTMON"
  has "$stderr" "expected one container id"
  exits 125 "$RTMON" x
  has "$stderr" "--dir is missing"
}
