#!/usr/bin/env bats
# config.md, "Process": user, groups, umask, cwd, env, args, rlimits and what else the program starts with.
load helpers

@test "user.uid and user.gid" {
  config '.process.user = {uid: 1000, gid: 50}'
  inside 'id -u; id -g'
  is "$output" $'1000\n50'
}

@test "a uid that the image does not know" {
  config '.process.user = {uid: 54321, gid: 12345}'
  inside 'id -u; id -g; echo "$HOME"'
  is "$output" $'54321\n12345\n/'
}

@test "user.additionalGids, and no group of the caller's" {
  config '.process.user = {uid: 1000, gid: 1000, additionalGids: [50, 60, 4000000]}'
  inside "awk '/^Groups/{print \$2, \$3, \$4, \$5}' /proc/self/status"
  is "$(xargs <<<"$output")" "50 60 4000000"
  config 'del(.process.user.additionalGids)'
  script 'grep ^Groups /proc/self/status'
  succeeds setpriv --groups 7,8,9 timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  is "$(xargs <<<"$output")" "Groups:"
}

@test "the caller's groups are kept if the annotation of podman's keep-groups says so" {
  differs runc "an annotation of crun"
  config '.process.user.additionalGids = [50] | .annotations["run.oci.keep_original_groups"] = "1"'
  script 'id -G'
  succeeds setpriv --groups 4242 "$RT" --root "$ROOT" run "$ID"
  is "$output" "0 4242"
}

@test "user.umask" {
  config '.process.user.umask = 63'
  inside 'umask; touch /tmp/made-with-umask; stat -c %a /tmp/made-with-umask; rm /tmp/made-with-umask'
  is "$output" $'0077\n600'
}

@test "without user.umask it is 0022, whatever the caller's" {
  script umask
  umasked() { (umask 007; rt run "$ID"); }
  succeeds umasked
  is "$output" 0022
}

@test "cwd" {
  config '.process.cwd = "/var/data"'
  inside 'pwd; cat file'
  is "$output" $'/var/data\ndata of the image'
}

@test "a missing cwd is made" {
  own_rootfs
  config '.process.cwd = "/made/by/the/runtime" | .process.user = {uid: 1000, gid: 1000}'
  inside 'pwd'
  is "$output" /made/by/the/runtime
  is "$(stat -c %F "$ROOTFS/made/by/the/runtime")" directory
}

@test "a cwd that only the container's user may enter" {
  own_rootfs
  mkdir -m 700 "$ROOTFS/private"
  chown 1000:1000 "$ROOTFS/private"
  config '.process.cwd = "/private" | .process.user = {uid: 1000, gid: 1000}'
  inside pwd
  is "$output" /private
}

@test "a cwd that only root may enter works for another user too" {
  own_rootfs
  mkdir -m 700 "$ROOTFS/private"
  config '.process.cwd = "/private" | .process.user = {uid: 1000, gid: 1000}'
  args /bin/true
  succeeds rt run "$ID"
}

@test "a cwd on a mount" {
  config '.mounts += [{destination: "/mnt/tmp", type: "tmpfs", source: "tmpfs"}] | .process.cwd = "/mnt/tmp/sub"'
  inside pwd
  is "$output" /mnt/tmp/sub
}

@test "a cwd that is a file is an error" {
  config '.process.cwd = "/var/data/file"'
  refuses rt run "$ID"
  has "${stderr,,}" "not a directory"
}

@test "a relative cwd is an error" {
  config '.process.cwd = "var/data"'
  refuses rt run "$ID"
  has "${stderr,,}" cwd
}

@test "env is the whole environment, in order" {
  config '.process.env = ["PATH=/bin", "B=2", "A=1", "HOME=/x", "EMPTY=", "EQUALS=a=b"]'
  args env
  succeeds env FROM_THE_HOST=1 timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  is "$output" $'PATH=/bin\nB=2\nA=1\nHOME=/x\nEMPTY=\nEQUALS=a=b'
}

