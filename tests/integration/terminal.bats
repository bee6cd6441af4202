#!/usr/bin/env bats
# Terminals: through a console socket and in the foreground.
load helpers

# console STEP...: an engine that waits for the terminal at console.sock.
console() {
  background "$PYTHON" "$HERE/programs/console.py" receive "$T/console.sock" "$@"
  CONSOLE_PID=$BG_PID CONSOLE_OUT=$BG_OUT CONSOLE_ERR=$BG_ERR
  eventually test -S "$T/console.sock"
}
# on_terminal STEP... -- COMMAND...
on_terminal() { "$PYTHON" "$HERE/programs/console.py" run "$@"; }
with_terminal() { config '.process.terminal = true'; }
text() { tr -d '\r' <"$1"; }

@test "create sends one descriptor, the terminal's master, over the console socket" {
  with_terminal
  script 'tty; test -t 0 && test -t 1 && test -t 2 && echo all are terminals'
  console
  succeeds rt create --console-socket "$T/console.sock" "$ID"
  is "$output$stderr" ""
  succeeds rt start "$ID"
  wait "$CONSOLE_PID"
  has "$(text "$CONSOLE_OUT")" "all are terminals"
  has "$(<"$CONSOLE_ERR")" "fds: 1"
}

@test "in the foreground a terminal's lines end as the program wrote them" {
  with_terminal
  script 'echo one; echo two'
  rt run "$ID" </dev/null >"$T/said"
  printf 'one\ntwo\n' | cmp - "$T/said"
  script 'exec sleep 100'
  console
  succeeds rt run -d --console-socket "$T/console.sock" "$ID"
  rt exec --tty "$ID" echo three </dev/null >"$T/said"
  printf 'three\n' | cmp - "$T/said"
}

@test "in the foreground of a terminal lines still begin at its left" {
  with_terminal
  script 'echo one; echo two'
  on_terminal 'expect:one\r\ntwo\r\n' -- "$RT" --root "$ROOT" run "$ID"
}

@test "what is typed reaches the container" {
  with_terminal
  script 'read -r line; echo "got: $line"'
  console 'send:hello there\n' 'expect:got: hello there'
  succeeds rt run --detach --console-socket "$T/console.sock" "$ID"
  wait "$CONSOLE_PID"
}

@test "the terminal is the container's controlling terminal: ^C interrupts" {
  with_terminal
  script 'trap "echo interrupted; exit" INT; echo ready; while :; do sleep 0.05; done'
  console expect:ready 'send:\x03' expect:interrupted
  succeeds rt run -d --console-socket "$T/console.sock" "$ID"
  wait "$CONSOLE_PID"
}

@test "the terminal is a device of the container's own devpts, owned by its user" {
  with_terminal
  config '.process.user = {uid: 1000, gid: 1000}'
  script 'tty; stat -c "%u %t" $(tty); ls /dev/pts'
  console
  succeeds rt run -d --console-socket "$T/console.sock" "$ID"
  wait "$CONSOLE_PID"
  like "$(text "$CONSOLE_OUT")" '^/dev/(pts/0|console)'
  has "$(text "$CONSOLE_OUT")" "1000 88"
}

@test "/dev/console is the terminal" {
  with_terminal
  script 'echo through the console >/dev/console'
  console 'expect:through the console'
  succeeds rt run -d --console-socket "$T/console.sock" "$ID"
  wait "$CONSOLE_PID"
}

@test "consoleSize sets the window's size" {
  with_terminal
  config '.process.consoleSize = {height: 33, width: 101}'
  script 'stty size'
  console 'expect:33 101'
  succeeds rt run -d --console-socket "$T/console.sock" "$ID"
  wait "$CONSOLE_PID"
}

@test "the window's size can be changed later" {
  with_terminal
  script 'echo ready; while [ "$(stty size)" != "11 77" ]; do sleep 0.02; done; echo resized'
  console expect:ready resize:11x77 expect:resized
  succeeds rt run -d --console-socket "$T/console.sock" "$ID"
  wait "$CONSOLE_PID"
}

