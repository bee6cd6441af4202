#!/usr/bin/env bats
# Propagation: of the root, and of single mounts between host and container.
load helpers

# A directory of the host that is a shared mount.
shared_source() {
  mkdir -p "$T/shared"
  mount -t tmpfs -o size=256k tmpfs "$T/shared"
  UNDO+=("umount -R '$T/shared'")
  mount --make-shared "$T/shared"
  mkdir "$T/shared/point"
  config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["rbind", $how]}]' \
    --arg source "$T/shared" --arg how "$1"
}
host_mounts() { mount -t tmpfs -o size=4k tmpfs "$T/shared/point"; }
container_sees() { grep -q ' /mnt/point ' "/proc/$(pid_of)/mountinfo"; }
host_sees() { grep -q " $T/shared/point " /proc/self/mountinfo; }
optional_of() { awk -v at="$1" '$5 == at {for (i = 7; $i != "-"; i++) printf "%s ", $i}' <<<"$output"; }

@test "a private mount does not see what the host mounts later" {
  shared_source rprivate
  running
  host_mounts
  ! container_sees
}

@test "a slave mount sees what the host mounts later, and gives nothing back" {
  config '.linux.rootfsPropagation = "rslave"'
  shared_source rslave
  give_caps
  running
  host_mounts
  container_sees
  umount "$T/shared/point"
  succeeds rt exec "$ID" mount -t tmpfs tmpfs /mnt/point
  ! host_sees
}

@test "a shared mount carries mounts both ways" {
  config '.linux.rootfsPropagation = "rshared"'
  shared_source rshared
  give_caps
  running
  succeeds rt exec "$ID" mount -t tmpfs tmpfs /mnt/point
  host_sees
  umount "$T/shared/point"
  ! container_sees
}

@test "rootfsPropagation private makes the root private" {
  config '.linux.rootfsPropagation = "private"'
  inside 'cat /proc/self/mountinfo'
  is "$(optional_of /)" ""
}

@test "rootfsPropagation unbindable makes the root one that cannot be bound" {
  differs runc "1.1 then cannot bind the root itself"
  config '.linux.rootfsPropagation = "unbindable"'
  inside 'cat /proc/self/mountinfo'
  has "$(optional_of /)" unbindable
}

@test "rootfsPropagation shared makes the root a shared mount" {
  differs runc "1.1 loses it in pivot_root"
  config '.linux.rootfsPropagation = "shared"'
  inside 'cat /proc/self/mountinfo'
  like "$(optional_of /)" shared:
}

@test "rootfsPropagation slave makes the root receive only" {
  config '.linux.rootfsPropagation = "slave"'
  inside 'cat /proc/self/mountinfo'
  lacks "$(optional_of /)" shared:
}

@test "without rootfsPropagation nothing the container mounts reaches the host" {
  give_caps
  before=$(sort /proc/self/mountinfo)
  running
  succeeds rt exec "$ID" mount -t tmpfs tmpfs /tmp
  is "$(sort /proc/self/mountinfo)" "$before"
}

@test "a root on a shared mount of the host leaks nothing to it" {
  own_rootfs
  mkdir "$T/base"
  mount -t tmpfs -o size=16m tmpfs "$T/base"
  UNDO+=("umount -R '$T/base'")
  mount --make-shared "$T/base"
  cp -a "$ROOTFS" "$T/base/rootfs"
  config '.root.path = $path' --arg path "$T/base/rootfs"
  before=$(sort /proc/self/mountinfo)
  running
  is "$(sort /proc/self/mountinfo)" "$before"
  succeeds rt delete --force "$ID"
  is "$(sort /proc/self/mountinfo)" "$before"
}

@test "an unknown rootfsPropagation is refused" {
  config '.linux.rootfsPropagation = "sideways"'
  refuses rt create "$ID"
  has "$stderr" sideways
}
