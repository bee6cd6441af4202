#!/usr/bin/env bats
# linux.cgroupsPath and linux.resources: where the cgroup is, which limits are in force, and that it goes away.
load helpers

resources() { config '.linux.resources += $r' --argjson r "$1"; }
# v1 CONTROLLER FILE: that file of the container's cgroup.
v1() { cat "/sys/fs/cgroup/$1/$ID/$2"; }
own_path() { awk -F: -v c="$1" '{n = split($2, list, ","); for (i = 1; i <= n; i++) if (list[i] == c) print $3}' /proc/self/cgroup; }

@test "an absolute cgroupsPath is below the mount point, in every hierarchy" {
  needs_v1
  config '.linux.cgroupsPath = "/\($id)/below"' --arg id "$ID"
  UNDO+=("find /sys/fs/cgroup -depth -type d -path '*/$ID' -exec rmdir {} \; 2>/dev/null || :")
  running
  pid=$(pid_of)
  for controller in memory pids cpu cpuset devices freezer blkio; do
    [[ -d /sys/fs/cgroup/$controller ]] || continue
    has "$(<"/sys/fs/cgroup/$controller/$ID/below/cgroup.procs")" "$pid"
  done
}

@test "a relative cgroupsPath is below the caller's own cgroup" {
  needs_v1
  config '.linux.cgroupsPath = $id' --arg id "$ID"
  running
  for controller in memory pids; do
    own=$(own_path "$controller")
    has "$(<"/sys/fs/cgroup/$controller/${own%/}/$ID/cgroup.procs")" "$(pid_of)"
  done
}

@test "without a cgroupsPath the container has a cgroup of its own, named after it" {
  config 'del(.linux.cgroupsPath)'
  running
  has "$(<"/proc/$(pid_of)/cgroup")" "$ID"
}

@test "a cgroupsPath with .. does not climb out" {
  needs_v1
  config '.linux.cgroupsPath = "/../../../../tmp/\($id)"' --arg id "$ID"
  UNDO+=("find /sys/fs/cgroup -depth -type d -name tmp -empty -exec rmdir {} \; 2>/dev/null || :; find /sys/fs/cgroup -maxdepth 2 -type d -name tmp -exec rmdir {} \; 2>/dev/null || :")
  try rt run "$ID"
  absent "/tmp/$ID"
}

@test "memory.limit is in the file and in force: the program that goes beyond is killed" {
  needs_v1 memory
  resources '{"memory": {"limit": 33554432}}'
  created
  is "$(v1 memory memory.limit_in_bytes)" 33554432
  succeeds rt delete "$ID"
  args tail /dev/zero
  exits 137 rt run "$ID"
}

@test "memory.reservation, swap, swappiness and disableOOMKiller" {
  needs_v1 memory
  [[ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ]] && swap=', "swap": 67108864'
  resources "{\"memory\": {\"limit\": 33554432, \"reservation\": 16777216, \"swappiness\": 50, \"disableOOMKiller\": true ${swap:-}}}"
  created
  is "$(v1 memory memory.soft_limit_in_bytes)" 16777216
  is "$(v1 memory memory.swappiness)" 50
  has "$(v1 memory memory.oom_control)" "oom_kill_disable 1"
  [[ -z ${swap:-} ]] || is "$(v1 memory memory.memsw.limit_in_bytes)" 67108864
}

@test "a memory limit of -1 is unlimited" {
  needs_v1 memory
  resources '{"memory": {"limit": -1}}'
  created
  is "$(v1 memory memory.limit_in_bytes)" "$(</sys/fs/cgroup/memory/memory.limit_in_bytes)"
}

@test "a swap limit below the memory limit is refused" {
  needs_v1 memory
  [[ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ]] || skip "no swap accounting"
  resources '{"memory": {"limit": 33554432, "swap": 1048576}}'
  refuses rt create "$ID"
}

@test "a memory limit too small to start in is an error that says so" {
  differs runc "1.1 needs more than this to start"
  needs_v1 memory
  resources '{"memory": {"limit": 4096}}'
  try rt run "$ID"
  ((status != 0 && status != 124))
  isnt "$stderr" ""
}

@test "cpu.shares, quota and period" {
  needs_v1 cpu
  resources '{"cpu": {"shares": 512, "quota": 50000, "period": 200000}}'
  created
  is "$(v1 cpu cpu.shares) $(v1 cpu cpu.cfs_quota_us) $(v1 cpu cpu.cfs_period_us)" "512 50000 200000"
}

