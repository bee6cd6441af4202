#!/usr/bin/env bats
# sd_notify(3): what the container's program tells the service manager that runs the runtime.
load helpers

# managed COMMAND...: the runtime as a service, $NOTIFY_SOCKET being the manager's.
managed() { NOTIFY_SOCKET=$NOTIFY rt "$@"; }

manager() {  # manager [SECONDS]: listens on $NOTIFY; what it is told goes to $TOLD
  NOTIFY=${NOTIFY:-$T/manager.sock}
  background "$PYTHON" "$HERE/programs/manager.py" "$NOTIFY" "$@"
  TOLD=$BG_OUT
  eventually grep -q listening "$TOLD"
}
told() { tail -n +2 "$TOLD"; }
was_told() { told | grep -qxF -- "$1"; }

@test "start returns when the program is ready, and says who the main process is" {
  manager
  args /bin/probe notify 'READY=1'
  succeeds managed create "$ID"
  is "$(told)" ""
  pid=$(pid_of)
  succeeds managed start "$ID"
  told | tr '\n' '|' | grep -qE "READY=1 ?\|.*MAINPID=$pid" || { told; return 1; }
  told | tail -1 | grep -q '^BARRIER=1' || { told; return 1; }
}

@test "run --detach returns when the program is ready" {
  manager
  args /bin/probe notify 'READY=1'
  succeeds managed run --detach "$ID"
  told | grep -q "MAINPID=$(pid_of)" || { told; return 1; }
}

@test "start waits until the program is ready" {
  manager
  script 'sleep 1; exec /bin/probe notify READY=1'
  succeeds managed create "$ID"
  began=$EPOCHREALTIME
  succeeds managed start "$ID"
  took=$((${EPOCHREALTIME/./} - ${began/./}))
  ((took >= 1000000)) || { echo "start took $took us"; return 1; }
  told | grep -q '^READY=1'
}

@test "start waits until the manager has read it" {
  manager 0.7
  args /bin/probe notify READY=1
  succeeds managed create "$ID"
  began=$EPOCHREALTIME
  succeeds managed start "$ID"
  took=$((${EPOCHREALTIME/./} - ${began/./}))
  ((took >= 700000)) || { echo "start took $took us"; return 1; }
}

@test "while start waits for the program other commands work" {
  manager
  script 'while ! test -e /tmp/go; do sleep 0.05; done; exec /bin/probe notify READY=1'
  config '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
  succeeds managed create "$ID"
  background managed start "$ID"
  eventually is_status running
  succeeds rt pause "$ID"
  succeeds rt resume "$ID"
  succeeds rt exec "$ID" touch /tmp/go
  eventually was_told "BARRIER=1"
  wait "$BG_PID"
}

@test "start returns when the program ends without having been ready" {
  manager
  script 'sleep 0.3; exit 3'
  succeeds managed create "$ID"
  succeeds managed start "$ID"
  is "$(told)" ""
  eventually is_status stopped
}

@test "what is said before READY=1 is passed on, but nothing that tells pids or changes the service" {
  rt_only "runc passes READY=1 alone"
  manager
  args /bin/probe notify 'STATUS=Warming up\nMAINPID=77' 'FDSTORE=1' 'NOTIFYACCESS=all\nWATCHDOG_USEC=1' 'READY=1\nSTATUS=There'
  succeeds managed run --detach "$ID"
  is "$(told)" "STATUS=Warming up
READY=1 | STATUS=There | MAINPID=$(pid_of)
BARRIER=1"
}

@test "run in the foreground passes messages on all the time, and remains the main process" {
  rt_only "runc sends MAINPID=0"
  manager
  args /bin/probe notify 'READY=1' 'WATCHDOG=1' 'MAINPID=1' 'BARRIER=1' 'STOPPING=1'
  background managed run "$ID"
  eventually was_told STOPPING=1
  is "$(told)" $'READY=1\nWATCHDOG=1\nSTOPPING=1'
  eventually grep -q answered "$BG_OUT"
  is "$(head -1 "$BG_OUT")" answered
  succeeds rt kill "$ID" KILL
  wait "$BG_PID" || status=$?
  is "$status" 137
}

@test "the manager's socket may be abstract" {
  NOTIFY="@$ID" manager
  args /bin/probe notify READY=1
  NOTIFY="@$ID" succeeds managed run --detach "$ID"
  told | grep -q READY=1
}

@test "a program that is not root can notify, in a user namespace too" {
  manager
  user_namespace
  config '.process.user = {uid: 1000, gid: 1000}'
  args /bin/probe notify READY=1
  succeeds managed run --detach "$ID"
  told | grep -q "MAINPID=$(pid_of)"
}

@test "the container sees its own socket, read-only, and not the manager's" {
  manager
  script 'echo "$NOTIFY_SOCKET"; ls /run/notify; touch /run/notify/x; rm -f /run/notify/notify.sock'
  NOTIFY_SOCKET=$NOTIFY try rt run "$ID"
  is "$output" $'/run/notify/notify.sock\nnotify.sock'
  has "$stderr" "Read-only"
}

@test "a manager that is not there does not keep the container from running" {
  differs runc "it fails although the container runs"
  args /bin/probe notify READY=1
  NOTIFY=$T/nobody succeeds managed run --detach "$ID"
  like "$stderr" "NOTIFY_SOCKET: .*nobody.*, ignoring"
  is_status running
}

@test "without NOTIFY_SOCKET there is no mount and no variable" {
  inside 'echo "[$NOTIFY_SOCKET]"; grep -c /run/notify /proc/self/mountinfo || :'
  is "$output" $'[]\n0'
}

@test "create without NOTIFY_SOCKET, start with it: there is nothing to wait for" {
  differs runc "its start fails"
  manager
  args /bin/probe waiting up
  succeeds rt create "$ID"
  succeeds managed start "$ID"
  is_status running
}

@test "a container without a mount namespace gets no socket, and a warning" {
  rt_only "runc needs a mount namespace"
  manager
  config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)
    | .linux.devices = []'
  script 'echo "[$NOTIFY_SOCKET]"'
  NOTIFY_SOCKET=$NOTIFY try rt run "$ID"
  if ((status == 0)); then
    is "$output" "[]"
    has "$stderr" "NOTIFY_SOCKET"
  fi
}

@test "plan shows the mount that NOTIFY_SOCKET asks for" {
  rt_only "no other has it"
  NOTIFY_SOCKET=/run/x try rt plan "$ID"
  has "$output" "on '/run/notify'"
}
