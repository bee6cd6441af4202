#!/usr/bin/env bats
# rtmon: clients attached to a container's stdio, and containers with a terminal. With any runtime (RT=).
load helpers
load monitor

setup() { monitor_fixture; }

status_of() { ask status | sed 's/^ok //' | jq -r "$1"; }
# attach [OPTION...] FILE [WORD...]: see programs/attach.py.
attach() {
  local options=()
  while [[ $1 == --* ]]; do
    options+=("$1")
    [[ $1 == --keep-input ]] || { options+=("$2"); shift; }
    shift
  done
  timeout "$LIMIT" "$PYTHON" "$HERE/programs/attach.py" "${options[@]}" "$MON/control" "$@"
}
terminal() { config '.process.terminal = true'; }
attached() { (($(status_of .clients) == $1)); }

@test "attached before the start, a client gets every byte of both streams and the record" {
  script 'head -c 300001 /bin/busybox; head -c 70001 /bin/busybox >&2; exit 6'
  succeeds rtmon --detach
  background attach "$T/record" wait
  eventually test -e "$T/record.attached"
  is "$(ask start)" ok
  wait "$BG_PID"
  cmp <(head -c 300001 "$ROOTFS/bin/busybox") "$BG_OUT"
  cmp <(head -c 70001 "$ROOTFS/bin/busybox") "$BG_ERR"
  is "$(jq .exitCode "$T/record")" 6
  absent "$T/record.missed"
}

@test "input reaches the container, and its end" {
  script 'cat; echo "end of input"; exit 3'
  head -c 500000 "$ROOTFS/bin/busybox" >"$T/input"
  succeeds rtmon --detach --start --stdin
  is "$(status_of '"\(.terminal) \(.input)"')" "false true"
  succeeds attach "$T/record" wait <"$T/input"
  cmp <(cat "$T/input"; echo "end of input") "$OUT"
  is "$(jq .exitCode "$T/record")" 3
}

@test "the container reads to its end what a client sent that is gone" {
  script 'while [ ! -e /var/data/go ]; do sleep 0.02; done; echo unread; sleep 0.5; exec wc -c'
  own_rootfs
  succeeds rtmon --detach --start --stdin
  succeeds "$PYTHON" - "$MON/control" "$ROOTFS/var/data/go" <<'EOF'
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
client.connect(sys.argv[1])
client.send(b"attach once")
client.recv(100)
for _ in range(6):
    client.send(b"x" * 20000)
open(sys.argv[2], "w").close()
client.settimeout(10)
client.recv(1, socket.MSG_PEEK)  # there is output, which stays unread
client.send(b"last")
EOF
  eventually test -s "$MON/exit.json"
  has "$(<"$LOG")" " 120004"
}

@test "a client that detaches leaves input open, with once it ends it" {
  script 'echo up; cat; echo over'
  succeeds rtmon --detach --start --stdin
  eventually grep -q up "$LOG"
  echo first | exits 3 attach --keep-input --until first "$T/record"
  eventually attached 0
  is "$(status_of .input)" true
  echo second | exits 3 attach --keep-input --until second "$T/record" once
  eventually grep -q over "$LOG"
}

@test "close-stdin ends the input" {
  script 'cat; echo over'
  succeeds rtmon --detach --start --stdin
  is "$(ask close-stdin)" ok
  eventually grep -q over "$LOG"
}

@test "several clients see the same, and one that comes later what comes then" {
  script 'trap "echo later" USR1; echo first; while :; do sleep 0.1; done'
  succeeds rtmon --detach
  background attach --until later "$T/a"
  a=$BG_OUT
  background attach --until later "$T/b"
  b=$BG_OUT
  eventually attached 2
  ask start
  eventually grep -q first "$b"
  background attach --until later "$T/c"
  c=$BG_OUT
  eventually attached 3
  ask signal USR1
  eventually grep -q later "$c"
  eventually grep -q later "$a"
  is "$(cat "$a")" "$(printf 'first\nlater')"
  is "$(cat "$b")" "$(printf 'first\nlater')"
  is "$(cat "$c")" later
  ask signal KILL
}

@test "a client that does not read holds nothing up, and is told how much it missed" {
  script 'seq 1000000; echo done; while [ ! -e /var/data/go ]; do sleep 0.05; done; echo tail; exit 4'
  own_rootfs
  succeeds rtmon --detach --log-format raw
  background attach --read-after "$T/read" "$T/record"
  eventually test -e "$T/record.attached"
  ask start
  eventually grep -q 'done' "$LOG"
  touch "$T/read"
  read_all() { [[ $(tail -n 1 "$BG_OUT") == *[0-9] ]] && (($(stat -c %s "$BG_OUT") > 10000)); }
  eventually read_all
  sleep 0.3
  touch "$ROOTFS/var/data/go"
  wait "$BG_PID"
  is "$(jq .exitCode "$T/record")" 4
  has "$(tail -n 1 "$BG_OUT")" tail
  is "$(($(stat -c %s "$BG_OUT") + $(paste -sd+ "$T/record.missed" | bc)))" "$(stat -c %s "$LOG")"
  (($(stat -c %s "$BG_OUT") < 1000000))
}

