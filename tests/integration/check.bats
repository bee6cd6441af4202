#!/usr/bin/env bats
# check: what would fail is said before anything is made, and it is what create fails with.
load helpers

setup() {
  rt_only "a command of ours"
  test_fixture
}

# finds WHERE WORDS: an error about that property.
finds() {
  exits 1 rt check
  has "$output" "error: $1"
  has "$output" "$2"
}
# and_so_does_create WORDS
and_so_does_create() {
  try rt run "$ID"
  ((status != 0)) || { echo "run succeeded"; return 1; }
  has "$stderr" "$1"
}

@test "a bundle that works has no findings, and nothing is made" {
  before=$(find /sys/fs/cgroup -type d -name "*$TOKEN*"; ls -A "$ROOT")
  succeeds rt check
  is "$output" "nothing found that would fail"
  is "$(find /sys/fs/cgroup -type d -name "*$TOKEN*"; ls -A "$ROOT")" "$before"
  succeeds rt check --format json
  is "$output" "[]"
}

@test "the example of 'rt spec' needs a root file system only" {
  rm "$BUNDLE/config.json"
  succeeds rt spec
  exits 1 rt check
  is "$(grep -c ^error: <<<"$output")" 1
  has "$output" rootfs
}

@test "an error of configuration is that of create, with its hint" {
  config '.process.cwd = "relative"'
  finds "" '/process/cwd: must be an absolute path'
  and_so_does_create '/process/cwd: must be an absolute path'
}

@test "a bind mount without its source" {
  config '.mounts += [{destination: "/data", source: "/no/such/place", options: ["rbind"]}]'
  finds 'mounts[' "'/no/such/place': No such file or directory"
  and_so_does_create /no/such/place
}

@test "a file system that the kernel does not have" {
  config '.mounts += [{destination: "/data", type: "nosuchfs", source: "x"}]'
  finds 'mounts[' "no file system 'nosuchfs'"
  and_so_does_create nosuchfs
}

@test "a program that is not there, is not executable, or is for another machine" {
  own_rootfs
  args no-such-program
  finds 'process.args[0]' 'exec: "no-such-program": executable file not found in $PATH'
  and_so_does_create 'exec: "no-such-program": executable file not found in $PATH'
  args /usr/bin/plain-text
  finds 'process.args[0]' 'permission denied'
  printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\363\0\1\0\0\0' >"$ROOTFS/usr/bin/riscv"
  head -c 100 /dev/zero >>"$ROOTFS/usr/bin/riscv"
  chmod +x "$ROOTFS/usr/bin/riscv"
  args /usr/bin/riscv
  finds 'process.args[0]' 'built for another machine (ELF machine 243)'
  and_so_does_create 'xec format error'  # Go's words in one, the kernel's in the other
}

@test "a program below a mount may come with it: a warning" {
  config '.mounts += [{destination: "/opt", type: "tmpfs", source: "tmpfs"}]'
  args /opt/program
  succeeds rt check
  has "$output" 'warning: process.args[0]'
}

@test "links of the image do not lead the search to the host" {
  own_rootfs
  ln -s /etc/hostname-of-the-host "$ROOTFS/usr/bin/outside"
  ln -s ../../../../../../bin/sh "$ROOTFS/usr/bin/climbs"
  args /usr/bin/outside
  finds 'process.args[0]' 'no such file'
  args /usr/bin/climbs  # the image's own /bin/sh
  succeeds rt check
}

@test "a hook that is not there, and one that is not executable" {
  touch "$T/hook"
  config '.hooks = {createRuntime: [{path: "/no/hook"}], poststop: [{path: $p}], startContainer: [{path: "/in/the/container"}]}' --arg p "$T/hook"
  exits 1 rt check
  has "$output" "hooks.createRuntime[0].path: '/no/hook': No such file or directory"
  has "$output" "hooks.poststop[0].path: '$T/hook' is no executable file"
  lacks "$output" startContainer
}

@test "namespaces to join: missing, and of another type" {
  config '.linux.namespaces |= map(select(.type != "uts")) | .hostname = null
    | .linux.namespaces += [{type: "uts", path: "/proc/self/ns/ipc"}, {type: "network", path: "/no/netns"}]'
  exits 1 rt check
  has "$output" "'/proc/self/ns/ipc' is not a uts namespace"
  has "$output" "'/no/netns': No such file or directory"
}

@test "several things at once are all said" {
  config '.mounts += [{destination: "/a", source: "/no/a", options: ["bind"]}, {destination: "/b", source: "/no/b", options: ["bind"]}]
    | .linux.sysctl = {"fs.mqueue.no_such_thing": "1"} | .process.args = ["no-such-program"]'
  exits 1 rt check --format json
  is "$(jq -r '.[].where' "$OUT" | sort | tr '\n' ' ' | sed 's/mounts\[[0-9]*\]/mounts[N]/g')" 'linux.sysctl mounts[N].source mounts[N].source process.args[0] '
}

@test "a controller that this machine does not have" {
  needs_v1
  [[ ! -d /sys/fs/cgroup/rdma ]] || skip "rdma is there"
  config '.linux.resources.rdma = {mlx5_1: {hcaHandles: 3}}'
  finds linux.resources "'rdma'"
  and_so_does_create rdma
}

@test "CPUs that the machine does not have" {
  config '.linux.resources.cpu = {cpus: "0,4000"}'
  finds linux.resources.cpu.cpus 'no CPU 4000'
}

@test "a hard limit that takes a right the caller has not" {
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1024, hard: 1000000}]'
  exits 1 setpriv --bounding-set -sys_resource --inh-caps -sys_resource "$RT" --root "$ROOT" check
  has "$output" 'process.rlimits[0].hard: RLIMIT_NOFILE'
}

@test "a bundle that is not there" {
  exits 1 rt check --bundle /no/such/bundle
  has "$output" "/no/such/bundle"
}