@test "env keeps odd bytes and newlines" {
  config '.process.env += ["ODD=a\nb \"c\" $d ü"]'
  inside 'printf %s "$ODD"'
  is "$output" $'a\nb "c" $d ü'
}

@test "of a variable that is set twice the last value counts" {
  config '.process.env += ["TWICE=first", "TWICE=second"]'
  inside 'env | grep ^TWICE'
  is "$output" TWICE=second
}

@test "a variable without = is refused" {
  config '.process.env += ["NO_EQUALS_SIGN"]'
  try rt run "$ID"
  ((status != 0)) || skip "$RT_KIND takes it as it is"
  has "$stderr" NO_EQUALS_SIGN
}

@test "HOME comes from the image's passwd" {
  config '.process.user = {uid: 1000, gid: 1000}'
  inside 'echo "$HOME"'
  is "$output" /home/alice
}

@test "an empty HOME is set, another is kept" {
  config '.process.env += ["HOME="]'
  inside 'echo "$HOME"'
  is "$output" /root
  config '.process.env[-1] = "HOME=/kept"'
  inside 'echo "$HOME"'
  is "$output" /kept
}

@test "without an /etc/passwd HOME is /" {
  own_rootfs
  rm "$ROOTFS/etc/passwd"
  inside 'echo "$HOME"'
  is "$output" /
}

@test "args[0] is looked up in the container's PATH" {
  inside_args hello
  is "$output" "hello from a script"
  config '.process.env = ["PATH=/nowhere:/var"]'
  refuses rt run "$ID"
  has "$stderr" hello
  has "$stderr" 'executable file not found in $PATH'
}

@test "without a PATH args[0] must be a path" {
  config '.process.env = []'
  args /bin/echo fine
  succeeds rt run "$ID"
  is "$output" fine
}

@test "args[0] with a slash is a path, relative to cwd" {
  config '.process.cwd = "/usr"'
  inside_args bin/hello
  is "$output" "hello from a script"
}

@test "args are handed on unchanged" {
  args /bin/sh -c 'for a; do echo "<$a>"; done' sh "" "two words" $'new\nline' "-n" '$HOME' "ünï"
  succeeds rt run "$ID"
  is "$output" $'<>\n<two words>\n<new\nline>\n<-n>\n<$HOME>\n<ünï>'
}

@test "a program that is not there is an error of create, which names it" {
  args /no/such/program
  refuses rt create "$ID"
  has "$stderr" /no/such/program
  has "${stderr,,}" "no such file or directory"
  args no-such-program
  refuses rt create "$ID"
  has "$stderr" no-such-program
  has "$stderr" 'executable file not found in $PATH'
}

@test "a program that may not be executed is an error that says permission denied" {
  args /usr/bin/plain-text
  refuses rt run "$ID"
  has "$stderr" /usr/bin/plain-text
  has "${stderr,,}" "permission denied"
}

@test "a directory as the program is an error" {
  args /var/data
  refuses rt run "$ID"
  has "$stderr" /var/data
  like "${stderr,,}" '(permission denied|is a directory)'
}

@test "a program whose interpreter is missing is an error that names the program" {
  own_rootfs
  printf '#!/no/such/interpreter\n' >"$ROOTFS/bin/orphan"
  chmod +x "$ROOTFS/bin/orphan"
  args /bin/orphan
  try rt run "$ID"
  is "$status" 1
  has "$stderr" orphan
  has "${stderr,,}" "no such file or directory"
}

@test "a missing interpreter is thought of" {
  rt_only "a hint of ours"
  own_rootfs
  printf '#!/no/such/interpreter\n' >"$ROOTFS/bin/orphan"
  chmod +x "$ROOTFS/bin/orphan"
  args /bin/orphan
  refuses rt run "$ID"
  has "$stderr" interpreter
}

@test "a file that is no program is an error that says exec format error" {
  own_rootfs
  printf 'garbage' >"$ROOTFS/bin/garbage"
  chmod +x "$ROOTFS/bin/garbage"
  args /bin/garbage
  try rt run "$ID"
  is "$status" 1
  has "${stderr,,}" "exec format error"
}

