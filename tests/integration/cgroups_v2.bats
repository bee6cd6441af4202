#!/usr/bin/env bats
# linux.resources on cgroup v2: each value with its conversion, in the file of the container's cgroup; device rules; ownership.
load helpers

setup() {
  test_fixture
  needs_v2
}

resources() { config '.linux.resources += $r' --argjson r "$1"; }
# v2 FILE: that file of the cgroup that the container's process is in.
v2() { cat "/sys/fs/cgroup/$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")/$1"; }
v2_dir() { echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")"; }
needs_controllers() {
  local name
  for name in "$@"; do
    grep -qw "$name" /sys/fs/cgroup/cgroup.controllers || skip "needs the controller $name"
  done
}

@test "memory: limit, reservation, and swap less the limit" {
  needs_controllers memory
  resources '{"memory": {"limit": 33554432, "reservation": 16777216, "swap": 50331648}}'
  created
  is "$(v2 memory.max) $(v2 memory.low) $(v2 memory.swap.max)" "33554432 16777216 16777216"
}

@test "memory: swap equal to the limit is none, no limit is no limit of swap" {
  needs_controllers memory
  resources '{"memory": {"limit": 33554432, "swap": 33554432}}'
  created
  is "$(v2 memory.swap.max)" 0
  succeeds rt delete "$ID"
  resources '{"memory": {"limit": -1, "swap": null}}'
  created
  is "$(v2 memory.max) $(v2 memory.swap.max)" "max max"
}

@test "memory: swap without a limit, or below it, is refused" {
  needs_controllers memory
  resources '{"memory": {"swap": 33554432}}'
  refuses rt create "$ID"
  has "$stderr" "without a memory limit"
  resources '{"memory": {"limit": 33554432, "swap": 16777216}}'
  refuses rt create "$ID"
  has "$stderr" "less than the memory limit"
}

@test "cpu: weight by the formula, bandwidth, burst" {
  needs_controllers cpu
  for pair in 2:1 1024:100 262144:10000 512:59; do
    resources "{\"cpu\": {\"shares\": ${pair%:*}, \"quota\": 50000, \"period\": 200000, \"burst\": 20000}}"
    created
    is "$(v2 cpu.weight) $(v2 cpu.max) $(v2 cpu.max.burst)" "${pair#*:} 50000 200000 20000"
    succeeds rt delete "$ID"
  done
}

@test "cpu: idle, and the set of CPUs" {
  needs_controllers cpu cpuset
  resources '{"cpu": {"idle": 1, "cpus": "0", "mems": "0"}}'
  created
  is "$(v2 cpu.idle) $(v2 cpuset.cpus) $(v2 cpuset.mems)" "1 0 0"
}

@test "cpu: real-time budgets do not exist" {
  resources '{"cpu": {"realtimeRuntime": 1000}}'
  refuses rt create "$ID"
  has "$stderr" "cgroup v1"
}

@test "pids: -1 is no limit" {
  needs_controllers pids
  resources '{"pids": {"limit": -1}}'
  created
  is "$(v2 pids.max)" max
}

@test "pids: 0 is a limit, and the container's first process starts all the same" {
  differs runc "1.1 takes 0 as none"
  needs_controllers pids
  resources '{"pids": {"limit": 0}}'
  created
  is "$(v2 pids.max)" 0
  succeeds rt delete "$ID"
  script 'echo on; (echo never); echo not reached'
  try rt run "$ID"
  is "$output" on
  has "$stderr" "can't fork"
}

@test "exec into a container that is at its limit of processes" {
  needs_controllers pids
  resources '{"pids": {"limit": 1}}'
  running
  is "$(v2 pids.current)" 1
  succeeds rt exec "$ID" /bin/echo inside
  is "$output" inside
}

@test "blockIO: io.max of a device, a rate of 0 is none" {
  needs_controllers io
  device=$(cat /sys/block/[vsn]d*/dev 2>/dev/null | head -1)
  [[ -n $device ]] || skip "no disk"
  config '.linux.resources.blockIO = {throttleReadBpsDevice: [{major: $ma, minor: $mi, rate: 1048576}],
    throttleWriteBpsDevice: [{major: $ma, minor: $mi, rate: 2097152}], throttleReadIOPSDevice: [{major: $ma, minor: $mi, rate: 300}],
    throttleWriteIOPSDevice: [{major: $ma, minor: $mi, rate: 0}]}' --argjson ma "${device%:*}" --argjson mi "${device#*:}"
  created
  is "$(v2 io.max)" "$device rbps=1048576 wbps=2097152 riops=300 wiops=max"
}