@test "a quota without a period, and a quota of -1" {
  needs_v1 cpu
  resources '{"cpu": {"quota": 40000}}'
  created
  is "$(v1 cpu cpu.cfs_quota_us) $(v1 cpu cpu.cfs_period_us)" "40000 100000"
  succeeds rt delete "$ID"
  resources '{"cpu": {"quota": -1}}'
  created
  is "$(v1 cpu cpu.cfs_quota_us)" -1
}

@test "cpu.burst and cpu.idle" {
  differs runc "1.1 does not know them"
  needs_v1 cpu
  [[ -e /sys/fs/cgroup/cpu/cpu.cfs_burst_us || -n $(find /sys/fs/cgroup/cpu -mindepth 2 -maxdepth 2 -name cpu.cfs_burst_us) ]] || skip "no cpu.cfs_burst_us"
  resources '{"cpu": {"quota": 50000, "period": 100000, "burst": 20000}}'
  created
  is "$(v1 cpu cpu.cfs_burst_us)" 20000
  succeeds rt delete "$ID"
  resources '{"cpu": {"idle": 1}}'
  created
  is "$(v1 cpu cpu.idle)" 1
}

@test "an impossible cpu value is refused, and the file named" {
  needs_v1 cpu
  resources '{"cpu": {"quota": 5, "period": 100000}}'
  refuses rt create "$ID"
  has "$stderr" cfs_quota
  has "${stderr,,}" "invalid argument"
}

@test "cpuset.cpus and mems, in the file and in force" {
  needs_v1 cpuset
  resources '{"cpu": {"cpus": "0", "mems": "0"}}'
  inside 'grep -E "^(Cpus|Mems)_allowed_list" /proc/self/status'
  is "$output" $'Cpus_allowed_list:\t0\nMems_allowed_list:\t0'
}

@test "without cpus and mems a v1 cpuset has those of its parent" {
  needs_v1 cpuset
  created
  is "$(v1 cpuset cpuset.cpus)" "$(</sys/fs/cgroup/cpuset/cpuset.cpus)"
  is "$(v1 cpuset cpuset.mems)" "$(</sys/fs/cgroup/cpuset/cpuset.mems)"
}

@test "cpus that the machine does not have are refused" {
  needs_v1 cpuset
  resources '{"cpu": {"cpus": "100000"}}'
  refuses rt create "$ID"
  has "$stderr" cpuset.cpus
}

@test "pids.limit is in the file and in force" {
  needs_v1 pids
  resources '{"pids": {"limit": 5}}'
  script 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done 2>&1'
  try rt run "$ID"
  has "$output" "can't fork"
  running
  is "$(v1 pids pids.max)" 5
}

@test "a pids limit of -1 is unlimited" {
  needs_v1 pids
  resources '{"pids": {"limit": -1}}'
  created
  is "$(v1 pids pids.max)" max
}

@test "a pids limit of 0 is a limit" {
  differs runc "1.1 takes 0 as none"
  needs_v1 pids
  resources '{"pids": {"limit": 0}}'
  created
  is "$(v1 pids pids.max)" 0
}

@test "blockIO throttling" {
  needs_v1 blkio
  [[ -e /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device ]] || skip "no blkio.throttle"
  device=$(lsblk -ndo MAJ:MIN 2>/dev/null | head -1 | xargs)
  [[ -n $device ]] || skip "no block device"
  config '.linux.resources.blockIO = {throttleReadBpsDevice: [{major: $ma, minor: $mi, rate: 1048576}],
    throttleWriteBpsDevice: [{major: $ma, minor: $mi, rate: 2097152}], throttleReadIOPSDevice: [{major: $ma, minor: $mi, rate: 300}],
    throttleWriteIOPSDevice: [{major: $ma, minor: $mi, rate: 400}]}' --argjson ma "${device%:*}" --argjson mi "${device#*:}"
  created
  is "$(v1 blkio blkio.throttle.read_bps_device)" "$device 1048576"
  is "$(v1 blkio blkio.throttle.write_bps_device)" "$device 2097152"
  is "$(v1 blkio blkio.throttle.read_iops_device)" "$device 300"
  is "$(v1 blkio blkio.throttle.write_iops_device)" "$device 400"
}

