#!/usr/bin/env bats
# What the kernel keeps of a process by number: scheduling, I/O priority, CPUs, memory policy, personality. config.md, "Linux
# Process"; config-linux.md, "Memory policy", "Personality". All of it for exec too.
load helpers

setup() {
  test_fixture
  differs runc "1.1 does not know most of it"
}

# sched JSON: runs with this process.scheduler; $output says what the kernel has.
scheduler() { config '.process.scheduler = $scheduler' --argjson scheduler "$1"; }
sched() {
  scheduler "$1"
  # Where real-time groups are scheduled, a cgroup of v1 has no time for them until it is given some.
  [[ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ]] || config '.linux.resources.cpu = {realtimeRuntime: 1000, realtimePeriod: 1000000}'
  args /bin/probe sched
  try rt run "$ID"
  if ((status != 0)) && [[ ${stderr,,} == *"operation not permitted"* ]]; then skip "no right or no budget for it here"; fi
  if ((status != 0)) && [[ ${stderr,,} == *"device or resource busy"* ]]; then skip "no time left for SCHED_DEADLINE here"; fi
}
# process_file FILTER: a file for exec --process: config.json's process, changed.
process_file() { jq ".process | $1" "$BUNDLE/config.json" >"$T/process.json"; }
own_cpu() { grep Cpus_allowed_list /proc/self/status | grep -oE '[0-9]+' | head -1; }

@test "scheduler: SCHED_OTHER with a nice value" {
  sched '{"policy": "SCHED_OTHER", "nice": 5}'
  is "$output" "policy 0 nice 5 priority 0 flags 0"
}

@test "scheduler: without nice it is 0, whatever the caller's" {
  scheduler '{"policy": "SCHED_OTHER"}'
  args /bin/probe sched
  succeeds nice -n $((7 - $(nice))) timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  is "$output" "policy 0 nice 0 priority 0 flags 0"
}

@test "scheduler: SCHED_BATCH with a nice value" {
  sched '{"policy": "SCHED_BATCH", "nice": 5}'
  is "$output" "policy 3 nice 5 priority 0 flags 0"
}

@test "scheduler: SCHED_IDLE" {
  sched '{"policy": "SCHED_IDLE"}'
  has "$output" "policy 5 "
}

@test "scheduler: SCHED_FIFO with a priority and a flag" {
  sched '{"policy": "SCHED_FIFO", "priority": 10, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}'
  is "$output" "policy 1 nice 0 priority 10 flags 1"
}

@test "scheduler: SCHED_RR" {
  sched '{"policy": "SCHED_RR", "priority": 99}'
  is "$output" "policy 2 nice 0 priority 99 flags 0"
}

@test "scheduler: SCHED_DEADLINE with runtime, deadline, period and flags" {
  sched '{"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 20000000, "period": 40000000, "flags": ["SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN"]}'
  is "$output" "policy 6 nice 0 priority 0 flags 6 runtime 1000000 deadline 20000000 period 40000000"
}

@test "scheduler: KEEP_POLICY and KEEP_PARAMS leave what the caller has" {
  scheduler '{"policy": "SCHED_OTHER", "nice": 3, "flags": ["SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS"]}'
  args /bin/probe sched
  succeeds nice -n $((7 - $(nice))) chrt --batch 0 timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  has "$output" "policy 3 nice 7"
}

@test "scheduler: UTIL_CLAMP flags reach a kernel that has them" {
  scheduler '{"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_UTIL_CLAMP_MIN"]}'
  try rt run "$ID"
  if ((status != 0)); then has "$stderr" "Operation not supported"; fi
}

@test "scheduler: an unknown policy, flag, or value is refused" {
  for value in '{"policy": "SCHED_NONSENSE"}' '{"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_NONSENSE"]}' \
    '{"policy": "SCHED_OTHER", "nice": 20}' '{"policy": "SCHED_OTHER", "priority": 1}' '{"policy": "SCHED_FIFO", "priority": 0}' \
    '{"policy": "SCHED_FIFO", "priority": 100}' '{"policy": "SCHED_OTHER", "deadline": 1}' \
    '{"policy": "SCHED_DEADLINE", "runtime": 30000000, "deadline": 20000000, "period": 40000000}'; do
    scheduler "$value"
    refuses rt create "$ID"
    has "$stderr" scheduler
  done
}

