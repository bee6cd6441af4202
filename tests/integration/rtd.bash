# Tests of the supervisor: a daemon of the test's own, and calls to it.
# shellcheck shell=bash disable=SC2034,SC2154,SC2119,SC2120  # variables and arguments are for, and of, the .bats files

RTD=${RTD:-$REPO/build/release/rtd}
RTMON=${RTMON:-$REPO/build/release/rtmon}
RTCTL=${RTCTL:-$REPO/build/release/rtctl}

rtd_fixture() {
  test_fixture
  RUN=$T/run STATE=$T/state SOCKET=$T/run/rtd.sock DAEMON=
  ROOT=$T/run/rt
}

drop_rtd_fixture() {
  if [[ -n $(ls -A "${STATE:-/none}/containers" 2>/dev/null) ]]; then
    [[ -n $DAEMON && -e /proc/$DAEMON ]] || daemon
    for id in $(ids); do rpc container.remove "{\"id\":\"$id\",\"force\":true}" >/dev/null || echo "cannot remove $id"; done
  fi
  drop_test_fixture
}

# daemon [FLAG...]: starts it; $DAEMON is its pid, $DAEMON_LOG its log.
daemon() {
  rm -f "$SOCKET"
  background "$RTD" --dir "$RUN" --state-dir "$STATE" --runtime "${RUNTIME:-$RT}" --monitor "$RTMON" "$@"
  DAEMON=$BG_PID DAEMON_LOG=$BG_ERR
  eventually test -S "$SOCKET"
}
kill_daemon() {
  kill -KILL "$DAEMON"
  eventually gone "$DAEMON"
}

rpc() { timeout "$LIMIT" "$PYTHON" "$HERE/programs/rpc.py" "$SOCKET" "$@"; }
# What is only looked at is asked by rtctl, which takes a hundredth of the time of the checking client above.
ids() { timeout "$LIMIT" "$RTCTL" --dir "$RUN" --no-autostart ps -aq; }
# denied NAME METHOD [PARAMS]: the call fails with the error of that name.
denied() {
  exits 1 rpc "${@:2}"
  is "$(jq -r .data.name <<<"$output")" "$1"
}

# params NAME CODE [FILTER [JQ-OPTION...]]: what creates the container $ID-NAME, whose shell runs CODE.
params() {
  jq -c --arg id "$ID-$1" --arg code "$2" '{
    id: $id,
    config: (.process.args = ["/bin/sh", "-c", $code] | .linux.cgroupsPath += ("-" + ($id | split("-") | last)))
  } | '"${3:-.}" "${@:4}" "$BUNDLE/config.json"
}
# run NAME CODE [FILTER]: makes it and starts it.
runs() { succeeds rpc container.run "$(params "$@")"; }
# on METHOD NAME [PARAMS]: a call about $ID-NAME.
on() { rpc "container.$1" "$(jq -c --arg id "$ID-$2" '.id = $id' <<<"${3:-"{}"}")"; }
of() { timeout "$LIMIT" "$RTCTL" --dir "$RUN" --no-autostart inspect "$ID-$1" | jq -r ".[0] | $2"; }
in_state() { [[ $(of "$1" .state) == "$2" ]]; }
log_of() { cut -d ' ' -f 4- "$STATE/containers/$ID-$1/log"; }
monitor_of() { pgrep -f -- "--dir $RUN/mon/$ID-$1 " | head -n 1; }