@test "blockIO: a device that does not exist is named as such" {
  rt_only "the words"
  needs_controllers io
  resources '{"blockIO": {"throttleReadBpsDevice": [{"major": 511, "minor": 77, "rate": 1}]}}'
  refuses rt create "$ID"
  has "${stderr,,}" "no such device"
  has "$stderr" "whole block device"
}

@test "blockIO: weight, by BFQ or by io.weight" {
  needs_controllers io
  resources '{"blockIO": {"weight": 500}}'
  try rt create "$ID"
  if ((status != 0)); then
    has "$stderr" io.weight
    skip "this kernel has neither io.bfq.weight nor io.weight"
  fi
  if [[ -e $(v2_dir)/io.bfq.weight ]]; then
    has "$(v2 io.bfq.weight)" "default 500"
  else
    has "$(v2 io.weight)" "default 4950"
  fi
}

@test "blockIO: weight, and weight of a device, by BFQ" {
  needs_controllers io
  [[ -n ${RT_VM_RELEASE:-} ]] || skip "it changes the scheduler of a disk, so it needs a guest of hack/vm"
  modprobe bfq 2>/dev/null || skip "this kernel does not have BFQ"
  disk=$(compgen -G '/sys/block/vd*' | head -1)
  [[ -n $disk ]] || skip "no disk"
  echo bfq >"$disk/queue/scheduler"
  UNDO+=("echo none >$disk/queue/scheduler")
  device=$(<"$disk/dev")
  config '.linux.resources.blockIO = {weight: 500, weightDevice: [{major: $ma, minor: $mi, weight: 300}]}' \
    --argjson ma "${device%:*}" --argjson mi "${device#*:}"
  created
  is "$(v2 io.bfq.weight)" "default 500"$'\n'"$device 300"
}

@test "hugepageLimits: limit, and limit of reservations" {
  needs_controllers hugetlb
  resources '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
  created
  is "$(v2 hugetlb.2MB.max)" 4194304
  is "$(v2 hugetlb.2MB.rsvd.max)" 4194304
}

@test "rdma: a device that does not exist is refused" {
  needs_controllers rdma
  resources '{"rdma": {"none0": {"hcaHandles": 3}}}'
  refuses rt create "$ID"
  has "$stderr" rdma
}

@test "network classes and priorities do not exist" {
  resources '{"network": {"classID": 1048577}}'
  refuses rt create "$ID"
  has "$stderr" "cgroup v1"
}

@test "unified: files by name, with the last word" {
  needs_controllers memory pids
  resources '{"pids": {"limit": 5}, "unified": {"pids.max": "7", "memory.high": "16777216"}}'
  created
  is "$(v2 pids.max) $(v2 memory.high)" "7 16777216"
}

@test "unified: an unknown controller, or a path, is refused" {
  resources '{"unified": {"nosuch.max": "7"}}'
  refuses rt create "$ID"
  has "$stderr" nosuch
  resources '{"unified": {"../pids.max": "7"}}'
  refuses rt create "$ID"
  absent "/sys/fs/cgroup/$ID"
}

@test "device rules are in force, in their order" {
  give_caps "${ALL_CAPS%]}, \"CAP_SYSLOG\"]"  # without which nobody reads the kernel's messages
  resources '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rw"},
    {"allow": false, "type": "c", "major": 1, "minor": 11, "access": "w"}]}'
  inside 'mknod /dev/k c 1 11; mknod /dev/m c 1 1
    (: </dev/k) && echo read; (: >/dev/k) || echo no write; (: </dev/m) || echo no memory; : >/dev/null && echo null'
  is "$output" $'read\nno write\nno memory\nnull'
}

@test "an update without device rules leaves the program that is there" {
  needs_command bpftool
  running
  before=$(bpftool -j cgroup show "$(v2_dir)" | jq -c 'map(.id)')
  isnt "$before" '[]'
  succeeds rt update --pids-limit 50 "$ID"
  is "$(bpftool -j cgroup show "$(v2_dir)" | jq -c 'map(.id)')" "$before"
}

# own_cgroup OPTION: a container that mounts its own cgroup.
own_cgroup() {
  give_caps
  config '.linux.namespaces += [{type: "cgroup"}]
    | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", $o]}]' --arg o "$1"
}

