#!/usr/bin/env bats
# An ordinary user: one id that is root inside, ids from /etc/subuid, no cgroups or delegated ones, user namespaces in user
# namespaces. The tests are root's and run rt as somebody else; those with a user's systemd need such a session.
# shellcheck shell=bash disable=SC2034,SC2154

load helpers

setup_file() {
  file_fixture
  install -m 755 "$RT" "$FILE_DIR/rt"  # where every user can reach it
}

setup() {
  test_fixture
  rt_only "the tests call it by another user's name"
  become 54321  # no name, no home, no sub-ids
  rt spec --rootless --bundle "$BUNDLE"
  config '.root = {path: $rootfs} | .process.terminal = false | .process.args = ["/bin/true"]' --arg rootfs "$ROOTFS"
}

# The user that rt() is from here on.
become() {
  U=$1
  RUN=$T/run
  ROOT=$RUN/rt
  mkdir -p "$RUN"
  rm -f "$BUNDLE/config.json"
  chown -R "$U:$U" "$T"
  chmod 700 "$RUN"
}
as_user() { setpriv --reuid="$U" --regid="$U" --clear-groups env -i PATH="$PATH" HOME=/ XDG_RUNTIME_DIR="$RUN" RT_TEST_ID="$ID" "$@"; }
user() { as_user timeout -k 5 "$LIMIT" "$FILE_DIR/rt" "$@"; }
rt() { user "$@"; }  # without --root: that is one of the things to see

# A user that /etc/subuid and /etc/subgid give ids to: $SUB_UID and $SUB_GID are the first.
become_one_with_ids() {
  local name first count
  needs_command newuidmap
  while IFS=: read -r name first count; do
    id "$name" >/dev/null 2>&1 || continue
    ((count >= 1001)) || continue
    grep -q "^$name:" /etc/subgid || continue
    become "$(id -u "$name")"
    SUB_UID=$first
    SUB_GID=$(sed -n "s/^$name:\([0-9]*\):.*/\1/p" /etc/subgid)
    rt spec --rootless --bundle "$BUNDLE"
    config '.root = {path: $rootfs} | .process.terminal = false
      | .linux.uidMappings = [{containerID: 0, hostID: $u, size: 1}, {containerID: 1, hostID: $subu, size: 1000}]
      | .linux.gidMappings = [{containerID: 0, hostID: $u, size: 1}, {containerID: 1, hostID: $subg, size: 1000}]' \
      --arg rootfs "$ROOTFS" --argjson u "$U" --argjson subu "$SUB_UID" --argjson subg "$SUB_GID"
    return
  done < <(grep -v '^#' /etc/subuid)
  skip "needs a user with ids in /etc/subuid and /etc/subgid"
}

@test "what rt spec --rootless writes runs, as root inside and the user outside" {
  inside 'id -u; cat /proc/self/uid_map; cat /proc/self/setgroups; exit 0'
  like "$output" "^0"$'\n'" +0 +$U +1"$'\n'"deny$"
  args /bin/sh -c 'exit 7'
  exits 7 rt run "$ID"
}

@test "a container's life, under XDG_RUNTIME_DIR" {
  running
  is "$(stat -c '%a %u' "$RUN/rt")" "1700 $U"
  exists "$RUN/rt/$ID/state.json"
  is_status running
  has "$(rt list)" "#$U"
  is "$(awk '/^Uid:/ {print $2}' "/proc/$(pid_of)/status")" "$U"
  succeeds rt exec "$ID" /bin/sh -c 'id -u; echo x >/dev/null && echo written'
  is "$output" "0"$'\n'"written"
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt delete "$ID"
  absent "$RUN/rt/$ID"
}

@test "create and start, and a hook that is the user" {
  config '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "id -u >" + $file]}]}' --arg file "$T/hook"
  created
  is "$(cat "$T/hook")" "$U"
  is_status created
  succeeds rt start "$ID"
  eventually is_status stopped
  succeeds rt delete "$ID"
}

@test "another user's container is not to be seen" {
  running
  U=54322
  RUN=$T/run refuses rt state "$ID"
  U=54321
}

