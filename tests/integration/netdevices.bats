#!/usr/bin/env bats
# config-linux.md, "Network Devices". The host's side is a network namespace of the test's own, in which the runtime is called.
load helpers

setup() {
  test_fixture
  differs runc "1.1 has no network devices"
  needs_command ip
  background unshare --net sleep 60
  HOST=$BG_PID
  eventually other_network
  on_host ip link add rt-dev0 type veth peer name rt-peer0 || skip "no veth devices here"
  config '.linux.namespaces += [{type: "network"}]'
}

other_network() { [[ ! /proc/$HOST/ns/net -ef /proc/self/ns/net ]]; }
on_host() { nsenter --net="/proc/$HOST/ns/net" "$@"; }
rt() { RT_TEST_ID=$ID on_host timeout -k 5 "$LIMIT" "$RT" --root "$ROOT" "$@"; }
in_container() { nsenter --net="/proc/$(pid_of)/ns/net" "$@"; }
# devices JSON: what linux.netDevices is.
devices() { config '.linux.netDevices = $devices' --argjson devices "$1"; }
# addresses DEVICE: those in the container that are global, sorted.
addresses() { in_container ip -j addr show dev "$1" | jq -r '.[].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"' | sort | xargs; }
host_names() { on_host ip -j link | jq -r '.[].ifname' | sort | xargs; }
container_names() { in_container ip -j link | jq -r '.[].ifname' | sort | xargs; }

@test "a device moves to the container under its own name, and is up" {
  devices '{"rt-dev0": {}}'
  running
  is "$(container_names)" "lo rt-dev0"
  is "$(host_names)" "lo rt-peer0"
  like "$(in_container ip -o link show rt-dev0)" '<[^>]*[<,]UP[,>]'
  succeeds rt exec "$ID" cat /sys/class/net/rt-dev0/flags
  like "$output" '^0x1..3$'
}

@test "a device is given another name" {
  devices '{"rt-dev0": {"name": "net0"}}'
  running
  is "$(container_names)" "lo net0"
  like "$(in_container ip -o link show net0)" '<[^>]*[<,]UP[,>]'
}

@test "permanent global addresses of any family are kept, no others" {
  on_host ip addr add 192.0.2.7/24 broadcast 192.0.2.255 label rt-dev0:1 dev rt-dev0
  on_host ip addr add 198.51.100.1 peer 198.51.100.2/32 dev rt-dev0
  on_host ip addr add 203.0.113.9/24 valid_lft 1000 preferred_lft 500 dev rt-dev0
  on_host ip addr add 169.254.3.3/16 scope link dev rt-dev0
  on_host ip addr add 2001:db8::7/64 nodad dev rt-dev0
  on_host ip addr add fe80::77/64 nodad dev rt-dev0
  devices '{"rt-dev0": {"name": "net0"}}'
  running
  is "$(addresses net0)" "192.0.2.7/24 198.51.100.1/32 2001:db8::7/64"
  details=$(in_container ip -o addr show dev net0)
  has "$details" "brd 192.0.2.255 scope global net0:1"
  has "$details" "198.51.100.1 peer 198.51.100.2/32"
  lacks "$details" fe80::77
  has "$(in_container ip route)" "192.0.2.0/24 dev net0"
}

@test "MTU, MAC address and alias are kept" {
  on_host ip link set rt-dev0 mtu 1280 address 02:00:00:00:00:07 alias "some alias"
  devices '{"rt-dev0": {"name": "net0"}}'
  running
  is "$(in_container ip -j link show net0 | jq -r '.[] | "\(.mtu) \(.address) \(.ifalias)"')" "1280 02:00:00:00:00:07 some alias"
}

@test "several devices move, and may change names with each other" {
  on_host ip link add rt-dev1 type veth peer name rt-peer1
  on_host ip link set rt-dev1 address 02:00:00:00:00:01
  devices '{"rt-dev0": {"name": "rt-dev1"}, "rt-dev1": {"name": "rt-dev0"}}'
  running
  is "$(container_names)" "lo rt-dev0 rt-dev1"
  is "$(in_container ip -j link show rt-dev0 | jq -r '.[].address')" 02:00:00:00:00:01
}

@test "a template takes the first number that is free" {
  on_host ip link add rt-dev1 type veth peer name rt-peer1
  devices '{"rt-dev0": {"name": "net%d"}, "rt-dev1": {"name": "net%d"}}'
  running
  is "$(container_names)" "lo net0 net1"
}

# joined: the container's network namespace is one that $OTHER sleeps in.
joined() {
  background unshare --net sleep 60
  OTHER=$BG_PID
  eventually other_other
  config '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' --arg path "/proc/$OTHER/ns/net"
}
other_other() { [[ ! /proc/$OTHER/ns/net -ef /proc/self/ns/net ]]; }
in_other() { nsenter --net="/proc/$OTHER/ns/net" "$@"; }

@test "a name that the container's namespace has already is an error, and the device stays" {
  joined
  in_other ip link add net0 type veth peer name other
  on_host ip addr add 192.0.2.7/24 dev rt-dev0
  for name in net0 lo; do
    devices "{\"rt-dev0\": {\"name\": \"$name\"}}"
    refuses rt create "$ID"
    has "$stderr" "$name"
    [[ $RT_KIND != rt ]] || has "$stderr" "linux.netDevices[\"rt-dev0\"]: the container's network namespace has a device '$name' already"
  done
  is "$(host_names)" "lo rt-dev0 rt-peer0"
  has "$(on_host ip -o addr show rt-dev0)" 192.0.2.7/24
}

