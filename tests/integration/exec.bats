#!/usr/bin/env bats
# exec: another process in a running container.
load helpers

# in_container COMMAND...: exec in the container that `running` started.
in_container() { succeeds rt exec "$ID" "$@"; }

@test "exec runs a command in the container's namespaces and root" {
  running
  in_container hostname
  is "$output" rt-test
  in_container cat /var/data/file
  is "$output" "data of the image"
  pid=$(pid_of)
  for ns in pid mnt uts ipc; do
    in_container readlink "/proc/self/ns/$ns"
    is "$output" "$(readlink "/proc/$pid/ns/$ns")"
  done
}

@test "exec puts the process into the container's cgroups" {
  running
  in_container cat /proc/self/cgroup
  has "$output" "/$ID"
  is "$(grep -c "/$ID" <<<"$output")" "$(grep -c "/$ID" "/proc/$(pid_of)/cgroup")"
}

@test "exec exits with the command's exit code" {
  running
  for code in 0 1 42 255; do exits "$code" rt exec "$ID" sh -c "exit $code"; done
}

@test "exec exits with 128 + the number of the signal that killed the command" {
  running
  exits 137 rt exec "$ID" sh -c 'kill -9 $$'
  exits 143 rt exec "$ID" sh -c 'kill -TERM $$'
}

@test "exec exits with 255 when the command is not there, and names it" {
  running
  exits 255 rt exec "$ID" no-such-program
  has "$stderr" no-such-program
  has "$stderr" 'executable file not found in $PATH'
  exits 255 rt exec "$ID" /no/such/program
  has "${stderr,,}" "no such file or directory"
  is "$output" ""
}

@test "exec exits with 255 when the command is a directory or not executable" {
  running
  exits 255 rt exec "$ID" /var
  like "$stderr" '([Pp]ermission denied|[Ii]s a directory)'
  exits 255 rt exec "$ID" /usr/bin/plain-text
  has "${stderr,,}" "permission denied"
}

@test "exec finds the command in the PATH of the process" {
  running
  exits 255 rt exec -e PATH=/nowhere "$ID" hello
  exits 0 rt exec -e PATH=/nowhere:/usr/bin:/bin "$ID" hello
  is "$output" "hello from a script"
}

@test "exec keeps stdin, stdout and stderr apart" {
  running
  try rt exec "$ID" sh -c 'read -r line; echo "got $line"; echo oops >&2' <<<"input"
  is "$output" "got input"
  is "$stderr" oops
}

@test "exec carries megabytes unchanged" {
  running
  head -c 5000000 /dev/urandom >"$T/data"
  rt exec "$ID" cat <"$T/data" | cmp - "$T/data"
  # shellcheck disable=SC2002
  cat "$T/data" | rt exec "$ID" cat | cmp - "$T/data"
}

@test "exec --cwd sets the working directory" {
  running
  succeeds rt exec --cwd /var/data "$ID" pwd
  is "$output" /var/data
}

@test "exec without --cwd uses that of config.json" {
  config '.process.cwd = "/home/alice"'
  running
  in_container pwd
  is "$output" /home/alice
}

@test "exec refuses a working directory that is not absolute" {
  running
  exits 255 rt exec --cwd relative/path "$ID" pwd
  has "${stderr,,}" cwd
}

@test "exec --env adds to the environment of config.json and overrides it" {
  config '.process.env += ["FROM=config", "KEEP=this"]'
  running
  succeeds rt exec --env FROM=exec --env EXTRA=1 --env "SPACES=a b" "$ID" env
  is "$(sort <<<"$output" | grep -E '^(FROM|KEEP|EXTRA|SPACES)=')" $'EXTRA=1\nFROM=exec\nKEEP=this\nSPACES=a b'
}

@test "exec passes nothing of the caller's environment on" {
  running
  succeeds env SECRET_OF_THE_HOST=1 timeout "$LIMIT" "$RT" --root "$ROOT" exec "$ID" env
  lacks "$output" SECRET_OF_THE_HOST
}

@test "exec --user sets uid and gid" {
  running
  succeeds rt exec --user 1000:50 "$ID" id
  like "$output" '^uid=1000.* gid=50'
}

@test "exec --user without a gid uses gid 0" {
  running
  succeeds rt exec -u 1000 "$ID" sh -c 'id -u; id -g'
  is "$output" $'1000\n0'
}

@test "exec --user refuses what is not a number" {
  running
  for user in alice 1000:staff 1000: :50 -1 1000x 4294967296 1:2:3 ""; do
    [[ $RT_KIND == runc && ( $user == "" || $user == *:2:* || $user == -1 || $user == 4294967296 ) ]] && continue  # lenient
    try rt exec --user "$user" "$ID" true
    ((status != 0)) || { echo "accepted '$user'"; return 1; }
  done
}