@test "empty args are refused" {
  config '.process.args = []'
  refuses rt create "$ID"
  has "$stderr" args
}

@test "the program has PID 1 and no parent it can see" {
  inside 'echo $$ $PPID'
  is "$output" "1 0"
}

@test "the program leads a session of its own" {
  inside "awk '{print \$5, \$6}' /proc/1/stat"
  is "$output" "1 1"
}

@test "rlimits are set" {
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 456, hard: 456}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
    {type: "RLIMIT_NPROC", soft: 200, hard: 300}, {type: "RLIMIT_FSIZE", soft: 1048576, hard: 2097152},
    {type: "RLIMIT_AS", soft: 1073741824, hard: 1073741824}]'
  inside 'cat /proc/self/limits'
  like "$output" 'Max open files +456 +456 '
  like "$output" 'Max core file size +0 +0 '
  like "$output" 'Max processes +200 +300 '
  like "$output" 'Max file size +1048576 +2097152 '
  like "$output" 'Max address space +1073741824 +1073741824 '
}

@test "an unlimited rlimit" {
  config '.process.rlimits = [{type: "RLIMIT_STACK", soft: 18446744073709551615, hard: 18446744073709551615}]'
  script 'grep "Max stack" /proc/self/limits'
  # jq rounds the number, so it is put in as text.
  sed -i -E 's/18446744073709551615|18446744073709552000/18446744073709551615/g' config.json
  succeeds rt run "$ID"
  like "$output" 'unlimited +unlimited'
}

@test "every rlimit that Linux has is known" {
  config '.process.rlimits = (["AS", "CORE", "CPU", "DATA", "FSIZE", "LOCKS", "MEMLOCK", "MSGQUEUE", "NICE", "NOFILE", "NPROC",
    "RSS", "RTPRIO", "RTTIME", "SIGPENDING", "STACK"] | map({type: ("RLIMIT_" + .), soft: 0, hard: 0})
    | map(if .type | IN("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_STACK", "RLIMIT_CPU",
      "RLIMIT_RSS", "RLIMIT_LOCKS") then .soft = 16777216 | .hard = 16777216 else . end)
    | map(if .type == "RLIMIT_NOFILE" then .soft = 64 | .hard = 64 else . end)
    | map(if .type == "RLIMIT_NPROC" then .soft = 1000 | .hard = 1000 else . end))'
  inside 'grep -E "Max (cpu time|open files)" /proc/self/limits'
  like "$output" 'Max open files +64 +64'
}

@test "an rlimit that is listed twice is refused" {
  config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_CORE", soft: 1, hard: 1}]'
  differs runc "1.1 takes the last one"
  refuses rt create "$ID"
  has "$stderr" RLIMIT_CORE
}

@test "an unknown rlimit is refused by name" {
  config '.process.rlimits = [{type: "RLIMIT_NONSENSE", soft: 0, hard: 0}]'
  refuses rt create "$ID"
  has "$stderr" RLIMIT_NONSENSE
}

@test "a soft limit above the hard one is refused" {
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 100}]'
  refuses rt create "$ID"
  like "${stderr,,}" '(invalid argument|rlimits)'
}

@test "noNewPrivileges on and off" {
  inside 'grep NoNewPrivs /proc/self/status'
  is "$output" $'NoNewPrivs:\t1'
  config '.process.noNewPrivileges = false'
  inside 'grep NoNewPrivs /proc/self/status'
  is "$output" $'NoNewPrivs:\t0'
}

@test "oomScoreAdj, also 0 when the caller's is not" {
  for value in 500 0; do
    config '.process.oomScoreAdj = $value' --argjson value "$value"
    script 'cat /proc/self/oom_score_adj'
    succeeds choom -n 300 -- timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
    is "$output" "$value"
  done
}

@test "without oomScoreAdj the caller's is kept" {
  script 'cat /proc/self/oom_score_adj'
  succeeds choom -n 300 -- timeout "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  is "$output" 300
}

