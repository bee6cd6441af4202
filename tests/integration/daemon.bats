#!/usr/bin/env bats
# rtd: its start and end, and what it makes of all that can come through its socket.
load helpers

load rtd

setup() { rtd_fixture; }
teardown() { drop_rtd_fixture; }

name_of() { jq -r '.error.data.name' <<<"$1"; }

# --- start and end ------------------------------------------------------------------------------------------------------

@test "the daemon says who it is and what the caller may do" {
  daemon
  succeeds rpc hello
  is "$(jq -r '"\(.api_major) \(.role) \(.pid)"' <<<"$output")" "1 admin $DAEMON"
  is "$(jq -r .boot_id <<<"$output")" "$(cat /proc/sys/kernel/random/boot_id)"
  is "$(stat -c %a "$SOCKET")" 600
}

@test "--detach returns when the daemon serves, or says why it does not" {
  succeeds "$RTD" --detach --dir "$RUN" --state-dir "$STATE"
  succeeds rpc hello
  pid=$(jq .pid <<<"$output")
  exits 1 "$RTD" --detach --dir "$RUN" --state-dir "$STATE"
  has "$stderr" "another rtd serves '$RUN'"
  succeeds rpc daemon.shutdown
  eventually gone "$pid"
}

@test "one directory has one daemon, and a socket that was left behind is no hindrance" {
  daemon
  exits 1 "$RTD" --dir "$RUN" --state-dir "$STATE"
  has "$stderr" "another rtd serves"
  kill -KILL "$DAEMON"
  eventually gone "$DAEMON"
  exists "$SOCKET"
  daemon
  succeeds rpc hello
}

@test "a signal ends the daemon" {
  for signal in TERM INT; do
    daemon
    kill -"$signal" "$DAEMON"
    eventually gone "$DAEMON"
  done
  daemon
  kill -HUP "$DAEMON"
  succeeds rpc hello
}

@test "a service manager gets its READY, and may open the socket" {
  background "$PYTHON" "$HERE/programs/manager.py" "$T/notify"
  eventually test -S "$T/notify"
  TOLD=$BG_OUT
  SOCKET=$T/given
  # shellcheck disable=SC2016  # the inner shell expands them
  background "$PYTHON" -c '
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1])
listener.listen()
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", NOTIFY_SOCKET=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])' "$SOCKET" "$T/notify" "$RTD" --dir "$RUN" --state-dir "$STATE"
  eventually grep -q READY=1 "$TOLD"
  succeeds rpc hello
  absent "$RUN/rtd.sock"
  succeeds rpc daemon.shutdown
  eventually grep -q STOPPING=1 "$TOLD"
}

@test "a path deeper than a socket's name may be is no obstacle" {
  deep=$T/$(printf 'd%.0s' {1..60})/$(printf 'e%.0s' {1..60})
  mkdir -p "$deep"
  succeeds "$RTD" --detach --dir "$deep" --state-dir "$deep/state"
  cd "$deep" || return
  SOCKET=rtd.sock
  succeeds rpc daemon.shutdown
}

# --- what comes through the socket ----------------------------------------------------------------------------------------

@test "the interface describes itself, and the daemon keeps to it" {
  daemon
  succeeds rpc rpc.discover
  is "$(jq -r .openrpc <<<"$output")" 1.2.6
  jq -e '.methods | map(.name) | index("hello") and index("daemon.shutdown")' <<<"$output"
  succeeds rpc daemon.health
  is "$(jq -r .status <<<"$output")" ok
}

