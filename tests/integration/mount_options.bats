#!/usr/bin/env bats
# Every mount option of config.md, as the kernel then reports it.
load helpers

# options_of DESTINATION: the per-mount options of mountinfo ($6) in $output; super_of: those of the file system.
options_of() { awk -v at="$1" '$5 == at {print $6}' <<<"$output" | tail -1; }
super_of() { awk -v at="$1" '$5 == at {print $NF}' <<<"$output" | tail -1; }
optional_of() { awk -v at="$1" '$5 == at {for (i = 7; $i != "-"; i++) printf "%s ", $i}' <<<"$output"; }

# tmpfs OPTION...: a container with a tmpfs on /mnt with these options; $output is its mountinfo.
tmpfs() {
  config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: $ARGS.positional}]' --args -- "$@"
  inside 'cat /proc/self/mountinfo'
}
# bound OPTION...: the same with a bind mount of a directory that holds another mount at sub, both "rw,relatime".
bound() {
  mkdir -p "$T/source/sub"
  mount -t tmpfs -o size=64k tmpfs "$T/source"
  mkdir -p "$T/source/sub"
  mount -t tmpfs -o size=64k tmpfs "$T/source/sub"
  UNDO+=("umount '$T/source'" "umount '$T/source/sub'")
  config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: $ARGS.positional}]' \
    --arg source "$T/source" --args -- "$@"
  inside 'cat /proc/self/mountinfo'
}

# flag OPTION EXPECTED: a tmpfs with the one is reported with the other.
flag() {
  local option=$1 expected=$2
  tmpfs "$option"
  has ",$(options_of /mnt)," ",$expected,"
}

@test "ro" { flag ro ro; }
@test "rw" { flag rw rw; }
@test "nosuid" { flag nosuid nosuid; }
@test "nodev" { flag nodev nodev; }
@test "noexec" { flag noexec noexec; }
@test "noatime" { flag noatime noatime; }
@test "nodiratime" { flag nodiratime nodiratime; }
@test "relatime" { flag relatime relatime; }
@test "nosymfollow" {
  differs runc "1.1 does not know it"
  flag nosymfollow nosymfollow
}

@test "no option: a mount is rw and relatime" {
  tmpfs
  is "$(options_of /mnt)" rw,relatime
}

@test "defaults" {
  differs runc "1.1 hands it to the file system"
  tmpfs defaults
  is "$(options_of /mnt)" rw,relatime
}

@test "strictatime is neither relatime nor noatime" {
  tmpfs strictatime
  is "$(options_of /mnt)" rw
}

@test "the later of two contradicting options wins" {
  tmpfs noexec nosuid exec ro rw
  options=",$(options_of /mnt),"
  has "$options" ,rw,
  has "$options" ,nosuid,
  lacks "$options" ,noexec,
}

@test "sync and dirsync are flags of the file system" {
  tmpfs sync dirsync
  has ",$(super_of /mnt)," ,sync,
  has ",$(super_of /mnt)," ,dirsync,
}

@test "lazytime is a flag of the file system" {
  differs runc "1.1 does not know it"
  tmpfs lazytime
  has ",$(super_of /mnt)," ,lazytime,
}

@test "silent, loud, iversion, noiversion, mand, nomand, nolazytime are accepted" {
  differs runc "1.1 does not know all of them"
  for option in silent loud noiversion nolazytime nomand nostrictatime norelatime atime diratime suid dev exec async symfollow; do
    config '.mounts = (.mounts | map(select(.destination != "/mnt"))) + [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: [$option]}]' --arg option "$option"
    succeeds rt run "$ID"
  done
}

@test "an unknown option goes to the file system, whose refusal names it" {
  config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["no-such-option=1"]}]'
  refuses rt create "$ID"
  has "$stderr" /mnt
  has "${stderr,,}" "invalid argument"
}

@test "a read-only bind mount cannot be written to" {
  mkdir "$T/source"
  config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["bind", "ro"]}]' --arg source "$T/source"
  inside 'echo x >/mnt/x 2>/dev/null || echo refused'
  is "$output" refused
  absent "$T/source/x"
}

@test "bind with ro, nosuid, nodev, noexec" {
  bound bind ro nosuid nodev noexec
  options=",$(options_of /mnt),"
  for option in ro nosuid nodev noexec relatime; do has "$options" ",$option,"; done
}

