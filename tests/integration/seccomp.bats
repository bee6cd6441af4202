#!/usr/bin/env bats
# linux.seccomp: actions, operators, defaults, flags, and syscalls that the profile does not know.
load helpers

profile() { config '.linux.seccomp = $profile' --argjson profile "$1"; }
# rule ACTION NAME [MORE-JSON]: everything is allowed but NAME.
rule() {
  profile "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"$2\"], \"action\": \"$1\"${3:+, $3}}]}"
}
# A default of ERRNO with all that a static program needs.
ALLOWED='["execve", "execveat", "exit", "exit_group", "read", "write", "open", "openat", "close", "brk", "mmap", "munmap", "mprotect",
  "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlink", "readlinkat", "getrandom", "newfstatat",
  "fstat", "stat", "ioctl", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "getuid", "geteuid", "getgid", "getegid",
  "uname", "futex", "prctl", "capset", "capget", "setuid", "setgid", "setgroups", "chdir", "getcwd", "dup", "dup2", "dup3", "fcntl",
  "clone", "fork", "vfork", "wait4", "pipe", "pipe2", "lseek", "getdents64", "epoll_pwait", "epoll_ctl", "nanosleep", "sched_yield",
  "tgkill", "getpid", "gettid", "close_range", "fchdir", "setresuid", "setresgid", "poll", "sendto", "recvfrom", "sendmsg", "recvmsg",
  "clock_nanosleep", "madvise", "sigaltstack", "accept4", "connect", "socket", "shutdown", "umask", "fstatfs", "statfs", "faccessat",
  "faccessat2", "access", "setsid", "keyctl", "sched_setattr", "ioprio_set", "personality", "seccomp"]'
deny_by_default() {
  profile "{\"defaultAction\": \"$1\" ${2:+, $2}, \"syscalls\": [{\"names\": $ALLOWED, \"action\": \"SCMP_ACT_ALLOW\"}]}"
}
for_this_architecture() {
  local arch
  case $(uname -m) in
    x86_64) arch=X86_64 ;;
    aarch64) arch=AARCH64 ;;
    ppc64le) arch=PPC64LE ;;
    s390x) arch=S390X ;;
    riscv64) arch=RISCV64 ;;
    *) skip "no name for this architecture here" ;;
  esac
  config '.linux.seccomp.architectures = [$arch]' --arg arch "SCMP_ARCH_$arch"
}
call() { args /bin/probe call "$@"; try rt run "$ID"; }
called() { call "${@:2}"; is "$status" 0; is "$output" "$1"; }

@test "without a profile there is no filter" {
  inside_args grep ^Seccomp: /proc/self/status
  is "$output" $'Seccomp:\t0'
}

@test "with a profile there is one filter" {
  rule SCMP_ACT_ERRNO sync
  inside_args grep ^Seccomp /proc/self/status
  has "$output" $'Seccomp:\t2'
}

@test "ERRNO answers EPERM by default" {
  rule SCMP_ACT_ERRNO sync
  called EPERM sync
  called ok getpid
}

@test "errnoRet is the errno" {
  rule SCMP_ACT_ERRNO sync '"errnoRet": 61'
  called ENODATA sync
}

@test "errnoRet 0 makes the call succeed without being made" {
  differs runc "1.1 answers with the default for 0, or 0: it depends on its libseccomp"
  rule SCMP_ACT_ERRNO sethostname '"errnoRet": 0'
  called ok sethostname x 1
}

@test "KILL ends the thread's process with SIGSYS" {
  rule SCMP_ACT_KILL sync
  call sync
  is "$status" 159
}

@test "KILL_PROCESS and KILL_THREAD end the program with SIGSYS" {
  rule SCMP_ACT_KILL_PROCESS sync
  call sync
  is "$status" 159
  rule SCMP_ACT_KILL_THREAD sync
  call sync
  is "$status" 159
}

@test "TRAP raises SIGSYS" {
  rule SCMP_ACT_TRAP sync
  call sync
  is "$status" 159
}

@test "TRACE without a tracer answers ENOSYS" {
  rule SCMP_ACT_TRACE sync '"errnoRet": 5'
  called ENOSYS sync
}

