#!/usr/bin/env bats
# rtd's events: their order, their numbers, and that none is missing whatever is killed.
load helpers
load rtd

setup() { rtd_fixture; }
teardown() { drop_rtd_fixture; }

ctl() { RT_TEST_ID=$ID timeout -k 5 "$LIMIT" "$RTCTL" --dir "$RUN" "$@"; }
# events_of NAME [SINCE]: the types of what has happened to $ID-NAME.
events_of() { rpc events.history "{\"since\":${2:-0}}" | jq -r --arg id "$ID-$1" '[.events[] | select(.id == $id) | .type] | join(" ")'; }
numbers() { rpc events.history '{"since":0}' | jq -r '.events[].seq'; }

@test "what happens to a container is told in its order" {
  daemon
  runs a 'exit 3'
  succeeds on wait a
  succeeds on remove a
  is "$(events_of a)" "created started exited removed"
  is "$(rpc events.history '{"since":0}' | jq '.events[] | select(.type == "exited") | .status')" 3
  succeeds rpc container.create "$(params b 'sleep 100')"
  succeeds on start b
  succeeds on pause b
  succeeds on resume b
  succeeds on stop b '{"timeout_ms":0}'
  is "$(events_of b)" "created started paused resumed exited"
}

@test "a restart is told with its delay" {
  daemon
  runs a 'exit 1' '.restart = "on-failure" | .restart_max = 2'
  eventually eval '[[ $(of a .restart.count) == 2 && $(of a .state) == exited ]]'
  is "$(events_of a)" "created started exited restarting created started exited restarting created started exited"
  is "$(rpc events.history '{"since":0}' | jq -c '[.events[] | select(.type == "restarting") | .delay_ms]')" '[100,200]'
}

@test "numbers go on without a gap when the daemon is killed, and an end that nobody saw is told by the next one" {
  daemon
  runs a 'sleep 100'
  pid=$(of a .pid)
  kill_daemon
  kill -KILL "$pid"
  eventually test -e "$RUN/mon/$ID-a/exit.json"
  daemon
  eventually in_state a exited
  is "$(events_of a)" "created started exited"
  is "$(numbers)" "$(seq "$(numbers | wc -l)")"
  is "$(rpc events.history '{"since":0}' | jq '[.events[] | select(.type == "daemon-started")] | length')" 2
}

@test "a subscriber is told what it missed, then what happens" {
  daemon
  runs a 'exit 0'
  succeeds on wait a
  background "$RTCTL" --dir "$RUN" events --since 0 --format json
  told=$BG_OUT
  eventually grep -q exited "$told"
  runs b 'exit 0'
  eventually eval "grep -q '\"exited\",\"id\":\"$ID-b\"' $told"
  is "$(jq .seq "$told")" "$(seq "$(wc -l <"$told")")"
}

@test "a subscriber that does not read holds up nobody, and misses nothing once it does" {
  daemon
  mkfifo "$T/go"
  # shellcheck disable=SC2016
  background "$PYTHON" -c '
import json, socket, sys
client = socket.socket(socket.AF_UNIX)
client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
client.connect(sys.argv[1])
client.sendall(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.subscribe\",\"params\":{\"since\":0}}\n")
open(sys.argv[2]).read()
lines = client.makefile()
json.loads(lines.readline())
expected = 1
while expected <= int(sys.argv[3]):
    seq = json.loads(lines.readline())["params"]["seq"]
    assert seq == expected, (seq, expected)
    expected += 1
print("all of them")' "$SOCKET" "$T/go" 4000
  reader=$BG_OUT
  runs a 'sleep 100'
  "$PYTHON" -c '
import json, socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
lines = client.makefile()
for number in range(2000):
    for method in "pause", "resume":
        client.sendall(json.dumps({"jsonrpc": "2.0", "id": number, "method": "container." + method, "params": {"id": sys.argv[2]}}).encode() + b"\n")
        assert "result" in json.loads(lines.readline())' "$SOCKET" "$ID-a"
  echo go >"$T/go"
  eventually grep -q "all of them" "$reader"
}

@test "what is not kept any more is said to be gone" {
  daemon
  kill -TERM "$DAEMON"
  eventually gone "$DAEMON"
  rm "$RUN/events"
  PYTHONPATH=$HERE/programs "$PYTHON" -c '
import sys
from crc32c import crc32c
line = b"{\"seq\":41,\"time\":\"t\",\"type\":\"created\"}"
open(sys.argv[1], "wb").write(b"%08x %s\n" % (crc32c(line), line))' "$RUN/events"
  daemon
  denied EVENTS_GONE events.history '{"since":3}'
  denied EVENTS_GONE events.subscribe '{"since":3}'
  has "$(jq -r .data.hint <<<"$output")" 41
  succeeds ctl events --no-follow
  like "$output" '^41 t created'
  like "$output" '42 .* daemon-started'
}
