#!/usr/bin/env bats
# mounts add and remove: in a container that lives.
load helpers

setup() {
  rt_only "a command that runc does not have"
  test_fixture
}

# add JSON, remove JSON
add() { printf '%s' "$1" >"$T/mounts.json" && rt mounts add "$ID" "$T/mounts.json"; }
remove() { printf '%s' "$1" >"$T/mounts.json" && rt mounts remove "$ID" "$T/mounts.json"; }
inside_of() { rt exec "$ID" "$@"; }

@test "a directory of the host is added, seen, and removed" {
  mkdir "$T/data"
  echo there >"$T/data/file"
  running
  succeeds add '[{"destination": "/var/data", "source": "'"$T/data"'", "options": ["rbind"]}]'
  is "$output$stderr" ""
  is "$(inside_of cat /var/data/file)" there
  succeeds remove '[{"destination": "/var/data"}]'
  is "$(inside_of cat /var/data/file)" "data of the image"
  is "$(grep -c "$T/data" /proc/self/mountinfo)" 0
}

@test "options are in force" {
  mkdir "$T/data"
  running
  succeeds add '[{"destination": "/tmp", "source": "'"$T/data"'", "options": ["bind", "ro", "nosuid", "nodev", "noexec"]}]'
  like "$(inside_of grep ' /tmp ' /proc/mounts)" 'ro,nosuid,nodev,noexec'
  exits 1 inside_of touch /tmp/x
}

@test "a tmpfs, a file, and destinations that are missing" {
  own_rootfs
  echo file >"$T/file"
  running
  succeeds add '{"mounts": [{"destination": "/new/deep/dir", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m"]},
    {"destination": "/new/deep/dir/file", "source": "'"$T/file"'", "options": ["bind"]}]}'
  is "$(inside_of cat /new/deep/dir/file)" file
  like "$(inside_of grep ' /new/deep/dir ' /proc/mounts)" 'size=1024k'
  succeeds remove '[{"destination": "/new/deep/dir"}, {"destination": "/new/deep/dir/file"}]'
  is "$(inside_of ls /new/deep/dir)" ""
}

@test "from stdin, in a created and a paused container" {
  created 'cat /var/data/file; sleep 1000'
  echo '[{"destination": "/var/data", "type": "tmpfs", "source": "tmpfs"}]' >"$T/in"
  succeeds rt mounts add "$ID" - <"$T/in"
  succeeds rt start "$ID"
  succeeds rt pause "$ID"
  succeeds rt mounts remove "$ID" - <"$T/in"
  succeeds rt resume "$ID"
  is "$(inside_of cat /var/data/file)" "data of the image"
}

@test "all or none" {
  running
  refuses add '[{"destination": "/var/data", "type": "tmpfs", "source": "tmpfs"}, {"destination": "/etc/passwd", "type": "tmpfs", "source": "tmpfs"}]'
  has "$stderr" "mounts[1]"
  is "$(inside_of cat /var/data/file)" "data of the image"
}

@test "links of the container lead nowhere but into its root" {
  mkdir "$T/outside"
  own_rootfs
  ln -s "$T/outside" "$ROOTFS/link"
  mkdir -p "$ROOTFS$T/outside"
  ln -s "$T/nothing" "$ROOTFS/dangling"
  ln -s ../../../../../../../../.. "$ROOTFS/up"
  running
  succeeds add '[{"destination": "/link", "type": "tmpfs", "source": "tmpfs"}, {"destination": "/up'"$T"'/other", "type": "tmpfs", "source": "tmpfs"}]'
  is "$(grep -c "$T/outside\|$T/other" /proc/self/mountinfo)" 0
  absent "$T/other"
  exists "$ROOTFS$T/other"
  refuses add '[{"destination": "/dangling", "type": "tmpfs", "source": "tmpfs"}]'
  absent "$T/nothing"
}

@test "a link that the container swaps in is not followed by remove" {
  running
  inside_of ln -s /proc /tmp/link
  refuses remove '[{"destination": "/tmp/link"}]'
  is "$(inside_of cat /proc/1/comm)" probe
}

@test "the source is the host's, also where the container has another thing of that name" {
  own_rootfs
  mkdir -p "$T/src" "$ROOTFS$T/src"
  echo host >"$T/src/file"
  echo image >"$ROOTFS$T/src/file"
  running
  succeeds add '[{"destination": "/var/data", "source": "'"$T/src"'", "options": ["bind"]}]'
  is "$(inside_of cat /var/data/file)" host
}

@test "in a user namespace" {
  user_namespace
  mkdir "$T/data"
  echo there >"$T/data/file"
  running
  succeeds add '[{"destination": "/var/data", "source": "'"$T/data"'", "options": ["bind"]},
    {"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["uid=100000", "gid=100000"]}]'
  is "$(inside_of cat /var/data/file)" there
  succeeds inside_of touch /mnt/x
  succeeds remove '[{"destination": "/var/data"}]'
}

@test "views of the host, and what only create can do, are refused" {
  running
  for type in proc sysfs cgroup cgroup2 mqueue devpts; do
    refuses add '[{"destination": "/var/data", "type": "'$type'", "source": "x"}]'
    has "$stderr" "type '$type'"
  done
  for option in remount tmpcopyup idmap; do
    refuses add '[{"destination": "/var/data", "type": "tmpfs", "source": "x", "options": ["'$option'"]}]'
    has "$stderr" "$option"
  done
  refuses add '[{"destination": "/", "type": "tmpfs", "source": "x"}]'
  has "$stderr" "'/'"
  refuses remove '[{"destination": "/"}]'
}

@test "a source that is not there, JSON that is none, an action that is none" {
  running
  refuses add '[{"destination": "/var/data", "source": "/no/such", "options": ["bind"]}]'
  has "$stderr" /no/such
  refuses add '[{"source": "/x"}]'
  has "$stderr" destination
  refuses add '[{]'
  refuses rt mounts move "$ID" "$T/mounts.json"
  has "$stderr" "'move'"
}

@test "a container that has stopped, none, and one that has the host's mounts" {
  args true
  succeeds rt run -d "$ID"
  eventually is_status stopped
  refuses add '[{"destination": "/mnt", "type": "tmpfs", "source": "x"}]'
  has "$stderr" "not running"
  succeeds rt delete "$ID"
  refuses add '[{"destination": "/mnt", "type": "tmpfs", "source": "x"}]'
  has "$stderr" "does not exist"
  config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
  script 'sleep 1000'
  try rt run -d "$ID"
  ((status == 0)) || skip "no container without a mount namespace here: $stderr"
  refuses add '[{"destination": "/mnt", "type": "tmpfs", "source": "x"}]'
  has "$stderr" "the host's"
}
