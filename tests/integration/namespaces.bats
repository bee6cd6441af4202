#!/usr/bin/env bats
# Namespaces: created, joined by path or shared with the host; id maps, time offsets, hostname, sysctl.
load helpers

FLAG_OF='{"pid": "pid", "network": "net", "mount": "mnt", "ipc": "ipc", "uts": "uts", "user": "user", "cgroup": "cgroup", "time": "time"}'
file_of() { jq -r --arg type "$1" '.[$type]' <<<"$FLAG_OF"; }
with_namespace() { config '.linux.namespaces = (.linux.namespaces | map(select(.type != $type))) + [{type: $type}]' --arg type "$1"; }
without_namespace() { config '.linux.namespaces |= map(select(.type != $type))' --arg type "$1"; }
join_namespace() {
  config '.linux.namespaces = (.linux.namespaces | map(select(.type != $type))) + [{type: $type, path: $path}]' \
    --arg type "$1" --arg path "$2"
}
ns_of() { readlink "/proc/$1/ns/$(file_of "$2")"; }

# A process of the test's own in a new namespace; $HOLDER is its pid.
hold() {
  background unshare "$@" sleep 100
  eventually find_holder "$BG_PID"
}
find_holder() {
  for HOLDER in "$1" $(pgrep -P "$1"); do
    [[ $(tr '\0' ' ' <"/proc/$HOLDER/cmdline") == "sleep 100 " ]] && return
  done
  return 1
}

@test "a listed namespace is a new one" {
  for type in pid network ipc uts mount cgroup; do
    with_namespace "$type"
  done
  running
  pid=$(pid_of)
  for type in pid network ipc uts mount cgroup; do
    isnt "$(ns_of "$pid" "$type")" "$(ns_of self "$type")"
  done
}

@test "a namespace that is not listed is the host's" {
  for type in network ipc uts cgroup user; do without_namespace "$type"; done
  config 'del(.hostname) | .mounts |= map(select(.type != "mqueue"))'
  running
  pid=$(pid_of)
  for type in network ipc uts cgroup user; do
    is "$(ns_of "$pid" "$type")" "$(ns_of self "$type")"
  done
}

@test "without a pid namespace the container sees the host's pids" {
  without_namespace pid
  running
  succeeds rt exec "$ID" sh -c "test -d /proc/$$ && echo seen"
  is "$output" seen
}

@test "with a pid namespace the program is PID 1 and alone" {
  inside 'echo $$; ls -d /proc/[0-9]*'
  is "$(head -1 <<<"$output")" 1
  lacks "$output" "/proc/$$"
}

@test "a network namespace is joined by path" {
  hold --net
  join_namespace network "/proc/$HOLDER/ns/net"
  running
  is "$(ns_of "$(pid_of)" network)" "$(ns_of "$HOLDER" network)"
}

@test "an ipc namespace is joined by path" {
  hold --ipc
  join_namespace ipc "/proc/$HOLDER/ns/ipc"
  running
  is "$(ns_of "$(pid_of)" ipc)" "$(ns_of "$HOLDER" ipc)"
}

@test "a uts namespace is joined by path" {
  hold --uts
  config 'del(.hostname)'
  join_namespace uts "/proc/$HOLDER/ns/uts"
  running
  is "$(ns_of "$(pid_of)" uts)" "$(ns_of "$HOLDER" uts)"
}

@test "a pid namespace is joined by path" {
  hold --pid --fork --kill-child
  join_namespace pid "/proc/$HOLDER/ns/pid"
  running
  is "$(ns_of "$(pid_of)" pid)" "$(ns_of "$HOLDER" pid)"
  succeeds rt exec "$ID" sh -c 'echo $$'
  isnt "$output" 1
}

@test "a cgroup namespace is joined by path" {
  hold --cgroup
  join_namespace cgroup "/proc/$HOLDER/ns/cgroup"
  running
  is "$(ns_of "$(pid_of)" cgroup)" "$(ns_of "$HOLDER" cgroup)"
}

