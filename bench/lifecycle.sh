#!/bin/bash
# Each operation of a container's life, with the floor, rt and every peer that is installed and can run the bundle: one
# interleaved run, so that the ratios mean something even where the times do not. Then memory: what a container waiting in
# `created` holds, and the smallest limit under which /bin/true still starts. Needs root and a quiet machine.
#
# ROUNDS (100); RT, FLOOR, INTERLEAVE, PEERS (see common.bash); RESULT (a file for the figures as JSON).
set -euo pipefail
# shellcheck source=bench/common.bash
source "$(dirname "$0")/common.bash"
: "${ROUNDS:=100}"

bundle true /bin/true
bundle sleep /bin/sleep 1000
printf '#!/bin/sh\n"$1" --root "$2" state c | grep -q "status.*stopped"\n' >"$work/stopped"
chmod +x "$work/stopped"

# What an engine asks for, with its seccomp profile.
profile=/usr/share/containers/seccomp.json
if [[ -r $profile && $(uname -m) == x86_64 ]]; then
  variant engine "$(<"$here/engine.jq")" --slurpfile profile "$profile" --arg file "$work/true/rootfs/etc/passwd" --arg arch amd64 \
    --arg native SCMP_ARCH_X86_64
else
  echo "no $profile (Debian's golang-github-containers-common), or no names for this architecture: no run-engine"
fi
find_runtimes

life() {  # life SUBJECT PROGRAM: a container's life as commands for interleave
  local call="$2 --root $work/$1-state"
  echo "time $1 run $call run --bundle $work/true b"
  [[ ! -d $work/engine ]] || echo "time $1 run-engine $call run --bundle $work/engine b"
  echo "time $1 create $call create --bundle $work/sleep --pid-file $work/$1.pid c"
  echo "time $1 state $call state c"
  echo "time $1 start $call start c"
  echo "time $1 exec $call exec c /bin/true"
  if [[ $1 == rt ]]; then
    echo "time floor exec $FLOOR exec @$work/rt.pid $name-sleep /bin/true"
    echo "time floor state $FLOOR read $work/rt-state/c/state.json"
    echo "time floor list $FLOOR read $work/rt-state/c/state.json"
  fi
  echo "time $1 list $call list"
  echo "time $1 kill $call kill c KILL"
  echo "until $work/stopped $2 $work/$1-state"
  echo "time $1 delete $call delete c"
}

{
  echo "time floor run $FLOOR run $work/true/rootfs $name-floor /bin/true"
  for runtime in "${runtimes[@]}"; do life "$(basename "$runtime")" "$runtime"; done
} >"$work/commands"
warn_of_load
"$INTERLEAVE" "$ROUNDS" --json "${RESULT:-$work/result.json}" <"$work/commands"

echo
charged() {  # bytes charged to the cgroup of bundle sleep
  cat "/sys/fs/cgroup/$name-sleep/memory.current" 2>/dev/null ||
    cat "/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)/$name-sleep/memory.usage_in_bytes" 2>/dev/null ||
    cat "/sys/fs/cgroup/memory/$name-sleep/memory.usage_in_bytes" 2>/dev/null || echo 0
}
for runtime in "${runtimes[@]}"; do
  call=("$runtime" --root "$work/memory-state")
  "${call[@]}" create --bundle "$work/sleep" --pid-file "$work/pid" m </dev/null >/dev/null 2>&1
  private=$(awk '/^Private_/ { sum += $2 } END { print sum }' "/proc/$(<"$work/pid")/smaps_rollup")
  printf '%-8s waiting in created: %s KB private, %d KB charged to its cgroup\n' "$(basename "$runtime")" "$private" $(($(charged) / 1024))
  "${call[@]}" delete --force m
done
for runtime in "${runtimes[@]}"; do
  for ((limit = 65536; limit <= 64 << 20; limit *= 2)); do
    jq ".linux.resources.memory = {limit: $limit}" "$work/true/config.json" >"$work/config" && cp "$work/config" "$work/true/config.json"
    if timeout 20 "$runtime" --root "$work/limit-state" run --bundle "$work/true" l </dev/null >/dev/null 2>&1; then break; fi
    timeout 20 "$runtime" --root "$work/limit-state" delete --force l >/dev/null 2>&1 || true
  done
  printf '%-8s smallest limit (powers of two) for /bin/true: %d KB\n' "$(basename "$runtime")" $((limit / 1024))
done
