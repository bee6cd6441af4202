#!/usr/bin/env bats
# An ordinary user with a systemd of its own, which makes cgroups, and a cgroup that is the user's. The tests are root's and run
# rt as that user, from a cgroup that is not the user's, as after a login.
# run-unshared: systemd is told of processes
# shellcheck shell=bash disable=SC2034,SC2154

load helpers

setup_file() {
  file_fixture
  install -m 755 "$RT" "$FILE_DIR/rt"  # where every user can reach it
  [[ -z ${RT_TEST_USER:-} ]] || loginctl enable-linger "$RT_TEST_USER"
}

# A user with a session; RT_TEST_USER names one that may be given it.
setup() {
  local dir i
  [[ -d /run/systemd/system ]] || skip "needs systemd"
  needs_v2
  test_fixture
  rt_only "the tests call it by another user's name"
  for ((i = 0; i < 100 * SLOWNESS; i++)); do
    for dir in /run/user/*/; do
      [[ -S ${dir}systemd/private && -S ${dir}bus && $(stat -c %u "$dir") != 0 ]] || continue
      U=$(stat -c %u "$dir")
      RUN=${dir%/}
      UNIT=rt-$ID.scope
      chown -R "$U:$U" "$T"
      rm "$BUNDLE/config.json"
      rt spec --rootless --bundle "$BUNDLE"
      config '.root = {path: $rootfs} | .process.terminal = false | .process.args = ["/bin/sleep", "1000"]' --arg rootfs "$ROOTFS"
      return
    done
    [[ -n ${RT_TEST_USER:-} ]] || break
    sleep 0.1
  done
  skip "needs a user with a systemd of its own (loginctl enable-linger)"
}

as_user() { setpriv --reuid="$U" --regid="$U" --clear-groups env -i PATH="$PATH" HOME=/ XDG_RUNTIME_DIR="$RUN" RT_TEST_ID="$ID" "$@"; }
rt() { as_user timeout -k 5 "$LIMIT" "$FILE_DIR/rt" --root "$ROOT" "$@"; }
userctl() { as_user systemctl --user "$@"; }
cgroup_of() { cut -d: -f3 "/proc/$(pid_of)/cgroup"; }

@test "the user's systemd makes a scope, with limits, and exec goes into it" {
  local cgroup
  config '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 50}}'
  succeeds rt --systemd-cgroup create "$ID"
  succeeds rt start "$ID"
  is "$(userctl show -P ActiveState "$UNIT")" active
  is "$(userctl show -P MemoryMax "$UNIT")" 67108864
  cgroup=$(cgroup_of)
  like "$cgroup" "/user@$U.service/user.slice/$UNIT\$"
  is "$(cat "/sys/fs/cgroup$cgroup/memory.max")" 67108864
  succeeds rt exec --detach --pid-file "$T/pid" "$ID" /bin/sleep 1000
  is "$(cut -d: -f3 "/proc/$(cat "$T/pid")/cgroup")" "$cgroup"
  succeeds rt update --memory 134217728 "$ID"
  is "$(userctl show -P MemoryMax "$UNIT")" 134217728
  succeeds rt pause "$ID"
  is_status paused
  succeeds rt resume "$ID"
  is "$(rt ps --format json "$ID" | jq length)" 2
  succeeds rt delete --force "$ID"
  eventually eval '[[ $(userctl show -P LoadState "$UNIT") == not-found ]]'
}

@test "a session bus without systemd on it is no obstacle" {
  DBUS=unix:path=/nonexistent
  rt() { as_user env DBUS_SESSION_BUS_ADDRESS="$DBUS" timeout -k 5 "$LIMIT" "$FILE_DIR/rt" --root "$ROOT" "$@"; }
  succeeds rt --systemd-cgroup create "$ID"
  is "$(userctl show -P ActiveState "$UNIT")" active
}

@test "in a delegated cgroup the container gets one of its own, with limits; exec from elsewhere warns" {
  config '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 50}}'
  succeeds as_user systemd-run --user --scope --quiet -p Delegate=yes -- \
    timeout -k 5 "$LIMIT" "$FILE_DIR/rt" --root "$ROOT" run --detach "$ID"
  is "$(cat "/sys/fs/cgroup$(cgroup_of)/memory.max")" 67108864
  like "$(cgroup_of)" "/user@$U.service/.*/$ID\$"
  succeeds rt exec "$ID" /bin/true
  has "$stderr" "outside of the container's cgroup"
  succeeds rt delete --force "$ID"
}

@test "without a cgroup to be had a container without limits runs, with a warning" {
  args /bin/true
  succeeds rt run "$ID"
  has "$stderr" ignoring
  config '.linux.resources = {memory: {limit: 67108864}}'
  refuses rt run "$ID"
  has "$stderr" delegated
}
