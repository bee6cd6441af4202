#!/usr/bin/env bats
# What is killed, and what must survive: the daemon, the monitor, both; files that lie; a machine that was restarted.
load helpers
load rtd

setup() { rtd_fixture; }
teardown() { drop_rtd_fixture; }

# rewrite NAME FILTER: changes the record of $ID-NAME on disk, checksum included.
rewrite() {
  PYTHONPATH=$HERE/programs "$PYTHON" -c '
import subprocess, sys
from crc32c import crc32c
path, change = sys.argv[1:]
line = open(path, "rb").readline()
line = subprocess.run(["jq", "-c", change], input=line, stdout=subprocess.PIPE, check=True).stdout.rstrip(b"\n")
open(path, "wb").write(line + b"\ncrc32c %08x\n" % crc32c(line))' "$STATE/containers/$ID-$1/container.json" "$2"
}

@test "the daemon is killed: the container runs on, is found again, and its status is exact" {
  daemon
  runs a 'trap "echo after; exit 42" USR1; echo before; while :; do sleep 0.05; done'
  pid=$(of a .pid)
  kill_daemon
  daemon
  is "$(of a '"\(.state) \(.pid) \(.monitored)"')" "running $pid true"
  succeeds on kill a '{"signal":"USR1"}'
  succeeds on wait a
  is "$(jq .exit.status <<<"$output")" 42
  is "$(log_of a)" $'before\nafter'
}

@test "the container ends while no daemon is there: its status is kept" {
  daemon
  runs a 'sleep 0.5; exit 43'
  runs b 'sleep 0.5; kill -KILL $$'
  args=$(of a .pid)
  kill_daemon
  eventually gone "$args"
  sleep 0.3
  daemon
  succeeds on wait a
  is "$(jq .exit.status <<<"$output")" 43
}

@test "a restart policy holds across the daemon's death" {
  daemon
  runs a 'echo x; sleep 0.4; exit 1' '.restart = "always"'
  kill_daemon
  sleep 0.8
  daemon
  eventually eval '(($(log_of a | wc -l) >= 3))'
  succeeds on stop a
  kill_daemon
  daemon
  sleep 0.3
  eventually in_state a running  # as Docker: always means also after the start of the daemon
  succeeds rpc container.run "$(params b 'sleep 100' '.restart = "unless-stopped" | .stop_timeout_ms = 100')"
  succeeds on stop b
  kill_daemon
  daemon
  sleep 0.3
  is "$(of b .state)" exited
}

@test "the monitor is killed: the daemon still learns the exact status" {
  daemon
  runs a 'trap "exit 44" USR1; while :; do sleep 0.05; done'
  kill -KILL "$(monitor_of a)"
  eventually eval '[[ $(of a .monitored) == false ]]'
  is "$(of a .state)" running
  succeeds on kill a '{"signal":"USR1"}'
  succeeds on wait a
  is "$(jq .exit.status <<<"$output")" 44
  has "$(jq -r .exit.reason <<<"$output")" "monitor was killed"
  succeeds on start a  # and nothing is in the way of the next run
  is "$(of a .monitored)" true
}

@test "a container without its monitor can be stopped and removed" {
  daemon
  runs a 'sleep 100'
  kill -KILL "$(monitor_of a)"
  eventually eval '[[ $(of a .monitored) == false ]]'
  succeeds on stop a '{"timeout_ms":200}'
  is "$(of a .exit.signal)" 9
  succeeds on remove a
}

@test "daemon and monitor are killed: the process is known again, and its status is exact or said to be unknown" {
  daemon
  runs a 'trap "exit 45" USR1; while :; do sleep 0.05; done'
  pid=$(of a .pid)
  kill -KILL "$(monitor_of a)" "$DAEMON"
  eventually gone "$DAEMON"
  daemon
  is "$(of a '"\(.state) \(.pid) \(.monitored)"')" "running $pid false"
  succeeds on kill a '{"signal":"USR1"}'
  succeeds on wait a
  status=$(jq .exit.status <<<"$output")
  if [[ $status != 45 ]]; then
    is "$status" null
    has "$(jq -r .exit.reason <<<"$output")" "tells the status to nobody else"
  fi
}

@test "daemon and monitor are killed, and the container ends: that is said, and no status is made up" {
  daemon
  runs a 'sleep 100'
  pid=$(of a .pid)
  kill -KILL "$(monitor_of a)" "$DAEMON" "$pid"
  eventually gone "$DAEMON"
  eventually gone "$pid"
  daemon
  eventually in_state a exited
  is "$(of a .exit.status)" null
  has "$(of a .exit.reason)" "ended unseen"
}