@test "a user namespace is joined by path" {
  own_rootfs
  chown -R 100000:100000 "$ROOTFS"
  hold --user --net
  echo '0 100000 65536' >"/proc/$HOLDER/uid_map"
  echo '0 100000 65536' >"/proc/$HOLDER/gid_map"
  config '.process.args = ["/bin/probe", "waiting", "up"]'
  join_namespace user "/proc/$HOLDER/ns/user"
  join_namespace network "/proc/$HOLDER/ns/net"
  try rt run -d "$ID"
  if ((status != 0)) && [[ $RT_KIND == runc ]]; then skip "runc 1.1 wants mappings beside the path: $stderr"; fi
  is "$status" 0
  is "$(ns_of "$(pid_of)" user)" "$(ns_of "$HOLDER" user)"
  is "$(stat -c %u "/proc/$(pid_of)")" 100000
}

@test "a container joins all namespaces of another" {
  running
  first=$(pid_of)
  for type in pid ipc uts; do join_namespace "$type" "/proc/$first/ns/$(file_of "$type")"; done
  config 'del(.hostname) | .linux.cgroupsPath += "-b"'
  succeeds rt run -d "$ID-b"
  second=$(pid_of "$ID-b")
  for type in pid ipc uts; do is "$(ns_of "$second" "$type")" "$(ns_of "$first" "$type")"; done
}

@test "a namespace path that does not exist is refused by name" {
  join_namespace network /proc/none/ns/net
  refuses rt create "$ID"
  has "$stderr" /proc/none/ns/net
  has "${stderr,,}" "no such file or directory"
}

@test "a namespace path of another type is refused" {
  hold --uts
  join_namespace network "/proc/$HOLDER/ns/uts"
  refuses rt create "$ID"
  refuses rt state "$ID"
}

@test "a namespace path that is no namespace is refused" {
  join_namespace network "$BUNDLE/config.json"
  refuses rt create "$ID"
}

@test "a relative namespace path is refused" {
  join_namespace network some/path
  refuses rt create "$ID"
}

@test "a namespace that is listed twice is refused" {
  config '.linux.namespaces += [{type: "ipc"}]'
  try rt create "$ID"
  ((status != 0)) || { [[ $RT_KIND == runc ]] && skip "runc 1.1 takes the last one"; }
  is "$status" 1
}

@test "an unknown namespace type is refused by name" {
  with_namespace ports
  refuses rt create "$ID"
  has "$stderr" ports
}

@test "a new network namespace has its loopback up" {
  with_namespace network
  inside 'ip link show lo; ping -c 1 -W 2 127.0.0.1 >/dev/null 2>&1; cat /sys/class/net/lo/operstate; ls /sys/class/net'
  like "$output" '<LOOPBACK,UP'
}

@test "hostname is set in the container and not on the host" {
  before=$(hostname)
  config '.hostname = "a-name-of-its-own"'
  inside 'hostname; cat /proc/sys/kernel/hostname'
  is "$output" $'a-name-of-its-own\na-name-of-its-own'
  is "$(hostname)" "$before"
}

@test "domainname is set in the container" {
  differs runc "1.1 does not know it"
  config '.domainname = "example.org"'
  inside 'cat /proc/sys/kernel/domainname'
  is "$output" example.org
}

@test "a hostname without a uts namespace is refused" {
  before=$(hostname)
  without_namespace uts
  refuses rt create "$ID"
  has "${stderr,,}" uts
  is "$(hostname)" "$before"
}

@test "a sysctl of the container's namespaces is set, and not on the host" {
  with_namespace network
  config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4321", "kernel.shm_rmid_forced": "1"}'
  host=$(</proc/sys/kernel/msgmax)
  inside 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/kernel/shm_rmid_forced'
  is "$output" $'1\n4321\n1'
  is "$(</proc/sys/kernel/msgmax)" "$host"
}

@test "a sysctl may be written with slashes" {
  with_namespace network
  config '.linux.sysctl = {"net/ipv4/ip_forward": "1"}'
  inside 'cat /proc/sys/net/ipv4/ip_forward'
  is "$output" 1
}

@test "a sysctl that would change the host is refused" {
  without_namespace network
  config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
  refuses rt create "$ID"
  has "$stderr" net.ipv4.ip_forward
  config '.linux.sysctl = {"kernel.panic": "77"}'
  refuses rt create "$ID"
  has "$stderr" kernel.panic
  isnt "$(</proc/sys/kernel/panic)" 77
}

@test "a sysctl of ipc without an ipc namespace is refused" {
  without_namespace ipc
  config '.linux.sysctl = {"kernel.msgmax": "4321"}'
  refuses rt create "$ID"
  has "$stderr" kernel.msgmax
}

