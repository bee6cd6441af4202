#!/usr/bin/env bats
# create, start, delete: runtime.md, "Lifecycle" and "Operations".
load helpers

@test "a container goes through created, running and stopped" {
  created 'exec sleep 100'
  is "$(state_of)" created
  succeeds rt start "$ID"
  is "$(state_of)" running
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt delete "$ID"
  refuses rt state "$ID"
}

@test "create prints nothing and does not run the program" {
  own_rootfs
  created 'echo ran >/tmp/ran; exec sleep 100'
  is "$output$stderr" ""
  sleep 0.1
  absent "$ROOTFS/tmp/ran"
  succeeds rt start "$ID"
  is "$output$stderr" ""
  eventually test -s "$ROOTFS/tmp/ran"
}

@test "the container's output goes to the descriptors that create was given" {
  created 'echo to stdout; echo to stderr >&2'
  container_out=$OUT container_err=$ERR
  succeeds rt start "$ID"
  eventually is_status stopped
  is "$(<"$container_out")" "to stdout"
  is "$(<"$container_err")" "to stderr"
}

@test "create leaves one process, a child of the calling subreaper" {
  succeeds "$PROGRAMS/reap" "$T/left" timeout "$LIMIT" "$RT" --root "$ROOT" create --pid-file "$T/pid" "$ID"
  pid=$(<"$T/pid")
  like "$(<"$T/left")" "^child $pid "
  is "$(wc -l <"$T/left")" 1
}

@test "the subreaper that called create reaps the container's exit status" {
  script 'exit 42'
  background "$PROGRAMS/reap" -w "$T/left" "$RT" --root "$ROOT" create --pid-file "$T/pid" "$ID"
  reaper=$BG_PID
  eventually test -s "$T/left"
  succeeds rt start "$ID"
  wait "$reaper"
  has "$(<"$T/left")" "dead $(<"$T/pid") 42"
}

@test "create needs neither stdin nor a terminal" {
  args cat
  try rt create "$ID" </dev/null
  is "$status" 0
  succeeds rt start "$ID"
  eventually is_status stopped
}

@test "create takes the bundle from --bundle, absolute or relative" {
  cd /
  succeeds rt create --bundle "$BUNDLE" "$ID"
  is "$(rt state "$ID" | jq -r .bundle)" "$BUNDLE"
  succeeds rt delete "$ID"
  cd "$T"
  succeeds rt create -b bundle "$ID"
  is "$(rt state "$ID" | jq -r .bundle)" "$BUNDLE"
}

@test "create takes the bundle from the working directory by default" {
  succeeds rt create "$ID"
  is "$(rt state "$ID" | jq -r .bundle)" "$BUNDLE"
}

@test "root.path may be relative to the bundle" {
  cp -a "$ROOTFS" "$BUNDLE/my-rootfs"
  config '.root.path = "my-rootfs" | .process.args = ["cat", "/var/data/file"]'
  cd /
  succeeds rt run --bundle "$BUNDLE" "$ID"
  is "$output" "data of the image"
}

@test "the pid file holds the pid and nothing else" {
  succeeds rt create --pid-file "$T/pid" "$ID"
  is "$(od -An -c "$T/pid" | tr -d ' \n')" "$(pid_of)"
}

@test "the pid file replaces an older one" {
  echo '99999999999 and more text' >"$T/pid"
  succeeds rt create --pid-file "$T/pid" "$ID"
  is "$(<"$T/pid")" "$(pid_of)"
  is "$(find "$T" -maxdepth 1 -name '*pid*')" "$T/pid"  # no temporary file beside it
}

@test "a pid file that cannot be written fails create, which leaves nothing" {
  refuses rt create --pid-file "$T/no/such/dir/pid" "$ID"
  has "${stderr,,}" "no such file or directory"
  refuses rt state "$ID"
}

@test "a relative pid file is relative to the working directory" {
  cd "$T"
  succeeds rt create --bundle "$BUNDLE" --pid-file here.pid "$ID"
  is "$(<"$T/here.pid")" "$(pid_of)"
}

@test "an id that is taken is refused and its container goes on" {
  running
  pid=$(pid_of)
  refuses rt create "$ID"
  has "$stderr" "already exists"
  refuses rt run "$ID"
  has "$stderr" "already exists"
  is "$(state_of)" running
  is "$(pid_of)" "$pid"
}

@test "an id may hold letters, digits, _ + - and ." {
  id=$ID.A_b+c-1
  config '.linux.cgroupsPath = "/" + $id' --arg id "$id"
  succeeds rt create "$id"
  is "$(rt state "$id" | jq -r .id)" "$id"
}

@test "an id with any other character is refused" {
  for id in "" . .. a/b ../escape "a b" "a:b" $'a\nb' "ä" 'a$b' '*'; do
    refuses rt create "$id"
    refuses rt state "$id"
  done
  is "$(find "$ROOT" -mindepth 1)" ""
  absent "$T/escape"
}

@test "an id of more than 1024 characters is refused or works, but never half" {
  long=$(printf 'x%.0s' {1..1100})
  refuses rt create "$long"
  is "$(find "$ROOT" -mindepth 1)" ""
}

@test "start of an unknown container is refused" {
  refuses rt start "$ID"
  has "$stderr" "does not exist"
}

@test "start of a running container is refused and it goes on" {
  running
  refuses rt start "$ID"
  has "$stderr" "cannot start an already running container"
  is "$(state_of)" running
}

@test "start of a stopped container is refused" {
  created
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  refuses rt start "$ID"
  has "$stderr" "cannot start a container that has stopped"
}