@test "the container has a session keyring of its own, named after it" {
  [[ -r /proc/keys ]] || skip "a kernel without keyrings"
  inside_args /bin/probe keyring
  like "$output" ";_ses.$ID$"
}

@test "--no-new-keyring keeps the caller's session keyring" {
  [[ -r /proc/keys ]] || skip "a kernel without keyrings"
  args /bin/probe keyring
  succeeds rt run --no-new-keyring "$ID"
  lacks "$output" "_ses.$ID"
}

@test "exec has the container's keyring" {
  [[ -r /proc/keys ]] || skip "a kernel without keyrings"
  running
  succeeds rt exec "$ID" /bin/probe keyring
  like "$output" "_ses.$ID$"
}

@test "the program's name and arguments are its own" {
  running
  is "$(<"/proc/$(pid_of)/comm")" probe
  is "$(tr '\0' ' ' <"/proc/$(pid_of)/cmdline")" "/bin/probe waiting up "
}

@test "an AppArmor profile on a machine without AppArmor is refused" {
  [[ ! -d /sys/kernel/security/apparmor && $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) != Y ]] || skip "AppArmor is there"
  config '.process.apparmorProfile = "some-profile"'
  refuses rt create "$ID"
  has "${stderr,,}" apparmor
}

# apparmor_profile: loads one that lets everything happen but writing below /tmp/denied; taken out again by teardown.
apparmor_profile() {
  [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]] || skip "needs AppArmor"
  needs_command apparmor_parser
  PROFILE=$ID
  printf 'profile %s flags=(attach_disconnected) {\n  file, capability, network, signal, ptrace, mount, umount, pivot_root, unix,\n  deny /tmp/denied/** w,\n}\n' \
    "$PROFILE" >"$T/profile"
  apparmor_parser -r "$T/profile"
  UNDO+=("apparmor_parser -R '$T/profile'")
  config '.process.apparmorProfile = $p' --arg p "$PROFILE"
}

@test "the program runs under its AppArmor profile, and so does what exec brings in" {
  apparmor_profile
  own_rootfs
  mkdir "$ROOTFS/tmp/denied"
  running 'cat /proc/self/attr/current; touch /tmp/denied/x || echo refused; sleep 1000'
  eventually grep -q refused "$CONTAINER_OUT"
  has "$(cat "$CONTAINER_OUT")" "$PROFILE (enforce)"
  succeeds rt exec "$ID" cat /proc/self/attr/current
  has "$output" "$PROFILE (enforce)"
}

@test "an AppArmor profile that is not loaded is refused by name" {
  apparmor_profile
  config '.process.apparmorProfile = "no-such-profile"'
  refuses rt run "$ID"
  has "$stderr" no-such-profile
  has "$stderr" 'attr/apparmor/exec`'
}

@test "a forged /proc of the image does not swallow the AppArmor profile" {
  rt_only "runc wants a procfs in the configuration"
  apparmor_profile
  own_rootfs
  mkdir -p "$ROOTFS/proc/thread-self/attr/apparmor"
  : >"$ROOTFS/proc/thread-self/attr/apparmor/exec"
  config '.mounts -= [.mounts[] | select(.destination == "/proc")] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
  running 'echo up; sleep 1000'
  is "$(cat "$ROOTFS/proc/thread-self/attr/apparmor/exec")" ""
  has "$(cat "/proc/$(pid_of)/attr/current")" "$PROFILE (enforce)"
}

@test "a forged /proc of a running container does not swallow the AppArmor profile of exec" {
  apparmor_profile
  give_caps
  running 'mount -t tmpfs x /proc && mkdir -p /proc/thread-self/attr/apparmor /proc/self/attr/apparmor && : >/proc/thread-self/attr/apparmor/exec; echo up; sleep 1000'
  succeeds rt exec -d --pid-file "$T/pid" "$ID" sleep 1000
  has "$(cat "/proc/$(cat "$T/pid")/attr/current")" "$PROFILE (enforce)"
}

