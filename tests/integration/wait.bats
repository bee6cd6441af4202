#!/usr/bin/env bats
# wait: the end of a container, as seen by who is not its parent.
load helpers

setup() {
  test_fixture
  rt_only "runc has no wait"
}

# A wait of the container that has begun: it prints to $WAIT_OUT.
waiting() {
  background "$RT" --root "$ROOT" wait "$ID"
  WAITER=$BG_PID
  WAIT_OUT=$BG_OUT
  has_pidfd() { readlink "/proc/$WAITER"/fd/* | grep -q pidfd; }
  eventually has_pidfd
}

@test "wait prints the exit status of a program that runs on" {
  running 'trap "exit 42" TERM; echo up; while :; do sleep 0.05; done'
  waiting
  is "$(<"$WAIT_OUT")" ""
  succeeds rt kill "$ID" TERM
  wait "$WAITER"
  is "$(<"$WAIT_OUT")" 42
}

@test "wait prints 128 + the signal" {
  running
  waiting
  succeeds rt kill "$ID" KILL
  wait "$WAITER"
  is "$(<"$WAIT_OUT")" 137
}

@test "wait waits for a container that is not started yet, and holds up neither start nor delete" {
  script 'exit 7'
  created
  waiting
  succeeds rt start "$ID"
  eventually is_status stopped
  succeeds rt delete "$ID"
  wait "$WAITER"
  is "$(<"$WAIT_OUT")" 7
}

@test "wait of a container that has stopped returns at once" {
  running
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt wait "$ID"
  is "$output" unknown
}

@test "wait of an unknown container says that it does not exist" {
  refuses rt wait "$ID"
  has "$stderr" "does not exist"
}
