#!/usr/bin/env bats
# Whatever fails, nothing is left: no process, cgroup, mount or directory. The teardown of every test looks for those; here
# create and run are made to fail at one place after the other, and the whole machine is counted.
load helpers

# census: everything a failed create could leave on this machine. Processes are counted by the subreaper instead.
census() {
  find /sys/fs/cgroup -type d | grep -F "$TOKEN" || true
  sort /proc/self/mountinfo
  find "$ROOT"
}
# fails_clean [COMMAND...]: create fails (or the given command) and all is as before.
fails_clean() {
  local before after
  before=$(census)
  (($#)) || set -- create "$ID"
  try "$PROGRAMS/reap" "$T/left" timeout "$LIMIT" "$RT" --root "$ROOT" "$@"
  ((status != 0 && status != 124)) || { echo "expected failure"; show; return 1; }
  is "$(grep ^child "$T/left" || true)" ""
  after=$(census)
  is "$after" "$before"
  absent "$ROOT/$ID"
}

@test "a mount without its source" {
  config '.mounts += [{destination: "/mnt", type: "bind", source: "/no/such", options: ["bind"]}]'
  fails_clean
}

@test "a file system that does not exist, in the middle of the mounts" {
  config '.mounts = .mounts[:3] + [{destination: "/mnt", type: "nosuchfs", source: "x"}] + .mounts[3:]'
  fails_clean
}

@test "a mount option that the file system refuses" {
  config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["size=nonsense"]}]'
  fails_clean
}

@test "a device that cannot be made" {
  config '.linux.devices = [{path: "/proc/x", type: "c", major: 1, minor: 3, fileMode: 438, uid: 0, gid: 0}]'
  fails_clean
}

@test "a sysctl that does not exist" {
  config '.linux.namespaces += [{type: "network"}] | .linux.sysctl = {"net.no_such": "1"}'
  fails_clean
}

@test "a namespace that cannot be joined" {
  config '.linux.namespaces += [{type: "network", path: "/proc/none/ns/net"}]'
  fails_clean
}

@test "a cgroup value that the kernel refuses" {
  needs_v1 cpu
  config '.linux.resources.cpu = {quota: 5, period: 100000}'
  fails_clean
}

@test "a cgroup value that is refused after others were written" {
  needs_v1 cpuset
  config '.linux.resources += {memory: {limit: 33554432}, pids: {limit: 10}, cpu: {cpus: "4000"}}'
  fails_clean
}

@test "a program that does not exist" {
  args /no/such/program
  fails_clean
}

@test "a program that cannot be executed" {
  args /usr/bin/plain-text
  fails_clean
}

@test "a working directory that cannot be made" {
  config '.process.cwd = "/proc/no/such"'
  fails_clean
}

@test "an rlimit that cannot be set" {
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 100}]'
  fails_clean
}

@test "a seccomp profile that cannot be compiled" {
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_NONSENSE"}]}'
  fails_clean
}

@test "a createRuntime hook that fails" {
  config '.hooks.createRuntime = [{path: "/bin/false"}]'
  fails_clean
}

@test "a createContainer hook that fails" {
  config '.hooks.createContainer = [{path: "/bin/false"}]'
  fails_clean
}

@test "a hook that runs out of time" {
  config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "exec sleep 60"], timeout: 1}]'
  fails_clean
}

@test "a pid file that cannot be written" {
  fails_clean create --pid-file /no/such/dir/pid "$ID"
}

@test "a console socket that does not exist" {
  config '.process.terminal = true'
  fails_clean create --console-socket "$T/none" "$ID"
}

@test "a root filesystem that does not exist" {
  config '.root.path = "/no/such/rootfs"'
  fails_clean
}

@test "a user namespace whose maps overlap" {
  user_namespace
  config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 100}, {containerID: 50, hostID: 200000, size: 100}]'
  fails_clean
}

@test "run of a program that cannot be executed" {
  own_rootfs
  printf 'garbage' >"$ROOTFS/bin/garbage"
  chmod +x "$ROOTFS/bin/garbage"
  args /bin/garbage
  fails_clean run "$ID"
}

@test "run --detach of a program that does not exist" {
  args /no/such/program
  fails_clean run -d "$ID"
}

