#!/usr/bin/env bats
# The command line: version, help, flags, spec, features, plan, timing.
load helpers

@test "--version names the runtime, the commit and the specification" {
  succeeds "$RT" --version
  like "$(head -1 <<<"$output")" '^[a-z]+ version [0-9]'
  like "$output" $'\nspec: 1\\.[0-9]+\\.'
  succeeds "$RT" -v
  like "$(head -1 <<<"$output")" ' version '
}

@test "--help lists the commands, on stdout" {
  succeeds "$RT" --help
  for command in create start state kill delete run exec list ps pause resume events wait gc spec; do
    like "$output" "(^|"$'\n'") +$command"
  done
  is "$stderr" ""
}

@test "help of each command names its flags" {
  for command in create start state kill delete run exec list ps pause resume events wait gc spec; do
    succeeds "$RT" "$command" --help
    has "$output" "$command"
  done
  succeeds "$RT" exec --help
  for flag in cwd env tty user process detach pid-file cap preserve-fds ignore-paused; do has "$output" "$flag"; done
}

@test "help has examples" {
  rt_only "help of ours"
  for command in create run exec kill delete list ps; do
    succeeds "$RT" "$command" --help
    has "$output" example
  done
}

@test "without a command the help is shown" {
  try "$RT"
  has "$output$stderr" create
}

@test "an unknown command is refused" {
  try rt no-such-command
  ((status != 0)) || [[ $RT_KIND == runc ]]
  has "$output$stderr" no-such-command
}

@test "a misspelt command gets a suggestion" {
  rt_only "a hint of ours"
  refuses rt crate "$ID"
  has "$stderr" create
}

@test "an unknown flag is refused by name" {
  try rt state --no-such-flag "$ID"
  ((status != 0))
  has "$output$stderr" no-such-flag
}

@test "a flag on the wrong side of the command is told where it goes" {
  refuses rt --bundle x run "$ID"
  has "$stderr" "--bundle goes behind its command: rt create --bundle"
  refuses rt run --root x "$ID"
  has "$stderr" "--root is a global flag"
}

@test "long options may have one dash" {
  succeeds timeout "$LIMIT" "$RT" -root "$ROOT" create -bundle "$BUNDLE" -pid-file "$T/pid" "$ID"
  is "$(<"$T/pid")" "$(pid_of)"
  succeeds timeout "$LIMIT" "$RT" -root "$ROOT" -log "$T/log" delete -force "$ID"
}

@test "options take their value with = or after a space" {
  succeeds timeout "$LIMIT" "$RT" --root="$ROOT" create --bundle="$BUNDLE" --pid-file="$T/pid" "$ID"
  is "$(<"$T/pid")" "$(pid_of)"
}

@test "options may come after the id in create and run" {
  differs runc "flags end at the id"
  succeeds rt create "$ID" --pid-file "$T/pid"
  is "$(<"$T/pid")" "$(pid_of)"
}

@test "commands that need an id refuse to go without" {
  for command in create start state kill delete run exec ps pause resume events wait; do
    try rt "$command"
    ((status != 0)) || { echo "$command"; return 1; }
  done
}

@test "--root / is refused" {
  differs runc "1.1 lists the machine's directories"
  refuses "$RT" --root / list
  has "$stderr" "--root"
}

@test "--root is made if it is not there" {
  ROOT=$T/made/by/the/runtime
  succeeds rt create "$ID"
  is "$(stat -c %F "$ROOT")" directory
}

@test "a relative --root is relative to the working directory" {
  cd "$T"
  succeeds timeout "$LIMIT" "$RT" --root root create --bundle "$BUNDLE" "$ID"
  is "$(state_of)" created
}

@test "the state directories are closed to others" {
  created
  mode=$(stat -c %a "$ROOT/$ID")
  like "$mode" '^(700|711|1700)$'
  is "$(find "$ROOT/$ID" -type f -perm /022)" ""
}

@test "--rootless takes true, false and auto" {
  for value in false auto; do succeeds rt --rootless=$value run "$ID"; done
  try rt --rootless=maybe run "$ID"
  ((status != 0))
}

@test "--cgroup-manager cgroupfs and disabled" {
  rt_only "a flag that runc does not have"
  succeeds rt --cgroup-manager cgroupfs run "$ID"
  succeeds rt --cgroup-manager disabled run -d "$ID"
  is "$(find /sys/fs/cgroup -name "$ID")" ""
  refuses rt --cgroup-manager nonsense state "$ID"
}

