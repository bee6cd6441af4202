#!/usr/bin/env bats
# --pidfd-socket: the caller gets a descriptor of the process, which no later process can be mistaken for.
load helpers

setup() {
  differs crun "it takes an annotation instead"
  [[ $RT_KIND != runc ]] || "$RT" create --help | grep -q pidfd-socket || skip "this runc does not have it"
  test_fixture
  SOCKET=$T/pidfd.sock
}
engine() {  # takes the descriptor at $SOCKET
  background "$PYTHON" "$HERE/programs/console.py" take "$SOCKET"
  ENGINE=$BG_PID TAKEN=$BG_OUT
  eventually test -S "$SOCKET"
}
took() {  # took PAYLOAD PID
  wait "$ENGINE"
  has "$(<"$TAKEN")" "payload: $1"
  has "$(<"$TAKEN")" "pidfd of $2"
}

@test "create sends a pidfd of the container's process" {
  engine
  succeeds rt create --pidfd-socket "$SOCKET" "$ID"
  took standard "$(pid_of)"
}

@test "run --detach sends a pidfd of the container's process" {
  engine
  args /bin/probe waiting up
  succeeds rt run --detach --pidfd-socket "$SOCKET" "$ID"
  took standard "$(pid_of)"
}

@test "run in the foreground sends a pidfd of the container's process" {
  engine
  args /bin/probe waiting up
  background rt run --pid-file "$T/pid" --pidfd-socket "$SOCKET" "$ID"
  eventually test -s "$T/pid"
  took standard "$(<"$T/pid")"
  succeeds rt kill "$ID" KILL
}

@test "exec sends a pidfd of its process" {
  running
  engine
  succeeds rt exec -d --pid-file "$T/pid" --pidfd-socket "$SOCKET" "$ID" sleep 1000
  took setns "$(<"$T/pid")"
}

@test "the socket's path may be longer than 108 bytes" {
  SOCKET=$T
  for part in aaaaaaaaaa bbbbbbbbbb; do SOCKET+=/$(printf "%.s$part" {1..10}); done
  mkdir -p "$SOCKET"
  SOCKET+=/pidfd.sock
  engine
  succeeds rt create --pidfd-socket "$SOCKET" "$ID"
  took standard "$(pid_of)"
}

@test "a socket that nobody listens on is an error, and the container is not made" {
  refuses rt create --pidfd-socket "$SOCKET" "$ID"
  has "$stderr" "pidfd.sock"
  refuses rt state "$ID"
}

@test "a command whose pidfd nobody takes is not run" {
  running
  exits 255 rt exec --pidfd-socket "$SOCKET" "$ID" touch /tmp/ran
  has "$stderr" "pidfd.sock"
  succeeds rt exec "$ID" test ! -e /tmp/ran
}