@test "an unknown sysctl is refused by name" {
  with_namespace network
  config '.linux.sysctl = {"net.no_such_thing": "1"}'
  refuses rt create "$ID"
  has "$stderr" no_such_thing
}

@test "a sysctl that climbs out of /proc/sys is refused" {
  with_namespace network
  for name in net/../kernel/panic net.ipv4/../../kernel/panic ../sysrq-trigger; do
    config '.linux.sysctl = {($name): "0"}' --arg name "$name"
    refuses rt create "$ID"
  done
}

@test "a user namespace maps the container's root to another uid" {
  user_namespace
  running 'id -u; id -g; cat /proc/self/uid_map; exec sleep 100'
  pid=$(pid_of)
  eventually grep -q 65536 "$CONTAINER_OUT"
  is "$(xargs <"$CONTAINER_OUT")" "0 0 0 100000 65536"
  is "$(stat -c %u:%g "/proc/$pid")" 100000:100000
  is "$(xargs <"/proc/$pid/gid_map")" "0 100000 65536"
}

@test "a user namespace takes several mappings" {
  user_namespace
  config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 10, hostID: 200000, size: 100}]'
  inside 'cat /proc/self/uid_map'
  is "$(xargs <<<"$output")" "0 100000 10 10 200000 100"
}

@test "files made in a user namespace belong to the mapped uid on the host" {
  user_namespace
  config '.process.user = {uid: 1000, gid: 1000}'
  inside 'echo hello >/tmp/made'
  is "$(stat -c %u:%g "$ROOTFS/tmp/made")" 101000:101000
}

@test "root of a user namespace has no power over the host" {
  user_namespace
  give_caps
  own=$T/own
  echo secret >"$own"
  chmod 600 "$own"
  config '.mounts += [{destination: "/tmp/own", type: "bind", source: $own, options: ["bind"]}]' --arg own "$own"
  inside 'cat /tmp/own 2>&1; id -u; true'
  has "${output,,}" "permission denied"
}

@test "a user namespace has the default devices, usable" {
  user_namespace
  inside 'echo gone >/dev/null && head -c 4 /dev/zero | od -An -c && head -c 4 /dev/urandom | wc -c && ls /dev'
  has "$output" '\0  \0  \0  \0'
  for device in null zero full random urandom tty ptmx; do has "$output" "$device"; done
}

@test "a user namespace without mappings is refused" {
  with_namespace user
  refuses rt create "$ID"
}

@test "mappings without a user namespace are refused" {
  config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
  try rt create "$ID"
  ((status != 0)) || { [[ $RT_KIND == runc ]] && skip "runc 1.1 ignores them"; }
  is "$status" 1
}

@test "a time namespace shifts the clocks by timeOffsets" {
  differs runc "1.1 has no time namespaces"
  [[ -e /proc/self/ns/time ]] || skip "needs a kernel with time namespaces"
  with_namespace time
  config '.linux.timeOffsets = {boottime: {secs: 100000, nanosecs: 5}, monotonic: {secs: 7654}}'
  inside 'cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets'
  uptime=$(head -1 <<<"$output")
  ((uptime > 100000))
  like "$(xargs <<<"$output")" 'monotonic 7654 0'
  like "$(xargs <<<"$output")" 'boottime 100000 5'
}

@test "a time namespace without offsets is a new one with the host's clocks" {
  differs runc "1.1 has no time namespaces"
  [[ -e /proc/self/ns/time ]] || skip "needs a kernel with time namespaces"
  with_namespace time
  running
  isnt "$(ns_of "$(pid_of)" time)" "$(ns_of self time)"
}

@test "time offsets without a time namespace are refused" {
  differs runc "1.1 has no time namespaces"
  config '.linux.timeOffsets = {boottime: {secs: 1000}}'
  refuses rt create "$ID"
}

@test "exec joins the container's time namespace" {
  differs runc "1.1 has no time namespaces"
  [[ -e /proc/self/ns/time ]] || skip "needs a kernel with time namespaces"
  with_namespace time
  config '.linux.timeOffsets = {boottime: {secs: 100000}}'
  running
  succeeds rt exec "$ID" readlink /proc/self/ns/time
  is "$output" "$(ns_of "$(pid_of)" time)"
}

