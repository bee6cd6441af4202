#!/usr/bin/env bats
# events: what a container uses, and the end of its memory, as lines of JSON.
load helpers

resources() { config '.linux.resources += $r' --argjson r "$1"; }
needs_memory() {
  case $CGROUP in
    v1) needs_v1 memory ;;
    v2) grep -qw memory /sys/fs/cgroup/cgroup.controllers || skip "needs the controller memory" ;;
    *) skip "needs cgroups" ;;
  esac
}
stats() { succeeds rt events --stats "$ID" && jq -r "$1" <<<"$output"; }
# lines TYPE: how many there are of it in $BG_OUT.
lines() { grep -c "^{\"type\":\"$1\"" "$BG_OUT" || :; }
has_line() { (($(lines "$1") > 0)); }
# eats: a program that uses up the container's memory and is killed; the container lives on.
eats() { echo 'echo up; while [ ! -e /tmp/go ]; do sleep 0.05; done; tail /dev/zero; echo "status $?"; sleep 1000'; }

@test "--stats is one line: type, id and data" {
  running
  succeeds rt events --stats "$ID"
  is "$(wc -l <"$OUT")" 1
  is "$(jq -r .type "$OUT")" stats
  is "$(jq -r .id "$OUT")" "$ID"
  is "$(jq -c '.data | keys' "$OUT")" '["blkio","cpu","cpuset","hugetlb","intel_rdt","memory","network_interfaces","pids"]'
  is "$stderr" ""
}

@test "--stats has the container's numbers and limits" {
  needs_memory
  resources '{"memory": {"limit": 67108864}, "pids": {"limit": 50}}'
  running 'echo up; sleep 1000 & sleep 1000 & wait'
  eventually sh -c '[ "$("$1" --root "$2" events --stats "$3" | jq .data.pids.current)" = 3 ]' - "$RT" "$ROOT" "$ID"
  succeeds rt events --stats "$ID"
  is "$(jq .data.memory.usage.limit "$OUT")" 67108864
  is "$(jq .data.pids.limit "$OUT")" 50
  is "$(jq '.data.memory.usage.usage > 0 and .data.cpu.usage.total > 0' "$OUT")" true
  is "$(jq '.data.memory.raw | length > 10' "$OUT")" true
}

@test "--stats of a container that works grows" {
  running 'echo up; while :; do :; done'
  before=$(stats .data.cpu.usage.total)
  sleep 0.3
  after=$(stats .data.cpu.usage.total)
  ((after > before + 1000000)) || { echo "$before, $after"; return 1; }
}

@test "--stats of a created container, and of a paused one" {
  created 'sleep 1000'
  is "$(stats .data.pids.current)" 1
  succeeds rt start "$ID"
  succeeds rt pause "$ID"
  is "$(stats .type)" stats
  succeeds rt resume "$ID"
}

@test "pressure is there where the kernel keeps it" {
  rt_only "on a hybrid machine it is beside v1"
  [[ -e /sys/fs/cgroup/cpu.pressure || -e /sys/fs/cgroup/unified/cpu.pressure ]] || skip "no pressure of cgroups in this kernel"
  running 'echo up; while :; do :; done'
  sleep 0.2
  succeeds rt events --stats "$ID"
  for part in cpu memory blkio; do
    is "$(jq -c ".data.$part.psi | map_values(keys)" "$OUT")" '{"some":["avg10","avg300","avg60","total"],"full":["avg10","avg300","avg60","total"]}'
  done
  is "$(jq '.data.cpu.psi.some.total > 0' "$OUT")" true
}

@test "the container's network interfaces are counted, the machine's are not" {
  rt_only "runc counts none that it did not make"
  running
  is "$(stats .data.network_interfaces)" null
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt delete "$ID"
  config '.linux.namespaces += [{type: "network"}]'
  running
  nsenter -t "$(pid_of)" -n ip link add rt-a type veth peer name rt-b || skip "no veth devices"
  is "$(stats '[.data.network_interfaces[].Name] | sort | join(" ")')" "rt-a rt-b"
}

@test "a line each interval, until the container ends" {
  running
  background rt events --interval 50ms "$ID"
  eventually eval '(($(lines stats) >= 3))'
  succeeds rt kill "$ID" KILL
  eventually gone "$BG_PID"
  wait "$BG_PID"
  is "$(cat "$BG_ERR")" ""
  is "$(jq -r .type "$BG_OUT" | sort -u)" stats
}

@test "memory that runs out is told at once, each time" {
  needs_memory
  resources '{"memory": {"limit": 33554432}}'
  running "$(eats)"
  background rt events --interval 1h "$ID"
  sleep 0.3
  is "$(cat "$BG_OUT")" ""
  succeeds rt exec "$ID" touch /tmp/go
  eventually has_line oom
  is "$(head -1 "$BG_OUT")" "{\"type\":\"oom\",\"id\":\"$ID\"}"
  eventually grep -q 'status 137' "$CONTAINER_OUT"
  told=$(lines oom)
  try rt exec "$ID" tail /dev/zero
  isnt "$status" 0
  eventually eval '(($(lines oom) > told))'
}

@test "that a container was killed for want of memory is told before the end" {
  needs_memory
  resources '{"memory": {"limit": 33554432}}'
  args tail /dev/zero
  created
  background rt events --interval 1h "$ID"
  sleep 0.3
  succeeds rt start "$ID"
  eventually gone "$BG_PID"
  wait "$BG_PID"
  is "$(jq -r .type "$BG_OUT" | sort -u)" oom
}

@test "events end with the last process, where others outlive the first" {
  rt_only "runc 1.1 goes on until the cgroup is removed"
  config '.linux.namespaces -= [{type: "pid"}]'
  running 'echo up; sleep 1.2 & exec sleep 0.4'
  background rt events --interval 100ms "$ID"
  eventually is_status stopped
  gone "$BG_PID" && { echo "ended too early"; return 1; }
  eventually gone "$BG_PID"
  wait "$BG_PID"
}

@test "a reader that goes away ends it" {
  running
  background sh -c '"$1" --root "$2" events --interval 20ms "$3" | head -n 1' - "$RT" "$ROOT" "$ID"
  eventually gone "$BG_PID"
  is "$(wc -l <"$BG_OUT")" 1
}

@test "a container that has stopped is refused, and so is none" {
  inside 'exit 0'
  refuses rt events --stats "$ID"
  has "$stderr" "does not exist"
  args true
  succeeds rt run -d "$ID"
  eventually is_status stopped
  for flags in --stats --interval=1s; do
    refuses rt events $flags "$ID"
    has "$stderr" "is not running"
  done
}

@test "without a cgroup there is nothing to count" {
  rt_only "a flag that runc does not have"
  script 'sleep 1000'
  succeeds rt --cgroup-manager disabled run -d "$ID"
  refuses rt events --stats "$ID"
  has "$stderr" "no cgroup"
}

@test "an interval of nothing is refused" {
  running
  refuses rt events --interval 0s "$ID"
  has "$stderr" "must be greater than 0"
}
