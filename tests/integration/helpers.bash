# What every .bats file here stands on: bundles, calls of the runtime, assertions, and the proof that nothing is left behind.
#
# RT selects the runtime (default: build/release/rt of this checkout), so the same files run with another one:
#   RT=$(command -v runc) bats tests/integration
# A test that only rt is expected to pass says `rt_only "reason"` first.
# RT_TEST_DRIVER=systemd has systemd make the cgroups.
#
# Everything a file makes carries its token, "rt-test-XXXXXX": directories, container ids, cgroups. After each test the
# token must be gone from the processes, cgroups and mounts of the machine, or the test fails.
# shellcheck shell=bash disable=SC2034  # variables are for the .bats files

bats_require_minimum_version 1.5.0

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$HERE/../.." && pwd)
PROGRAMS=${BUILD:-$REPO/build}/tests/programs
[[ $PROGRAMS == /* ]] || PROGRAMS=$REPO/$PROGRAMS
RT=${RT:-$REPO/build/release/rt}
[[ $RT == */* ]] || RT=$(command -v "$RT" || echo "$RT")
[[ $RT == /* ]] || RT=$PWD/$RT
PYTHON=/usr/bin/python3
SLOWNESS=${RT_TEST_SLOWNESS:-1}  # how many times longer than on a usual machine things may take
LIMIT=$((20 * SLOWNESS))  # seconds any one call of the runtime may take
LC_ALL=C.UTF-8

# --- once per file ------------------------------------------------------------------------------------------------------

setup_file() { file_fixture; }
teardown_file() { drop_file_fixture; }

file_fixture() {
  ((EUID == 0)) || skip "needs root"
  [[ -x $RT ]] || { echo "no runtime at $RT (set RT=)" >&2; return 1; }
  export BUILD RT_KIND RT_VERSION FILE_DIR TOKEN ROOTFS TEMPLATE CGROUP
  RT_VERSION=$("$RT" --version)
  case $RT_VERSION in
    *$'\n'go:*) RT_KIND=runc ;;
    crun*) RT_KIND=crun ;;
    youki*) RT_KIND=youki ;;
    *) RT_KIND=rt ;;
  esac
  FILE_DIR=$(mktemp -d "${TMPDIR:-/tmp}/rt-test-XXXXXX")
  chmod 711 "$FILE_DIR"  # a container in a user namespace walks through it
  TOKEN=${FILE_DIR##*/}
  build_programs
  ROOTFS=$FILE_DIR/rootfs
  make_rootfs "$ROOTFS"
  TEMPLATE=$(jq -n --arg rootfs "$ROOTFS" -f "$HERE/config.jq")
  [[ ${RT_TEST_DRIVER:-fs} != systemd ]] || TEMPLATE=${TEMPLATE/'"/@ID@"'/'"system.slice:rt:@ID@"'}
  CGROUP=$(cgroup_layout)
}

drop_file_fixture() {
  [[ -n ${FILE_DIR:-} ]] || return 0
  rm -rf --one-file-system "$FILE_DIR"
}

