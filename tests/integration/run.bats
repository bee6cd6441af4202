#!/usr/bin/env bats
# run in the foreground: exit codes, signals, standard streams; --detach and --keep.
load helpers

@test "run exits with the container's exit code" {
  for code in 0 1 42 125 255; do
    script "exit $code"
    exits "$code" rt run "$ID"
  done
}

@test "run exits with 128 + the number of the signal that killed the container" {
  for number in 9 6 11; do
    config 'del(.linux.namespaces[] | select(.type == "pid"))'  # PID 1 of a namespace could not kill itself
    script "kill -$number \$\$"
    exits $((128 + number)) rt run "$ID"
  done
}

@test "run exits with 137 when the container is killed from outside" {
  args /bin/probe waiting up
  background "$RT" --root "$ROOT" run "$ID"
  runtime=$BG_PID
  eventually grep -q up "$BG_OUT"
  succeeds rt kill "$ID" KILL
  code=0
  wait "$runtime" || code=$?
  is "$code" 137
}

@test "run deletes the container when it has ended" {
  succeeds rt run "$ID"
  refuses rt state "$ID"
  is "$(find "$ROOT" -mindepth 1 -name "$ID")" ""
}

@test "run --keep leaves a stopped container" {
  script 'exit 7'
  exits 7 rt run --keep "$ID"
  is "$(state_of)" stopped
  succeeds rt delete "$ID"
}

@test "run --detach returns while the container runs" {
  running
  is "$(state_of)" running
}

@test "run --detach writes the pid file" {
  args /bin/probe waiting up
  succeeds rt run -d --pid-file "$T/pid" "$ID"
  is "$(<"$T/pid")" "$(pid_of)"
}

@test "run --detach leaves one process, a child of the calling subreaper" {
  args /bin/probe waiting up
  succeeds "$PROGRAMS/reap" "$T/left" timeout "$LIMIT" "$RT" --root "$ROOT" run -d --pid-file "$T/pid" "$ID"
  like "$(<"$T/left")" "^child $(<"$T/pid") "
  is "$(wc -l <"$T/left")" 1
}

@test "run leaves no process behind, also what the container left" {
  script '(sleep 2000 &) ; (sleep 2000 &); exit 0'
  succeeds "$PROGRAMS/reap" "$T/left" timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  is "$(grep ^child "$T/left" || true)" ""
}

@test "run keeps stdout and stderr apart" {
  inside 'echo one; echo two >&2; echo three'
  is "$output" $'one\nthree'
  is "$stderr" two
}

@test "run passes stdin on, to its end" {
  args cat
  succeeds rt run "$ID" < <(printf 'first\nlast without newline')
  is "$output" $'first\nlast without newline'
}

@test "run carries megabytes through stdin and stdout unchanged" {
  head -c 8000000 /dev/urandom >"$T/data"
  args cat
  rt run "$ID" <"$T/data" | cmp - "$T/data"
}

@test "run carries megabytes through pipes unchanged" {
  head -c 4000000 /dev/urandom >"$T/data"
  args cat
  # shellcheck disable=SC2002  # a pipe on both sides is the point
  cat "$T/data" | rt run "$ID" | cmp - "$T/data"
}

@test "run ends although its stdin stays open" {
  args true
  exits 0 rt run "$ID" < <(exec sleep 30 >/dev/null)
}

@test "output written right before the end is not lost" {
  script 'i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i + 1)); done'
  for _ in 1 2 3; do
    lines=$(rt run "$ID" | wc -l)
    is "$lines" 2000
  done
}

@test "run does not hang when the reader of its stdout goes away" {
  args yes
  rt run "$ID" | head -1 >"$T/first"
  is "$(<"$T/first")" y
  eventually test -z "$(find "$ROOT" -mindepth 1 -name "$ID")"
}

@test "/dev/stdout can be opened again by name" {
  inside 'echo hello >/dev/stdout; echo oops >/dev/stderr'
  is "$output" hello
  is "$stderr" oops
}

@test "a user other than root can open /dev/stdout again" {
  config '.process.user = {uid: 1000, gid: 1000}'
  script 'echo hello >/dev/stdout; echo oops >/dev/stderr'
  rt run "$ID" 2>"$T/stderr" | cat >"$T/stdout"
  is "$(<"$T/stdout")" hello
}

@test "signals to run reach the container" {
  args /bin/probe trap
  background "$RT" --root "$ROOT" run "$ID"
  runtime=$BG_PID container_out=$BG_OUT
  eventually grep -q ready "$container_out"
  for signal in TERM INT HUP QUIT USR1; do
    kill -"$signal" "$runtime"
    eventually grep -qx "signal $(printf %02d "$(kill -l "$signal")")" "$container_out"
  done
  kill -USR2 "$runtime"  # the program's cue to exit with 0
  code=0
  wait "$runtime" || code=$?
  is "$code" 0
}

@test "TERM to run gives exit code 143 when the container dies of it" {
  config 'del(.linux.namespaces[] | select(.type == "pid"))'
  script 'echo up; exec sleep 100'
  background "$RT" --root "$ROOT" run "$ID"
  runtime=$BG_PID
  eventually grep -q up "$BG_OUT"
  kill -TERM "$runtime"
  code=0
  wait "$runtime" || code=$?
  is "$code" 143
}

@test "the container starts with no signal blocked or ignored, whatever the caller has" {
  differs runc "it keeps the caller's mask of blocked signals"
  inside_args cat /proc/self/status
  plain=$(grep -E '^Sig(Blk|Ign)' <<<"$output")
  is "$(awk '{print $2}' <<<"$plain" | sort -u)" 0000000000000000
  succeeds env --block-signal=USR1 --ignore-signal=HUP,PIPE,INT timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  is "$(grep -E '^Sig(Blk|Ign)' <<<"$output")" "$plain"
}

@test "run reports a program that cannot be started, and deletes the container" {
  args /no/such/program
  refuses rt run "$ID"
  has "$stderr" /no/such/program
  has "${stderr,,}" "no such file or directory"
  refuses rt state "$ID"
}

@test "run with a console socket but without detach or terminal is refused" {
  refuses rt run --console-socket "$T/socket" "$ID"
  has "$stderr" "cannot use console socket"
}

@test "detach with a terminal needs a console socket" {
  config '.process.terminal = true'
  refuses rt run --detach "$ID"
  has "$stderr" "cannot allocate tty"
}

@test "ten runs leave an empty state directory" {
  for _ in {1..10}; do rt run "$ID"; done
  is "$(find "$ROOT" -mindepth 1 -not -name .cache -not -path '*/.cache/*')" ""
}

@test "a container whose run was killed goes on and can be deleted" {
  args /bin/probe waiting up
  background "$RT" --root "$ROOT" run "$ID"
  runtime=$BG_PID
  eventually grep -q up "$BG_OUT"
  kill -KILL "$runtime"
  wait "$runtime" || true
  is "$(state_of)" running
  succeeds rt delete --force "$ID"
}

@test "exec exits with 137 when its command dies with the container" {
  running
  background "$RT" --root "$ROOT" exec "$ID" sleep 1000
  execing=$BG_PID
  inside_sleeps() { rt ps "$ID" | grep -q 'sleep 1000'; }
  eventually inside_sleeps
  succeeds rt kill "$ID" KILL
  code=0
  wait "$execing" || code=$?
  is "$code" 137
}
