#!/usr/bin/env bats
# config.md, "Linux mount options": idmap, ridmap, uidMappings and gidMappings of a mount.
load helpers

setup() {
  test_fixture
  differs runc "1.1 has no id-mapped mounts"
  needs_kernel 6.3  # tmpfs learned it then; these tests use it as it is everywhere
}

# source_tree: a tmpfs at $T/source with a file of 3:4, and another at $T/source/sub with a file of 3:4.
source_tree() {
  mkdir "$T/source"
  mount -t tmpfs -o size=64k,mode=755 tmpfs "$T/source"
  UNDO+=("umount '$T/source'")
  mkdir "$T/source/sub"
  mount -t tmpfs -o size=64k,mode=755 tmpfs "$T/source/sub"
  UNDO+=("umount '$T/source/sub'")
  touch "$T/source/file" "$T/source/sub/file"
  chown 3:4 "$T/source/file" "$T/source/sub/file"
}

# mapped OPTIONS-JSON [UIDS GIDS]: mounts $T/source on /mnt; UIDS and GIDS are "CONTAINER HOST SIZE".
mapped() {
  config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: $options}]' \
    --arg source "$T/source" --argjson options "$1"
  (($# > 1)) || return 0
  config 'def ids(t): t | split(" ") | map(tonumber) | [{containerID: .[0], hostID: .[1], size: .[2]}];
    .mounts[-1] += {uidMappings: ids($uids), gidMappings: ids($gids)}' --arg uids "$2" --arg gids "$3"
}
# sleeping_namespace: $BG_PID sleeps in a user namespace whose root is 100000.
other_namespace() { [[ ! /proc/$BG_PID/ns/user -ef /proc/self/ns/user ]]; }
sleeping_namespace() {
  background unshare --user sleep 60
  eventually other_namespace
  echo "0 100000 65536" >"/proc/$BG_PID/uid_map"
  echo "0 100000 65536" >"/proc/$BG_PID/gid_map"
}
owners() { inside 'cd /mnt && stat -c "%u:%g" file sub/file | xargs'; }

@test "a bind mount with mappings of its own shows other owners" {
  source_tree
  mapped '["bind", "idmap"]' "0 7000 10" "0 8000 10"
  inside 'stat -c "%u %g" /mnt/file'
  is "$output" "7003 8004"
}

@test "mappings alone are enough: the option is implied" {
  source_tree
  mapped '["bind"]' "0 7000 10" "0 8000 10"
  inside 'stat -c "%u %g" /mnt/file'
  is "$output" "7003 8004"
}

@test "what is made in the mount gets the owner that the file system has for it" {
  source_tree
  chown 5:5 "$T/source"
  chmod 777 "$T/source"
  mapped '["bind", "idmap"]' "5 7000 10" "5 8000 10"
  config '.process.user = {uid: 7001, gid: 8002}'
  inside 'touch /mnt/made && stat -c "%u %g" /mnt/made'
  is "$output" "7001 8002"
  is "$(stat -c '%u %g' "$T/source/made")" "6 7"
}

@test "idmap of a recursive bind mount maps the top alone" {
  source_tree
  mapped '["rbind", "idmap"]' "0 7000 10" "0 8000 10"
  owners
  is "$output" "7003:8004 3:4"
}

@test "ridmap maps the mounts below as well" {
  source_tree
  mapped '["rbind", "ridmap"]' "0 7000 10" "0 8000 10"
  owners
  is "$output" "7003:8004 7003:8004"
}

@test "without mappings of its own a mount is mapped by the container's user namespace" {
  source_tree
  chmod 777 "$T/source"
  user_namespace
  mapped '["bind", "idmap"]'
  inside 'touch /mnt/made; stat -c "%u %g" /mnt/file /mnt/made | xargs'
  is "$output" "3 4 0 0"
  is "$(stat -c '%u %g' "$T/source/made")" "0 0"
}

@test "the same without idmap shows nobody's files" {
  source_tree
  user_namespace
  mapped '["bind"]'
  inside 'stat -c "%u %g" /mnt/file'
  is "$output" "65534 65534"
}

@test "mappings of its own hold in a user namespace too" {
  source_tree
  user_namespace
  mapped '["bind", "idmap"]' "0 100500 10" "0 100600 10"
  inside 'stat -c "%u %g" /mnt/file'
  is "$output" "503 604"
}

@test "the user namespace that is joined maps the mount" {
  source_tree
  sleeping_namespace
  own_rootfs
  chown -R 100000:100000 "$ROOTFS"
  config '.linux.namespaces += [{type: "user", path: $path}, {type: "network"}]' --arg path "/proc/$BG_PID/ns/user"
  mapped '["bind", "idmap"]'
  inside 'stat -c "%u %g" /mnt/file'
  is "$output" "3 4"
}

@test "a new file system can be mapped, with its options and attributes" {
  config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["idmap", "mode=1777", "size=64k", "nosuid", "noexec", "noatime"],
    uidMappings: [{containerID: 0, hostID: 7000, size: 10}], gidMappings: [{containerID: 0, hostID: 8000, size: 10}]}]'
  inside 'stat -c "%u %g %a" /mnt; grep " /mnt " /proc/self/mountinfo'
  is "$(head -1 <<<"$output")" "7000 8000 1777"
  for word in nosuid noexec noatime idmapped size=64k; do has "$output" "$word"; done
}

