#!/usr/bin/env bats
# Images made to trick the runtime: whatever they hold, nothing outside the root filesystem is read, made or changed.
#
# The targets of all tricks are in the test's own directory, so that a runtime that falls for one does no harm. runc 1.1 falls
# for some; those are marked.
load helpers

setup() {
  test_fixture
  [[ -n ${T:-} ]] || return 0
  own_rootfs
  VICTIM=$T/victim  # stands for a directory of the host
  mkdir -p "$VICTIM/dir"
  echo precious >"$VICTIM/file"
  BEFORE=$(census)
}

# Everything about the victim that a runtime could have changed.
census() { find "$VICTIM" -printf '%P %y %m %U:%G %T@ %l\n' | sort; cat "$VICTIM/file"; }
unharmed() {
  is "$(census)" "$BEFORE"
}
# Refused or run, both are fine; what is not is harm, or a hang.
try_run() {
  try rt run "$ID"
  ((status != 124)) || { echo "hung"; return 1; }
  unharmed
}
mount_more() {
  config '.mounts += [{destination: $ARGS.positional[0], type: $ARGS.positional[1], source: $ARGS.positional[2],
    options: $ARGS.positional[3:]}]' --args -- "$@"
}

@test "/dev is a symlink to a directory of the host" {
  differs runc "it makes its device links through the symlink"
  rmdir "$ROOTFS/dev"
  ln -s "$VICTIM" "$ROOTFS/dev"
  try_run
}

@test "/dev is a symlink to a directory of the host, and nothing is mounted there" {
  differs runc "it makes its device links through the symlink"
  rmdir "$ROOTFS/dev"
  ln -s "$VICTIM" "$ROOTFS/dev"
  config '.mounts |= map(select(.destination | startswith("/dev") | not))'
  try_run
}

@test "/dev climbs out of the root with .." {
  differs runc "it makes its device links through the symlink"
  rmdir "$ROOTFS/dev"
  ln -s ../victim "$ROOTFS/dev"
  try_run
}

@test "/proc is a symlink to a directory of the host" {
  rmdir "$ROOTFS/proc"
  ln -s "$VICTIM" "$ROOTFS/proc"
  try_run
}

@test "/proc is a symlink to another directory of the image" {
  rmdir "$ROOTFS/proc"
  mkdir "$ROOTFS/fake"
  ln -s fake "$ROOTFS/proc"
  try_run
}

@test "/sys is a symlink to a directory of the host" {
  rmdir "$ROOTFS/sys"
  ln -s "$VICTIM/dir" "$ROOTFS/sys"
  try_run
}

@test "a bind mount's destination is a symlink to an absolute path of the host" {
  mkdir "$T/source"
  echo hello >"$T/source/hello"
  rm -r "${ROOTFS:?}/etc"
  ln -s "$VICTIM/dir" "$ROOTFS/etc"
  mount_more /etc/new bind "$T/source" bind
  args cat /etc/new/hello
  try_run
  is "$output" hello
}

@test "a bind mount's destination climbs out with ../../../.." {
  mkdir "$T/source"
  ln -s "../../../../../../../../../..$VICTIM" "$ROOTFS/var/link"
  mount_more /var/link/made bind "$T/source" bind
  try_run
  is "$status" 0
}

@test "a file bound over a dangling symlink to the host makes no file there" {
  echo mine >"$T/source"
  ln -s "$VICTIM/dir/new" "$ROOTFS/etc/resolv.conf"
  mount_more /etc/resolv.conf bind "$T/source" bind
  try_run
}

@test "symlinks in a loop end with an error, not with a hang" {
  ln -s loop2 "$ROOTFS/loop1"
  ln -s loop1 "$ROOTFS/loop2"
  mount_more /loop1/x tmpfs tmpfs
  try_run
  ((status != 0))
  has "${stderr,,}" "too many levels of symbolic links"
}

@test "the working directory is a symlink to the host" {
  ln -s "$VICTIM/dir" "$ROOTFS/work"
  config '.process.cwd = "/work/made"'
  script 'pwd; ls /'
  try_run
}

@test "a missing working directory is not made outside" {
  ln -s "../../../../../../../..$VICTIM" "$ROOTFS/work"
  config '.process.cwd = "/work/a/b"'
  try_run
}