@test "exec sees the clocks of the container's time namespace" {
  differs runc "1.1 has no time namespaces"
  [[ -e /proc/self/ns/time ]] || skip "needs a kernel with time namespaces"
  with_namespace time
  config '.linux.timeOffsets = {boottime: {secs: 1000000}, monotonic: {secs: 3, nanosecs: 999999999}}'
  running
  succeeds rt exec "$ID" sh -c 'cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets'
  ((${output%%$'\n'*} > 1000000))
  has "$(xargs <<<"$output")" "monotonic 3 999999999 boottime 1000000 0"
}

@test "offsets into the past are set, and one before the beginning is an error" {
  differs runc "1.1 has no time namespaces"
  [[ -e /proc/self/ns/time ]] || skip "needs a kernel with time namespaces"
  with_namespace time
  config '.linux.timeOffsets = {monotonic: {secs: -10}}'
  inside 'cat /proc/self/timens_offsets'
  has "$(xargs <<<"$output")" "monotonic -10 0"
  config '.linux.timeOffsets = {monotonic: {secs: -1000000000}}'
  refuses rt create "$ID"
  [[ $RT_KIND != rt ]] || has "$stderr" "linux.timeOffsets"
  has "$stderr" "Numerical result out of range"
}

@test "an unknown clock is refused" {
  differs runc "1.1 has no time namespaces"
  with_namespace time
  config '.linux.timeOffsets = {realtime: {secs: 1}}'
  refuses rt create "$ID"
  has "$stderr" realtime
}

@test "a cgroup namespace hides the way to the container's cgroup" {
  with_namespace cgroup
  inside 'cat /proc/self/cgroup'
  lacks "$output" "$ID"
}

@test "without a mount namespace, mounts are made in the runtime's and go with the container" {
  without_namespace mount
  config '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
  rt_only "runc and crun leave them on the host"
  own_rootfs
  local rootfs=$T/rootfs here
  here=$(readlink /proc/self/ns/mnt)
  args sleep 1000
  succeeds rt run -d "$ID"
  is "$(readlink "/proc/$(pid_of)/ns/mnt")" "$here"
  [[ $(stat -fc %T "$rootfs/proc") == proc ]]
  echo secret >"$T/secret"
  refuses rt exec "$ID" cat "$T/secret"
  succeeds rt exec "$ID" cat /var/data/file
  is "$output" "data of the image"
  succeeds rt delete --force "$ID"
  lacks "$(cat /proc/self/mountinfo)" "$rootfs"
  [[ -z $(ls "$rootfs/proc") ]]
  config '.root.readonly = true'
  succeeds rt create "$ID"
  [[ ! -w $rootfs/etc/passwd ]]
  succeeds rt delete "$ID"
  [[ -w $rootfs/etc/passwd ]]
}

@test "without a mount namespace, what fails leaves no mount, and delete touches no other's" {
  without_namespace mount
  rt_only "runc and crun leave them on the host"
  config '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
  own_rootfs
  local rootfs=$T/rootfs
  config '.mounts += [{destination: "/x", type: "nosuchfs", source: "x"}]'
  refuses rt create "$ID"
  lacks "$(cat /proc/self/mountinfo)" "$rootfs"
  config '.mounts |= map(select(.type != "nosuchfs"))'
  succeeds rt create "$ID"
  umount -R -l "$rootfs"
  mount -t tmpfs somebody-elses "$rootfs"
  succeeds rt delete "$ID"
  has "$(cat /proc/self/mountinfo)" somebody-elses
  umount "$rootfs"
}

@test "without a mount namespace, masked and read-only paths are refused" {
  without_namespace mount
  refuses rt create "$ID"
}

@test "namespaces go away with the container" {
  with_namespace network
  running
  pid=$(pid_of)
  inode=$(stat -Lc %i "/proc/$pid/ns/net")
  succeeds rt delete --force "$ID"
  eventually test -z "$(find /proc/[0-9]*/ns/net -maxdepth 0 -lname "*$inode*" 2>/dev/null)"
}

@test "offsets of a time namespace are set from within a user namespace, too" {
  differs runc "1.1 has no time namespaces"
  [[ -e /proc/self/ns/time ]] || skip "needs a kernel with time namespaces"
  user_namespace
  with_namespace time
  config '.linux.timeOffsets = {boottime: {secs: 100000}}'
  inside 'cat /proc/self/timens_offsets'
  has "$(xargs <<<"$output")" "boottime 100000 0"
}
