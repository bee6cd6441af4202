#!/usr/bin/env bats
# What a container costs, where it can be counted: system calls. bench/floor does the kernel operations of the default
# configuration and nothing else; rt is held against it, and it against rt's plan. Times are for `make bench`.
load helpers

floor() { echo "$(dirname "$RT")/bench/floor"; }

# Counts into $T/NAME: one line "CALL NUMBER" for each system call of COMMAND and all its children.
count() {
  local name=$1
  shift
  strace -f -qq -c -o "$T/$name.strace" "$@" </dev/null >/dev/null 2>"$T/$name.said" || { cat "$T/$name.said"; return 1; }
  awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { print $NF, $4 }' "$T/$name.strace" >"$T/$name"
}
calls() { awk -v call="$2" '$1 == call { n = $2 } END { print n + 0 }' "$T/$1"; }
total() { awk '{ n += $2 } END { print n }' "$T/$1"; }

default_bundle() {
  rt_only "its own costs"
  command -v strace >/dev/null || skip "needs strace"
  [[ -x $(floor) ]] || skip "needs bench/floor (make check builds it)"
  rm config.json
  "$RT" spec
  config '.process.terminal = false | .process.args = ["/bin/true"] | .root.path = $root | .linux.cgroupsPath = $path' \
    --arg root "$ROOTFS" --arg path "/$ID"
}

@test "the floor makes the same mounts, nodes and privileges as rt's plan" {
  default_bundle
  count floor "$(floor)" run "$ROOTFS" "$ID-floor" /bin/true
  count rt "$RT" --root "$ROOT" run "$ID"
  # rt starts init as a second program, and its own mounts of proc for writes are none of the default configuration's.
  for call in fsopen fsconfig fsmount move_mount mknodat symlinkat pivot_root umount2 sethostname setsid rmdir unshare; do
    is "$call $(calls rt "$call")" "$call $(calls floor "$call")"
  done
}

@test "run takes at most twice the system calls of the floor" {
  default_bundle
  count floor "$(floor)" run "$ROOTFS" "$ID-floor" /bin/true
  count rt "$RT" --root "$ROOT" run "$ID"
  echo "rt: $(total rt), floor: $(total floor)"
  (($(total rt) <= 2 * $(total floor)))
}

@test "state and list take few system calls" {
  default_bundle
  config '.process.args = ["/bin/sleep", "100"]'
  succeeds rt run -d "$ID"
  count state "$RT" --root "$ROOT" state "$ID"
  count list "$RT" --root "$ROOT" list -q
  echo "state: $(total state), list: $(total list)"
  (($(total state) <= 60 && $(total list) <= 60))
}
