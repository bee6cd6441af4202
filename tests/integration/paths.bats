#!/usr/bin/env bats
# linux.maskedPaths and linux.readonlyPaths.
load helpers

mask() { config '.linux.maskedPaths += $ARGS.positional' --args -- "$@"; }
freeze() { config '.linux.readonlyPaths += $ARGS.positional' --args -- "$@"; }

@test "a masked file reads as empty and takes nothing" {
  mask /var/data/file
  inside 'cat /var/data/file; echo x >/var/data/file; cat /var/data/file; stat -c "%F %t:%T" /var/data/file'
  is "$output" "character special file 1:3"
}

@test "a masked directory is empty and cannot be written to" {
  mask /var/data
  inside 'ls /var/data; echo x >/var/data/x 2>/dev/null || echo refused'
  is "$output" refused
}

@test "masked files of /proc and directories of /sys are masked" {
  inside 'cat /proc/timer_list | wc -c; ls /sys/firmware | wc -l'
  is "$(xargs <<<"$output")" "0 0"
}

@test "a masked path that does not exist is passed over" {
  mask /no/such/path /proc/no-such-file
  inside 'echo fine; ls -d /no 2>/dev/null || true'
  is "$output" fine
}

@test "many masked directories are all masked" {
  own_rootfs
  for n in {1..40}; do
    mkdir -p "$ROOTFS/many/$n"
    touch "$ROOTFS/many/$n/secret"
  done
  for n in {1..40}; do list+=("/many/$n"); done
  mask "${list[@]}"
  inside 'find /many -name secret | wc -l; for d in /many/*; do touch $d/x 2>/dev/null && echo writable; done; true'
  is "$output" 0
}

@test "a path that is masked twice is masked" {
  mask /var/data /var/data /var/data/file /var/data/file
  inside 'ls /var/data | wc -l'
  is "$output" 0
}

@test "a masked path may be a symlink inside the image" {
  own_rootfs
  ln -s data "$ROOTFS/var/link"
  mask /var/link
  inside 'ls /var/data/ /var/link/ | grep -c file || true'
  like "$output" '^[01]$'
}

@test "a relative masked path is refused" {
  mask var/data
  try rt create "$ID"
  ((status != 0)) || skip "$RT_KIND takes it as it is"
}

@test "masks hold against the container's root without CAP_SYS_ADMIN" {
  give_caps '["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_MKNOD"]'
  mask /var/data
  inside 'umount /var/data 2>/dev/null || echo refused; mount -o remount,rw /var/data 2>/dev/null || echo refused'
  is "$output" $'refused\nrefused'
}

@test "a read-only path can be read and not written to" {
  own_rootfs
  freeze /var/data
  inside 'cat /var/data/file; echo x >/var/data/new 2>/dev/null || echo refused; echo x >/var/data/file 2>/dev/null || echo refused
    echo x >/var/fine && echo written'
  is "$output" $'data of the image\nrefused\nrefused\nwritten'
}

@test "a read-only file cannot be written to" {
  freeze /var/data/file
  inside 'echo x >/var/data/file 2>/dev/null || echo refused; cat /var/data/file'
  is "$output" $'refused\ndata of the image'
}

@test "/proc/sys is read-only" {
  give_caps
  inside 'echo x >/proc/sys/kernel/hostname 2>/dev/null || echo refused; cat /proc/sys/kernel/hostname'
  is "$output" $'refused\nrt-test'
}

@test "a read-only path that does not exist is passed over" {
  freeze /no/such/path
  inside 'echo fine'
  is "$output" fine
}

@test "a read-only path keeps the other flags of its mount" {
  inside 'grep " /proc/sys " /proc/self/mountinfo'
  like "$output" ' ro,nosuid,nodev,noexec'
}

@test "masked and read-only paths hold in exec too" {
  mask /var/data
  running
  succeeds rt exec "$ID" ls /var/data
  is "$output" ""
}