@test "each bad line gets an error with its name, and the next line is served" {
  daemon
  good='{"jsonrpc":"2.0","id":99,"method":"hello"}'
  while IFS='|' read -r wanted line; do
    [[ -n $wanted ]] || continue
    answers=$(rpc --lines "$line" "$good")
    is "$(name_of "$(head -n 1 <<<"$answers")")" "$wanted"
    is "$(jq .id <<<"$(tail -n 1 <<<"$answers")")" 99
  done <<'END'
PARSE_ERROR|{"jsonrpc":
PARSE_ERROR|{} trailing
INVALID_REQUEST|3
INVALID_REQUEST|{}
INVALID_REQUEST|[]
INVALID_REQUEST|{"jsonrpc":"2.0","id":1,"id":2,"method":"hello"}
INVALID_REQUEST|{"jsonrpc":"2.0","id":[],"method":"hello"}
METHOD_NOT_FOUND|{"jsonrpc":"2.0","id":1,"method":"helo"}
INVALID_PARAMS|{"jsonrpc":"2.0","id":1,"method":"hello","params":{"x":1}}
INVALID_PARAMS|{"jsonrpc":"2.0","id":1,"method":"hello","params":[]}
END
}

@test "bytes that are not UTF-8, deep nesting and an endless line end in an error, not in the daemon" {
  daemon
  is "$(name_of "$(rpc --lines $'\xff\xfe' | head -n 1)")" PARSE_ERROR
  is "$(name_of "$(rpc --lines "$(printf '[%.0s' {1..100000})" | head -n 1)")" PARSE_ERROR
  "$PYTHON" -c '
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendall(b"x" * 3000000 + b"\n" + b"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"hello\"}\n")
lines = client.makefile()
assert "LIMIT" in lines.readline()
assert "\"id\":5" in lines.readline()' "$SOCKET"
  (($(awk '/VmHWM/ {print $2}' "/proc/$DAEMON/status") < 16000))
}

@test "three lines in a row that are not JSON end the connection, with an error each" {
  daemon
  answers=$(rpc --lines x x x '{"jsonrpc":"2.0","id":9,"method":"hello"}')
  is "$(grep -c PARSE_ERROR <<<"$answers")" 3
  is "$(tail -n 1 <<<"$answers")" "(closed)"
}

@test "a batch gets one answer; what is a notification gets none" {
  daemon
  answers=$(rpc --lines '[{"jsonrpc":"2.0","id":1,"method":"hello"},{"jsonrpc":"2.0","method":"hello"},{"jsonrpc":"2.0","id":2,"method":"x"}]')
  is "$(jq -c 'map(.id)' <<<"$answers")" '[1,2]'
  is "$(rpc --lines '[{"jsonrpc":"2.0","method":"hello"}]')" ""
}

@test "a client that half closes its side still gets its answer" {
  daemon
  answer=$("$PYTHON" -c '
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendall(b"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"hello\"}\n")
client.shutdown(socket.SHUT_WR)
print(client.makefile().read(), end="")' "$SOCKET")
  is "$(jq .id <<<"$answer")" 5
}

@test "a client that asks and never reads costs a bounded amount and holds up nobody" {
  daemon
  mkfifo "$T/hold"
  exec 7<>"$T/hold"
  background rpc --deaf rpc.discover 100000 <"$T/hold"
  eventually grep -q sent "$BG_OUT"
  succeeds rpc hello
  (($(awk '/VmRSS/ {print $2}' "/proc/$DAEMON/status") < 12000))
  exec 7>&-
}

@test "beyond the limit of connections a client is told, and others go on" {
  daemon
  mkfifo "$T/hold"
  exec 7<>"$T/hold"
  background rpc --hold 769 <"$T/hold"
  eventually test -s "$BG_OUT"
  is "$(name_of "$(cat "$BG_OUT")")" LIMIT
  exec 7>&-
  kill "$BG_PID" 2>/dev/null || true  # the end of its input may have ended it
  eventually rpc hello
  is "$(rpc daemon.health | jq .connections)" 1
}

@test "descriptors sent along are closed" {
  daemon
  before=$(rpc daemon.health | jq .open_fds)
  "$PYTHON" -c '
import array, os, socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
for number in range(50):
    line = b"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"hello\"}\n"
    client.sendmsg([line], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    client.recv(65536)
client.close()' "$SOCKET"
  is "$(rpc daemon.health | jq .open_fds)" "$before"
}

# --- who may do what ------------------------------------------------------------------------------------------------------

@test "users have the role that their groups give them, and no more" {
  needs_command setpriv
  daemon --operators 4001 --readers 4002
  cp "$HERE/programs/rpc.py" "$T/rpc.py"
  chmod 644 "$T/rpc.py"
  as() { setpriv --reuid 4711 --regid 4711 --groups "$1" "$PYTHON" "$T/rpc.py" "$SOCKET" "${@:2}"; }
  is "$(as 4001 hello | jq -r .role)" operator
  is "$(as 4002 hello | jq -r .role)" reader
  is "$(as 4003 hello | jq -r .role)" none
  succeeds as 4002 daemon.health
  for group in 4001 4002 4003; do
    exits 1 as "$group" daemon.shutdown
    is "$(jq -r .data.name <<<"$output")" DENIED
  done
  exits 1 as 4003 daemon.health
  lacks "$(cat "$DAEMON_LOG")" 'user 4711'
  succeeds rpc daemon.shutdown
  grep -q 'audit: user 0 .*: daemon.shutdown' "$DAEMON_LOG"
}

@test "without groups nobody else can even connect" {
  needs_command setpriv
  daemon
  cp "$HERE/programs/rpc.py" "$T/rpc.py"
  exits 1 setpriv --reuid 4711 --regid 4711 --clear-groups "$PYTHON" "$T/rpc.py" "$SOCKET" hello
  has "$stderr" PermissionError
}

@test "a user's own daemon is in the user's own directory" {
  needs_command setpriv
  mkdir "$T/user"
  chown 4711 "$T/user"
  SOCKET=$T/user/rtd/rtd.sock
  background env XDG_RUNTIME_DIR="$T/user" HOME="$T/user" setpriv --reuid 4711 --regid 4711 --clear-groups "$RTD" --user
  eventually test -S "$SOCKET"
  is "$(rpc hello | jq -r .role)" admin  # root is, everywhere
  exists "$T/user/.local/state/rtd/containers"
}

@test "the help names every flag, and a wrong one is refused" {
  succeeds "$RTD" --help
  has "$output" --operators
  exits 1 "$RTD" --detahc
  has "$stderr" "did you mean --detach?"
  exits 1 "$RTD" --operators no-such-group
  has "$stderr" no-such-group
  exits 1 "$RTD" surplus
}
