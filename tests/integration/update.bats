#!/usr/bin/env bats
# update: other limits for a container that lives, in force at once, remembered, and all or none of them.
load helpers

resources() { config '.linux.resources += $r' --argjson r "$1"; }
# limit V1-CONTROLLER V1-FILE V2-FILE: what the file of this machine's version says.
limit() {
  if [[ $CGROUP == v2 ]]; then
    cat "/sys/fs/cgroup/$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")/$3"
  else
    cat "/sys/fs/cgroup/$1/$(awk -F: -v c="$1" '$2 ~ "(^|,)" c "(,|$)" {print $3}' "/proc/$(pid_of)/cgroup")/$2"
  fi
}
# unlimited VALUE: v2's "max", or v1's largest number.
unlimited() { [[ $1 == max || $1 == 9223372036854771712 ]] || { echo "expected no limit: $1"; return 1; }; }
needs_controller() {
  case $CGROUP in
    v1) needs_v1 "$1" ;;
    v2) grep -qw "${2:-$1}" /sys/fs/cgroup/cgroup.controllers || skip "needs the controller ${2:-$1}" ;;
    *) skip "needs cgroups" ;;
  esac
}
has_swap() {
  if [[ $CGROUP == v2 ]]; then
    compgen -G '/sys/fs/cgroup/*/memory.swap.max' >/dev/null
  else
    [[ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ]]
  fi || skip "no swap accounting"
}

@test "memory, with a suffix, is in the file and prints nothing" {
  needs_controller memory
  running
  succeeds rt update --memory 32m "$ID"
  is "$output$stderr" ""
  is "$(limit memory memory.limit_in_bytes memory.max)" 33554432
  succeeds rt update --memory 50331648 --memory-reservation 16m "$ID"
  is "$(limit memory memory.limit_in_bytes memory.max)" 50331648
  is "$(limit memory memory.soft_limit_in_bytes memory.low)" 16777216
}

@test "a new memory limit is in force: the program that goes beyond is killed" {
  needs_controller memory
  args tail /dev/zero
  succeeds rt create "$ID"
  succeeds rt update --memory 32m "$ID"
  succeeds rt start "$ID"
  eventually is_status stopped
}

@test "memory of -1 is unlimited, and so is swap" {
  needs_controller memory
  resources '{"memory": {"limit": 33554432}}'
  running
  succeeds rt update --memory -1 "$ID"
  unlimited "$(limit memory memory.limit_in_bytes memory.max)"
  [[ ! -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ]] || unlimited "$(limit memory memory.memsw.limit_in_bytes none)"
}