@test "a new file system of a user namespace is mapped by it" {
  user_namespace
  config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["idmap", "mode=755"]}]'
  inside 'touch /mnt/made; stat -c "%u %g" /mnt /mnt/made | xargs'
  is "$output" "0 0 0 0"
}

@test "tmpcopyup fills a mapped tmpfs" {
  config '.mounts += [{destination: "/var/data", type: "tmpfs", source: "tmpfs", options: ["idmap", "tmpcopyup", "ro"],
    uidMappings: [{containerID: 0, hostID: 0, size: 70000}], gidMappings: [{containerID: 0, hostID: 0, size: 70000}]}]'
  inside 'cat /var/data/file; touch /var/data/x 2>/dev/null || echo read-only'
  is "$output" $'data of the image\nread-only'
}

@test "idmap=uids=...;gids=... says the ranges in the option" {
  differs crun "takes them, and the order of its options differs"
  source_tree
  chown 12:4 "$T/source/file"
  mapped '["bind", "idmap=uids=0-7000-10#10-9000-10;gids=0-8000-10"]'
  inside 'stat -c "%u %g" /mnt/file'
  is "$output" "9002 8004"
}

@test "a range with an @ is relative to the container's user namespace" {
  differs crun "takes them, and the order of its options differs"
  source_tree
  user_namespace
  mapped '["rbind", "ridmap=uids=@0-50-10;gids=@0-60-10"]'
  owners
  is "$output" "53:64 53:64"
}

@test "an option that is no list of ranges is refused" {
  rt_only "its words"
  source_tree
  for option in idmap=uids=0-1 "idmap=uids=0-1-0;gids=0-1-1" idmap=uids=0-1-2 "idmap=uids=0-1-2;gids=@0-70000-1" idmap=nonsense; do
    config '.mounts |= map(select(.destination != "/mnt"))'
    mapped "[\"bind\", \"$option\"]"
    refuses rt create "$ID"
    has "$stderr" "mounts[6]: idmap: "
  done
}

@test "idmap without anything to map by is refused" {
  source_tree
  for option in idmap ridmap; do
    config '.mounts |= map(select(.destination != "/mnt"))'
    mapped "[\"bind\", \"$option\"]"
    refuses rt create "$ID"
  done
}

@test "uidMappings without gidMappings are refused" {
  source_tree
  mapped '["bind", "idmap"]' "0 7000 10" "0 8000 10"
  config 'del(.mounts[-1].gidMappings)'
  refuses rt create "$ID"
  [[ $RT_KIND != rt ]] || has "$stderr" "they must be given together"
}

@test "a file system that has no support for it is named" {
  rt_only "its words"
  config '.mounts += [{destination: "/mnt", type: "bind", source: "/sys/kernel", options: ["bind", "idmap"],
    uidMappings: [{containerID: 0, hostID: 7000, size: 10}], gidMappings: [{containerID: 0, hostID: 8000, size: 10}]}]'
  refuses rt create "$ID"
  has "$stderr" "mounts[6]: map the ids of '/sys/kernel': Invalid argument"
  has "$stderr" "the file system 'sysfs' does not support id-mapped mounts"
}

@test "a source that is id-mapped already is told apart" {
  rt_only "its words"
  source_tree
  mkdir "$T/mapped"
  sleeping_namespace
  "$PYTHON" "$HERE/programs/idmap.py" "$BG_PID" "$T/source" "$T/mapped"
  UNDO+=("umount '$T/mapped'")
  mapped '["bind", "idmap"]' "0 7000 10" "0 8000 10"
  config '.mounts[-1].source = $source' --arg source "$T/mapped"
  refuses rt create "$ID"
  has "$stderr" "Operation not permitted"
  has "$stderr" "that mount is id-mapped itself"
}

@test "a kernel without it says what is needed" {
  rt_only "its words"
  needs_command strace
  source_tree
  mapped '["bind", "idmap"]' "0 7000 10" "0 8000 10"
  try timeout "$LIMIT" strace -qq -o "$T/trace" -e trace=mount_setattr -e inject=mount_setattr:error=ENOSYS "$RT" --root "$ROOT" create "$ID"
  is "$status" 1
  has "$stderr" "id-mapped mounts need Linux 5.12"
}