@test "with wait the container is held up instead, and the tail is not lost" {
  script 'seq 200000; echo done'
  succeeds rtmon --detach
  background attach --read-after "$T/read" "$T/record" wait
  eventually test -e "$T/record.attached"
  ask start
  sleep 0.5
  is "$(status_of .state)" running
  (($(status_of .log.bytes) < 1000000))
  touch "$T/read"
  wait "$BG_PID"
  cmp <(seq 200000; echo 'done') "$BG_OUT"
  absent "$T/record.missed"
}

@test "a client that only waits and never reads does not keep the container's end" {
  script 'head -c 20000 /dev/zero; exit 5'  # however it is cut into packets, a socket has room for it
  succeeds rtmon --detach --log-format raw
  background attach --read-after "$T/read" "$T/record" wait
  eventually test -e "$T/record.attached"
  ask start
  eventually test -s "$MON/exit.json"
  is "$(jq -r '"\(.exitCode) \(.drain)"' "$MON/exit.json")" "5 complete"
  is "$(stat -c %s "$LOG")" 20000
  touch "$T/read"
  wait "$BG_PID"
  is "$(stat -c %s "$BG_OUT")" 20000
}

@test "a container that does not read its input stops its clients, not the monitor" {
  args /bin/probe waiting up
  succeeds rtmon --detach --start --stdin
  head -c 2000000 /dev/zero >"$T/input"
  background attach --input "$T/input" "$T/record"
  eventually test -e "$T/record.attached"
  sleep 0.3
  ticks() { awk '{ print $14 + $15 }' "/proc/$(pgrep -f -- "--dir $MON " | head -n 1)/stat"; }
  before=$(ticks)
  sleep 0.5
  (($(ticks) - before < 10))
  has "$(ask status)" '"state":"running"'
  ask signal KILL
  wait "$BG_PID" || :
}

@test "requests that do not fit are refused" {
  args /bin/probe waiting up
  succeeds rtmon --detach --start
  has "$(ask attach sideways)" "error usage unknown word 'sideways'"
  has "$(ask resize 80 24)" "error usage resize: there is no terminal"
  has "$(ask resize 80 99999)" "error usage resize: expected columns and rows"
  has "$(ask resize 80)" "error usage expected: resize COLUMNS ROWS"
  ask signal KILL
}

# --- terminal -----------------------------------------------------------------------------------------------------------

@test "a terminal: output to log and client, input, size" {
  terminal
  script 'trap "stty size" WINCH; tty; echo ready; read line; echo "got $line"; while :; do sleep 0.1; done'
  succeeds rtmon --detach --terminal
  is "$(status_of '"\(.terminal) \(.input)"')" "true true"
  is "$(ask resize 91 37)" ok
  echo typed >"$T/typed"
  background attach --keep-input --input "$T/typed" "$T/record"
  eventually attached 1
  ask start
  eventually grep -q "got typed" "$BG_OUT"
  has "$(<"$BG_OUT")" $'/dev/pts/0\r'
  ask resize 100 50
  eventually grep -q "50 100" "$BG_OUT"
  eventually grep -q "50 100" "$LOG"
  has "$(<"$LOG")" $'stdout F ready\r'
  absent "$MON/console"
  ask signal KILL
  wait "$BG_PID"
  is "$(jq -r '"\(.signal) \(.drain)"' "$T/record")" "9 complete"
}

@test "a terminal survives that no process has it open" {
  terminal
  config 'del(.linux.namespaces[] | select(.type == "pid"))'
  script 'exec 3>/var/data/fifo </dev/null >/dev/null 2>&1; sleep 1; echo again >/dev/console; tail -c 100001 /bin/busybox | tr "\n" x >/dev/console; exit 9'
  own_rootfs
  mkfifo "$ROOTFS/var/data/fifo"
  cat "$ROOTFS/var/data/fifo" >/dev/null &
  exits 9 rtmon --start --remove --terminal --log-format raw
  like "$(tr -d '\0' <"$LOG")" '^again'
  is "$(stat -c %s "$LOG")" 100008
}

@test "the last output of a terminal is not lost" {
  terminal
  script 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i + 1)); done'
  for round in 1 2 3 4 5; do
    rm -rf "$MON"
    succeeds rtmon --start --remove --terminal --log-format raw
    cmp <(for ((i = 0; i < 2000; i++)); do printf 'line %d\r\n' $i; done) "$LOG"
  done
}

@test "a runtime that sends no terminal is told so, and the container goes" {
  args /bin/probe waiting up
  printf '#!/bin/bash\nargs=()\nwhile (($#)); do [[ $1 == --console-socket ]] && shift 2 && continue; args+=("$1"); shift; done\nexec %q "${args[@]}"\n' "$RT" >"$T/without"
  chmod +x "$T/without"
  exits 125 "$RTMON" --runtime "$T/without" --root "$ROOT" --dir "$MON" --bundle "$BUNDLE" --start --terminal "$ID"
  has "$stderr" "the runtime sent no terminal"
  absent "$ROOT/$ID"
}

@test "what does not go together is refused" {
  for flag in --detach --stdin --terminal; do
    exits 125 rtmon --interactive $flag
    has "$stderr" "--interactive and $flag exclude each other"
  done
}