@test "tmpcopyup of a symlink to the host copies nothing of the host" {
  rm -r "$ROOTFS/var/data"
  ln -s "$VICTIM" "$ROOTFS/var/data"
  mount_more /var/data tmpfs tmpfs tmpcopyup
  script 'cat /var/data/file'
  try_run
  lacks "$output" precious
}

@test "tmpcopyup copies symlinks as symlinks" {
  ln -s "$VICTIM/file" "$ROOTFS/var/data/link"
  mount_more /var/data tmpfs tmpfs tmpcopyup
  script 'readlink /var/data/link; cat /var/data/link'
  try_run
  has "$output" "$VICTIM/file"
  lacks "$output" precious
}

@test "a masked path that is a symlink to the host masks nothing there" {
  ln -s "$VICTIM/file" "$ROOTFS/masked"
  config '.linux.maskedPaths += ["/masked"]'
  try_run
  is "$(<"$VICTIM/file")" precious
}

@test "a read-only path that is a symlink to the host changes nothing there" {
  ln -s "$VICTIM/dir" "$ROOTFS/frozen"
  config '.linux.readonlyPaths += ["/frozen"]'
  try_run
  touch "$VICTIM/dir/still-writable"
}

@test "a device's path that is a symlink to the host makes no node there" {
  ln -s "$VICTIM/dir" "$ROOTFS/nodes"
  config '.linux.devices = [{path: "/nodes/new", type: "c", major: 1, minor: 3, fileMode: 438, uid: 0, gid: 0}]'
  try_run
}

@test "/dev/null of the image is a symlink to the host" {
  ln -s "$VICTIM/file" "$ROOTFS/dev/null"
  config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .process.user = {uid: 1000, gid: 1000}'
  try_run
}

@test "/dev/ptmx and /dev/fd of the image lead to the host" {
  ln -s "$VICTIM/file" "$ROOTFS/dev/ptmx"
  ln -s "$VICTIM/dir" "$ROOTFS/dev/fd"
  ln -s "$VICTIM/dir" "$ROOTFS/dev/pts"
  config '.mounts |= map(select(.destination | startswith("/dev") | not))'
  try_run
}

@test "/dev/console of the image leads to the host, with a terminal" {
  ln -s "$VICTIM/file" "$ROOTFS/dev/console"
  config '.mounts |= map(select(.destination != "/dev")) | .process.terminal = true'
  script 'echo to the console >/dev/console'
  background "$PYTHON" "$HERE/programs/console.py" receive "$T/console.sock"
  receiver=$BG_PID
  eventually test -S "$T/console.sock"
  try rt run -d --console-socket "$T/console.sock" "$ID"
  ((status != 124))
  [[ $status != 0 ]] || eventually is_status stopped
  kill "$receiver" || true
  unharmed
}

@test "a cgroup mount over a symlink to the host" {
  rm -r "$ROOTFS/sys"
  mkdir -p "$ROOTFS/sys/fs"
  ln -s "$VICTIM/dir" "$ROOTFS/sys/fs/cgroup"
  config '.mounts |= map(select(.destination != "/sys"))'
  mount_more /sys/fs/cgroup cgroup cgroup ro
  try_run
}

@test "/etc/passwd leads to the host" {
  rm "$ROOTFS/etc/passwd"
  printf 'root:x:0:0:root:/stolen:/bin/sh\n' >"$VICTIM/passwd"
  BEFORE=$(census)
  ln -s "$VICTIM/passwd" "$ROOTFS/etc/passwd"
  script 'echo "$HOME"'
  try_run
  lacks "$output" stolen
}

@test "/etc/passwd is a fifo" {
  differs runc "it waits for a writer"
  rm "$ROOTFS/etc/passwd"
  mkfifo "$ROOTFS/etc/passwd"
  script 'echo "$HOME"'
  try_run
}

@test "/etc/passwd is huge and without a newline" {
  head -c 20000000 /dev/zero | tr '\0' x >"$ROOTFS/etc/passwd"
  script 'echo "home: $HOME"'
  try_run
  [[ $status != 0 ]] || is "$output" "home: /"
}