# as_user UID: a bundle of that user's, as `spec --rootless` writes it; user() runs the runtime as them.
as_user() {
  USER_ID=$1
  try setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups unshare --user --map-root-user true
  ((status == 0)) || skip "no user namespaces for unprivileged users"
  user() { setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups env XDG_RUNTIME_DIR="$T/run" timeout "$LIMIT" "$T/runtime" "$@"; }
  cp "$RT" "$T/runtime"
  mkdir "$T/new" "$T/run"
  cp -a "$ROOTFS" "$T/new/rootfs"
  chown -R "$USER_ID:$USER_ID" "$T/new" "$T/run"
  chmod 755 "$T" "$T/runtime"
  cd "$T/new" || return
  succeeds user spec --rootless
  BUNDLE=$T/new
  config '.process.terminal = false | .root.readonly = false'
}

@test "without root, what is mounted in the container's own user namespace is mapped by init" {
  rt_only "no other does it"
  as_user 1000
  config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["idmap", "mode=755"],
    uidMappings: [{containerID: 0, hostID: 1000, size: 1}], gidMappings: [{containerID: 0, hostID: 1000, size: 1}]}]'
  script 'touch /mnt/made; stat -c "%u %g" /mnt /mnt/made | xargs; grep " /mnt " /proc/self/mountinfo'
  try user run "$ID"
  is "$(head -1 <<<"$output")" "0 0 0 0"
  has "$output" idmapped
  # Ids that the container does not have are refused before anything is made.
  config '.mounts[-1].uidMappings[0].hostID = 1001'
  refuses user create "$ID"
  has "$stderr" "uidMappings: the ids 1001 to 1001 are not in one range"
  # Of a bind mount's file system the caller owns nothing.
  config '.mounts[-1] |= (.uidMappings[0].hostID = 1000 | .type = "bind" | .source = $source | .options = ["bind", "idmap"])' --arg source "$T/new"
  refuses user create "$ID"
  has "$stderr" "Operation not permitted"
  has "$stderr" "all rights over the file system"
}

@test "without root, ids can be swapped within those of /etc/subuid" {
  rt_only "no other does it"
  needs_command newuidmap
  IFS=: read -r name first size < <(grep -v '^root:' /etc/subuid) || skip "no user with ids in /etc/subuid"
  uid=$(id -u "$name")
  ((size >= 10)) || skip "too few ids in /etc/subuid"
  group=$(awk -F: -v name="$name" '$1 == name {print $2; exit}' /etc/subgid)
  as_user "$uid"
  config '.linux.uidMappings = [{containerID: 0, hostID: $uid, size: 1}, {containerID: 1, hostID: $first, size: 9}]
    | .linux.gidMappings = [{containerID: 0, hostID: $uid, size: 1}, {containerID: 1, hostID: $group, size: 9}]
    | .mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["idmap", "mode=777"],
      uidMappings: [{containerID: 0, hostID: $first, size: 1}, {containerID: 1, hostID: $uid, size: 1}],
      gidMappings: [{containerID: 0, hostID: $group, size: 1}, {containerID: 1, hostID: $uid, size: 1}]}]' \
    --argjson uid "$uid" --argjson first "$first" --argjson group "$group"
  script 'touch /mnt/made; stat -c "%u %g" /mnt /mnt/made | xargs'
  try user run "$ID"
  is "$output" "1 1 0 0"
}

@test "a thousand mounts with ids of their own are each what they should be" {
  own_rootfs
  mkdir "$T/source"
  echo right >"$T/source/file"
  config '.mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs"}] + [range(1000)
    | {destination: "/run/m\(.)", type: "bind", source: $source, options: ["bind", "ro"],
       uidMappings: [{containerID: 0, hostID: 1000, size: 1}], gidMappings: [{containerID: 0, hostID: 1000, size: 1}]}]' \
    --arg source "$T/source"
  script 'cat /run/m*/file | sort | uniq -c; touch /run/m999/new 2>&1'
  many() { (ulimit -n 4096 && RT_TEST_ID=$ID timeout -k 5 60 "$RT" --root "$ROOT" run "$ID"); }
  try many
  like "$output" '^ *1000 right'
  has "$output" "Read-only file system"
}

@test "mounts for which there are not enough descriptors are an error that says so" {
  config '.mounts += [range(100) | {destination: "/run/m\(.)", type: "bind", source: "/usr", options: ["bind", "ro"],
       uidMappings: [{containerID: 0, hostID: 1000, size: 1}], gidMappings: [{containerID: 0, hostID: 1000, size: 1}]}]'
  few() { (ulimit -n 60 && rt run "$ID"); }
  refuses few
  has "$stderr" "Too many open files"
  has "$stderr" "ulimit -n"
}