@test "memory and swap are raised and lowered together" {
  needs_controller memory
  has_swap
  resources '{"memory": {"limit": 33554432, "swap": 50331648}}'
  running
  for pair in 67108864:134217728 33554432:33554432 134217728:134217728 33554432:50331648; do
    memory=${pair%:*} swap=${pair#*:}
    succeeds rt update --memory "$memory" --memory-swap "$swap" "$ID"
    is "$(limit memory memory.limit_in_bytes memory.max)" "$memory"
    if [[ $CGROUP == v2 ]]; then
      is "$(limit - - memory.swap.max)" "$((swap - memory))"
    else
      is "$(limit memory memory.memsw.limit_in_bytes -)" "$swap"
    fi
  done
}

@test "swap alone goes with the memory limit there is" {
  differs runc "on v2 it asks for both"
  needs_controller memory
  has_swap
  resources '{"memory": {"limit": 33554432}}'
  running
  succeeds rt update --memory-swap 64m "$ID"
  if [[ $CGROUP == v2 ]]; then
    is "$(limit - - memory.swap.max)" 33554432
  else
    is "$(limit memory memory.memsw.limit_in_bytes -)" 67108864
  fi
  is "$(limit memory memory.limit_in_bytes memory.max)" 33554432
}

@test "cpu shares, quota and period; one of the pair leaves the other" {
  needs_controller cpu
  resources '{"cpu": {"quota": 50000, "period": 200000}}'
  running
  pair() { # QUOTA PERIOD
    if [[ $CGROUP == v2 ]]; then
      is "$(limit - - cpu.max)" "$1 $2"
    else
      is "$(limit cpu cpu.cfs_quota_us -) $(limit cpu cpu.cfs_period_us -)" "$1 $2"
    fi
  }
  succeeds rt update --cpu-quota 60000 "$ID"
  pair 60000 200000
  succeeds rt update --cpu-period 100000 "$ID"
  pair 60000 100000
  succeeds rt update --cpu-quota 10000 --cpu-period 20000 --cpu-share 512 "$ID"
  pair 10000 20000
  is "$(limit cpu cpu.shares cpu.weight)" "$([[ $CGROUP == v2 ]] && echo 59 || echo 512)"
}

@test "cpu burst and idle" {
  differs runc "1.1 does not know them"
  needs_controller cpu
  resources '{"cpu": {"shares": 512, "quota": 50000, "period": 100000}}'
  running
  limit cpu cpu.cfs_burst_us cpu.max.burst || skip "this kernel has no burst"
  succeeds rt update --cpu-burst 20000 "$ID"
  is "$(limit cpu cpu.cfs_burst_us cpu.max.burst)" 20000
  limit cpu cpu.idle cpu.idle || skip "this kernel has no cpu.idle"
  succeeds rt update --cpu-idle 1 "$ID"
  is "$(limit cpu cpu.idle cpu.idle)" 1
  succeeds rt update --cpu-idle 0 "$ID"
  is "$(limit cpu cpu.idle cpu.idle)" 0
}

@test "real-time values need cgroup v1" {
  needs_v2
  running
  refuses rt update --cpu-rt-runtime 1000 "$ID"
  has "$stderr" "needs cgroup v1"
}

@test "cpus and mems are in force at once" {
  needs_controller cpuset
  running
  succeeds rt update --cpuset-cpus 0 --cpuset-mems 0 "$ID"
  has "$(<"/proc/$(pid_of)/status")" $'Cpus_allowed_list:\t0\n'
  is "$(limit cpuset cpuset.mems cpuset.mems)" 0
}

@test "pids: a number, none, and 0" {
  needs_controller pids
  running
  succeeds rt update --pids-limit 20 "$ID"
  is "$(limit pids pids.max pids.max)" 20
  succeeds rt update --pids-limit -1 "$ID"
  is "$(limit pids pids.max pids.max)" max
  [[ $RT_KIND == rt ]] || skip "runc 1.1 takes 0 as none"
  succeeds rt update --pids-limit 0 "$ID"
  is "$(limit pids pids.max pids.max)" 0
}

@test "resources as JSON from a file and from stdin; other flags then have no effect" {
  needs_controller pids
  running
  echo '{"pids": {"limit": 30}, "cpu": {"shares": 256}}' >"$T/r.json"
  succeeds rt update --pids-limit 1 -r "$T/r.json" "$ID"
  is "$(limit pids pids.max pids.max)" 30
  from_stdin() { echo '{"pids": {"limit": 40}}' | rt update --resources=- "$ID"; }
  succeeds from_stdin
  is "$(limit pids pids.max pids.max)" 40
}

@test "device rules in the JSON change nothing" {
  running
  try rt exec "$ID" sh -c ': </dev/null && echo ok'
  echo '{"devices": [{"allow": false, "access": "rwm"}]}' >"$T/r.json"
  succeeds rt update -r "$T/r.json" "$ID"
  succeeds rt exec "$ID" sh -c ': </dev/null && echo ok'
  is "$output" ok
}

@test "throttling of a device is added, and replaced" {
  if [[ $CGROUP == v2 ]]; then needs_controller io; else needs_v1 blkio; fi
  device=$(lsblk -ndo MAJ:MIN 2>/dev/null | head -1 | xargs)
  [[ -n $device ]] || skip "no block device"
  running
  rate() { echo "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": $1}]}}"; }
  for bytes in 1048576 2097152; do
    rate "$bytes" >"$T/r.json"
    succeeds rt update -r "$T/r.json" "$ID"
    if [[ $CGROUP == v2 ]]; then
      has "$(limit - - io.max)" "$device rbps=$bytes "
    else
      is "$(limit blkio blkio.throttle.read_bps_device -)" "$device $bytes"
    fi
  done
}