@test "scheduler: SCHED_ISO is the kernel's to refuse" {
  scheduler '{"policy": "SCHED_ISO"}'
  try rt run "$ID"
  ((status != 0)) || return 0
  has "$stderr" "Invalid argument"
}

@test "scheduler: exec has that of its own process" {
  running
  process_file '.args = ["/bin/probe", "sched"] | .scheduler = {policy: "SCHED_BATCH", nice: 4}'
  succeeds rt exec --process "$T/process.json" "$ID"
  is "$output" "policy 3 nice 4 priority 0 flags 0"
}

@test "scheduler: exec of a command has that of config.json" {
  scheduler '{"policy": "SCHED_BATCH", "nice": 6}'
  running
  succeeds rt exec "$ID" /bin/probe sched
  is "$output" "policy 3 nice 6 priority 0 flags 0"
}

@test "ioPriority: each class" {
  for class in "RT 1" "BE 2" "IDLE 3"; do
    for level in 0 7; do
      config '.process.ioPriority = {class: "IOPRIO_CLASS_\($class)", priority: $level}' --arg class "${class% *}" --argjson level "$level"
      inside_args /bin/probe ioprio
      is "$output" "class ${class#* } level $level"
    done
  done
}

@test "ioPriority: an unknown class or level is refused" {
  for value in '{"class": "IOPRIO_CLASS_NONE", "priority": 0}' '{"class": "IOPRIO_CLASS_BE", "priority": 8}' \
    '{"class": "IOPRIO_CLASS_BE", "priority": -1}'; do
    config '.process.ioPriority = $value' --argjson value "$value"
    refuses rt create "$ID"
    has "$stderr" ioPriority
  done
}

@test "ioPriority: children of the container inherit it" {
  config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
  inside '(/bin/probe ioprio) | cat'
  is "$output" "class 2 level 6"
}

@test "ioPriority: exec has that of its own process" {
  running
  process_file '.args = ["/bin/probe", "ioprio"] | .ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 3}'
  succeeds rt exec --process "$T/process.json" "$ID"
  is "$output" "class 3 level 3"
}

