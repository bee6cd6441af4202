#!/usr/bin/env bats
# The six hooks: config.md, "POSIX-platform Hooks", and runtime.md, "Lifecycle".
load helpers

# hook KIND CODE [MORE-JSON]: one more hook that runs CODE with sh. Hooks of the container's namespace find sh there too.
hook() {
  config '.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $code]} + $more]' \
    --arg kind "$1" --arg code "$2" --argjson more "${3:-{\}}"
}
KINDS="prestart createRuntime createContainer startContainer poststart poststop"

@test "hooks run in the order of the specification" {
  differs runc "1.1 runs poststart at create"
  own_rootfs
  for kind in $KINDS; do
    if [[ $kind == startContainer ]]; then hook "$kind" 'echo startContainer >>/log'; else hook "$kind" "echo $kind >>$ROOTFS/log"; fi
  done
  script 'echo program >>/log'
  succeeds rt run "$ID"
  log=$(<"$ROOTFS/log")
  # poststart and the program run side by side.
  is "$(grep -v program <<<"$log" | xargs)" "prestart createRuntime createContainer startContainer poststart poststop"
  like "$(xargs <<<"$log")" 'startContainer (program poststart|poststart program) poststop$'
}

@test "each hook runs with its operation: create, start, delete" {
  differs runc "1.1 runs poststart at create"
  own_rootfs
  for kind in $KINDS; do
    if [[ $kind == startContainer ]]; then hook "$kind" 'echo startContainer >>/log'; else hook "$kind" "echo $kind >>$ROOTFS/log"; fi
  done
  args /bin/probe waiting up
  succeeds rt create "$ID"
  is "$(xargs <"$ROOTFS/log")" "prestart createRuntime createContainer"
  succeeds rt start "$ID"
  is "$(xargs <"$ROOTFS/log")" "prestart createRuntime createContainer startContainer poststart"
  succeeds rt delete --force "$ID"
  is "$(xargs <"$ROOTFS/log")" "prestart createRuntime createContainer startContainer poststart poststop"
}

@test "several hooks of a kind run in their order" {
  for n in 1 2 3; do hook createRuntime "echo $n >>$T/log"; done
  created
  is "$(xargs <"$T/log")" "1 2 3"
}

@test "hooks of the runtime's namespace get the state on stdin" {
  config '.annotations = {"org.example": "a/b \"c\""}'
  for kind in prestart createRuntime poststart poststop; do hook "$kind" "cat >$T/$kind.json"; done
  args /bin/probe waiting up
  succeeds rt create --pid-file "$T/pid" "$ID"
  succeeds rt start "$ID"
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  succeeds rt delete "$ID"
  for kind in prestart createRuntime poststart poststop; do
    state=$(<"$T/$kind.json")
    is "$(jq -r '.id, .bundle, .annotations["org.example"]' <<<"$state")" "$ID"$'\n'"$BUNDLE"$'\na/b "c"'
    like "$(jq -r .ociVersion <<<"$state")" '^1\.'
  done
  for kind in prestart createRuntime poststart; do is "$(jq -r .pid "$T/$kind.json")" "$(<"$T/pid")"; done
  is "$(jq -r .status "$T/createRuntime.json")" creating
  [[ $RT_KIND == runc ]] || is "$(jq -r .status "$T/poststart.json")" running  # 1.1 runs it at create
  is "$(jq -r .status "$T/poststop.json")" stopped
}

@test "hooks of the container's namespace get the pid as the container sees it" {
  own_rootfs
  hook startContainer 'cat >/state.json'
  succeeds rt run "$ID"
  is "$(jq -r .pid "$ROOTFS/state.json")" 1
  is "$(jq -r .status "$ROOTFS/state.json")" created
  is "$(jq -r .id "$ROOTFS/state.json")" "$ID"
}

@test "the state on stdin is one line of compact JSON" {
  hook createRuntime "cat >$T/state.json"
  created
  is "$(jq -c . "$T/state.json")" "$(<"$T/state.json")"
}