@test "ids of /etc/subuid are mapped by newuidmap" {
  become_one_with_ids
  give_caps
  own_rootfs
  chown -R "$U:$U" "$ROOTFS"
  inside 'cat /proc/self/uid_map; cat /proc/self/setgroups; touch /tmp/x; chown 5:7 /tmp/x'
  like "$output" " +0 +$U +1"$'\n'" +1 +$SUB_UID +1000"$'\n'"allow"
  is "$(stat -c %u:%g "$ROOTFS/tmp/x")" "$((SUB_UID + 4)):$((SUB_GID + 6))"
}

@test "with ids of its own a container has other users and groups" {
  become_one_with_ids
  config '.process.user = {uid: 12, gid: 34, additionalGids: [56, 78]}'
  running
  is "$(awk '/^(Uid|Gid):/ {print $2}' "/proc/$(pid_of)/status" | xargs)" "$((SUB_UID + 11)) $((SUB_GID + 33))"
  succeeds rt exec "$ID" id -G
  is "$output" "34 56 78"
  succeeds rt exec --user 3:4 "$ID" /bin/sh -c 'id -u; id -g'
  is "$output" "3"$'\n'"4"
}

@test "ids that are somebody else's are refused, and nothing is left" {
  become_one_with_ids
  config '.linux.uidMappings[1].hostID = 0'
  refuses rt run "$ID"
  has "$stderr" newuidmap
  has "$stderr" /etc/subuid
  absent "$ROOT/$ID"
}

@test "an id that is not the user's own is refused, and nothing is left" {
  config '.linux.uidMappings[0].hostID = 0'
  refuses rt run "$ID"
  has "$stderr" uidMappings
  absent "$ROOT/$ID"
}

@test "additional groups are refused where they cannot be set" {
  config '.process.user.additionalGids = [5]'
  refuses rt run "$ID"
  has "$stderr" "additional groups"
  has "$stderr" /etc/subgid
}

@test "a user that is not mapped is refused by name" {
  config '.process.user.uid = 5'
  refuses rt run "$ID"
  has "$stderr" "process.user"
  has "$stderr" "linux.uidMappings"
}

@test "without a user namespace there is no container, and the error says what to do" {
  config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))'
  refuses rt run "$ID"
  has "$stderr" "rt spec --rootless"
}

@test "cgroups that may not be made are passed over with a warning" {
  args /bin/true
  succeeds rt run "$ID"
  has "$stderr" "ignoring"
  running
  refuses rt update --memory 100000000 "$ID"
  has "$stderr" "no cgroup"
  refuses rt pause "$ID"
  has "$stderr" "no cgroup"
}

@test "limits without a cgroup to put them in are an error, not a warning" {
  config '.linux.resources = {memory: {limit: 100000000}}'
  refuses rt run "$ID"
  has "$stderr" "delegated"
  absent "$ROOT/$ID"
}

@test "a network namespace of its own has a sysfs and a loopback device" {
  config '.linux.namespaces += [{type: "network"}]
    | .mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"]} else . end)'
  inside 'ls /sys/class/net; ip addr show lo | head -1'
  has "$output" lo
  has "$output" LOOPBACK,UP
}

@test "what is masked and read-only is so for root inside" {
  inside 'head -c 1 /proc/kcore | wc -c; echo x >/proc/sysrq-trigger 2>/dev/null || echo refused
    mknod /tmp/sda b 8 0 2>/dev/null || echo none; mount -t tmpfs x /tmp 2>/dev/null || echo unmounted'
  has "$output" refused
  has "$output" none
  has "$output" unmounted
}

@test "root of a user namespace runs a container, with a user namespace in it and without" {
  rt() { as_user timeout -k 5 "$LIMIT" unshare --user --map-root-user "$FILE_DIR/rt" "$@"; }
  config '.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0'
  inside 'id -u; cat /proc/self/uid_map'
  like "$output" "^0"$'\n'" +0 +0 +1$"
  exists "$RUN/rt"
  config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))'
  inside 'id -u; cat /proc/self/uid_map'
  like "$output" "^0"$'\n'" +0 +$U +1$"
}

@test "root of a user namespace that says USER=root does not use the user's directory" {
  try as_user env USER=root unshare --user --map-root-user "$FILE_DIR/rt" list
  ((status == 0)) || has "$stderr" /run/rt
  absent "$RUN/rt"
}
