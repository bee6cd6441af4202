#!/usr/bin/env bats
# rtctl: what a person types.
load helpers
load rtd

setup() { rtd_fixture; }
teardown() {
  if [[ -z $DAEMON && -S $SOCKET ]]; then DAEMON=$(rpc hello | jq .pid); fi
  drop_rtd_fixture
  [[ -z $DAEMON ]] || kill -TERM "$DAEMON" 2>/dev/null || :
}

ctl() { RT_TEST_ID=$ID timeout -k 5 "$LIMIT" "$RTCTL" --dir "$RUN" "$@"; }
# run [FLAG...] COMMAND...: a container of the tests' root file system.
crun() { ctl run --rootfs "$ROOTFS" "$@"; }

@test "the first command starts the daemon; --no-autostart says how to" {
  exits 1 ctl --no-autostart ps
  has "$stderr" "no daemon answers"
  has "$stderr" "rtd --detach"
  succeeds ctl --state-dir "$STATE" ps
  has "$output" "STATE"
  succeeds ctl --no-autostart info
  like "$output" 'role +admin'
}

@test "run gives output, error output and status of the program" {
  daemon
  exits 3 crun --rm -- sh -c 'echo out; echo err >&2; exit 3'
  is "$output" out
  is "$stderr" err
  exits 137 crun --rm -- sh -c 'kill -KILL $$; kill -KILL 1; trap "" TERM; echo self; exit 137'
  is "$(ctl ps -aq)" ""
  for _ in {1..10}; do
    succeeds crun --rm -- true
    is "$(ctl ps -aq)" ""
  done
}

@test "a program that writes all that it reads gets its input and gives its output, at any length" {
  daemon
  head -c 8000000 </dev/urandom >"$T/input"
  succeeds crun --rm -i -- cat <"$T/input"
  cmp "$T/input" "$OUT"
}

@test "every byte of the output arrives, at any length" {
  daemon
  for size in 1 65535 65536 65537 3000001; do
    succeeds crun --rm -- head -c "$size" /bin/busybox
    cmp <(head -c "$size" "$ROOTFS/bin/busybox") "$OUT"
  done
}

@test "125, 126 and 127 are for what kept the program from running" {
  daemon
  exits 127 crun --rm -- /bin/nothing
  exits 126 crun --rm -- /etc
  exits 125 ctl run --rm --rootfs /nowhere -- sh
  exits 125 crun --rm --no-such-flag -- sh
  exits 125 ctl run --rm -- sh
  has "$stderr" "--rootfs"
  is "$(ctl ps -aq)" ""
}

@test "input goes in, and its end is seen" {
  daemon
  is "$(printf 'a\nb' | crun --rm -i -- sh -c 'cat; echo .')" $'a\nb.'
  is "$(crun --rm -- cat </dev/zero)" ""
}

@test "a terminal is one on both sides, and ctrl-p ctrl-q leaves the container running" {
  daemon
  "$PYTHON" -c '
import fcntl, os, pty, struct, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
seen = b""
def until(text):
    global seen
    while text not in seen:
        seen += os.read(fd, 4096)
until(b"# ")
os.write(fd, b"tty; echo mar\"\"ker\n")
until(b"marker")
assert b"/dev/pts/0" in seen, seen
os.write(fd, b"\x10\x11")
assert os.waitpid(pid, 0)[1] == 0
' "$RTCTL" --dir "$RUN" run -it --name "$ID-t" --rootfs "$ROOTFS" -- sh
  is "$(of t .state)" running
}

@test "signals reach the program" {
  daemon
  background "$RTCTL" --dir "$RUN" run --rm --name "$ID-s" --rootfs "$ROOTFS" -- sh -c 'trap "echo got; exit 9" USR1; echo up; while :; do sleep 0.05; done'
  eventually grep -q up "$BG_OUT"
  kill -USR1 "$BG_PID"
  status=0
  wait "$BG_PID" || status=$?
  is "$status" 9
  has "$(cat "$BG_OUT")" got
}

@test "the flags that shape a container do" {
  daemon
  mkdir "$T/vol"
  echo data >"$T/vol/file"
  succeeds crun --rm -e A=b --user 1000:50 --tmpfs /tmp -v "$T/vol:/vol:ro" --cap-drop ALL --read-only -w /var/data --hostname box -- \
    sh -c 'echo $A; id -u; id -g; cat /vol/file; touch /vol/x 2>/dev/null || echo ro; touch /x 2>/dev/null || echo ro; touch /tmp/x && pwd; hostname; grep CapBnd /proc/self/status'
  is "$output" $'b\n1000\n50\ndata\nro\nro\n/var/data\nbox\nCapBnd:\t0000000000000000'
  if [[ $CGROUP == v1 ]]; then
    succeeds crun -d --name "$ID-m" --memory 64m --pids-limit 7 -- sleep 100
    dir=$(awk -F: '$2 == "memory" {print $3}' "/proc/$(of m .pid)/cgroup")
    is "$(cat "/sys/fs/cgroup/memory$dir/memory.limit_in_bytes")" 67108864
  fi
  is "$(crun --rm --network none -- sh -c 'ls /sys/class/net')" lo
}

@test "a container's life by hand: create, start, logs, stop, rm" {
  daemon
  succeeds ctl create --name "$ID-a" --label app=web --rootfs "$ROOTFS" -- sh -c 'echo one; echo two >&2; sleep 100'
  is "$output" "$ID-a"
  lacks "$(ctl ps)" "$ID-a"
  has "$(ctl ps -a)" created
  succeeds ctl start "$ID-a"
  has "$(ctl ps)" running
  eventually eval '[[ $(ctl logs "$ID-a" 2>&1) == *two* ]]'
  succeeds ctl logs "$ID-a"
  is "$output" one
  is "$stderr" two
  succeeds ctl pause "$ID-a"
  succeeds ctl resume "$ID-a"
  is "$(ctl inspect "$ID-a" | jq -r '.[0].labels.app')" web
  is "$(ctl ps --format json | jq -r '.[0].state')" running
  exits 1 ctl rm "$ID-a"
  has "$stderr" "stop it first"
  succeeds ctl stop -t 0 "$ID-a"
  succeeds ctl wait "$ID-a"
  is "$output" 137
  succeeds ctl rm "$ID-a"
  exits 1 ctl inspect "$ID-a"
  has "$stderr" "there is no container"
}

@test "logs -f goes on until the end, across rotations" {
  daemon
  succeeds crun -d --name "$ID-l" --log-max-size 2k --log-max-files 50 -- sh -c 'sleep 1; i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i + 1)); done; sleep 0.5'
  succeeds ctl logs -f "$ID-l"
  is "$output" "$(for ((i = 0; i < 300; i++)); do echo "line $i"; done)"
  is "$(ctl logs -n 2 "$ID-l")" $'line 298\nline 299'
}

@test "a bundle runs as it is" {
  daemon
  script 'echo from a bundle; exit 4'
  exits 4 ctl run --rm --bundle "$BUNDLE"
  is "$output" "from a bundle"
  exits 125 ctl run --rm --bundle "$BUNDLE" --memory 1m
  has "$stderr" "--rootfs"
}

@test "help names what there is, and a misspelt word gets the nearest" {
  succeeds "$RTCTL" --help
  has "$output" "logs"
  succeeds "$RTCTL" run --help
  has "$output" "--pids-limit"
  exits 1 "$RTCTL" strat
  has "$stderr" "did you mean 'start'?"
  exits 1 "$RTCTL" start
  has "$stderr" "expected CONTAINER"
}