@test "exec --additional-gids sets supplementary groups" {
  running
  succeeds rt exec --user 1000:1000 --additional-gids 50 --additional-gids 60 "$ID" grep Groups /proc/self/status
  is "$(awk '{$1 = ""; print}' <<<"$output" | xargs)" "50 60"
}

@test "exec sets HOME from the container's passwd" {
  running
  succeeds rt exec --user 1000 "$ID" sh -c 'echo $HOME'
  is "$output" /home/alice
  in_container sh -c 'echo $HOME'
  is "$output" /root
  succeeds rt exec -e HOME=/elsewhere "$ID" sh -c 'echo $HOME'
  is "$output" /elsewhere
}

@test "exec --cap adds a capability to bounding, effective and permitted, not to inheritable" {
  config '.process.noNewPrivileges = false'
  running
  in_container grep ^Cap /proc/self/status
  before=$output
  succeeds rt exec --cap CAP_SYS_TIME "$ID" grep ^Cap /proc/self/status
  for set in Prm Eff Bnd; do
    old=0x$(awk "/Cap$set/{print \$2}" <<<"$before")
    new=0x$(awk "/Cap$set/{print \$2}" <<<"$output")
    is "$((new))" "$((old | 1 << 25))"
  done
  is "$(awk '/CapInh/{print $2}' <<<"$output")" 0000000000000000
}

@test "exec without --cap has the capabilities of config.json" {
  running
  in_container grep CapEff /proc/self/status
  is "$output" $'CapEff:\t0000000020000420'
}

@test "exec --no-new-privs sets it, and config.json's value holds without it" {
  config '.process.noNewPrivileges = false'
  running
  in_container grep NoNewPrivs /proc/self/status
  is "$output" $'NoNewPrivs:\t0'
  succeeds rt exec --no-new-privs "$ID" grep NoNewPrivs /proc/self/status
  is "$output" $'NoNewPrivs:\t1'
}

@test "exec keeps config.json's noNewPrivileges" {
  running
  in_container grep NoNewPrivs /proc/self/status
  is "$output" $'NoNewPrivs:\t1'
}

@test "exec applies config.json's rlimits and oom score" {
  config '.process.rlimits = [{type: "RLIMIT_FSIZE", soft: 1048576, hard: 2097152}] | .process.oomScoreAdj = 100'
  running
  in_container sh -c 'grep "Max file size" /proc/self/limits; cat /proc/self/oom_score_adj'
  like "$output" $'^Max file size +1048576 +2097152 .*\n100$'
}

@test "exec applies config.json's umask" {
  differs runc "1.1 does not"
  config '.process.user.umask = 63'
  running
  in_container sh -c umask
  is "$output" 0077
}

@test "exec --process takes everything from the file" {
  running
  cat >"$T/process.json" <<-'END'
	{"terminal": false, "user": {"uid": 1000, "gid": 1000, "additionalGids": [50]}, "args": ["sh", "-c", "id -u; pwd; echo $X; umask"],
	 "env": ["PATH=/bin", "X=from the file"], "cwd": "/var"}
	END
  succeeds rt exec --process "$T/process.json" "$ID"
  is "$output" $'1000\n/var\nfrom the file\n0022'
  succeeds rt exec -p "$T/process.json" "$ID"
}

@test "exec --process refuses a file that is missing or broken" {
  running
  try rt exec --process "$T/none.json" "$ID"
  ((status != 0))
  has "${stderr,,}" "no such file or directory"
  echo '{"args": ["true"' >"$T/broken.json"
  try rt exec --process "$T/broken.json" "$ID"
  ((status != 0))
  echo '{"args": [], "cwd": "/"}' >"$T/empty.json"
  try rt exec --process "$T/empty.json" "$ID"
  ((status != 0))
}

@test "exec without a command is refused" {
  running
  try rt exec "$ID"
  ((status != 0))
  is "$output" ""
}

@test "options end at the container's id: the rest belongs to the command" {
  running
  in_container echo --cwd /x -e A=1 --help
  is "$output" "--cwd /x -e A=1 --help"
  in_container sh -c 'echo $0 "$@"' -t --tty
  is "$output" "-t --tty"
}

@test "exec --pid-file holds the pid and nothing else" {
  running
  succeeds rt exec --detach --pid-file "$T/pid" "$ID" sleep 1000
  pid=$(<"$T/pid")
  is "$(od -An -c "$T/pid" | tr -d ' \n')" "$pid"
  is "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 1000 "
}

