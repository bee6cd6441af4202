#!/usr/bin/env bats
# kill: which signals, to whom, in which states.
load helpers

# A container that prints the number of each signal it gets.
trapping() {
  args /bin/probe trap
  succeeds rt run -d "$ID"
  CONTAINER_OUT=$OUT
  eventually grep -q ready "$CONTAINER_OUT"
}
# How many processes of the container are "sleep 1000".
sleepers() { rt ps "$ID" | grep -c 'sleep 1000$' || :; }
sleepers_are() { [[ $(sleepers) == "$1" ]]; }
got() { grep -qx "signal $1" "$CONTAINER_OUT"; }

@test "kill sends TERM by default" {
  trapping
  succeeds rt kill "$ID"
  is "$output$stderr" ""
  eventually got 15
}

@test "kill takes signal names with and without SIG, in any case" {
  trapping
  succeeds rt kill "$ID" HUP
  eventually got 01
  succeeds rt kill "$ID" SIGINT
  eventually got 02
  succeeds rt kill "$ID" sigquit
  eventually got 03
  succeeds rt kill "$ID" usr1
  eventually got 10
  succeeds rt kill "$ID" SigWinch
  eventually got 28
}

@test "kill takes signal numbers" {
  trapping
  for number in 1 3 10 28 31; do
    succeeds rt kill "$ID" "$number"
    eventually got "$(printf %02d "$number")"
  done
}

@test "kill takes real-time signals" {
  trapping
  succeeds rt kill "$ID" 40
  eventually got 40
}

@test "kill takes the names of real-time signals" {
  differs runc "it knows no RTMIN+1"
  trapping
  succeeds rt kill "$ID" RTMIN+1
  eventually got 35
  succeeds rt kill "$ID" SIGRTMAX-1
  eventually got 63
}

@test "kill refuses a signal that there is not" {
  trapping
  for bad in NOSUCH SIGNOSUCH 99999 -5 9x; do
    try rt kill "$ID" "$bad"
    ((status != 0)) || { echo "accepted '$bad'"; return 1; }
  done
  is "$(state_of)" running
}

@test "kill of a created container ends it" {
  created
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
}

@test "TERM to a created container is accepted; whether its init dies of it is the runtime's choice" {
  created
  pid=$(pid_of)
  succeeds rt kill "$ID" TERM
  sleep 0.1
  like "$(state_of)" '^(created|stopped)$'
  succeeds rt delete "$ID"
  gone "$pid"
}

@test "kill of a stopped container says that it is not running" {
  created
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  refuses rt kill "$ID" TERM
  has "$stderr" "container not running"
  refuses rt kill "$ID" KILL
  has "$stderr" "container not running"
}

@test "kill --all of a stopped container succeeds" {
  created
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt kill --all "$ID" KILL
}

@test "kill of an unknown container says that it does not exist" {
  refuses rt kill "$ID" KILL
  has "$stderr" "does not exist"
}

@test "kill reaches only the first process" {
  running 'sleep 1000 & trap "echo got" USR1; echo up; while :; do wait; done'
  succeeds rt kill "$ID" USR1
  eventually grep -q got "$CONTAINER_OUT"
  is "$(sleepers)" 1
}

@test "kill --all reaches every process" {
  running 'sleep 1000 & sleep 1000 & trap "" TERM; echo up; while :; do sleep 0.1; done'
  rt exec -d "$ID" sleep 1000
  eventually sleepers_are 3
  succeeds rt kill --all "$ID" TERM
  eventually sleepers_are 0
  is "$(state_of)" running
}

@test "kill -a is kill --all" {
  running
  succeeds rt kill -a "$ID" KILL
  eventually is_status stopped
}

@test "KILL without a pid namespace ends every process of the container" {
  config 'del(.linux.namespaces[] | select(.type == "pid"))'
  running 'sleep 1000 & echo $!; exec sleep 1000'
  first=$(pid_of)
  second=$(head -1 "$CONTAINER_OUT")
  try rt kill --all "$ID" KILL
  is "$status" 0
  eventually gone "$first"
  eventually gone "$second"
}

@test "KILL without --all and without a pid namespace ends every process too" {
  differs runc "1.1 needs --all here; 1.2 and later do not"
  config 'del(.linux.namespaces[] | select(.type == "pid"))'
  running 'sleep 1000 & echo $!; exec sleep 1000'
  second=$(head -1 "$CONTAINER_OUT")
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  eventually gone "$second"
}

@test "KILL ends a paused container" {
  differs runc "1.1 leaves the cgroup frozen"
  running
  succeeds rt pause "$ID"
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
}

@test "kill takes no third argument" {
  running
  try rt kill "$ID" KILL extra
  ((status != 0))
  is "$(state_of)" running
}
