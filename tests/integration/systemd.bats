#!/usr/bin/env bats
# The systemd cgroup manager: a container's cgroup is a unit, and systemd knows its limits.
# run-unshared: systemd is told of processes
# shellcheck shell=bash disable=SC2034,SC2154

load helpers

setup() {
  [[ -d /run/systemd/system ]] || skip "needs systemd"
  needs_v2
  test_fixture
  config 'del(.linux.cgroupsPath)'
  UNIT=rt-$ID.scope
}

sd() { rt --systemd-cgroup "$@"; }
show_unit() { systemctl show -P "$1" "${2:-$UNIT}"; }
is_gone() { [[ $(systemctl show -P LoadState "$1") == not-found ]]; }
cgroup_of() { cut -d: -f3 "/proc/$(pid_of)/cgroup"; }
up() {
  script 'exec sleep 1000'
  succeeds sd create "$ID"
  succeeds rt start "$ID"
}

@test "a container is a scope with its limits, and the scope goes with it" {
  config '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 50
    | .linux.resources.cpu = {shares: 2048, quota: 50000, period: 100000, cpus: "0"}'
  up
  is "$(show_unit ActiveState)" active
  is "$(show_unit Slice)" system.slice
  is "$(show_unit Delegate)" yes
  is "$(show_unit MemoryMax)" 67108864
  is "$(show_unit TasksMax)" 50
  is "$(show_unit CPUQuotaPerSecUSec)" 500ms
  is "$(show_unit AllowedCPUs)" 0
  is "$(cgroup_of)" "/system.slice/$UNIT"
  is "$(cat "/sys/fs/cgroup/system.slice/$UNIT/memory.max")" 67108864
  # Nothing but the container is in it: what held the place for it has gone.
  is "$(cat "/sys/fs/cgroup/system.slice/$UNIT/cgroup.procs")" "$(pid_of)"
  succeeds rt update --memory 134217728 "$ID"
  is "$(show_unit MemoryMax)" 134217728
  succeeds rt exec "$ID" /bin/true
  succeeds rt delete --force "$ID"
  is_gone "$UNIT"
}

@test "a container that ends leaves no unit, before delete and after" {
  args /bin/sh -c 'exit 3'
  succeeds sd create "$ID"
  succeeds rt start "$ID"
  eventually is_gone "$UNIT"
  succeeds rt delete "$ID"
  exits 3 sd run "$ID"
  eventually is_gone "$UNIT"
}

@test "cgroupsPath names slice, prefix and name" {
  config '.linux.cgroupsPath = "rttest-a.slice:x:" + $id' --arg id "$ID"
  up
  is "$(cgroup_of)" "/rttest.slice/rttest-a.slice/x-$ID.scope"
  succeeds rt delete --force "$ID"
  is_gone "x-$ID.scope"
  systemctl stop rttest.slice
}

@test "a container can be a slice" {
  config '.linux.cgroupsPath = "::" + $id + ".slice"' --arg id rttestb
  up
  is "$(cgroup_of)" /rttestb.slice
  succeeds rt delete --force "$ID"
  [[ ! -e /sys/fs/cgroup/rttestb.slice ]]
}

@test "a path of the other manager is refused, and nothing is made" {
  config '.linux.cgroupsPath = "/a/b"'
  refuses sd create "$ID"
  has "$stderr" "slice:prefix:name"
  absent "$ROOT/$ID"
}

@test "limits of 0 and 1 processes leave room for the container, and no more" {
  local limit
  for limit in 0 1; do
    config '.linux.resources.pids.limit = $limit' --argjson limit "$limit"
    up
    is "$(show_unit TasksMax)" 1
    is "$(cat "/sys/fs/cgroup$(cgroup_of)/pids.max")" "$limit"
    succeeds rt delete --force "$ID"
  done
}

