#!/usr/bin/env bats
# Devices: the default set, configured ones, the links in /dev, and what the device cgroup allows.
load helpers

device() { config '.linux.devices += [$device]' --argjson device "$1"; }
# allow TYPE MAJOR MINOR ACCESS: a rule after the deny-all of the template.
allow() { config '.linux.resources.devices += [{allow: true, type: $t, major: $ma, minor: $mi, access: $a}]' --arg t "$1" --argjson ma "$2" --argjson mi "$3" --arg a "$4"; }
# $minor: of a misc device (major 10) of this machine that does nothing when it is opened, and that is no runtime's default.
spare_device() {
  minor=$(awk '$2 ~ /^(fuse|kvm|userfaultfd|loop-control)$/ {print $1; exit}' /proc/misc)
  [[ -n $minor ]] || skip "no harmless spare device"
}
spare_mknod() { give_caps '["CAP_MKNOD", "CAP_CHOWN", "CAP_FOWNER"]'; }

@test "the default devices are there, with their numbers and modes" {
  inside 'cd /dev && stat -c "%n %F %t:%T %a %u:%g" null zero full random urandom tty'
  is "$output" "null character special file 1:3 666 0:0
zero character special file 1:5 666 0:0
full character special file 1:7 666 0:0
random character special file 1:8 666 0:0
urandom character special file 1:9 666 0:0
tty character special file 5:0 666 0:0"
}

@test "the default devices work under a device cgroup that denies all else" {
  inside 'echo gone >/dev/null && head -c 3 /dev/zero | wc -c && head -c 3 /dev/urandom | wc -c; (echo x >/dev/full) 2>&1; true'
  like "$output" $'^3\n3\n.*[Nn]o space left'
}

@test "the links to the standard streams are there" {
  inside 'cd /dev && for l in fd stdin stdout stderr ptmx; do echo "$l $(readlink $l)"; done'
  is "$output" "fd /proc/self/fd
stdin /proc/self/fd/0
stdout /proc/self/fd/1
stderr /proc/self/fd/2
ptmx pts/ptmx"
}

@test "/dev/ptmx opens terminals of the container's devpts" {
  inside 'ls /dev/pts; script -q -c "tty" /dev/null 2>/dev/null || (exec 5<>/dev/ptmx && ls /dev/pts)'
  has "$output" 0
}

@test "a configured device has its numbers, mode and owner" {
  device '{"path": "/dev/extra", "type": "c", "major": 10, "minor": 229, "fileMode": 432, "uid": 1000, "gid": 50}'
  inside 'stat -c "%F %t:%T %a %u:%g" /dev/extra'
  is "$output" "character special file a:e5 660 1000:50"
}

@test "a configured device may lie anywhere; its directories are made" {
  device '{"path": "/dev/one/two/block", "type": "b", "major": 7, "minor": 200, "fileMode": 384, "uid": 0, "gid": 0}'
  inside 'stat -c "%F %t:%T %a" /dev/one/two/block'
  is "$output" "block special file 7:c8 600"
}

@test "a fifo and an unbuffered device can be configured" {
  device '{"path": "/dev/pipe", "type": "p", "fileMode": 420, "uid": 0, "gid": 0}'
  device '{"path": "/dev/unbuffered", "type": "u", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0}'
  inside 'stat -c %F /dev/pipe /dev/unbuffered'
  is "$output" $'fifo\ncharacter special file'
}

@test "the mode of a device does not depend on the caller's umask" {
  device '{"path": "/dev/extra", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0}'
  script 'stat -c %a /dev/extra /dev/null'
  umasked() { (umask 077; rt run "$ID"); }
  succeeds umasked
  is "$output" $'666\n666'
}

@test "a configured device that is already there and is the same is taken" {
  device '{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0}'
  allow c 1 3 rwm
  inside 'echo gone >/dev/null; stat -c "%t:%T" /dev/null'
  is "$output" 1:3
}

@test "another file at a configured device's path is an error that names it" {
  own_rootfs
  echo 'not a device' >"$ROOTFS/node"
  device '{"path": "/node", "type": "c", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0}'
  try rt create "$ID"
  if ((status == 0)) && [[ $RT_KIND == runc ]]; then skip "runc 1.1 takes it as it is"; fi
  is "$status" 1
  has "$stderr" /node
}