@test "another process with the same number is not taken for the container's" {
  daemon
  runs a 'sleep 100'
  pid=$(of a .pid)
  kill -KILL "$(monitor_of a)" "$DAEMON" "$pid"
  eventually gone "$DAEMON"
  background sleep 100
  rewrite a ".pid = $BG_PID"
  daemon
  eventually in_state a exited
  ! gone "$BG_PID"
}

@test "the daemon is killed at any moment of a create: what was asked for is there whole, or not at all" {
  for ms in 0 1 2 4 6 8 10 13 16 20 25 30 40 60 90; do
    daemon
    rpc container.run "$(params "m$ms" 'sleep 100')" >/dev/null 2>&1 &
    client=$!
    eventually test -e "$STATE/containers/$ID-m$ms"
    sleep "0.$(printf '%03d' "$ms")"
    kill_daemon
    wait "$client" || :
    daemon
    if [[ $(ids) == *"m$ms"* ]]; then
      eventually eval "[[ \$(of m$ms .state) =~ ^(running|failed)\$ ]]"
      [[ $(of "m$ms" .state) == failed ]] || ! gone "$(of "m$ms" .pid)"
      succeeds on remove "m$ms" '{"force":true}'
    fi
    is "$(rt list -q)" ""
    is "$(ls "$RUN/mon")" ""
    kill -TERM "$DAEMON"
    eventually gone "$DAEMON"
  done
}

@test "a file that was cut, zeroed or changed costs one container, and the others are served" {
  daemon
  runs good 'sleep 100'
  for name in cut zeroed changed; do
    runs "$name" 'exit 0'
    succeeds on wait "$name"
  done
  kill -TERM "$DAEMON"
  eventually gone "$DAEMON"
  file() { echo "$STATE/containers/$ID-$1/container.json"; }
  truncate -s 50 "$(file cut)"
  truncate -s 0 "$(file zeroed)" && truncate -s 300 "$(file zeroed)"
  sed -i 's/exited/exitid/' "$(file changed)"
  daemon
  is "$(ids)" "$ID-good"
  is "$(of good .state)" running
  is "$(rpc daemon.health | jq -r .status)" degraded
  is "$(grep -c 'moved to corrupt' "$DAEMON_LOG")" 3
  exists "$STATE/corrupt/$ID-cut.0/container.json"
}

@test "a restart of the machine is noticed: nothing runs, and what should run does again" {
  daemon
  runs a 'sleep 100'
  runs b 'sleep 100' '.restart = "unless-stopped"'
  kill -KILL "$DAEMON" "$(of a .pid)" "$(of b .pid)" "$(monitor_of a)" "$(monitor_of b)"
  eventually gone "$DAEMON"
  rewrite a '.bootId = "another"'
  rewrite b '.bootId = "another"'
  daemon
  is "$(of a '"\(.state) \(.exit.status) \(.exit.reason)"')" "exited null the machine was restarted"
  eventually in_state b running
}

@test "the runtime is killed in the middle of a create: an error, and nothing left" {
  printf '#!/bin/bash\n[[ $* != *create* ]] || { %q "$@"; kill -KILL $$; }\nexec %q "$@"\n' "$RT" "$RT" >"$T/dying"
  chmod +x "$T/dying"
  RUNTIME=$T/dying daemon
  denied RUNTIME_FAILED container.run "$(params a 'sleep 100')"
  is "$(ids)" ""
  is "$(rt list -q)" ""
  absent "$RUN/mon/$ID-a"
}

@test "state files survive a full disk: the container goes on and its end is known" {
  daemon
  mount -t tmpfs -o size=256k none "$STATE/containers" && UNDO+=("umount -l $STATE/containers")
  kill -TERM "$DAEMON"
  eventually gone "$DAEMON"
  daemon
  runs a 'sleep 1; exit 5' '.log_format = "raw"'
  dd if=/dev/zero of="$STATE/containers/fill" bs=1k 2>/dev/null || :
  denied IO container.run "$(params b 'exit 0')"
  succeeds on wait a
  is "$(jq .exit.status <<<"$output")" 5
  rm "$STATE/containers/fill"
  rm -rf "$STATE/containers/$ID-b"
  succeeds on remove a
}

@test "the demo of the supervisor loses nothing" {
  needs_command jq
  programs=$(dirname "$RTD")
  succeeds env BUILD="$(dirname "$programs")" MODE="$(basename "$programs")" timeout 120 "$REPO/hack/demo-supervisor"
  is "$(tail -n 1 "$OUT")" "Nothing was lost."
}
