#!/usr/bin/env bats
# rtmon --adopt: a new monitor takes over from one that was killed, and neither output nor exit status is lost.
load helpers

RTMON=${RTMON:-$REPO/build/release/rtmon}

setup() {
  test_fixture
  MON=$T/mon LOG=$T/mon/log
  own_rootfs
}

# supervise FLAG...: a container that is supervised; tell WORD gets an answer, from programs/successor.py.
supervise() {
  needs_kernel 6.15  # older ones tell the exit status only until the parent has asked for it
  mkfifo "$T/words"
  RT_TEST_ID=$ID "$PYTHON" "$HERE/programs/successor.py" "$MON" "$RTMON" --runtime "$RT" --root "$ROOT" --bundle "$BUNDLE" "$@" "$ID" \
    <"$T/words" >"$T/answers" 2>&1 3>&- 4>&- &
  BACKGROUND+=($!)
  SUPERVISOR=$!
  exec 7>"$T/words"
  answers 1
  ANSWERS=1
}
answers() {
  enough() { (($(wc -l <"$T/answers") >= $1)); }
  eventually enough "$1" || { cat "$T/answers"; return 1; }
}
tell() {
  echo "$1" >&7
  ANSWERS=$((ANSWERS + 1))
  answers "$ANSWERS"
  tail -n 1 "$T/answers"
}
over() {
  exec 7>&-
  wait "$SUPERVISOR"
}
ask() { timeout "$LIMIT" "$PYTHON" "$HERE/programs/control.py" "$MON/control" "$@"; }
status_of() { ask status | sed 's/^ok //' | jq -r "$1"; }
go() { touch "$ROOTFS/var/data/go$1"; }
# wait_for N: shell code that waits for go N.
wait_for() { printf 'while [ ! -e /var/data/go%s ]; do sleep 0.02; done; ' "$1"; }

@test "output before, between and after is in the log, and the exit status is exact" {
  script "echo before; $(wait_for 1) seq 1 3000; $(wait_for 2) echo after; echo err >&2; exit 7"
  supervise --start
  is "$(head -n 1 "$T/answers")" "names init,out,err"
  eventually grep -q before "$LOG"
  is "$(tell kill)" killed
  go 1
  sleep 0.3
  is "$(tell adopt)" "adopted 0"
  eventually grep -q 'F 3000' "$LOG"
  is "$(status_of .state)" running
  go 2
  eventually test -s "$MON/exit.json"
  is "$(jq -r '"\(.exitCode) \(.signal) \(.drain)"' "$MON/exit.json")" "7 null complete"
  like "$(jq -r '"\(.createdAt) \(.startedAt)"' "$MON/exit.json")" '^20.*Z 20.*Z$'
  is "$(cut -d ' ' -f 4- "$LOG" | sort | sha256sum)" "$({ echo before; seq 1 3000; echo after; echo err; } | sort | sha256sum)"
  over
}

@test "a container that ends while there is no monitor" {
  script "$(wait_for 1) echo last; kill -KILL \$\$"
  config 'del(.linux.namespaces[] | select(.type == "pid"))'
  supervise --start
  init=$(status_of .pid)
  is "$(tell kill)" killed
  go 1
  eventually gone "$init"
  is "$(tell adopt)" "adopted 0"
  eventually test -s "$MON/exit.json"
  is "$(jq -r '"\(.exitCode) \(.signal)"' "$MON/exit.json")" "null 9"
  has "$(<"$LOG")" "F last"
  over
}

@test "stop, attach and exec work as before" {
  script 'trap "echo asked; exit 4" TERM; echo up; while :; do sleep 0.05; done'
  supervise --start
  eventually grep -q up "$LOG"
  tell kill
  is "$(tell adopt)" "adopted 0"
  jq '.process.args = ["/bin/sh", "-c", "exit 9"] | .process' "$BUNDLE/config.json" >"$T/process.json"
  succeeds timeout "$LIMIT" "$PYTHON" "$HERE/programs/attach.py" --request "exec x attach" --process "$T/process.json" "$MON/control" "$T/record" </dev/null
  is "$(jq .exitCode "$T/record")" 9
  is "$(ask stop TERM | sed 's/^ok //' | jq .exitCode)" 4
  has "$(<"$LOG")" asked
  over
}

@test "a container that waits to be started is started by the new one" {
  script 'echo ran; exit 3'
  supervise
  tell kill
  is "$(tell adopt)" "adopted 0"
  is "$(status_of .state)" created
  is "$(ask start)" ok
  eventually test -s "$MON/exit.json"
  is "$(jq .exitCode "$MON/exit.json")" 3
  has "$(<"$LOG")" ran
  over
}

@test "a terminal and its input live on" {
  config '.process.terminal = true'
  script 'echo up; read line; echo "got $line"; exit 2'
  supervise --start --terminal
  is "$(head -n 1 "$T/answers")" "names init,out,in"
  eventually grep -q up "$LOG"
  tell kill
  is "$(tell adopt)" "adopted 0"
  is "$(ask resize 90 30)" ok
  echo typed >"$T/typed"
  succeeds timeout "$LIMIT" "$PYTHON" "$HERE/programs/attach.py" --input "$T/typed" --keep-input "$MON/control" "$T/record"
  has "$output" "got typed"
  is "$(jq .exitCode "$T/record")" 2
  over
}

@test "who holds the input is told when it is closed" {
  script 'cat; echo over; exit 0'
  supervise --start --stdin
  is "$(head -n 1 "$T/answers")" "names init,out,err,in"
  is "$(ask close-stdin)" ok
  is "$(tell told)" input-closed
  ask signal KILL
  over
}

@test "what does not fit is refused, and the container's directory stays as it is" {
  script "$(wait_for 1) exit 5"
  supervise --start
  exits 125 "$RTMON" --adopt init,out --dir "$MON" --bundle "$BUNDLE" "$ID" 3</dev/null 4</dev/null
  has "$stderr" "another monitor runs"
  tell kill
  exits 125 "$RTMON" --adopt init,out --dir "$MON" --bundle "$BUNDLE" "$ID" 3</dev/null 4</dev/null
  has "$stderr" "descriptor 3 is no pidfd"
  exits 125 "$RTMON" --adopt out --dir "$MON" "$ID" 3</dev/null
  has "$stderr" "init and out are needed"
  exits 125 "$RTMON" --adopt init,out,sideways --dir "$MON" "$ID" 3</dev/null 4</dev/null 5</dev/null
  has "$stderr" "each once at most"
  exits 125 "$RTMON" --adopt init,out --start --dir "$MON" "$ID"
  has "$stderr" "--adopt and --start exclude each other"
  is "$(tell adopt)" "adopted 0"
  go 1
  eventually test -s "$MON/exit.json"
  is "$(jq .exitCode "$MON/exit.json")" 5
  over
}