@test "the program to run is a symlink out of the root" {
  printf '#!/bin/sh\necho stolen\n' >"$VICTIM/program"
  chmod +x "$VICTIM/program"
  BEFORE=$(census)
  ln -s "$VICTIM/program" "$ROOTFS/bin/outside"
  args /bin/outside
  try_run
  ((status != 0))
  lacks "$output" stolen
}

@test "a mountpoint's parent is swapped for a symlink while containers start" {
  mkdir "$T/source" "$ROOTFS/race"
  mount_more /race/point bind "$T/source" bind
  cat >"$T/swap" <<-END
	while :; do
	  mv '$ROOTFS/race' '$ROOTFS/race.real'; ln -s '$VICTIM/dir' '$ROOTFS/race'
	  rm '$ROOTFS/race'; mv '$ROOTFS/race.real' '$ROOTFS/race'
	done
	END
  differs runc "1.1 makes the mountpoint by path"
  background bash "$T/swap"
  for _ in {1..30}; do try rt run "$ID"; ((status != 124)); done
  kill -KILL "$BG_PID"
  absent "$VICTIM/dir/point"
}

@test "the root filesystem itself is a symlink" {
  ln -s "$ROOTFS" "$T/link"
  config '.root.path = $path' --arg path "$T/link"
  try rt create "$ID"
  ((status != 0)) || is "$(<"/proc/$(pid_of)/root/var/data/file")" "data of the image"
}

@test "a bundle reached through a symlink works" {
  ln -s "$BUNDLE" "$T/link"
  script 'cat /var/data/file'
  cd /
  succeeds rt run --bundle "$T/link" "$ID"
  is "$output" "data of the image"
}

@test "exec in a container that has covered its /proc" {
  give_caps
  running
  succeeds rt exec "$ID" mount -t tmpfs tmpfs /proc
  try rt exec "$ID" echo still here
  ((status != 124))
  unharmed
  [[ $RT_KIND == runc ]] || is "$output" "still here"
}

@test "exec in a container that has made its /etc/passwd a fifo" {
  differs runc "it waits for a writer"
  running
  succeeds rt exec "$ID" sh -c 'rm /etc/passwd && mkfifo /etc/passwd'
  succeeds rt exec "$ID" echo still here
  is "$output" "still here"
}

@test "exec of a program that the container replaced by a link to the outside" {
  printf '#!/bin/sh\necho stolen\n' >"$VICTIM/program"
  chmod +x "$VICTIM/program"
  BEFORE=$(census)
  running
  rm "$ROOTFS/usr/bin/hello"
  ln -s "$VICTIM/program" "$ROOTFS/usr/bin/hello"
  exits 255 rt exec "$ID" hello
  unharmed
}

@test "delete of a container whose root filesystem is gone" {
  running
  rm -rf --one-file-system "${ROOTFS:?}/var" "${ROOTFS:?}/bin"
  succeeds rt delete --force "$ID"
}

# CVE-2019-16884: a label that is written to a file of the image instead of to procfs.
@test "the image's own /proc does not get the label of the process" {
  rt_only "needs a kernel without AppArmor to look as if it had it"
  [[ ! -d /sys/kernel/security/apparmor ]] || skip "AppArmor is there"
  mkdir -p "$ROOTFS/proc/thread-self/attr/apparmor"
  touch "$ROOTFS/proc/thread-self/attr/apparmor/exec"
  config '.mounts |= map(select(.destination != "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
  running
  pretending() {
    unshare --mount bash -c 'mount -t tmpfs none /sys/kernel/security && mkdir /sys/kernel/security/apparmor && exec "$@"' - \
      timeout "$LIMIT" "$RT" --root "$ROOT" "$@"
  }
  exits 255 pretending exec --apparmor some-profile "$ID" true
  has "$stderr" "apparmor/exec"
  rt delete --force "$ID"
  config '.process.apparmorProfile = "some-profile" | .process.args = ["true"]'
  refuses pretending run "$ID"
  has "$stderr" "apparmor/exec"
  is "$(<"$ROOTFS/proc/thread-self/attr/apparmor/exec")" ""
}

@test "nobody else can start a container, whatever the umask was" {
  loose() { (umask 0; rt create "$ID"); }
  succeeds loose
  is "$(stat -c %a "$ROOT/$ID"/start.sock)" 600
}