@test "bind without options keeps those of the source" {
  mkdir "$T/noexec"
  mount -t tmpfs -o noexec,nosuid,size=64k tmpfs "$T/noexec"
  UNDO+=("umount '$T/noexec'")
  config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["bind"]}]' --arg source "$T/noexec"
  inside 'cat /proc/self/mountinfo'
  has ",$(options_of /mnt)," ,noexec,
  has ",$(options_of /mnt)," ,nosuid,
}

@test "bind with ro keeps the source's other flags" {
  mkdir "$T/noexec"
  mount -t tmpfs -o noexec,nodev,size=64k tmpfs "$T/noexec"
  UNDO+=("umount '$T/noexec'")
  config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["bind", "ro"]}]' --arg source "$T/noexec"
  inside 'cat /proc/self/mountinfo'
  has ",$(options_of /mnt)," ,ro,
}

@test "an explicit exec on a bind mount clears the source's noexec" {
  differs runc "1.1 keeps it"
  mkdir "$T/noexec"
  mount -t tmpfs -o noexec,nosuid,size=64k tmpfs "$T/noexec"
  UNDO+=("umount '$T/noexec'")
  config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["bind", "exec"]}]' --arg source "$T/noexec"
  inside 'cat /proc/self/mountinfo'
  lacks ",$(options_of /mnt)," ,noexec,
}

@test "ro on an rbind does not reach the mounts below" {
  bound rbind ro
  has ",$(options_of /mnt)," ,ro,
  has ",$(options_of /mnt/sub)," ,rw,
}

recursive() {
  local option=$1 expected=$2
  bound rbind "$option"
  has ",$(options_of /mnt)," ",$expected,"
  has ",$(options_of /mnt/sub)," ",$expected,"
}

@test "rro makes the mounts below read-only too" { recursive rro ro; }
@test "rnosuid reaches the mounts below" { recursive rnosuid nosuid; }
@test "rnodev reaches the mounts below" { recursive rnodev nodev; }
@test "rnoexec reaches the mounts below" { recursive rnoexec noexec; }
@test "rnoatime reaches the mounts below" { recursive rnoatime noatime; }
@test "rnodiratime reaches the mounts below" { recursive rnodiratime nodiratime; }
@test "rrelatime reaches the mounts below" { recursive rrelatime relatime; }
@test "rnosymfollow reaches the mounts below" {
  differs runc "1.1 does not know it"
  recursive rnosymfollow nosymfollow
}

@test "rstrictatime reaches the mounts below" {
  bound rbind rstrictatime
  lacks "$(options_of /mnt/sub)" atime
}

@test "rrw, rsuid, rdev and rexec clear what was set below" {
  mkdir -p "$T/source"
  mount -t tmpfs -o size=64k,ro,nosuid,nodev,noexec tmpfs "$T/source"
  UNDO+=("umount '$T/source'")
  config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["rbind", "rsuid", "rdev", "rexec"]}]' --arg source "$T/source"
  inside 'cat /proc/self/mountinfo'
  for option in nosuid nodev noexec; do lacks ",$(options_of /mnt)," ",$option,"; done
}

@test "propagation of a mount: private is the default" {
  tmpfs
  is "$(optional_of /mnt)" ""
}

@test "propagation of a mount: shared, slave and unbindable" {
  tmpfs shared
  like "$(optional_of /mnt)" shared:
  config '.mounts |= .[:-1]'
  tmpfs unbindable
  has "$(optional_of /mnt)" unbindable
}

@test "rshared reaches the mounts below" {
  bound rbind rshared
  like "$(optional_of /mnt)" shared:
  like "$(optional_of /mnt/sub)" shared:
}

@test "rprivate reaches the mounts below" {
  bound rbind rprivate
  is "$(optional_of /mnt)$(optional_of /mnt/sub)" ""
}

@test "file-system data on a bind mount is refused" {
  differs runc "1.1 hands it on, ignored"
  mkdir "$T/source"
  config '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["bind", "size=64k"]}]' --arg source "$T/source"
  refuses rt create "$ID"
  has "$stderr" "filesystem-specific options"
  has "$stderr" size
}

