#!/usr/bin/env bats
# pause and resume: the freezer.
load helpers

@test "a paused container makes no progress until it is resumed" {
  running 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.02; done'
  succeeds rt pause "$ID"
  is "$output$stderr" ""
  before=$(wc -l <"$CONTAINER_OUT")
  sleep 0.2
  is "$(wc -l <"$CONTAINER_OUT")" "$before"
  succeeds rt resume "$ID"
  is "$output$stderr" ""
  more_lines() { (($(wc -l <"$CONTAINER_OUT") > before)); }
  eventually more_lines
}

@test "processes below the first are paused too" {
  running '(while :; do echo tick; sleep 0.02; done) & wait'
  succeeds rt pause "$ID"
  before=$(wc -l <"$CONTAINER_OUT")
  sleep 0.2
  is "$(wc -l <"$CONTAINER_OUT")" "$before"
}

@test "pause of a container that is not running is refused" {
  created
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  refuses rt pause "$ID"
  has "$stderr" "container not running"
}

@test "a created container can be paused and resumed" {
  created
  succeeds rt pause "$ID"
  is "$(state_of)" paused
  succeeds rt resume "$ID"
  is "$(state_of)" created
}

@test "resume of a container that is not paused is refused" {
  running
  refuses rt resume "$ID"
  has "$stderr" "container not paused"
}

@test "pause and resume of an unknown container say that it does not exist" {
  refuses rt pause "$ID"
  has "$stderr" "does not exist"
  refuses rt resume "$ID"
  has "$stderr" "does not exist"
}

@test "a signal sent while paused arrives after resume" {
  args /bin/probe trap
  succeeds rt run -d "$ID"
  container_out=$OUT
  eventually grep -q ready "$container_out"
  succeeds rt pause "$ID"
  succeeds rt kill "$ID" USR1
  sleep 0.1
  lacks "$(<"$container_out")" "signal 10"
  succeeds rt resume "$ID"
  eventually grep -qx "signal 10" "$container_out"
}

@test "create in a cgroup that is frozen is refused" {
  needs_v1 freezer
  dir=/sys/fs/cgroup/freezer/$ID
  mkdir "$dir"
  UNDO+=("echo THAWED >'$dir/freezer.state'; rmdir '$dir'")
  echo FROZEN >"$dir/freezer.state"
  refuses rt create "$ID"
  has "$stderr" frozen
}