@test "with a template the same is allowed" {
  joined
  in_other ip link add net0 type veth peer name other
  devices '{"rt-dev0": {"name": "net%d"}}'
  running
  is "$(container_names)" "lo net0 net1 other"
}

@test "delete leaves the device in a namespace that lives on" {
  joined
  devices '{"rt-dev0": {"name": "net0"}}'
  running
  succeeds rt delete --force "$ID"
  is "$(in_other ip -j link | jq -r '.[].ifname' | sort | xargs)" "lo net0"
  is "$(host_names)" "lo rt-peer0"
}

@test "a virtual device goes with the namespace of the container" {
  devices '{"rt-dev0": {}}'
  running
  succeeds rt delete --force "$ID"
  no_peer() { [[ $(host_names) == lo ]]; }
  eventually no_peer
}

@test "the container's user namespace may be its own" {
  user_namespace
  config '.linux.namespaces |= unique_by(.type)'
  devices '{"rt-dev0": {"name": "net0"}}'
  running
  is "$(container_names)" "lo net0"
}

@test "a create that fails later gives the devices back as they were" {
  rt_only "RT_FAULT is rt's"
  on_host ip addr add 192.0.2.7/24 label rt-dev0:1 dev rt-dev0
  on_host ip addr add 2001:db8::7/64 nodad dev rt-dev0
  on_host ip link set rt-dev0 up
  on_host ip link add rt-dev1 type veth peer name rt-peer1
  devices '{"rt-dev0": {"name": "net0"}, "rt-dev1": {}}'
  for point in net-devices joined created recorded; do
    RT_FAULT=point=$point,errno=5 refuses rt create "$ID"
    is "$(host_names)" "lo rt-dev0 rt-dev1 rt-peer0 rt-peer1"
    details=$(on_host ip -o addr show dev rt-dev0)
    has "$details" "192.0.2.7/24 scope global rt-dev0:1"
    has "$details" 2001:db8::7/64
    like "$(on_host ip -o link show rt-dev0)" '<[^>]*[<,]UP[,>]'
    like "$(on_host ip -o link show rt-dev1)" 'state DOWN'
  done
}

@test "the first device goes back when the second cannot be moved" {
  devices '{"rt-dev0": {}, "rt-dev9": {}}'
  refuses rt create "$ID"
  has "$stderr" rt-dev9
  is "$(host_names)" "lo rt-dev0 rt-peer0"
}

@test "a device that is not there is an error" {
  devices '{"rt-dev9": {}}'
  refuses rt create "$ID"
  has "$stderr" rt-dev9
  [[ $RT_KIND != rt ]] || has "$stderr" "there is no such network device in the caller's network namespace"
}

@test "the loopback device cannot be moved" {
  devices '{"lo": {"name": "net0"}}'
  refuses rt create "$ID"
  has "$stderr" "Invalid argument"
  [[ $RT_KIND != rt ]] || has "$stderr" "the loopback device cannot be moved"
  is "$(host_names)" "lo rt-dev0 rt-peer0"
}

@test "network devices without a network namespace are refused" {
  config '.linux.namespaces |= map(select(.type != "network"))'
  devices '{"rt-dev0": {}}'
  refuses rt create "$ID"
  has "$stderr" "network namespace"
  is "$(host_names)" "lo rt-dev0 rt-peer0"
}

@test "network devices to the caller's own namespace are refused" {
  rt_only "its words"
  config '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)' --arg path "/proc/$HOST/ns/net"
  devices '{"rt-dev0": {"name": "net0"}}'
  refuses rt create "$ID"
  has "$stderr" "the container's network namespace is the caller's own"
}

@test "names that cannot be are refused before anything is moved" {
  rt_only "its words"
  for name in 'net%d%d' 'net%x' 'with space' 'a/b' 'sixteen-letters!' ..; do
    devices "{\"rt-dev0\": {\"name\": \"$name\"}}"
    refuses rt create "$ID"
    like "$stderr" '(not a possible name|one %d and no other)'
  done
  devices '{"rt-dev0": {"name": "net0"}, "rt-peer0": {"name": "net0"}}'
  refuses rt create "$ID"
  has "$stderr" "'net0' is the name of 'rt-dev0' already"
}

@test "sysctls of a moved device can be set" {
  devices '{"rt-dev0": {"name": "net0"}}'
  config '.linux.sysctl = {"net.ipv4.conf.net0.forwarding": "1"}'
  inside 'cat /proc/sys/net/ipv4/conf/net0/forwarding'
  is "$output" 1
}

@test "plan says what will be moved" {
  rt_only "no other has it"
  devices '{"rt-dev0": {"name": "net0"}}'
  succeeds rt plan
  has "$output" "move 'rt-dev0' and name it 'net0'"
  succeeds rt plan --format json
  is "$(jq -c .netDevices <<<"$output")" '[{"device":"rt-dev0","name":"net0"}]'
}
