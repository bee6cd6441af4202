#!/usr/bin/env bats
# rtd keeps containers: their life through its methods.
load helpers
load rtd

setup() { rtd_fixture; }
teardown() { drop_rtd_fixture; }

@test "a container runs, its output is in the log and its status is kept" {
  daemon
  runs a 'trap "exit 7" USR1; echo out; while :; do sleep 0.05; done'
  is "$(of a '"\(.state) \(.monitored) \(.owner)"')" "running true 0"
  is "$(cat "/proc/$(of a .pid)/comm")" sh
  eventually test -s "$STATE/containers/$ID-a/log"
  succeeds on kill a '{"signal":"USR1"}'
  succeeds on wait a
  is "$(jq -r '"\(.state) \(.exit.status) \(.exit.code)"' <<<"$output")" "exited 7 7"
  is "$(log_of a)" out
  is "$(rt list -q)" ""
  succeeds on wait a  # it stays so
  is "$(jq .exit.status <<<"$output")" 7
}

@test "create, start, stop: a program that heeds the signal and one that does not" {
  daemon
  succeeds rpc container.create "$(params a 'trap "exit 9" USR1; while :; do sleep 0.05; done' '.stop_signal = "USR1"')"
  is "$(of a .state)" created
  succeeds on start a
  is "$(jq -r .state <<<"$output")" running
  sleep 0.3
  succeeds on stop a
  is "$(jq -r '"\(.state) \(.exit.status)"' <<<"$output")" "exited 9"
  runs b 'trap "" TERM; while :; do sleep 0.05; done'
  sleep 0.3
  started=$(date +%s%N)
  succeeds on stop b '{"timeout_ms":700}'
  (($(date +%s%N) - started > 700000000))
  is "$(jq -r '"\(.exit.status) \(.exit.signal)"' <<<"$output")" "137 9"
  succeeds on start b  # what has ended can be started again
  is "$(of b .state)" running
}

@test "a container that was only created is stopped at once" {
  daemon
  succeeds rpc container.create "$(params a 'exit 0')"
  succeeds on stop a
  is "$(of a '"\(.state) \(.exit.signal) \(.exit.started_at)"')" "exited 9 null"
}

@test "pause, resume, kill" {
  daemon
  runs a 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.02; done'
  eventually test -s "$STATE/containers/$ID-a/log"
  succeeds on pause a
  is "$(jq -r .state <<<"$output")" paused
  before=$(log_of a | wc -l)
  sleep 0.3
  (($(log_of a | wc -l) <= before + 1))
  denied BAD_STATE container.pause "{\"id\":\"$ID-a\"}"
  succeeds on resume a
  succeeds on pause a
  succeeds on stop a '{"timeout_ms":100}'  # frozen, it cannot heed the signal
  is "$(of a .exit.signal)" 9
  runs b 'trap "exit 6" HUP; echo up; while :; do sleep 0.05; done'
  eventually test -s "$STATE/containers/$ID-b/log"
  succeeds on kill b '{"signal":"HUP"}'
  succeeds on wait b
  is "$(jq .exit.status <<<"$output")" 6
  denied INVALID_PARAMS container.kill "{\"id\":\"$ID-b\",\"signal\":\"HUPP\"}"
  denied BAD_STATE container.kill "{\"id\":\"$ID-b\"}"
}

@test "a running container is removed by force alone, and then nothing is left of it" {
  daemon
  runs a 'sleep 100'
  pid=$(of a .pid)
  denied BAD_STATE container.remove "{\"id\":\"$ID-a\"}"
  succeeds on remove a '{"force":true}'
  gone "$pid"
  denied NOT_FOUND container.inspect "{\"id\":\"$ID-a\"}"
  absent "$STATE/containers/$ID-a"
  absent "$RUN/mon/$ID-a"
  is "$(rt list -q)" ""
}

@test "containers are found by the beginning of their id if it is one's alone" {
  daemon
  runs one 'sleep 100'
  runs other 'sleep 100'
  is "$(rpc container.inspect "{\"id\":\"$ID-on\"}" | jq -r .id)" "$ID-one"
  denied INVALID_PARAMS container.inspect "{\"id\":\"$ID-o\"}"
  denied EXISTS container.run "$(params one 'exit 0')"
  for id in '' .. a/b -x "$(printf 'x%.0s' {1..129})"; do
    denied INVALID_PARAMS container.run "$(params z 'exit 0' '.id = $name' --arg name "${id:- }")"
  done
}