@test "spec writes a config.json that is valid under the schema and can be run" {
  mkdir "$T/new"
  cd "$T/new"
  succeeds "$RT" spec
  is "$output" ""
  jq -e '.ociVersion and .process.args and .root.path == "rootfs"' config.json
  schema=$REPO/tests/data/oci-schema
  [[ ! -f $schema/config-schema.json ]] || succeeds "$PYTHON" "$HERE/programs/check_schema.py" "$schema/config-schema.json" config.json
  cp -a "$ROOTFS" rootfs
  BUNDLE=$T/new
  config '.process.terminal = false | .process.args = ["cat", "/var/data/file"] | .linux.cgroupsPath = "/" + $id' --arg id "$ID"
  succeeds rt run "$ID"
  is "$output" "data of the image"
}

@test "spec does not replace a config.json" {
  before=$(<config.json)
  refuses "$RT" spec
  has "$stderr" "File config.json exists. Remove it first"
  is "$(<config.json)" "$before"
}

@test "spec --bundle writes there" {
  mkdir "$T/new"
  succeeds "$RT" spec --bundle "$T/new"
  exists "$T/new/config.json"
}

@test "spec --rootless has a user namespace" {
  mkdir "$T/new"
  succeeds "$RT" spec --rootless --bundle "$T/new"
  jq -e '(.linux.namespaces | map(.type) | index("user")) and (.linux.uidMappings | length > 0)' "$T/new/config.json"
  schema=$REPO/tests/data/oci-schema
  [[ ! -f $schema/config-schema.json ]] || succeeds "$PYTHON" "$HERE/programs/check_schema.py" "$schema/config-schema.json" "$T/new/config.json"
}

@test "features prints JSON and nothing else, without needing a state directory or root" {
  differs runc "this old one has no features"
  succeeds env -i "$RT" features
  is "$stderr" ""
  jq -e '.ociVersionMin and .ociVersionMax and (.hooks | length == 6) and (.mountOptions | index("rro"))
    and (.linux.namespaces | index("user")) and (.linux.capabilities | index("CAP_CHOWN")) and .linux.cgroup.v1 and .linux.cgroup.v2
    and .linux.seccomp.enabled and (.linux.seccomp.actions | index("SCMP_ACT_NOTIFY"))' <<<"$output"
}

@test "features is valid under the schema" {
  differs runc "this old one has no features"
  schema=$REPO/tests/data/oci-schema
  [[ -f $schema/features-schema.json ]] || skip "no tests/data/oci-schema"
  "$RT" features >"$T/features.json"
  succeeds "$PYTHON" "$HERE/programs/check_schema.py" "$schema/features-schema.json" "$T/features.json"
}

@test "features as nobody" {
  differs runc "this old one has no features"
  cp "$RT" "$T/copy"
  chmod 755 "$T/copy"
  succeeds setpriv --reuid 65534 --regid 65534 --clear-groups "$T/copy" features
  jq -e .ociVersionMax <<<"$output"
}

@test "plan prints the steps and touches nothing" {
  rt_only "a command of ours"
  needs_command strace
  own_rootfs
  config '.mounts += [{destination: "/made/by/nobody", type: "tmpfs", source: "tmpfs"}]'
  before=$(find "$ROOTFS" | sort)
  cgroups=$(find /sys/fs/cgroup -type d | grep -c "$ID" || true)
  succeeds strace -f -qq -o "$T/trace" -e trace=clone,clone3,fork,vfork,unshare,setns,mount,fsopen,fsmount,open_tree,move_mount,mount_setattr,mkdir,mkdirat,mknod,mknodat,symlink,symlinkat,unlink,unlinkat,rename,renameat2,chroot,pivot_root \
    "$RT" --root "$ROOT" plan "$ID"
  is "$(<"$T/trace")" ""
  is "$(find "$ROOTFS" | sort)" "$before"
  is "$cgroups" 0
  is "$(find "$ROOT" -mindepth 1)" ""
  (($(wc -l <<<"$output") > 10))
  has "$output" /made/by/nobody
}

@test "plan --format json is one JSON document with the steps" {
  rt_only "a command of ours"
  succeeds rt plan --format json "$ID"
  jq -e 'type == "object" or type == "array"' <<<"$output"
  has "$output" /dev/shm
}

@test "plan works without a state directory that could be written, and twice" {
  rt_only "a command of ours"
  succeeds rt plan "$ID"
  first=$output
  succeeds rt plan "$ID"
  is "$output" "$first"
}

@test "plan of a broken config.json is the error of create" {
  rt_only "a command of ours"
  config '.linux.namespaces[0].type = "nonsense"'
  refuses rt plan "$ID"
  has "$stderr" nonsense
}