@test "createRuntime runs in the runtime's namespaces, createContainer in the container's" {
  for kind in createRuntime createContainer; do
    hook "$kind" "for n in mnt uts pid ipc; do readlink /proc/self/ns/\$n; done >$T/$kind.ns"
  done
  created
  pid=$(pid_of)
  is "$(<"$T/createRuntime.ns")" "$(for n in mnt uts pid ipc; do readlink "/proc/self/ns/$n"; done)"
  is "$(sed -n '1,2p;4p' "$T/createContainer.ns")" "$(for n in mnt uts ipc; do readlink "/proc/$pid/ns/$n"; done)"
}

@test "createRuntime and createContainer run before pivot_root: the container's mounts are below its root" {
  hook createContainer "grep -c ' $ROOTFS/proc ' /proc/self/mountinfo >$T/mounts; pwd >$T/pwd"
  created
  is "$(<"$T/mounts")" 1
}

@test "startContainer runs in the container, after pivot_root" {
  own_rootfs
  hook startContainer 'ls / >/ls; hostname >/name; echo $$ >/pid; cat /proc/self/cgroup >/cgroup'
  succeeds rt run "$ID"
  has "$(<"$ROOTFS/ls")" var
  is "$(<"$ROOTFS/name")" rt-test
  has "$(<"$ROOTFS/cgroup")" "$ID"
}

@test "a createContainer hook's mount is seen by the container" {
  mkdir "$T/source"
  echo mounted >"$T/source/file"
  own_rootfs
  mkdir "$ROOTFS/mnt-hook"
  hook createContainer "mount --bind $T/source $ROOTFS/mnt-hook"
  inside 'cat /mnt-hook/file'
  is "$output" mounted
}

@test "a hook's args are its own, args[0] too" {
  config '.hooks.createRuntime = [{path: "/bin/sh", args: ["a name of its own", "-c", $code, "zero", "one two", ""]}]' \
    --arg code "tr '\\0' '|' </proc/\$\$/cmdline >$T/cmdline; printf '%s|' \"\$0\" \"\$@\" >$T/args"
  created
  is "$(<"$T/args")" "zero|one two||"
  like "$(<"$T/cmdline")" '^a name of its own\|'
}

@test "a hook without args is called by its path" {
  printf '#!/bin/sh\necho "$# $0" >%s\n' "$T/called" >"$T/hook.sh"
  chmod +x "$T/hook.sh"
  config '.hooks.createRuntime = [{path: $path}]' --arg path "$T/hook.sh"
  created
  is "$(<"$T/called")" "0 $T/hook.sh"
}

@test "a hook's env is its whole environment" {
  hook createRuntime "env >$T/env" '{"env": ["PATH=/usr/bin:/bin", "ONE=1", "TWO=a b"]}'
  secret() { SECRET=1 rt create "$ID"; }
  succeeds secret
  is "$(grep -vE '^(PWD|SHLVL|_|OLDPWD)=' "$T/env" | sort)" $'ONE=1\nPATH=/usr/bin:/bin\nTWO=a b'
}

@test "a hook without env has an empty environment" {
  differs runc "1.1 hands its own on"
  printf '#!/bin/sh\n/usr/bin/env >%s\n' "$T/env" >"$T/hook.sh"
  chmod +x "$T/hook.sh"
  config '.hooks.createRuntime = [{path: $path}]' --arg path "$T/hook.sh"
  secret() { SECRET=1 rt create "$ID"; }
  succeeds secret
  is "$(grep -vE '^(PWD|SHLVL|_|OLDPWD)=' "$T/env" || true)" ""
}

@test "a startContainer hook without env has the process's" {
  own_rootfs
  config '.process.env += ["OF_THE_PROCESS=1"]'
  hook startContainer 'echo "$OF_THE_PROCESS" >/seen'
  succeeds rt run "$ID"
  is "$(<"$ROOTFS/seen")" 1
}

@test "a hook that does not read its stdin is no error" {
  config '.annotations = {big: $big}' --arg big "$(head -c 100000 /dev/zero | tr '\0' x)"
  hook createRuntime 'exec <&-; exit 0'
  created
}

@test "a hook that runs past its timeout is killed and an error" {
  hook createRuntime 'exec sleep 100' '{"timeout": 1}'
  started=$SECONDS
  refuses rt create "$ID"
  ((SECONDS - started < 8))
  has "$stderr" "hook ran past specified timeout of 1.0s"
  refuses rt state "$ID"
}