@test "LOG lets the call through" {
  rule SCMP_ACT_LOG sync
  called ok sync
}

@test "ALLOW under a default of ERRNO" {
  deny_by_default SCMP_ACT_ERRNO
  called ok getpid
  called EPERM acct 0
}

@test "defaultErrnoRet" {
  deny_by_default SCMP_ACT_ERRNO '"defaultErrnoRet": 13'
  called EACCES acct 0
}

@test "defaultErrnoRet with ENOSYS" {
  deny_by_default SCMP_ACT_ERRNO '"defaultErrnoRet": 38'
  called ENOSYS acct 0
}

@test "a syscall that is newer than the profile answers ENOSYS, not the default" {
  deny_by_default SCMP_ACT_ERRNO
  for_this_architecture
  # The newest syscalls named in the profile are far older than these.
  called ENOSYS mseal 0 0 0
  called ENOSYS map_shadow_stack 0 0 0
  called EPERM acct 0
}

@test "a syscall newer than the profile answers ENOSYS also when the default is KILL" {
  deny_by_default SCMP_ACT_KILL
  for_this_architecture
  called ENOSYS mseal 0 0 0
}

@test "a syscall newer than the profile answers ENOSYS also when the profile names no architecture" {
  differs runc "1.1 looks at the listed architectures only"
  deny_by_default SCMP_ACT_ERRNO
  called ENOSYS mseal 0 0 0
}

@test "a syscall newer than the profile answers ENOSYS also when the profile gives another default errno" {
  deny_by_default SCMP_ACT_ERRNO '"defaultErrnoRet": 13'
  for_this_architecture
  called ENOSYS mseal 0 0 0
}

@test "names that are no syscalls are passed over" {
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["no_such_call", "sync", "another_one"], "action": "SCMP_ACT_ERRNO"}]}'
  called EPERM sync
}

# arg OPERATOR VALUE [VALUE-TWO]: ERRNO for umask(2) when its argument compares so. umask never fails by itself.
arg() {
  rule SCMP_ACT_ERRNO umask "\"args\": [{\"index\": 0, \"value\": $2, \"valueTwo\": ${3:-0}, \"op\": \"$1\"}]"
}

@test "operator EQ" { arg SCMP_CMP_EQ 7; called EPERM umask 7; called ok umask 8; }
@test "operator NE" { arg SCMP_CMP_NE 7; called ok umask 7; called EPERM umask 8; }
@test "operator LT" { arg SCMP_CMP_LT 7; called EPERM umask 6; called ok umask 7; }
@test "operator LE" { arg SCMP_CMP_LE 7; called EPERM umask 7; called ok umask 8; }
@test "operator GT" { arg SCMP_CMP_GT 7; called EPERM umask 8; called ok umask 7; }
@test "operator GE" { arg SCMP_CMP_GE 7; called EPERM umask 7; called ok umask 6; }
@test "operator MASKED_EQ" { arg SCMP_CMP_MASKED_EQ 240 32; called EPERM umask 0x2f; called ok umask 0x3f; }

@test "an argument is compared in all its 64 bits" {
  arg SCMP_CMP_EQ 4294967303  # 0x100000007
  called EPERM umask 0x100000007
  called ok umask 7
}

@test "several arguments of one rule must all match" {
  rule SCMP_ACT_ERRNO getpriority '"args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 0, "op": "SCMP_CMP_EQ"}]'
  called EPERM getpriority 0 0
  called ok getpriority 0 1
}

@test "several comparisons of one argument are alternatives" {
  rule SCMP_ACT_ERRNO umask '"args": [{"index": 0, "value": 3, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 5, "op": "SCMP_CMP_EQ"}]'
  called EPERM umask 3
  called EPERM umask 5
  called ok umask 4
}

@test "several rules for one syscall" {
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["umask"], "action": "SCMP_ACT_ERRNO", "errnoRet": 61, "args": [{"index": 0, "value": 3, "op": "SCMP_CMP_EQ"}]},
    {"names": ["umask"], "action": "SCMP_ACT_ERRNO", "errnoRet": 62, "args": [{"index": 0, "value": 4, "op": "SCMP_CMP_EQ"}]}]}'
  called ENODATA umask 3
  called ETIME umask 4
  called ok umask 5
}