# The small programs, compiled once; -static, so that they run in an empty root filesystem.
build_programs() {
  local source program stale=
  for source in "$HERE"/programs/*.c; do
    [[ $PROGRAMS/$(basename "$source" .c) -nt $source ]] || stale=1
  done
  [[ -n $stale ]] || return 0  # and nothing is written: it may be somebody else's directory
  mkdir -p "$PROGRAMS"
  (
    flock 9
    for source in "$HERE"/programs/*.c; do
      program=$PROGRAMS/$(basename "$source" .c)
      [[ $program -nt $source ]] || gcc -static -O1 -Wall -Wextra -Werror -o "$program" "$source"
    done
  ) 9>"$PROGRAMS/.lock"
}

# A root filesystem of Debian's busybox-static, with a few files for tests to look at.
make_rootfs() {
  local busybox root=$1
  busybox=$(command -v busybox)
  mkdir -p "$root"/{bin,dev,etc,home/alice,proc,sys,tmp,usr/bin,var/data/deep,run}
  cp "$busybox" "$root/bin/busybox"
  cp "$PROGRAMS/probe" "$root/bin/probe"
  chroot "$root" /bin/busybox --install -s /bin
  printf 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nalice:x:1000:\nstaff:x:50:alice\n' >"$root/etc/group"
  mkdir "$root/root"
  chmod 1777 "$root/tmp"
  echo 'data of the image' >"$root/var/data/file"
  printf '#!/bin/sh\necho hello from a script\n' >"$root/usr/bin/hello"
  chmod +x "$root/usr/bin/hello"
  echo 'no program' >"$root/usr/bin/plain-text"
}

cgroup_layout() {
  if [[ $(stat -fc %T /sys/fs/cgroup 2>/dev/null) == cgroup2fs ]]; then
    echo v2
  elif [[ -d /sys/fs/cgroup/memory ]]; then
    echo v1
  else
    echo none
  fi
}

# --- around each test ---------------------------------------------------------------------------------------------------

setup() { test_fixture; }
teardown() { drop_test_fixture; }

test_fixture() {
  ID=$TOKEN-$BATS_TEST_NUMBER
  T=$FILE_DIR/$BATS_TEST_NUMBER  # the test's own directory
  BUNDLE=$T/bundle
  ROOT=$T/root
  CALLS=0
  BACKGROUND=()
  UNDO=()
  mkdir -p "$BUNDLE" "$ROOT"
  chmod 711 "$T" "$ROOT"
  printf '%s\n' "${TEMPLATE//@ID@/$ID}" >"$BUNDLE/config.json"
  cd "$BUNDLE" || return 1
}

# Removes what the test made, then looks for what should not be there any more.
drop_test_fixture() {
  local id left i
  [[ -n ${T:-} ]] || return 0
  cd / || return 1
  for id in "$ROOT"/*/; do
    [[ -d $id ]] || continue
    id=${id%/}
    id=${id##*/}
    rt delete --force "$id" >"$T/delete.log" 2>&1 || { echo "delete --force $id:"; cat "$T/delete.log"; }
  done
  for ((i = ${#BACKGROUND[@]} - 1; i >= 0; i--)); do
    kill -KILL "${BACKGROUND[i]}" 2>/dev/null || :  # usually gone already
    wait "${BACKGROUND[i]}" 2>/dev/null || :
  done
  for ((i = ${#UNDO[@]} - 1; i >= 0; i--)); do eval "${UNDO[i]}"; done
  left=$(leftovers)
  if [[ -n $left ]]; then  # a process that was just killed may take a moment to go
    sleep 0.3
    left=$(leftovers)
  fi
  if [[ -n $left ]]; then
    remove_leftovers
    printf 'the test left behind:\n%s\n' "$left"
    return 1
  fi
  rm -rf --one-file-system "$T"
}

# One line per thing on this machine that still carries this test's id or directory. It runs after every test, so it starts few
# programs: in a guest of hack/vm each takes 0.1 s.
leftovers() {
  local file pid name point
  for file in "$ROOT"/* "$ROOT"/.[!.]*; do
    [[ -e $file && ${file##*/} != .cache ]] && echo "state: $file"
  done
  find /sys/fs/cgroup -regextype posix-extended -type d -name "*$ID*" -regex ".*$ID([^0-9].*)?" -printf 'cgroup: %p\n' 2>/dev/null
  while read -r _ _ _ _ point _; do
    [[ $point/ != "$T"/* && $point/ != "$ROOTFS"/* ]] || echo "mount: $point"
  done </proc/self/mountinfo
  # A container's process is known by its mounts, one of the runtime by its command line or environment.
  for file in $(grep -lE "$TOKEN/($BATS_TEST_NUMBER/|rootfs)" /proc/[0-9]*/mountinfo 2>/dev/null) \
    $(grep -lzF "$T/" /proc/[0-9]*/cmdline 2>/dev/null) \
    $(grep -lzx "RT_TEST_ID=$ID" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${file#/proc/}
    pid=${pid%%/*}
    [[ $pid == "$$" || $pid == "$BASHPID" ]] && continue
    [[ $file == */mountinfo && /proc/$pid/ns/mnt -ef /proc/self/ns/mnt ]] && continue
    name=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) || continue
    [[ -n $name ]] && echo "process: $pid $name"
  done | sort -u
}

# Makes the machine clean again after a failed test: only processes, cgroups and mounts that leftovers() named.
remove_leftovers() {
  local kind thing
  leftovers | while read -r kind thing; do
    case $kind in
      process:) kill -KILL "${thing%% *}" 2>/dev/null ;;
    esac
  done
  sleep 0.1
  leftovers | tac | while read -r kind thing; do
    case $kind in
      cgroup:) rmdir "$thing" 2>/dev/null ;;
      mount:) umount -l "$thing" ;;
    esac
  done
  return 0
}

# --- calling the runtime ------------------------------------------------------------------------------------------------

DRIVER=()
[[ ${RT_TEST_DRIVER:-fs} == fs ]] || DRIVER=("--${RT_TEST_DRIVER}-cgroup")
rt() { RT_TEST_ID=$ID timeout -k 5 "$LIMIT" "$RT" --root "$ROOT" "${DRIVER[@]}" "$@"; }

# try COMMAND...: runs it with stdout and stderr in files (a detached container keeps them open, so pipes would hang) and
# sets $status, $output, $stderr. OUT and ERR are the files.
try() {
  COMMAND=("$@")
  CALLS=$((CALLS + 1))
  OUT=$T/out.$CALLS
  ERR=$T/err.$CALLS
  status=0
  "$@" >"$OUT" 2>"$ERR" 3>&- 4>&- || status=$?
  { output=$(<"$OUT"); stderr=$(<"$ERR"); } 2>/dev/null  # bash leaves out NUL bytes, and says so
}

show() { printf 'command: %s\nstatus: %s\nstdout: %s\nstderr: %s\n' "${COMMAND[*]}" "$status" "$output" "$stderr"; }

succeeds() {
  try "$@"
  ((status == 0)) && return
  echo "expected success"
  show
  return 1
}

# The runtime itself says no: exit status 1, an error on stderr, nothing on stdout.
refuses() {
  try "$@"
  ((status == 1)) && [[ -z $output && -n $stderr ]] && return
  echo "expected exit status 1, an error on stderr and nothing on stdout"
  show
  return 1
}

# exits N COMMAND...
exits() {
  local expected=$1
  shift
  try "$@"
  ((status == expected)) && return
  echo "expected exit status $expected"
  show
  return 1
}

# background COMMAND...: runs it beside the test; $BG_PID is its pid, BG_OUT and BG_ERR its output. Ended by teardown.
background() {
  CALLS=$((CALLS + 1))
  BG_OUT=$T/out.$CALLS
  BG_ERR=$T/err.$CALLS
  RT_TEST_ID=$ID "$@" >"$BG_OUT" 2>"$BG_ERR" 3>&- 4>&- &
  BG_PID=$!
  BACKGROUND+=("$BG_PID")
}

# --- configuring the container ------------------------------------------------------------------------------------------

# config FILTER [JQ-OPTION...]: changes the bundle's config.json.
config() {
  local filter=$1 changed
  shift
  changed=$(jq "$filter" "$BUNDLE/config.json" "$@") || return
  printf '%s\n' "$changed" >"$BUNDLE/config.json"
}

# script CODE: what the container's shell runs as PID 1.
script() { config '.process.args = ["/bin/sh", "-c", $code]' --arg code "$1"; }
args() { config '.process.args = $ARGS.positional' --args -- "$@"; }

# A root filesystem of the test's own, for what writes to it or is hostile: $ROOTFS from here on.
own_rootfs() {
  cp -a "$ROOTFS" "$T/rootfs"
  ROOTFS=$T/rootfs
  config '.root.path = $path' --arg path "$ROOTFS"
}

ALL_CAPS='["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
  "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
  "CAP_SYS_ADMIN", "CAP_SYS_NICE", "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_SETFCAP"]'
# give_caps [JSON]: the same set, or a wide one, in bounding, effective and permitted.
give_caps() {
  config '.process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}' \
    --argjson caps "${1:-$ALL_CAPS}"
}

# inside CODE: runs CODE in a fresh container; $output is what it printed.
inside() {
  script "$1"
  succeeds rt run "$ID"
}
inside_args() {
  args "$@"
  succeeds rt run "$ID"
}

# running: a detached container $ID whose PID 1 waits (or runs CODE); its first output line has been printed.
running() {
  if (($# > 0)); then script "$1"; else args /bin/probe waiting up; fi
  succeeds rt run --detach "$ID"
  CONTAINER_OUT=$OUT
  CONTAINER_ERR=$ERR
  eventually test -s "$OUT"
}
created() {
  if (($# > 0)); then script "$1"; fi
  succeeds rt create "$ID"
  CONTAINER_OUT=$OUT
}

# user_namespace: one of its own, root being 100000 on the host; with a network namespace, without which there is no sysfs.
user_namespace() {
  own_rootfs
  chown -R 100000:100000 "$ROOTFS"
  config '.linux.namespaces += [{type: "user"}, {type: "network"}]
    | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
}

# state_field NAME [ID]: of what `rt state` prints. Without jq, which takes longer to start than the runtime (1 s where
# instructions are emulated).
state_field() {
  local text
  text=$(rt state "${2:-$ID}") || return 0  # no such container: nothing
  [[ ! $text =~ \"$1\":\ *\"?([a-z0-9]+) ]] || echo "${BASH_REMATCH[1]}"
}
state_of() { state_field status "$@"; }
pid_of() { state_field pid "$@"; }
is_status() { [[ $(state_of "${2:-$ID}") == "$1" ]]; }

# --- asserting ----------------------------------------------------------------------------------------------------------

is() {
  [[ $1 == "$2" ]] && return
  printf 'expected: %s\n     got: %s\n' "$2" "$1"
  [[ -n ${COMMAND:-} ]] && show
  return 1
}
isnt() {
  [[ $1 != "$2" ]] && return
  printf 'expected anything but: %s\n' "$2"
  return 1
}
has() {
  [[ $1 == *"$2"* ]] && return
  printf 'expected to find: %s\n              in: %s\n' "$2" "$1"
  [[ -n ${COMMAND:-} ]] && show
  return 1
}
lacks() {
  [[ $1 != *"$2"* ]] && return
  printf 'expected not to find: %s\n                  in: %s\n' "$2" "$1"
  return 1
}
like() {
  [[ $1 =~ $2 ]] && return
  printf 'expected a match of: %s\n                 in: %s\n' "$2" "$1"
  [[ -n ${COMMAND:-} ]] && show
  return 1
}
exists() { [[ -e $1 || -L $1 ]] || { echo "expected to exist: $1"; return 1; }; }
absent() { [[ ! -e $1 && ! -L $1 ]] || { echo "expected not to exist: $1"; return 1; }; }

# eventually COMMAND...: within 10 seconds (times SLOWNESS) it succeeds.
eventually() {
  local deadline=$((SECONDS + 10 * SLOWNESS))
  until "$@" 2>/dev/null; do
    if ((SECONDS > deadline)); then
      echo "still not, after $((10 * SLOWNESS)) seconds: $*"
      return 1
    fi
    sleep 0.02
  done
}
gone() { [[ ! -e /proc/$1 || $(awk '{print $3}' "/proc/$1/stat" 2>/dev/null) == [ZX] ]]; }

# --- skipping -----------------------------------------------------------------------------------------------------------

rt_only() { [[ $RT_KIND == rt ]] || skip "rt only: $1"; }
# known KIND REASON: that other runtime is known to differ here.
differs() { [[ $RT_KIND != "$1" ]] || skip "$1 differs: $2"; }
needs_v1() { [[ $CGROUP == v1 ]] || skip "needs cgroup v1"; [[ -z ${1:-} || -d /sys/fs/cgroup/$1 ]] || skip "needs the v1 controller $1"; }
needs_v2() { [[ $CGROUP == v2 ]] || skip "needs cgroup v2"; }
needs_command() { command -v "$1" >/dev/null || skip "needs $1"; }
needs_kernel() {
  local have
  have=$(uname -r)
  [[ $(printf '%s\n%s\n' "$1" "$have" | sort -V | head -1) == "$1" ]] || skip "needs Linux $1, this is $have"
}