@test "start of a paused container is refused" {
  running
  succeeds rt pause "$ID"
  refuses rt start "$ID"
  has "$stderr" "cannot start"
  succeeds rt resume "$ID"
}

@test "once start has returned the program is running" {
  args /bin/probe waiting up
  succeeds rt create "$ID"
  pid=$(pid_of)
  succeeds rt start "$ID"
  is "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "/bin/probe waiting up "
}

@test "config.json is read at create: later edits and removal change nothing" {
  args /bin/probe waiting first
  succeeds rt create "$ID"
  container_out=$OUT
  args /bin/probe waiting second
  succeeds rt start "$ID"
  eventually test -s "$container_out"
  is "$(<"$container_out")" first
  rm "$BUNDLE/config.json"
  is "$(state_of)" running
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt delete "$ID"
}

@test "delete of a created container kills it" {
  created
  pid=$(pid_of)
  succeeds rt delete "$ID"
  gone "$pid"
  refuses rt state "$ID"
}

@test "delete of a running container is refused and it goes on" {
  running
  refuses rt delete "$ID"
  has "$stderr" "cannot delete container $ID that is not stopped: running"
  is "$(state_of)" running
}

@test "delete of a paused container is refused" {
  running
  succeeds rt pause "$ID"
  refuses rt delete "$ID"
  has "$stderr" "that is not stopped: paused"
  is "$(state_of)" paused
}

@test "delete --force ends a running container" {
  running
  pid=$(pid_of)
  succeeds rt delete --force "$ID"
  gone "$pid"
  refuses rt state "$ID"
}

@test "delete -f ends a container that ignores signals" {
  running 'trap "" TERM INT HUP; echo up; while :; do sleep 1; done'
  succeeds rt delete -f "$ID"
}

@test "delete --force ends a paused container" {
  running
  succeeds rt pause "$ID"
  succeeds rt delete --force "$ID"
  refuses rt state "$ID"
}

@test "delete of an unknown container says that it does not exist" {
  refuses rt delete "$ID"
  has "$stderr" "does not exist"
}

@test "delete --force of an unknown container succeeds silently" {
  succeeds rt delete --force "$ID"
  is "$output$stderr" ""
}

@test "delete --force removes what an aborted create left in the state directory" {
  mkdir "$ROOT/$ID"
  succeeds rt delete --force "$ID"
  absent "$ROOT/$ID"
}

@test "delete removes the state directory and the cgroups" {
  running
  isnt "$(find /sys/fs/cgroup -name "$ID")" ""
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt delete "$ID"
  is "$(find /sys/fs/cgroup -name "$ID")" ""
  is "$(find "$ROOT" -name "$ID")" ""
}

@test "delete of a stopped container ends what it left in the host's pid namespace" {
  config 'del(.linux.namespaces[] | select(.type == "pid"))'
  script 'sleep 98765 & exit 0'
  succeeds rt run --detach "$ID"
  eventually is_status stopped
  succeeds rt delete "$ID"
  eventually test -z "$(pgrep -f "sleep 98765")"
}

@test "an id can be used again after delete" {
  for _ in 1 2 3; do
    succeeds rt create "$ID"
    succeeds rt start "$ID"
    eventually is_status stopped
    succeeds rt delete "$ID"
  done
}

@test "containers under another --root are not seen" {
  running
  mkdir "$T/other"
  refuses timeout "$LIMIT" "$RT" --root "$T/other" state "$ID"
  has "$stderr" "does not exist"
}

@test "several containers live side by side" {
  for n in a b c; do
    config '.linux.cgroupsPath = "/" + $id | .hostname = $id | .process.args = ["sleep", "100"]' --arg id "$ID-$n"
    succeeds rt run -d "$ID-$n"
  done
  for n in a b c; do is "$(rt exec "$ID-$n" hostname)" "$ID-$n"; done
  succeeds rt delete -f "$ID-b"
  is "$(state_of "$ID-a") $(state_of "$ID-c")" "running running"
}

@test "a container without a process cannot be started" {
  config 'del(.process)'
  try rt create "$ID"
  if ((status == 0)); then refuses rt start "$ID"; else has "$stderr" process; fi
}

@test "of several creates of one id at a time exactly one succeeds" {
  differs runc "1.1 looks and then makes"
  for _ in {1..6}; do background "$RT" --root "$ROOT" create "$ID"; done
  won=0
  for pid in "${BACKGROUND[@]}"; do
    if wait "$pid"; then won=$((won + 1)); fi
  done
  is "$won" 1
  is "$(state_of)" created
  succeeds rt delete "$ID"
}

@test "of several starts at a time exactly one succeeds" {
  differs runc "1.1 looks and then starts"
  args /bin/probe waiting up
  succeeds rt create "$ID"
  container_out=$OUT
  for _ in {1..6}; do background "$RT" --root "$ROOT" start "$ID"; done
  won=0
  for pid in "${BACKGROUND[@]}"; do
    if wait "$pid"; then won=$((won + 1)); fi
  done
  is "$won" 1
  is "$(state_of)" running
  is "$(<"$container_out")" up
}

@test "several deletes at a time leave nothing, and at least one succeeds" {
  running
  for _ in {1..4}; do background "$RT" --root "$ROOT" delete --force "$ID"; done
  won=0
  for pid in "${BACKGROUND[@]}"; do
    if wait "$pid"; then won=$((won + 1)); fi
  done
  ((won >= 1))
  refuses rt state "$ID"
}