@test "architectures other than the native one are accepted" {
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
    "syscalls": [{"names": ["sync"], "action": "SCMP_ACT_ERRNO"}]}'
  called EPERM sync
}

@test "an unknown architecture is refused" {
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PDP11"]}'
  refuses rt create "$ID"
  has "$stderr" SCMP_ARCH_PDP11
}

@test "an unknown action is refused" {
  rule SCMP_ACT_NONSENSE sync
  refuses rt create "$ID"
  has "$stderr" SCMP_ACT_NONSENSE
}

@test "an unknown operator is refused" {
  arg SCMP_CMP_ABOUT 7
  refuses rt create "$ID"
  has "$stderr" SCMP_CMP_ABOUT
}

@test "an unknown flag is refused" {
  differs runc "this old one refuses all flags"
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_NONSENSE"], "syscalls": [{"names": ["sync"], "action": "SCMP_ACT_ERRNO"}]}'
  refuses rt create "$ID"
  has "$stderr" SECCOMP_FILTER_FLAG_NONSENSE
}

@test "the flags LOG, SPEC_ALLOW and TSYNC are accepted" {
  differs runc "this old one refuses all flags"
  for flag in LOG SPEC_ALLOW TSYNC; do
    profile "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"SECCOMP_FILTER_FLAG_$flag\"], \"syscalls\": [{\"names\": [\"sync\"], \"action\": \"SCMP_ACT_ERRNO\"}]}"
    called EPERM sync
  done
}

@test "the flag WAIT_KILLABLE_RECV is accepted with a listener" {
  differs runc "1.1 does not know it"
  needs_kernel 5.19
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], "listenerPath": "'"$T"'/none",
    "syscalls": [{"names": ["sync"], "action": "SCMP_ACT_NOTIFY"}]}'
  refuses rt create "$ID"  # nobody listens: that is the error, not the flag
  has "$stderr" "$T/none"
}

@test "a filter is in force without noNewPrivileges too, and without capabilities" {
  config '.process.noNewPrivileges = false | del(.process.capabilities)'
  rule SCMP_ACT_ERRNO sync
  called EPERM sync
}

@test "a profile that forbids what the runtime itself does late in init does not break the start" {
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["setns", "unshare", "mount", "umount2", "pivot_root", "chroot",
    "keyctl", "add_key", "mknod", "mknodat", "sethostname", "bpf", "clone3", "move_mount", "open_tree", "fsopen"], "action": "SCMP_ACT_ERRNO"}]}'
  called EPERM sethostname x 1
}

@test "a profile that denies execve fails the start with an error" {
  rule SCMP_ACT_ERRNO execve
  args /bin/true
  try rt run "$ID"
  ((status != 0)) || skip "$RT_KIND starts programs with another call"
  has "${stderr,,}" "operation not permitted"
}

@test "NOTIFY hands the listener's descriptor and the container's state to the agent" {
  needs_kernel 5.6
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "'"$T"'/agent.sock", "listenerMetadata": "some metadata",
    "syscalls": [{"names": ["sync"], "action": "SCMP_ACT_NOTIFY"}]}'
  background "$PYTHON" "$HERE/programs/agent.py" "$T/agent.sock"
  agent=$BG_PID agent_out=$BG_OUT
  eventually test -S "$T/agent.sock"
  called ENOMEDIUM sync  # the agent's answer
  wait "$agent" || true
  state=$(<"$agent_out")
  is "$(jq -r '.metadata' <<<"$state")" "some metadata"
  is "$(jq -r '.fds | index("seccompFd") != null' <<<"$state")" true
  is "$(jq -r '.state.id' <<<"$state")" "$ID"
  is "$(jq -r '.state.status' <<<"$state")" creating
  like "$(jq -r '.pid' <<<"$state")" '^[0-9]+$'
}