@test "a cgroup mounted for writing belongs to the container, its limits do not" {
  needs_controllers memory
  user_namespace
  own_cgroup rw
  resources '{"memory": {"limit": 67108864}}'
  running 'cd /sys/fs/cgroup; mkdir mine && echo made; echo max >memory.max || echo refused; exec sleep 100'
  eventually grep -q refused "$CONTAINER_OUT"
  has "$(<"$CONTAINER_OUT")" made
  dir=$(v2_dir)
  is "$(stat -c %u "$dir" "$dir/cgroup.procs" "$dir/cgroup.subtree_control" "$dir/memory.max" | xargs)" "100000 100000 100000 0"
  is "$(v2 memory.max)" 67108864
}

@test "a cgroup mounted read-only does not" {
  user_namespace
  own_cgroup ro
  running
  dir=$(v2_dir)
  is "$(stat -c %u "$dir" "$dir/cgroup.procs" | xargs)" "0 0"
}

# divided: the container runs, and has given its memory controller to a cgroup below, into which it moved.
divided() {
  own_cgroup rw
  running 'cd /sys/fs/cgroup; mkdir init; echo 0 >init/cgroup.procs; echo +memory >cgroup.subtree_control && echo divided
    exec sleep 100'
  eventually grep -q divided "$CONTAINER_OUT"
}

@test "exec into a container that has divided its cgroup, as systemd does in one" {
  needs_controllers memory
  divided
  succeeds rt exec "$ID" /bin/cat /proc/self/cgroup
  is "$output" 0::/init
  succeeds rt exec --cgroup init "$ID" /bin/cat /proc/self/cgroup
  is "$output" 0::/init
  is "$(rt ps --format json "$ID" | jq length)" 1
  succeeds rt pause "$ID"
  succeeds rt resume "$ID"
  dir=$(dirname "$(v2_dir)")
  is "${dir##*/}" "$ID"
  succeeds rt delete --force "$ID"
  absent "$dir"
}

@test "what is in cgroups below is frozen, and killed while it is" {
  own_cgroup rw
  running 'cd /sys/fs/cgroup; mkdir -p a/b c; for cgroup in a a/b c; do sh -c "echo 0 >$cgroup/cgroup.procs; exec sleep 100" & done
    while [ "$(cat a/b/cgroup.procs c/cgroup.procs a/cgroup.procs | wc -l)" != 3 ]; do sleep 0.1; done; echo all; wait'
  eventually grep -q all "$CONTAINER_OUT"
  dir=$(v2_dir)
  is "$(rt ps --format json "$ID" | jq length)" 4
  succeeds rt pause "$ID"
  has "$(<"$dir/a/b/cgroup.events")" "frozen 1"
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt delete "$ID"
  absent "$dir"
}

@test "a container that makes a cgroup threaded is looked at, run in and removed like any other" {
  own_cgroup rw
  running 'cd /sys/fs/cgroup; mkdir t; echo threaded >t/cgroup.type; echo 0 >t/cgroup.threads && echo threaded; exec sleep 100'
  eventually grep -q threaded "$CONTAINER_OUT"
  dir=$(dirname "$(v2_dir)")
  is "$(<"$dir/cgroup.type")" "domain threaded"
  is "$(rt ps --format json "$ID" | jq length)" 1
  succeeds rt exec "$ID" /bin/true
  succeeds rt pause "$ID"
  succeeds rt resume "$ID"
  succeeds rt delete --force "$ID"
  absent "$dir"
}

@test "the same in a user namespace" {
  needs_controllers memory
  user_namespace
  divided
  succeeds rt exec "$ID" /bin/cat /proc/self/cgroup
  is "$output" 0::/init
}

@test "a cgroup that gives controllers to others below takes no container, and the error says so" {
  needs_controllers memory
  mkdir -p "/sys/fs/cgroup/$ID/below"
  UNDO+=("rmdir /sys/fs/cgroup/$ID/below /sys/fs/cgroup/$ID 2>/dev/null || :")
  echo +memory >/sys/fs/cgroup/cgroup.subtree_control
  echo +memory >"/sys/fs/cgroup/$ID/cgroup.subtree_control"
  refuses rt create "$ID"
  has "$stderr" "gives controllers to cgroups below it"
}

@test "memory cannot be limited in a threaded cgroup, and the error says so" {
  needs_controllers memory
  mkdir -p "/sys/fs/cgroup/$ID"
  echo threaded >"/sys/fs/cgroup/$ID/cgroup.type"
  UNDO+=("rmdir /sys/fs/cgroup/$ID 2>/dev/null || :")
  resources '{"memory": {"limit": 33554432}}'
  refuses rt create "$ID"
  has "$stderr" threaded
}