# affinity INITIAL FINAL: runs exec with these; $output is the list of CPUs it has.
affinity() {
  process_file ".args = [\"grep\", \"Cpus_allowed_list\", \"/proc/self/status\"] | .execCPUAffinity = {initial: \"$1\", final: \"$2\"}"
  succeeds rt exec --process "$T/process.json" "$ID"
  output=${output#*$'\t'}
}
two_cpus() {
  all=$(grep Cpus_allowed_list /proc/self/status)
  all=${all#*$'\t'}
  IFS=$' \n' read -r -d '' first second _ < <(taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' | awk -F- '{for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i}' && printf '\0') || :
  [[ -n ${second:-} ]] || skip "needs two CPUs"
}

@test "execCPUAffinity: final is what the process runs with" {
  two_cpus
  running
  affinity "" "$second"
  is "$output" "$second"
  affinity "$first" "$second"
  is "$output" "$second"
}

@test "execCPUAffinity: lists and ranges" {
  two_cpus
  running
  affinity "" "$first, $second,"
  is "$(taskset -cp $$ | grep -c .)" 1
  [[ $output == "$first,$second" || $output == "$first-$second" ]]
}

@test "execCPUAffinity: initial is set by the runtime before the process enters the cgroup" {
  rt_only "looks at its calls"
  needs_command strace
  two_cpus
  running
  process_file ".args = [\"true\"] | .execCPUAffinity = {initial: \"$second\"}"
  succeeds timeout "$LIMIT" strace -f -qq -o "$T/trace" -e trace=sched_setaffinity,clone3,execveat "$RT" --root "$ROOT" exec --process "$T/process.json" "$ID"
  # The runtime sets it on itself, then makes the child, and has its own back; the child, in the cgroup, asks for nothing.
  calls=$(grep -oE '(sched_setaffinity|clone3|execveat)\(' "$T/trace" | xargs)
  is "$calls" "sched_setaffinity( clone3( execveat( sched_setaffinity("
}

@test "execCPUAffinity: initial alone leaves the rest to the kernel" {
  two_cpus
  running
  affinity "$second" ""
  [[ $output == "$second" || $output == "$all" ]]  # a change of cpuset may give the CPUs of that
}

@test "execCPUAffinity: CPUs that are not there are an error that names the property" {
  running
  for which in initial final; do
    process_file ".args = [\"true\"] | .execCPUAffinity = {$which: \"8000\"}"
    exits 255 rt exec --process "$T/process.json" "$ID"
    has "$stderr" "execCPUAffinity.$which"
    has "$stderr" "Invalid argument"
  done
}

@test "execCPUAffinity: what is no list of CPUs is refused" {
  running
  for list in x 3-1 1-2-3 -1 ' 1-x'; do
    process_file ".args = [\"true\"] | .execCPUAffinity = {final: \"$list\"}"
    exits 255 rt exec --process "$T/process.json" "$ID"
    has "$stderr" execCPUAffinity
  done
}

@test "execCPUAffinity: config.json's is for exec, and not for the container's init" {
  two_cpus
  config '.process.execCPUAffinity = {initial: $cpu, final: $cpu}' --arg cpu "$second"
  running
  is "$(grep Cpus_allowed_list "/proc/$(pid_of)/status")" $'Cpus_allowed_list:\t'"$all"
  succeeds rt exec "$ID" grep Cpus_allowed_list /proc/self/status
  is "$output" $'Cpus_allowed_list:\t'"$second"
}

@test "a CPU affinity of the caller's is not handed on" {
  all=$(grep Cpus_allowed_list /proc/self/status)
  script 'grep Cpus_allowed_list /proc/self/status'
  succeeds taskset -c "$(own_cpu)" timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  is "$output" "$all"
}

# policy JSON: $output is the policy of a container with it.
policy() {
  config '.linux.memoryPolicy = $policy' --argjson policy "$1"
  args /bin/probe mempolicy
  try rt run "$ID"
  if ((status != 0)) && [[ ${stderr,,} == *"not implemented"* ]]; then skip "a kernel without NUMA"; fi
}

@test "memoryPolicy: each mode" {
  policy '{"mode": "MPOL_DEFAULT"}'
  is "$output" "mode 0 nodes 0"
  policy '{"mode": "MPOL_PREFERRED", "nodes": "0"}'
  is "$output" "mode 1 nodes 1"
  policy '{"mode": "MPOL_BIND", "nodes": "0"}'
  is "$output" "mode 2 nodes 1"
  policy '{"mode": "MPOL_INTERLEAVE", "nodes": "0"}'
  is "$output" "mode 3 nodes 1"
  policy '{"mode": "MPOL_LOCAL"}'
  is "$output" "mode 4 nodes 0"
  needs_kernel 5.15
  policy '{"mode": "MPOL_PREFERRED_MANY", "nodes": "0"}'
  is "$output" "mode 5 nodes 1"
  needs_kernel 6.9
  policy '{"mode": "MPOL_WEIGHTED_INTERLEAVE", "nodes": "0"}'
  is "$output" "mode 6 nodes 1"
}

@test "memoryPolicy: MPOL_PREFERRED without nodes is local allocation" {
  policy '{"mode": "MPOL_PREFERRED"}'
  like "$output" 'mode [14] nodes 0'
}

@test "memoryPolicy: each flag" {
  policy '{"mode": "MPOL_INTERLEAVE", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}'
  is "$output" "mode 32771 nodes 1"
  policy '{"mode": "MPOL_INTERLEAVE", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES"]}'
  is "$output" "mode 16387 nodes 1"
  needs_kernel 5.12
  policy '{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_NUMA_BALANCING"]}'
  if ((status != 0)); then skip "a kernel without NUMA balancing"; fi
  is "$output" "mode 8194 nodes 1"
}

@test "memoryPolicy: a node that is not there is the kernel's to refuse, also beyond 1024" {
  for nodes in 1-2 1023 2000 0,5000; do
    policy "{\"mode\": \"MPOL_BIND\", \"nodes\": \"$nodes\", \"flags\": [\"MPOL_F_STATIC_NODES\"]}"
    [[ $nodes != 1-2 || ! -d /sys/devices/system/node/node1 ]] || continue
    is "$status" 1
    has "$stderr" "linux.memoryPolicy: set the memory policy: Invalid argument"
  done
}

@test "memoryPolicy: modes, flags and nodes that do not go together are refused" {
  for value in '{"mode": "MPOL_NONSENSE"}' '{"mode": "MPOL_BIND"}' '{"mode": "MPOL_DEFAULT", "nodes": "0"}' '{"nodes": "0"}' \
    '{"mode": "MPOL_LOCAL", "nodes": "0"}' '{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_NONSENSE"]}' \
    '{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]}' '{"mode": "MPOL_BIND", "nodes": "x"}'; do
    config '.linux.memoryPolicy = $policy' --argjson policy "$value"
    refuses rt create "$ID"
    has "$stderr" memoryPolicy
  done
}

@test "memoryPolicy: exec has the container's" {
  config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
  args /bin/probe waiting up
  try rt run --detach "$ID"
  if ((status != 0)) && [[ ${stderr,,} == *"not implemented"* ]]; then skip "a kernel without NUMA"; fi
  succeeds rt exec "$ID" /bin/probe mempolicy
  is "$output" "mode 2 nodes 1"
}

@test "intelRdt: isolation that cannot be had is an error" {
  [[ ! -e /sys/fs/resctrl/schemata ]] || skip "resctrl is mounted"
  config '.linux.intelRdt = {closID: "some", l3CacheSchema: "L3:0=f"}'
  refuses rt create "$ID"
  has "$stderr" "Intel RDT"
}

@test "personality: LINUX32 shows a 32-bit machine" {
  config '.linux.personality = {domain: "LINUX32"}'
  inside '/bin/probe personality; uname -m'
  has "$output" 0x8
  [[ $(uname -m) != x86_64 ]] || has "$output" i686
}

@test "personality: LINUX is the machine's own, whatever the caller's" {
  config '.linux.personality = {domain: "LINUX"}'
  args /bin/probe personality
  succeeds setarch linux32 timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  is "$output" 0x0
}

@test "personality: exec has the container's" {
  config '.linux.personality = {domain: "LINUX32"}'
  running
  succeeds rt exec "$ID" /bin/probe personality
  is "$output" 0x8
}

@test "personality: a seccomp filter that refuses the call comes after it" {
  config '.linux.personality = {domain: "LINUX32"}
    | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["personality"], action: "SCMP_ACT_ERRNO"}]}'
  inside 'uname -m; /bin/probe call personality 0'
  has "$output" EPERM
  [[ $(uname -m) != x86_64 ]] || has "$output" i686
}