@test "a label for mounts on a machine without SELinux is refused, not ignored" {
  [[ ! -d /sys/fs/selinux/booleans ]] || skip "SELinux is there"
  config '.linux.mountLabel = "system_u:object_r:svirt_sandbox_file_t:s0:c1,c2"'
  refuses rt run "$ID"
  has "${stderr,,}" selinux
}

@test "an SELinux label on a machine without SELinux is refused" {
  [[ ! -d /sys/fs/selinux/booleans ]] || skip "SELinux is there"
  config '.process.selinuxLabel = "system_u:system_r:svirt_t:s0"'
  refuses rt create "$ID"
  has "${stderr,,}" selinux
}

@test "a cwd that is a symlink leads to a directory of the image" {
  own_rootfs
  ln -s /var/data "$ROOTFS/absolute"
  ln -s var/data "$ROOTFS/relative"
  for cwd in /absolute /relative; do
    config '.process.cwd = $cwd' --arg cwd "$cwd"
    inside 'pwd -P'
    is "$output" /var/data
  done
}

@test "arguments and environment may be large, and too large is an error that says so" {
  config '.process.env += [range(2000) | "VARIABLE_\(.)=with a value of some length"]'
  inside 'env | grep -c ^VARIABLE_'
  is "$output" 2000
  head -c 140000 /dev/zero | tr '\0' x >"$T/big"
  config '.process.env = .process.env[:2] | .process.args += [$big]' --rawfile big "$T/big"
  try rt run "$ID"
  is "$status" 1
  has "${stderr,,}" "argument list too long"
}

@test "an id that means 'do not change' to the kernel is refused: it would leave root" {
  args id -u
  for user in '{uid: 4294967295, gid: 0}' '{uid: 0, gid: 4294967295}' '{uid: 0, gid: 0, additionalGids: [4294967295]}'; do
    config ".process.user = $user"
    try rt run "$ID"
    ((status != 0)) || { echo "ran as $output with $user"; return 1; }
  done
}

@test "exec --process refuses an id that means 'do not change'" {
  running
  jq '.process | .args = ["id", "-u"] | .terminal = false | .user = {uid: 4294967295, gid: 4294967295}' config.json >"$T/process.json"
  try rt exec --process "$T/process.json" "$ID"
  ((status != 0)) || { echo "ran as $output"; return 1; }
}

@test "a program that is /proc/self/exe is not the runtime's init a second time" {
  args /proc/self/exe
  exits 126 rt run "$ID"
  has "$stderr" "the runtime's own init"
  own_rootfs
  ln -s /proc/self/exe "$ROOTFS/bin/itself"  # CVE-2019-5736
  args itself more
  exits 126 rt run "$ID"
  has "$stderr" "the runtime's own init"
}

@test "CAP_DAC_OVERRIDE runs a program that only its owner may run" {
  own_rootfs
  mkdir "$ROOTFS/only-root"
  cp "$ROOTFS/bin/busybox" "$ROOTFS/only-root/echo"  # busybox goes by its name
  chmod 700 "$ROOTFS/only-root/echo"
  chmod 600 "$ROOTFS/usr/bin/plain-text"
  args /only-root/echo hello
  config '.process.user = {uid: 1000, gid: 1000}'
  refuses rt run "$ID"
  config '.process.capabilities |= with_entries(.value += ["CAP_DAC_OVERRIDE"])
    | .process.capabilities.ambient = ["CAP_DAC_OVERRIDE"] | .process.capabilities.inheritable = ["CAP_DAC_OVERRIDE"]'
  args /only-root/echo hello
  succeeds rt run "$ID"
  is "$output" hello
  args /usr/bin/plain-text  # nobody may run it
  refuses rt run "$ID"
}

@test "an ioPriority without a number is 0" {
  config '.process.ioPriority = {class: "IOPRIO_CLASS_BE"}'
  inside 'ionice -p $$'
  has "$output" "prio 0"
}