@test "when a value is refused, the others are taken back and nothing is remembered" {
  rt_only "runc writes its old configuration back, which is less"
  needs_controller memory
  needs_controller cpu
  running
  memory=$(limit memory memory.limit_in_bytes memory.max)
  shares=$(limit cpu cpu.shares cpu.weight)
  refuses rt update --memory 64m --cpu-share 300 --cpu-quota 5 --cpu-period 100000 "$ID"
  has "${stderr,,}" "invalid argument"
  is "$(limit memory memory.limit_in_bytes memory.max)" "$memory"
  is "$(limit cpu cpu.shares cpu.weight)" "$shares"
  lacks "$(<"$ROOT/$ID/config.json")" 67108864
}

@test "memory below what is used: refused when checkBeforeUpdate asks" {
  rt_only "as in the configuration of the container"
  needs_controller memory
  resources '{"memory": {"limit": 67108864, "checkBeforeUpdate": true}}'
  running
  refuses rt update --memory 4096 "$ID"
  has "$stderr" "is not above the usage"
  is "$(limit memory memory.limit_in_bytes memory.max)" 67108864
  echo '{"memory": {"limit": 4096, "checkBeforeUpdate": true}}' >"$T/r.json"
  refuses rt update -r "$T/r.json" "$ID"
}

@test "unified files" {
  needs_v2
  needs_controller memory
  running
  echo '{"unified": {"memory.high": "67108864", "cgroup.max.depth": "3"}}' >"$T/r.json"
  succeeds rt update -r "$T/r.json" "$ID"
  is "$(limit - - memory.high)" 67108864
  is "$(limit - - cgroup.max.depth)" 3
  echo '{"memory": {"limit": 134217728}, "unified": {"nonsense.max": "1"}}' >"$T/r.json"
  refuses rt update -r "$T/r.json" "$ID"
  has "$stderr" nonsense
  is "$(limit - - memory.max)" max
}

@test "created and paused containers can be updated, stopped and unknown ones cannot" {
  needs_controller pids
  created
  succeeds rt update --pids-limit 50 "$ID"
  is "$(limit pids pids.max pids.max)" 50
  succeeds rt pause "$ID"
  succeeds rt update --pids-limit 60 "$ID"
  is "$(limit pids pids.max pids.max)" 60
  succeeds rt resume "$ID"
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  refuses rt update --pids-limit 5 "$ID"
  has "$stderr" "container not running"
  refuses rt update --pids-limit 5 "$ID-other"
  has "$stderr" "does not exist"
}

@test "obsolete kernel memory is accepted with a warning" {
  needs_controller memory
  running
  succeeds rt update --kernel-memory 50m --kernel-memory-tcp 50m "$ID"
  isnt "$stderr" ""
}

@test "nothing to change is no error; nonsense is" {
  running
  succeeds rt update "$ID"
  for flag in "--memory lots" "--cpu-share -1" "--cpu-idle 2"; do
    # shellcheck disable=SC2086  # two words
    refuses rt update $flag "$ID"
  done
  echo '{"memory": {"limit": "much"}}' >"$T/r.json"
  refuses rt update -r "$T/r.json" "$ID"
  refuses rt update -r "$T/none.json" "$ID"
}

@test "an updated container execs, is listed and deleted like any other" {
  needs_controller pids
  config '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", "echo stopped >\($file)"]}]' --arg file "$T/poststop"
  running
  succeeds rt update --pids-limit 100 "$ID"
  succeeds rt exec "$ID" echo hello
  is "$output" hello
  succeeds rt delete --force "$ID"
  is "$(<"$T/poststop")" stopped
}

@test "schemas of Intel RDT for a container without are refused, and nothing else changes" {
  needs_controller pids
  running
  refuses rt update --l3-cache-schema L3:0=f --pids-limit 33 "$ID"
  has "$stderr" intelRdt
  isnt "$(limit pids pids.max pids.max)" 33
}