@test "personality: an unknown domain, and any flag, is refused" {
  for value in '{"domain": "SOLARIS"}' '{"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}' '{"flags": []}'; do
    config '.linux.personality = $value' --argjson value "$value"
    refuses rt create "$ID"
    has "$stderr" personality
  done
}

@test "rlimits: exec has those of its own process, and they are the ones it asked for" {
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}]'
  running
  process_file '.args = ["sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -c"] | .rlimits = [{type: "RLIMIT_NOFILE", soft: 64, hard: 128}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
  succeeds rt exec --process "$T/process.json" "$ID"
  is "$(xargs <<<"$output")" "64 128 0"
  succeeds rt exec "$ID" sh -c 'ulimit -Sn; ulimit -Hn'
  is "$(xargs <<<"$output")" "100 200"
}

@test "rlimits: a hard limit above the caller's can be had in a user namespace too" {
  setpriv --dump | grep -q 'Capability bounding set:.*sys_resource' || skip "needs CAP_SYS_RESOURCE"
  user_namespace
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 2000, hard: 3000}]'
  script 'ulimit -Sn; ulimit -Hn'
  succeeds bash -c "ulimit -n 1000; exec timeout $LIMIT '$RT' --root '$ROOT' run '$ID'"
  is "$(xargs <<<"$output")" "2000 3000"
}