@test "a timeout holds although a child of the hook keeps its output open" {
  differs runc "it waits for the end of the output"
  hook createRuntime "sleep 10 & echo \$! >$T/sleeper; wait" '{"timeout": 1}'
  started=$SECONDS
  refuses rt create "$ID"
  kill -KILL "$(<"$T/sleeper")" 2>/dev/null || true
  ((SECONDS - started < 8))
  has "$stderr" "timeout"
}

@test "delete --force ends a create that hangs in a hook, and the hook" {
  hook createRuntime "echo \$\$ >$T/hook; exec sleep 100"
  background rt create "$ID"
  creating=$BG_PID
  eventually test -s "$T/hook"
  started=$SECONDS
  succeeds rt delete --force "$ID"
  ((SECONDS - started < 4))
  if wait "$creating"; then return 1; fi
  has "$(<"$BG_ERR")" "createRuntime hook #0: '/bin/sh': the container's init was killed while the hook ran"
  eventually gone "$(<"$T/hook")"
  refuses rt state "$ID"
}

@test "a failing hook is told in the same words in either namespace" {
  own_rootfs
  for kind in createRuntime createContainer; do
    config 'del(.hooks)'
    hook "$kind" 'echo said; exit 3'
    refuses rt create "$ID"
    like "$stderr" "error running $kind hook #0: '/bin/sh': exit status 3, (stdout|output): said"
    config 'del(.hooks)'
    hook "$kind" 'kill -TERM $$'
    refuses rt create "$ID"
    has "$stderr" "error running $kind hook #0: '/bin/sh': killed by signal 15 (SIGTERM)"
    config 'del(.hooks)'
    hook "$kind" 'exec sleep 100' '{"timeout": 1}'
    refuses rt create "$ID"
    has "$stderr" "error running $kind hook #0: '/bin/sh': hook ran past specified timeout of 1.0s"
  done
}

@test "a hook that ends within its timeout is fine" {
  hook createRuntime "echo ran >$T/ran" '{"timeout": 15}'
  created
  exists "$T/ran"
}

@test "a timeout of 0 or less is refused" {
  rt_only "runc 1.1 takes 0 as an immediate one"
  hook createRuntime 'true' '{"timeout": 0}'
  refuses rt create "$ID"
  has "$stderr" timeout
}

# runtime.md has it destroyed; an engine deletes it in any case.
stopped_or_gone() { like "$(state_of 2>/dev/null)" '^(stopped|)$'; }
for_failing() {
  local kind=$1
  own_rootfs
  hook "$kind" 'echo some words of the hook >&2; exit 17'
  hook "$kind" "echo second >>$T/second"
  hook poststop "echo ran >>$T/poststop"
}

@test "a prestart hook that fails: create fails, poststop runs, nothing is left" {
  for_failing prestart
  refuses rt create "$ID"
  has "$stderr" "some words of the hook"
  has "$stderr" "exit status 17"
  absent "$T/second"
  exists "$T/poststop"
  refuses rt state "$ID"
}

@test "a createRuntime hook that fails: create fails, poststop runs, nothing is left" {
  for_failing createRuntime
  refuses rt create "$ID"
  has "$stderr" "some words of the hook"
  absent "$T/second"
  exists "$T/poststop"
  refuses rt state "$ID"
}

@test "a createContainer hook that fails: create fails, poststop runs, nothing is left" {
  for_failing createContainer
  refuses rt create "$ID"
  has "$stderr" "some words of the hook"
  absent "$T/second"
  refuses rt state "$ID"
  [[ $RT_KIND == runc ]] || exists "$T/poststop"
}

@test "a program that cannot be run: poststop takes down what createRuntime set up" {
  hook createRuntime "echo up >>$T/log"
  hook poststop "echo down >>$T/log"
  args /nosuch
  refuses rt create "$ID"
  is "$(xargs <"$T/log")" "up down"
  rm "$T/log"
  try rt run "$ID"
  ((status != 0))
  is "$(xargs <"$T/log")" "up down"
}

@test "create with a name that is taken runs no poststop hook" {
  hook poststop "echo down >>$T/log"
  running
  try rt create "$ID"
  ((status != 0))
  absent "$T/log"
}