@test "a device of an unknown type is refused" {
  device '{"path": "/dev/x", "type": "z", "major": 1, "minor": 3}'
  refuses rt create "$ID"
}

@test "a container cannot open a device that it was not allowed" {
  spare_mknod
  spare_device
  script "mknod /tmp/denied c 10 $minor && cat /tmp/denied"
  try rt run "$ID"
  ((status != 0))
  has "${stderr,,}" "operation not permitted"
}

@test "a device node may be made by default, if capabilities allow it, and still not be opened" {
  spare_mknod
  inside 'mknod /tmp/node b 7 222 && stat -c %F /tmp/node; (exec 5</tmp/node) 2>&1; rm /tmp/node'
  has "$output" "block special file"
  has "${output,,}" "operation not permitted"
}

@test "a device node cannot be made without the capability" {
  script 'mknod /tmp/node c 1 3'
  try rt run "$ID"
  ((status != 0))
}

@test "an allowed device can be opened, in the allowed way only" {
  spare_mknod
  spare_device
  device '{"path": "/dev/spare", "type": "c", "major": 10, "minor": '"$minor"', "fileMode": 438, "uid": 0, "gid": 0}'
  allow c 10 "$minor" r
  inside '(exec 5</dev/spare) && echo read; (exec 6>/dev/spare) 2>&1; true'
  has "$output" read
  has "${output,,}" "operation not permitted"
}

@test "rules are applied in order: a later deny wins" {
  spare_mknod
  spare_device
  allow c 10 "$minor" rwm
  device '{"path": "/dev/spare", "type": "c", "major": 10, "minor": '"$minor"', "fileMode": 438, "uid": 0, "gid": 0}'
  script 'exec 5</dev/spare'
  succeeds rt run "$ID"
  config '.linux.resources.devices += [{allow: false, type: "c", major: 10, minor: $minor, access: "rw"}]' --argjson minor "$minor"
  try rt run "$ID"
  ((status != 0))
  has "${stderr,,}" "operation not permitted"
}

@test "a rule without major and minor is for all of a type" {
  spare_mknod
  config '.linux.resources.devices += [{allow: true, type: "c", access: "rwm"}]'
  spare_device
  inside "mknod /tmp/spare c 10 $minor && (exec 5</tmp/spare) && echo opened; rm /tmp/spare"
  is "$output" opened
}

@test "the list of devices on the host is that of the rules, v1" {
  needs_v1 devices
  allow c 1 11 r
  created
  list=$(<"/sys/fs/cgroup/devices/$ID/devices.list")
  lacks "$list" "a *:* rwm"
  has "$list" "c 1:11 r"
  has "$list" "c 1:3 rwm"
  has "$list" "c 136:* rwm"
}

@test "a rule that allows everything does" {
  needs_v1 devices
  config '.linux.resources.devices = [{allow: true, access: "rwm"}]'
  created
  is "$(<"/sys/fs/cgroup/devices/$ID/devices.list")" "a *:* rwm"
}

@test "a device rule of an unknown type or access is refused" {
  config '.linux.resources.devices += [{allow: true, type: "x", major: 1, minor: 1, access: "r"}]'
  refuses rt create "$ID"
  config '.linux.resources.devices[-1] = {allow: true, type: "c", major: 1, minor: 1, access: "rq"}'
  try rt create "$ID"
  ((status != 0)) || { [[ $RT_KIND == runc ]] && skip "runc 1.1 hands it on"; }
}

@test "without a /dev mount the devices are made in the image's /dev" {
  own_rootfs
  config '.mounts |= map(select(.destination | startswith("/dev") | not))'
  inside 'stat -c "%t:%T" /dev/null; readlink /dev/fd'
  is "$output" $'1:3\n/proc/self/fd'
}

@test "a bind mount of the host's /dev gets no devices added" {
  mkdir "$T/dev"
  mknod -m 666 "$T/dev/null" c 1 3
  config '.mounts = [.mounts[] | if .destination == "/dev" then {destination: "/dev", type: "bind", source: $dev, options: ["rbind"]} else . end]
    | .mounts |= map(select(.destination | test("/dev/") | not))' --arg dev "$T/dev"
  inside 'ls /dev'
  is "$output" null
  is "$(ls "$T/dev")" null
}