@test "what cannot be made is an error with the reason, and leaves nothing" {
  daemon
  denied RUNTIME_FAILED container.run "$(params a 'exit 0' '.config.root.path = "/nowhere"')"
  has "$(jq -r .message <<<"$output")" /nowhere
  denied INVALID_PARAMS container.run "$(params a 'exit 0' 'del(.config)')"
  denied IO container.run "{\"id\":\"$ID-a\",\"bundle\":\"/nowhere\"}"
  denied EXEC_NOT_FOUND container.run "$(params a 'exit 0' '.config.process.args = ["/bin/nothing"]')"
  is "$(ids)" ""
  is "$(find "$STATE/containers" "$RUN/mon" "$RUN/rt" -mindepth 1)" ""
}

@test "a container goes when it ends, or with the client that asked for it, if so wished" {
  daemon
  runs a 'sleep 3; exit 3' '.remove = true'
  succeeds on wait a
  is "$(jq .exit.status <<<"$output")" 3
  eventually absent "$STATE/containers/$ID-a"
  succeeds rpc container.run "$(params b 'sleep 100' '.weak = true')"
  eventually absent "$STATE/containers/$ID-b"
  is "$(ids)" ""
}

@test "an operator acts on his own containers and on no others" {
  needs_command setpriv
  daemon --operators 4001 --readers 4002
  chmod 755 "$T/run"
  runs mine 'sleep 100' '.owner = 4711'
  runs other 'sleep 100'
  cp "$HERE/programs/rpc.py" "$T/rpc.py"
  as() { setpriv --reuid 4711 --regid 4711 --groups "$1" "$PYTHON" "$T/rpc.py" "$SOCKET" "$2" "$3"; }
  succeeds as 4001 container.kill "{\"id\":\"$ID-mine\",\"signal\":\"URG\"}"
  succeeds as 4002 container.inspect "{\"id\":\"$ID-other\"}"
  for call in "4001 container.kill other" "4001 container.logs other" "4002 container.kill mine" "4002 container.logs mine"; do
    read -r group method name <<<"$call"
    exits 1 as "$group" "$method" "{\"id\":\"$ID-$name\"}"
    is "$(jq -r .data.name <<<"$output")" DENIED
  done
  exits 1 as 4001 container.run "$(params new 'exit 0')"
  is "$(jq -r .data.name <<<"$output")" DENIED
}

@test "a runtime that hangs on one container holds up no other" {
  printf '#!/bin/bash\n[[ $* != *create*-slow ]] || sleep 12\nexec %q "$@"\n' "$RT" >"$T/slow"
  chmod +x "$T/slow"
  RUNTIME=$T/slow daemon
  background rpc container.run "$(params slow 'exit 0')"
  eventually in_state slow creating
  runs a 'exit 4'
  succeeds on wait a
  is "$(of slow .state)" creating
}

@test "restart policies: on-failure stops at its limit or at success, always goes on until it is stopped" {
  daemon
  runs limit 'echo x; exit 1' '.restart = "on-failure" | .restart_max = 2'
  runs fine 'echo x' '.restart = "on-failure"'
  runs always 'echo x; sleep 0.1' '.restart = "always"'
  eventually eval '[[ $(log_of limit) == $'"'x\nx\nx'"' ]]'
  eventually eval '(($(log_of always | wc -l) >= 3))'
  sleep 0.5
  is "$(log_of limit)" $'x\nx\nx'
  is "$(log_of fine)" x
  is "$(of limit '"\(.state) \(.restart.count) \(.exit.status)"')" "exited 2 1"
  succeeds on stop always
  lines=$(log_of always | wc -l)
  sleep 1
  is "$(log_of always | wc -l)" "$lines"
  is "$(of always .restart.pending)" false
  denied INVALID_PARAMS container.run "$(params z 'exit 0' '.restart = "always" | .remove = true')"
}

@test "restart stops and starts, once" {
  daemon
  runs a 'echo up; sleep 100' '.restart = "always" | .stop_timeout_ms = 200'
  pid=$(of a .pid)
  eventually test -s "$STATE/containers/$ID-a/log"
  succeeds on restart a
  gone "$pid"
  is "$(of a '"\(.state) \(.restart.count)"')" "running 0"
  eventually eval '[[ $(log_of a) == $'"'up\nup'"' ]]'
}

@test "the daemon keeps no descriptor and no process of containers that are gone" {
  daemon
  runs z 'exit 0'
  succeeds on wait z
  succeeds on remove z
  before=$(rpc daemon.health | jq .open_fds)
  for i in 1 2 3 4 5 6; do
    runs "$i" 'sleep 0.2; exit 1'
    succeeds on wait "$i"
    succeeds on remove "$i"
    denied RUNTIME_FAILED container.run "$(params bad 'exit 0' '.config.root.path = "/nowhere"')"
  done
  is "$(rpc daemon.health | jq .open_fds)" "$before"
  eventually eval "[[ -z \$(pgrep -P $DAEMON) ]]"
}