@test "blockIO weight" {
  needs_v1 blkio
  [[ -e /sys/fs/cgroup/blkio/blkio.weight || -e /sys/fs/cgroup/blkio/blkio.bfq.weight ]] || skip "no weights in this kernel's blkio"
  resources '{"blockIO": {"weight": 500}}'
  created
  is "$(v1 blkio blkio.bfq.weight 2>/dev/null || v1 blkio blkio.weight)" 500
}

@test "hugepageLimits" {
  needs_v1 hugetlb
  size=$(find /sys/fs/cgroup/hugetlb -maxdepth 1 -name 'hugetlb.*.limit_in_bytes' | head -1 | sed 's/.*hugetlb.\(.*\).limit.*/\1/')
  resources "{\"hugepageLimits\": [{\"pageSize\": \"$size\", \"limit\": 0}]}"
  created
  is "$(v1 hugetlb "hugetlb.$size.limit_in_bytes")" 0
}

@test "a limit of a controller that this machine does not have is an error" {
  needs_v1
  [[ ! -d /sys/fs/cgroup/net_cls && ! -d /sys/fs/cgroup/net_cls,net_prio ]] || skip "net_cls is there"
  resources '{"network": {"classID": 1048577}}'
  refuses rt create "$ID"
  refuses rt state "$ID"
}

@test "limits are in force before the container's program, and before its hooks" {
  needs_v1 memory
  resources '{"memory": {"limit": 33554432}}'
  config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $code]}]' \
    --arg code "cat /sys/fs/cgroup/memory/$ID/memory.limit_in_bytes >$T/at-hook"
  created
  is "$(<"$T/at-hook")" 33554432
}

@test "the container is in the cgroup, the runtime is not" {
  before=$(</proc/self/cgroup)
  running
  is "$(rt ps -f json "$ID" | jq length)" 1
  is "$(</proc/self/cgroup)" "$before"
}

@test "delete removes the cgroup, also sub-cgroups that the container made" {
  needs_v1 pids
  give_caps
  config '.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"]}]'
  running 'mkdir -p /sys/fs/cgroup/pids/a/b/c && echo made; exec sleep 100'
  exists "/sys/fs/cgroup/pids/$ID/a/b/c"
  succeeds rt delete --force "$ID"
  absent "/sys/fs/cgroup/pids/$ID"
}

@test "delete succeeds when the cgroup is already gone" {
  needs_v1
  created
  kill -KILL "$(pid_of)"
  eventually is_status stopped
  removed() { find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} + 2>/dev/null; }
  eventually removed
  succeeds rt delete "$ID"
}

@test "create in a cgroup that has processes is refused, and they are left alone" {
  needs_v1 pids
  mkdir "/sys/fs/cgroup/pids/$ID"
  background sleep 100
  other=$BG_PID
  echo "$other" >"/sys/fs/cgroup/pids/$ID/cgroup.procs"
  UNDO+=("rmdir /sys/fs/cgroup/pids/$ID 2>/dev/null || :")
  try rt create "$ID"
  if ((status == 0)) && [[ $RT_KIND == runc ]]; then
    skip "runc 1.1 warns"
  fi
  is "$status" 1
  has "$stderr" "not empty"
  kill -0 "$other"
}

@test "an empty cgroup that is already there is used" {
  needs_v1 pids
  mkdir "/sys/fs/cgroup/pids/$ID"
  UNDO+=("rmdir /sys/fs/cgroup/pids/$ID 2>/dev/null || :")
  resources '{"pids": {"limit": 7}}'
  created
  is "$(v1 pids pids.max)" 7
}

@test "two containers can have cgroups one below the other's neighbour" {
  config '.linux.cgroupsPath = "/\($id)/one"' --arg id "$ID"
  UNDO+=("find /sys/fs/cgroup -depth -type d -path '*/$ID' -exec rmdir {} \; 2>/dev/null || :")
  succeeds rt create "$ID-one"
  config '.linux.cgroupsPath = "/\($id)/two"' --arg id "$ID"
  succeeds rt create "$ID-two"
  succeeds rt delete "$ID-one"
  is "$(state_of "$ID-two")" created
}

@test "twenty containers come and go and leave no cgroup" {
  for _ in {1..20}; do rt run "$ID"; done
  is "$(find /sys/fs/cgroup -name "*$ID*")" ""
}