@test "consoleSize without a terminal is ignored" {
  config '.process.consoleSize = {height: 33, width: 101}'
  inside 'echo fine'
  is "$output" fine
}

@test "create with a terminal but without a console socket is refused" {
  with_terminal
  refuses rt create "$ID"
  has "$stderr" "console socket"
  refuses rt state "$ID"
}

@test "a console socket without a terminal is refused" {
  refuses rt create --console-socket "$T/console.sock" "$ID"
  has "$stderr" "console socket"
}

@test "a console socket nobody listens on fails create, which leaves nothing" {
  with_terminal
  refuses rt create --console-socket "$T/no.sock" "$ID"
  refuses rt state "$ID"
}

@test "a console socket with a path longer than sun_path works" {
  rt_only "runc 1.1 cannot connect to it"
  with_terminal
  script 'echo hello'
  deep=$T/$(printf 'd%.0s' {1..60})/$(printf 'e%.0s' {1..60})
  mkdir -p "$deep"
  background "$PYTHON" "$HERE/programs/console.py" receive "$deep/console.sock" expect:hello
  receiver=$BG_PID
  eventually test -S "$deep/console.sock"
  succeeds rt run -d --console-socket "$deep/console.sock" "$ID"
  wait "$receiver"
}

@test "exec --tty --console-socket gives the command a terminal of its own" {
  running
  console 'expect:a terminal'
  succeeds rt exec --tty --detach --console-socket "$T/console.sock" "$ID" sh -c 'test -t 0 && echo a terminal'
  wait "$CONSOLE_PID"
}

@test "exec --process with a terminal uses consoleSize" {
  running
  jq '.process | .terminal = true | .consoleSize = {height: 20, width: 44} | .args = ["stty", "size"]' config.json >"$T/p.json"
  console 'expect:20 44'
  succeeds rt exec --process "$T/p.json" --detach --console-socket "$T/console.sock" "$ID"
  wait "$CONSOLE_PID"
}

@test "run in the foreground connects the caller's terminal" {
  with_terminal
  script 'read -r line; test -t 0 && echo "got: $line"; exit 5'
  exits 5 on_terminal 'send:typed\n' 'expect:got: typed' -- "$RT" --root "$ROOT" run "$ID"
}

@test "run in the foreground takes over the window's size" {
  with_terminal
  script 'stty size; read -r go; while [ "$(stty size)" = "24 80" ]; do sleep 0.02; done; stty size'
  exits 0 on_terminal 'expect:24 80' 'resize:30x90' 'send:\n' 'expect:30 90' -- "$RT" --root "$ROOT" run "$ID"
}

@test "run in the foreground hands ^C to the container and ends with it" {
  with_terminal
  script 'trap "echo interrupted; exit 9" INT; echo ready; while :; do sleep 0.05; done'
  exits 9 on_terminal expect:ready 'send:\x03' expect:interrupted -- "$RT" --root "$ROOT" run "$ID"
}

@test "the caller's terminal is as before after a run in the foreground" {
  with_terminal
  script 'stty -echo raw; exit 0'
  exits 0 on_terminal -- sh -c 'a=$(stty -g); "$@"; b=$(stty -g); [ "$a" = "$b" ] || { echo "$a"; echo "$b"; exit 8; }' \
    sh "$RT" --root "$ROOT" run "$ID"
}

@test "exec --tty in the foreground connects the caller's terminal" {
  running
  exits 6 on_terminal 'send:typed\n' 'expect:got: typed' -- "$RT" --root "$ROOT" exec --tty "$ID" \
    sh -c 'read -r line; test -t 1 && echo "got: $line"; exit 6'
}

@test "exec -t passes the window's size on" {
  running
  exits 0 on_terminal 'expect:24 80' -- "$RT" --root "$ROOT" exec -t "$ID" stty size
}

@test "run with a terminal works although stdin is not one" {
  with_terminal
  script 'test -t 1 && echo a terminal'
  try rt run "$ID"
  if ((status == 0)); then has "$output" "a terminal"; else isnt "$stderr" ""; fi
}