@test "limits and device rules outlast systemctl daemon-reload" {
  config '.linux.resources.unified = {"memory.high": "33554432"}
    | .linux.resources.devices += [{allow: true, type: "c", major: 10, minor: 200, access: "rwm"}]'
  give_caps
  own_rootfs
  mknod "$ROOTFS/disk" b 254 0
  up
  systemctl daemon-reload
  is "$(show_unit MemoryHigh)" 33554432
  is "$(cat "/sys/fs/cgroup$(cgroup_of)/memory.high")" 33554432
  try rt exec "$ID" /bin/head -c 1 /disk
  has "$stderr" "Operation not permitted"
  # A property that has systemd write the unit's files anew.
  systemctl set-property --runtime "$UNIT" CPUWeight=50
  is "$(cat "/sys/fs/cgroup$(cgroup_of)/memory.high")" 33554432
  try rt exec "$ID" /bin/head -c 1 /disk
  has "$stderr" "Operation not permitted"
  succeeds rt exec "$ID" /bin/sh -c 'echo ok >/dev/null'
}

@test "annotations become properties" {
  config '.annotations = {"org.systemd.property.Description": "\"a container\"",
    "org.systemd.property.TimeoutStopSec": "7", "org.systemd.property.After": "[\"basic.target\"]",
    "org.systemd.property.CollectMode": "\"inactive\""}'
  up
  is "$(show_unit Description)" "a container"
  is "$(show_unit TimeoutStopUSec)" 7s
  has "$(show_unit After)" basic.target
  is "$(show_unit CollectMode)" inactive
}

@test "annotations that are no properties are refused, and nothing is left" {
  local annotation
  for annotation in '"PIDs": "[uint32 1]"' '"Slice": "\"user.slice\""' '"KillMode": "mixed"' '"NoSuchThing": "true"'; do
    config '.annotations = ($annotation | with_entries(.key = "org.systemd.property." + .key))' \
      --argjson annotation "{$annotation}"
    refuses sd create "$ID"
    has "$stderr" systemd
    absent "$ROOT/$ID"
    is_gone "$UNIT"
  done
}

@test "a failed unit of the same name is no obstacle" {
  systemd-run --quiet --scope --unit "$UNIT" -p RuntimeMaxSec=1 sleep 100 || :
  eventually eval '[[ $(show_unit ActiveState) == failed ]]'
  up
  is "$(show_unit ActiveState)" active
}

@test "a unit of the same name that runs is one, and is left alone" {
  systemd-run --quiet --scope --unit "$UNIT" sleep 100 &
  UNDO+=("systemctl stop $UNIT")
  eventually systemctl is-active --quiet "$UNIT"
  refuses sd create "$ID"
  has "$stderr" "$UNIT"
  absent "$ROOT/$ID"
  is "$(show_unit ActiveState)" active
}

@test "without a bus there is systemd's own socket" {
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent
  up
  is "$(show_unit ActiveState)" active
  succeeds rt update --memory 134217728 "$ID"
  is "$(show_unit MemoryMax)" 134217728
  succeeds rt delete --force "$ID"
  is_gone "$UNIT"
}

@test "an update that is refused changes neither file nor unit" {
  config '.linux.resources.memory.limit = 67108864'
  up
  refuses rt update --memory 134217728 --cpuset-cpus 4000 "$ID"
  is "$(show_unit MemoryMax)" 67108864
  is "$(cat "/sys/fs/cgroup$(cgroup_of)/memory.max")" 67108864
}

@test "a create that is killed leaves a unit that delete --force stops" {
  script 'exec sleep 1000'
  try env RT_FAULT=point=launched,kill RT_TEST_ID="$ID" "$RT" --root "$ROOT" --systemd-cgroup create "$ID"
  succeeds rt delete --force "$ID"
  eventually is_gone "$UNIT"
}

@test "from another PID namespace nothing is asked, as systemd would take another process for ours" {
  rt_in_namespace() { RT_TEST_ID=$ID timeout -k 5 "$LIMIT" unshare --pid --fork --kill-child --mount-proc "$RT" --root "$ROOT" "$@"; }
  refuses rt_in_namespace --systemd-cgroup create "$ID"
  has "$stderr" "PID namespace"
  absent "$ROOT/$ID"
  is_gone "$UNIT"
}

@test "pause, resume and kill work on a scope" {
  up
  succeeds rt pause "$ID"
  is_status paused
  succeeds rt resume "$ID"
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt delete "$ID"
}