@test "--timing writes a JSON line for each step, with a duration" {
  rt_only "a flag of ours"
  succeeds rt --timing "$T/timing" run "$ID"
  (($(wc -l <"$T/timing") > 10))
  jq -e -s 'all(type == "object")' "$T/timing" >/dev/null
  while IFS= read -r line; do jq -e . >/dev/null <<<"$line"; done < <(head -3 "$T/timing")
  jq -e -s 'all(.[]; any(to_entries[]; (.key | test("us$|ns$|duration|seconds|ms$")) and (.value | type == "number" and . >= 0)))' "$T/timing"
}

@test "the default root is used without --root" {
  differs runc "its default root is the machine's own"
  succeeds env XDG_RUNTIME_DIR="$T/xdg" "$RT" list
}

@test "state, list and kill of a container need no working directory" {
  running
  mkdir "$T/gone"
  cd "$T/gone"
  rmdir "$T/gone"
  succeeds rt state "$ID"
  succeeds rt list
  succeeds rt kill "$ID" KILL
}

@test "the runtime works with an empty environment" {
  script 'echo fine'
  succeeds env -i "$(command -v timeout)" "$LIMIT" "$RT" --root "$ROOT" run "$ID"
  is "$output" fine
}

@test "the runtime needs neither HOME nor a standard input" {
  script 'echo fine'
  closed() { env -i "$(command -v timeout)" "$LIMIT" "$RT" --root "$ROOT" run "$ID" <&-; }
  succeeds closed
  is "$output" fine
}

@test "an ordinary user sees the plan of what only root can run, and the demo shows it" {
  mkdir -m 777 "$T/tmp"
  cp "$RT" "$T/runtime"
  chmod 755 "$T/runtime" "$T"
  user() { setpriv --reuid 1000 --regid 1000 --clear-groups env -i PATH="$PATH" HOME=/ TMPDIR="$T/tmp" "$@"; }
  succeeds user "$T/runtime" plan --bundle "$BUNDLE"
  has "$output" "pivot_root"
  refuses user "$T/runtime" run --bundle "$BUNDLE" "$ID"
  has "$stderr" "needs root"
  has "$stderr" "rt spec --rootless"
  lacks "$stderr" "not every cgroup"
  [[ $RT_KIND == rt && -r $REPO/hack/demo ]] || return 0
  succeeds user RT="$T/runtime" "$REPO/hack/demo"
  has "$output" "needs root"
}

@test "an ordinary user without a state directory is told how to have one" {
  cp "$RT" "$T/runtime"
  chmod 755 "$T/runtime" "$T"
  config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}]
    | .linux.gidMappings = .linux.uidMappings'
  refuses setpriv --reuid 1000 --regid 1000 --clear-groups env -i "$T/runtime" --root "$T/root" run --bundle "$BUNDLE" "$ID"
  has "$stderr" "Permission denied"
  has "$stderr" "XDG_RUNTIME_DIR"
}

@test "a caller that ignores SIGCHLD gets the program's exit status all the same" {
  script 'exit 7'
  ignoring() { "$PYTHON" -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])' "$RT" --root "$ROOT" "$@"; }
  exits 7 ignoring run "$ID"
  running
  exits 3 ignoring exec "$ID" sh -c 'exit 3'
}

@test "an unprivileged user runs what spec --rootless writes" {
  user() { setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR="$T/run" timeout "$LIMIT" "$T/runtime" "$@"; }
  try setpriv --reuid 1000 --regid 1000 --clear-groups unshare --user --map-root-user true
  ((status == 0)) || skip "no user namespaces for unprivileged users"
  cp "$RT" "$T/runtime"
  mkdir "$T/new" "$T/run"
  cp -a "$ROOTFS" "$T/new/rootfs"
  chown -R 1000:1000 "$T/new" "$T/run"
  chmod 755 "$T" "$T/runtime"
  cd "$T/new"
  succeeds user spec --rootless
  BUNDLE=$T/new
  config '.process.terminal = false | .root.readonly = false | .process.args = ["/bin/sh", "-c", $code]' \
    --arg code 'id -u; hostname; touch /tmp/made; cat /proc/self/uid_map'
  try user run "$ID"
  is "$status" 0
  is "$(xargs <<<"$output")" "0 $(jq -r .hostname config.json) 0 1000 1"
  is "$(stat -c %u "$T/new/rootfs/tmp/made")" 1000
  config '.process.args = ["/bin/probe", "waiting", "up"]'
  succeeds user run -d "$ID"
  is "$(user state "$ID" | jq -r .status)" running
  succeeds user exec "$ID" id -u
  is "$output" 0
  succeeds user delete --force "$ID"
}