@test "a startContainer hook that fails: start fails and the program never runs" {
  own_rootfs
  hook startContainer 'echo some words of the hook >&2; exit 17'
  created 'echo ran >/ran'
  try rt start "$ID"
  if ((status == 0)) && [[ $RT_KIND == runc ]]; then skip "runc 1.1 does not wait for the hook"; fi
  is "$status" 1
  has "$stderr" "exit status 17"
  absent "$ROOTFS/ran"
  stopped_or_gone
}

@test "run with a startContainer hook that fails is an error and leaves nothing" {
  own_rootfs
  hook startContainer 'exit 17'
  script 'echo ran >/ran'
  try rt run "$ID"
  ((status != 0))
  absent "$ROOTFS/ran"
  refuses rt state "$ID"
}

@test "a poststart hook that fails: start fails and the container is stopped" {
  differs runc "1.1 runs poststart at create"
  hook poststart 'exit 17'
  args /bin/probe waiting up
  succeeds rt create "$ID"
  refuses rt start "$ID"
  has "$stderr" "exit status 17"
  stopped_or_gone
}

@test "a poststop hook that fails is a warning, and the others run" {
  differs runc "1.1 does not run the others"
  hook poststop 'echo some words of the hook >&2; exit 17'
  hook poststop "echo second >>$T/second"
  created
  succeeds rt delete "$ID"
  exists "$T/second"
  refuses rt state "$ID"
}

@test "a hook that does not exist is an error that names it" {
  config '.hooks.createRuntime = [{path: "/no/such/hook"}]'
  refuses rt create "$ID"
  has "$stderr" /no/such/hook
  has "${stderr,,}" "no such file or directory"
}

@test "a hook that is killed by a signal is an error" {
  hook createRuntime 'kill -9 $$'
  refuses rt create "$ID"
  like "${stderr,,}" '(killed|signal 9)'
}

@test "a relative hook path is refused" {
  config '.hooks.createRuntime = [{path: "bin/true"}]'
  try rt create "$ID"
  ((status != 0)) || { [[ $RT_KIND == runc ]] && skip "runc 1.1 looks it up"; }
  is "$status" 1
}

@test "what hooks write does not appear in the runtime's own output" {
  hook createRuntime 'echo noise; echo noise >&2'
  created
  is "$output" ""
}

@test "hooks inherit no descriptors but the three standard ones" {
  printf '#!/bin/sh\nexec %s fds >%s\n' "$PROGRAMS/probe" "$T/fds" >"$T/hook.sh"
  chmod +x "$T/hook.sh"
  config '.hooks.createRuntime = [{path: $path}]' --arg path "$T/hook.sh"
  exec 7</
  created
  exec 7<&-
  is "$(tr ' ' '\n' <"$T/fds" | awk '$1 < 10' | xargs)" "0 1 2"
}

@test "a process that a hook leaves running does not keep create waiting" {
  hook createRuntime "sleep 12345 >/dev/null 2>&1 & echo \$! >$T/sleeper"
  started=$SECONDS
  created
  kill -KILL "$(<"$T/sleeper")"
  ((SECONDS - started < 5))
}

@test "a hook that writes megabytes neither hangs nor is lost" {
  hook createRuntime "head -c 2000000 /dev/zero | tr '\\0' x; head -c 2000000 /dev/zero | tr '\\0' y >&2; echo the end >&2; exit 3"
  refuses rt create "$ID"
  has "$stderr" "exit status 3"
  has "$stderr" "the end"
}

@test "createContainer starts in the container's root, so that it can mount there by relative paths" {
  own_rootfs
  echo mounted >"$T/file"
  hook createContainer "pwd >$T/pwd; : >./library && mount --bind $T/file ./library"
  inside 'cat /library'
  is "$output" mounted
  is "$(<"$T/pwd")" "$ROOTFS"
}

@test "a hook that fails is named with its kind and number, in the same words wherever it runs" {
  for kind in prestart createRuntime createContainer startContainer; do
    cp config.json saved.json
    hook "$kind" true
    hook "$kind" 'exit 3'
    refuses rt run "$ID"
    has "$stderr" "error running $kind hook #1: "
    mv saved.json config.json
  done
}