@test "a pid file does not outlive a start that failed" {
  args /usr/bin/plain-text
  refuses rt run --pid-file "$T/pid" "$ID"
  absent "$T/pid"
  running
  exits 255 rt exec --pid-file "$T/pid" "$ID" /usr/bin/plain-text
  absent "$T/pid"
}

@test "run --keep of a program that does not exist keeps nothing" {
  differs runc "1.1 keeps its state directory"
  args /no/such/program
  fails_clean run --keep "$ID"
}

@test "run with a startContainer hook that fails" {
  own_rootfs
  config '.hooks.startContainer = [{path: "/bin/false"}]'
  fails_clean run "$ID"
}

@test "memory too small for anything" {
  needs_v1 memory
  config '.linux.resources.memory = {limit: 4096}'
  args /bin/probe waiting up
  fails_clean run "$ID"
}

@test "a missing mountpoint that was made is the only thing an error may leave in the image" {
  own_rootfs
  config '.mounts += [{destination: "/new", type: "tmpfs", source: "tmpfs"}] | .mounts += [{destination: "/mnt", type: "nosuchfs", source: "x"}]'
  fails_clean
  is "$(find "$ROOTFS" -newer "$T/bundle/config.json" -type f)" ""
}

ends() { ! kill -0 "$1" 2>/dev/null; }

@test "create that is killed leaves only what delete --force removes" {
  differs runc "1.1 forgets the cgroup"
  config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $code]}]' --arg code "echo \$\$ >$T/here; exec sleep 60"
  background "$RT" --root "$ROOT" create "$ID"
  creating=$BG_PID
  eventually test -s "$T/here"
  kill -KILL "$creating"
  wait "$creating" || true
  eventually ends "$(<"$T/here")"  # the hook, too
  succeeds rt delete --force "$ID"
  absent "$ROOT/$ID"
  is "$(find /sys/fs/cgroup -name "$ID")" ""
}

@test "a container that was half made is shown and can be deleted" {
  rt_only "runc 1.1 shows nothing of it"
  config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $code]}]' --arg code "echo \$\$ >$T/here; exec sleep 60"
  background "$RT" --root "$ROOT" create "$ID"
  creating=$BG_PID
  eventually test -s "$T/here"
  is "$(state_of)" creating
  kill -KILL "$creating"
  wait "$creating" || true
  succeeds rt list -q
  has "$output" "$ID"
  succeeds rt delete --force "$ID"
}

@test "gc removes what a killed create left, and no container" {
  rt_only "runc has no gc"
  created
  mkdir "$ROOT/$ID-empty"  # as of a create that was killed before its first save
  config '.linux.cgroupsPath = $path' --arg path "/$ID-cut"
  config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $code]}]' --arg code "echo \$\$ >$T/here; exec sleep 60"
  background "$RT" --root "$ROOT" create "$ID-cut"
  creating=$BG_PID
  eventually test -s "$T/here"
  succeeds rt gc  # that create is under way
  is "$output" "$ID-empty"
  is "$(state_of "$ID-cut")" creating
  kill -KILL "$creating"
  wait "$creating" || true
  succeeds rt gc
  is "$output$stderr" "$ID-cut"
  absent "$ROOT/$ID-cut"
  is "$(find /sys/fs/cgroup -name "$ID-cut")" ""
  is "$(state_of)" created
  succeeds rt gc
  is "$output$stderr" ""
}

@test "twenty-five failures in a row leave nothing" {
  args /no/such/program
  before=$(census)
  for _ in {1..25}; do try rt create "$ID"; done
  is "$(census)" "$before"
}

@test "a create that runs out of descriptors leaves no directory" {
  starved() { (ulimit -n "$1" && rt create "$ID"); }
  for n in 4 5 6 7 8 9 10 12; do
    try starved "$n"
    ((status != 0)) || rt delete --force "$ID"
    absent "$ROOT/$ID"
  done
}

@test "delete --force of a container whose record is damaged says what to do" {
  created
  cp "$ROOT/$ID/state.json" "$T/kept"
  : >"$ROOT/$ID/state.json"
  refuses rt delete --force "$ID"
  has "$stderr" "hint: its record is damaged"
  has "$stderr" "$ROOT/$ID"
  cp "$T/kept" "$ROOT/$ID/state.json"
}