@test "exec --detach leaves one process, a child of the calling subreaper" {
  running
  succeeds "$PROGRAMS/reap" "$T/left" timeout "$LIMIT" "$RT" --root "$ROOT" exec -d --pid-file "$T/pid" "$ID" sleep 1000
  like "$(<"$T/left")" "^child $(<"$T/pid") "
  is "$(wc -l <"$T/left")" 1
}

@test "exec leaves no process of its own behind" {
  running
  succeeds "$PROGRAMS/reap" "$T/left" timeout "$LIMIT" "$RT" --root "$ROOT" exec "$ID" true
  is "$(grep ^child "$T/left" || true)" ""
}

@test "exec in a created container works" {
  created
  succeeds rt exec "$ID" hostname
  is "$output" rt-test
}

@test "exec in a stopped container is refused" {
  created
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  exits 255 rt exec "$ID" true
  has "$stderr" "cannot exec in a stopped container"
}

@test "exec in a paused container is refused with a way out" {
  running
  succeeds rt pause "$ID"
  exits 255 rt exec "$ID" true
  has "$stderr" "cannot exec in a paused container"
  has "$stderr" "--ignore-paused"
}

@test "exec --ignore-paused waits for the container to be resumed" {
  running
  succeeds rt pause "$ID"
  background "$RT" --root "$ROOT" exec --ignore-paused "$ID" echo "done"
  execing=$BG_PID out=$BG_OUT
  sleep 0.2
  is "$(<"$out")" ""
  succeeds rt resume "$ID"
  code=0
  wait "$execing" || code=$?
  is "$code" 0
  is "$(<"$out")" "done"
}

@test "exec in an unknown container exits with 255 and says that it does not exist" {
  try rt exec "$ID" true
  like "$status" '^(1|255)$'
  has "$stderr" "does not exist"
}

@test "exec forwards signals to the command" {
  running
  background "$RT" --root "$ROOT" exec "$ID" /bin/probe trap
  execing=$BG_PID out=$BG_OUT
  eventually grep -q ready "$out"
  kill -TERM "$execing"
  eventually grep -qx "signal 15" "$out"
  kill -USR2 "$execing"
  code=0
  wait "$execing" || code=$?
  is "$code" 0
}

@test "exec'd processes end with the container" {
  running
  succeeds rt exec -d --pid-file "$T/pid" "$ID" sleep 1000
  succeeds rt kill "$ID" KILL
  eventually gone "$(<"$T/pid")"
}

@test "exec of ten commands at once works" {
  running
  for n in {1..10}; do
    background "$RT" --root "$ROOT" exec "$ID" sh -c "echo $n; exit $n"
  done
  n=1
  for pid in "${BACKGROUND[@]}"; do
    code=0
    wait "$pid" || code=$?
    is "$code" "$n"
    n=$((n + 1))
  done
}

@test "exec mounts nothing: the container's mounts stay as they are" {
  running
  before=$(<"/proc/$(pid_of)/mountinfo")
  in_container true
  is "$(<"/proc/$(pid_of)/mountinfo")" "$before"
}

@test "exec joins a user namespace and keeps the mapping" {
  user_namespace
  running
  succeeds rt exec "$ID" sh -c 'id -u; cat /proc/self/uid_map'
  is "$(xargs <<<"$output")" "0 0 100000 65536"
  succeeds rt exec -d --pid-file "$T/pid" "$ID" sleep 1000
  is "$(stat -c %u "/proc/$(<"$T/pid")")" 100000
}

@test "exec applies the container's seccomp profile" {
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sync"], action: "SCMP_ACT_ERRNO", errnoRet: 61}]}'
  running
  in_container probe call sync
  is "$output" ENODATA
}

@test "exec --cgroup runs the command in a cgroup below the container's" {
  needs_v1 pids
  running
  mkdir "/sys/fs/cgroup/pids/$ID/sub"
  succeeds rt exec --cgroup pids:sub "$ID" cat /proc/self/cgroup
  like "$output" "pids:/$ID/sub"$'\n'
  like "$output" "(memory|freezer):/$ID"$'\n'
}

@test "exec --cgroup refuses what lies outside, or is not there" {
  needs_v1 pids
  running
  for path in pids:../other pids:/../.. pids:none nosuchcontroller:sub; do
    try rt exec --cgroup "$path" "$ID" true
    ((status != 0)) || { echo "accepted $path"; return 1; }
  done
}

@test "exec refuses what its flags say wrong, with status 255 and the reason" {
  running
  refused() {  # refused FLAG VALUE WORDS
    try rt exec "$1" "$2" "$ID" true
    is "$status" 255
    like "$stderr" "exec failed: .*$3"
  }
  refused --cwd tmp "[Aa]bsolute"
  rt_only "its own words"
  refused --user nobody "invalid --user 'nobody'"
  refused --env NOVALUE "missing '='"
}