@test "NOTIFY hands the agent a listener of its own for each exec, with the state of a running container" {
  needs_kernel 5.6
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "'"$T"'/agent.sock", "listenerMetadata": "some metadata",
    "syscalls": [{"names": ["sync"], "action": "SCMP_ACT_NOTIFY"}]}'
  background "$PYTHON" "$HERE/programs/agent.py" "$T/agent.sock"  # for init
  eventually test -S "$T/agent.sock"
  running
  rm "$T/agent.sock"
  background "$PYTHON" "$HERE/programs/agent.py" "$T/agent.sock"
  agent=$BG_PID agent_out=$BG_OUT
  eventually test -S "$T/agent.sock"
  succeeds rt exec --pid-file "$T/exec.pid" "$ID" /bin/probe call sync
  is "$output" ENOMEDIUM  # the second agent's answer
  wait "$agent"
  state=$(<"$agent_out")
  is "$(jq -r .metadata <<<"$state")" "some metadata"
  is "$(jq -c .fds <<<"$state")" '["seccompFd"]'
  is "$(jq -r .pid <<<"$state")" "$(<"$T/exec.pid")"
  is "$(jq -r .state.id <<<"$state")" "$ID"
  is "$(jq -r .state.status <<<"$state")" running
  is "$(jq -r .state.pid <<<"$state")" "$(pid_of)"
}

@test "NOTIFY without a listenerPath is refused" {
  rule SCMP_ACT_NOTIFY sync
  refuses rt create "$ID"
  has "$stderr" listenerPath
}

@test "NOTIFY of write is refused, as init itself writes" {
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "'"$T"'/agent.sock", "syscalls": [{"names": ["write"], "action": "SCMP_ACT_NOTIFY"}]}'
  refuses rt create "$ID"
}

@test "a profile of a few hundred syscalls with arguments works" {
  names=$(printf '"%s",' acct add_key bpf chroot delete_module finit_module init_module ioperm iopl kexec_load keyctl mbind mount \
    move_pages nfsservctl open_by_handle_at perf_event_open pivot_root process_vm_readv ptrace quotactl reboot request_key setns \
    settimeofday swapoff swapon syslog umount2 unshare uselib userfaultfd ustat vhangup vmsplice lookup_dcookie)
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: ([{names: $names, action: "SCMP_ACT_ERRNO"}]
    + [range(300) | {names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 22, args: [{index: 0, value: (. + 1000), op: "SCMP_CMP_EQ"}]}])}' \
    --argjson names "[${names%,}]"
  called EPERM acct 0
  called EINVAL personality 1123
  called ok personality 0xffffffff
}

@test "a profile that refuses everything, even to exit, fails and leaves no process" {
  profile '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}'
  try timeout 20 "$RT" --root "$ROOT" run "$ID"
  ((status != 0 && status != 124)) || { echo "status $status"; return 1; }
  try rt state "$ID"
  has "$stderr" "does not exist"
}

@test "a listenerPath that no rule needs may be missing" {
  profile '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "'"$T"'/nobody.sock"}'
  called ok sync
}

@test "with noNewPrivileges a profile may refuse what sets the capabilities" {
  rule SCMP_ACT_ERRNO capset
  config '.process.noNewPrivileges = true'
  inside_args /bin/echo ran
  is "$output" ran
}

@test "without noNewPrivileges an ordinary user's profile is loaded before a startContainer hook" {
  rule SCMP_ACT_ERRNO mkdir
  config '.process.noNewPrivileges = false | .process.user = {uid: 1000, gid: 1000}
    | .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "! mkdir /tmp/made"]}]'
  inside_args /bin/echo ran
  is "$output" ran
}

# A failure behind the filter, which keeps init from saying so.
@test "a filter that refuses the message of a failure does not make it a success" {
  own_rootfs
  echo 'neither ELF nor script' >"$ROOTFS/bin/text"
  chmod +x "$ROOTFS/bin/text"
  args /bin/text
  rule SCMP_ACT_ERRNO sendmsg
  refuses rt run "$ID"
  has "$stderr" "container init died (exit status 1)"
  has "$stderr" "sendmsg"
  succeeds rt create "$ID"
  try rt start "$ID"  # an error too, unless its parent has reaped init before we could look
  is_status stopped
}
