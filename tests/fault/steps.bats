# Whatever fails, at whatever step: one error, exit status 1, nothing left. Killed at whatever step: `delete --force` finds it
# all. The steps are those that `rt plan` prints; RT_FAULT (runtime/container/fault.h) makes one fail, or kills rt before it.
load ../integration/helpers

setup() {
  test_fixture
  rt_only "RT_FAULT is rt's"
}

# A plan with every kind of step that this host can execute.
full_plan() {
  own_rootfs
  mkdir -p "$T/source/below" "$ROOTFS/copied"
  echo x >"$ROOTFS/copied/file"
  config '.process.cwd = "/made/for/this"
    | .process.capabilities.inheritable = ["CAP_KILL"] | .process.capabilities.ambient = ["CAP_KILL"]
    | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 64, hard: 64}]
    | .process.user.additionalGids = [50]
    | .root.readonly = true | .hostname = "rt-test" | .domainname = "test"
    | .linux.namespaces += [{type: "network"}, {type: "cgroup"}]
    | .linux.sysctl = {"net.ipv4.ip_forward": "1"}
    | .linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 32
    | .linux.rootfsPropagation = "private"
    | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}
    | .mounts += [
        {destination: "/bound", type: "bind", source: $source, options: ["rbind", "ro", "rprivate"]},
        {destination: "/copied", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]},
        {destination: "/bound", options: ["remount", "bind", "ro", "nosuid"]},
        {destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]
    | .hooks = {
        createRuntime: [{path: "/bin/true"}], createContainer: [{path: "/bin/true"}],
        startContainer: [{path: "/bin/true"}]}' --arg source "$T/source"
}

steps() { rt plan --format json "$ID" | jq '.steps | length'; }
number_of() { rt plan --format json "$ID" | jq --arg op "$1" '[.steps[] | select(.op == $op)][0].step'; }

clean() {
  local left
  left=$(leftovers)
  [[ -n $left ]] && sleep 0.2 && left=$(leftovers)
  [[ -z $left ]] && return
  printf 'after %s:\n%s\n' "$1" "$left"
  return 1
}

# fails_at STEPS...: `create` with an error in each of them.
fails_at() {
  local step mounts
  mounts=$(wc -l </proc/self/mountinfo)
  for step; do
    RT_FAULT=step=$step,errno=5 refuses rt create "$ID"
    has "$stderr" "nput/output error"
    is "$(grep -c '^rt: ' <<<"$stderr")" 1
    clean "an error in step $step"
  done
  is "$(wc -l </proc/self/mountinfo)" "$mounts"
}

killed_at() {
  local step
  for step; do
    RT_FAULT=step=$step,kill try rt create "$ID"
    is "$status" 137
    succeeds rt delete --force "$ID"
    clean "SIGKILL before step $step"
  done
}

@test "an error in any step that create executes leaves nothing behind" {
  full_plan
  fails_at $(seq 0 "$(($(number_of await-start) - 1))")
}

@test "a create that is killed at any step is removed by delete --force" {
  full_plan
  killed_at $(seq 0 "$(($(number_of await-start) - 1))")
}

@test "an error in any step of a container in a user namespace leaves nothing behind" {
  user_namespace
  fails_at $(seq 0 3 "$(($(number_of await-start) - 1))")
}

@test "a create in a user namespace that is killed is removed by delete --force" {
  user_namespace
  killed_at $(seq 0 5 "$(($(number_of await-start) - 1))")
}

@test "an error at any place of the parent leaves nothing behind" {
  full_plan
  local point
  for point in state saved cgroup launched net-devices joined created recorded; do
    RT_FAULT=point=$point,errno=5 refuses rt create "$ID"
    has "$stderr" "fault injected at '$point'"
    clean "an error at $point"
  done
}

@test "a create that is killed at any place of the parent is removed by delete --force" {
  full_plan
  local point
  for point in state saved cgroup launched net-devices joined created; do
    RT_FAULT=point=$point,kill try rt create "$ID"
    is "$status" 137
    succeeds rt delete --force "$ID"
    clean "SIGKILL at $point"
  done
}

@test "an error in any step after start is reported by start, and the container can be deleted" {
  full_plan
  local step last
  last=$(($(steps) - 1))
  for step in $(seq "$(($(number_of await-start) + 1))" "$last"); do
    RT_FAULT=step=$step,errno=5 succeeds rt create "$ID"
    refuses rt start "$ID"
    has "$stderr" "nput/output error"
    succeeds rt delete --force "$ID"
    clean "an error in step $step"
  done
}

@test "an error in any step of run leaves nothing behind" {
  full_plan
  local step last
  last=$(($(steps) - 2))  # without the wait for start
  for step in $(seq 0 4 "$last") "$last"; do
    RT_FAULT=step=$step,errno=5 refuses rt run "$ID"
    has "$stderr" "nput/output error"
    clean "an error in step $step of run"
  done
}

@test "an error in any step of exec leaves the container as it was" {
  running
  local step
  for step in $(seq 0 25); do
    RT_FAULT=step=$step,errno=5 try rt exec "$ID" /bin/true
    is "$status" 255
    has "$stderr" "nput/output error"
    is_status running
    is "$(rt ps --format json "$ID" | jq length)" 1
  done
  succeeds rt exec "$ID" /bin/true
}
