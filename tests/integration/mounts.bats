#!/usr/bin/env bats
# Mounts: what is mounted where, in which order, with which mountpoints made.
load helpers

# mount DESTINATION TYPE SOURCE [OPTION...]: one more mount, at the end.
mount_more() {
  config '.mounts += [{destination: $ARGS.positional[0], type: $ARGS.positional[1], source: $ARGS.positional[2],
    options: $ARGS.positional[3:]}]' --args -- "$@"
}
# line DESTINATION: that mount's line of the container's mountinfo, from $output.
line() { awk -v at="$1" '$5 == at' <<<"$output" | tail -1; }

@test "the usual file systems are there" {
  inside 'cat /proc/self/mountinfo'
  like "$(line /proc)" ' - proc '
  like "$(line /dev)" ' - tmpfs '
  like "$(line /dev/pts)" ' - devpts '
  like "$(line /dev/shm)" ' - tmpfs '
  like "$(line /dev/mqueue)" ' - mqueue '
  like "$(line /sys)" ' - sysfs '
}

@test "the container's mounts are no more than what config.json asks for" {
  config '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
  inside "awk '{print \$5}' /proc/self/mountinfo"
  is "$(sort <<<"$output" | xargs)" "/ /dev /dev/mqueue /dev/pts /dev/shm /proc /sys"
}

@test "mounts are made in the order of config.json" {
  mkdir "$T/a" "$T/b"
  echo a >"$T/a/name"
  echo b >"$T/b/name"
  mount_more /mnt bind "$T/a" bind
  mount_more /mnt bind "$T/b" bind
  inside 'cat /mnt/name'
  is "$output" b
}

@test "a later mount can lie inside an earlier one" {
  mount_more /mnt tmpfs tmpfs
  mount_more /mnt/inner/deep tmpfs tmpfs size=64k
  inside 'cat /proc/self/mountinfo'
  has "$(line /mnt/inner/deep)" size=64k
}

@test "a directory is bound with its contents" {
  mkdir "$T/source"
  echo hello >"$T/source/file"
  mount_more /mnt bind "$T/source" rbind
  inside 'cat /mnt/file; echo back >/mnt/new'
  is "$output" hello
  is "$(<"$T/source/new")" back
}

@test "a file is bound over a file" {
  echo bound >"$T/file"
  mount_more /var/data/file bind "$T/file" bind
  inside 'cat /var/data/file'
  is "$output" bound
}

@test "bind or rbind in the options makes a bind mount, whatever the type" {
  mkdir "$T/source"
  echo hello >"$T/source/file"
  mount_more /mnt none "$T/source" bind
  config '.mounts += [{destination: "/mnt2", source: $source, options: ["rbind"]}]' --arg source "$T/source"
  inside 'cat /mnt/file /mnt2/file'
  is "$output" $'hello\nhello'
}

@test "the source of a bind mount may be relative to the bundle" {
  mkdir "$BUNDLE/stuff"
  echo hello >"$BUNDLE/stuff/file"
  mount_more /mnt bind stuff bind
  cd /
  succeeds rt create --bundle "$BUNDLE" "$ID"
  is "$(<"/proc/$(pid_of)/root/mnt/file")" hello
}

@test "bind leaves out what is mounted below the source, rbind brings it" {
  mkdir -p "$T/source/sub"
  mount -t tmpfs tmpfs "$T/source/sub"
  UNDO+=("umount '$T/source/sub'")
  echo below >"$T/source/sub/file"
  mount_more /mnt bind "$T/source" bind
  mount_more /mnt2 bind "$T/source" rbind
  inside 'ls /mnt/sub; cat /mnt2/sub/file'
  is "$output" below
}

@test "missing mountpoints are made: directories" {
  own_rootfs
  mount_more /made/by/the/runtime tmpfs tmpfs
  inside 'stat -c "%F" /made/by/the/runtime'
  is "$output" directory
  is "$(stat -c '%a %u' "$ROOTFS/made/by/the/runtime")" "755 0"
}

@test "missing mountpoints are made: a file for a file" {
  own_rootfs
  echo bound >"$T/file"
  mount_more /made/by/the/runtime/file bind "$T/file" bind
  inside 'cat /made/by/the/runtime/file'
  is "$output" bound
  is "$(stat -c %F "$ROOTFS/made/by/the/runtime/file")" "regular empty file"
}

@test "a socket or a fifo is bound like a file" {
  mkfifo "$T/fifo"
  mount_more /tmp/fifo bind "$T/fifo" bind
  own_rootfs
  inside 'stat -c %F /tmp/fifo'
  is "$output" fifo
}

@test "a file cannot be bound over a directory, nor a directory over a file" {
  echo x >"$T/file"
  mount_more /var/data bind "$T/file" bind
  refuses rt create "$ID"
  has "$stderr" /var/data
  config '.mounts |= .[:-1]'
  mkdir "$T/dir"
  mount_more /var/data/file bind "$T/dir" bind
  refuses rt create "$ID"
  has "${stderr,,}" "not a directory"
}

@test "a bind mount without its source is refused by name" {
  mount_more /mnt bind /no/such/source bind
  refuses rt create "$ID"
  has "$stderr" /no/such/source
  has "${stderr,,}" "no such file or directory"
}

@test "an unknown file system is refused, and the mount named" {
  mount_more /mnt nosuchfs none
  refuses rt create "$ID"
  has "$stderr" /mnt
  has "${stderr,,}" "no such device"
}

@test "a destination that is a symlink is resolved inside the root" {
  own_rootfs
  ln -s /var/data/deep "$ROOTFS/link"
  mount_more /link tmpfs tmpfs size=64k
  inside 'cat /proc/self/mountinfo'
  has "$(line /var/data/deep)" size=64k
}

@test "a relative destination is relative to the root" {
  mount_more mnt tmpfs tmpfs size=64k
  inside 'cat /proc/self/mountinfo'
  has "$(line /mnt)" size=64k
}

@test "a destination with .. stays inside the root" {
  own_rootfs
  mount_more /var/../../../mnt tmpfs tmpfs size=64k
  inside 'cat /proc/self/mountinfo'
  has "$(line /mnt)" size=64k
}

@test "tmpfs takes size, mode, uid, gid and nr_inodes" {
  differs runc "1.1 gives an existing directory's mode precedence"
  mount_more /mnt tmpfs tmpfs size=128k mode=1750 uid=1000 gid=50 nr_inodes=100
  inside 'stat -c "%a %u %g" /mnt; cat /proc/self/mountinfo'
  is "$(head -1 <<<"$output")" "1750 1000 50"
  has "$(line /mnt)" size=128k
  has "$(line /mnt)" nr_inodes=100
}

@test "the size of a tmpfs is in force" {
  mount_more /mnt tmpfs tmpfs size=64k
  inside 'head -c 1000000 /dev/zero >/mnt/big 2>/dev/null || echo full; wc -c </mnt/big'
  is "$output" $'full\n65536'
}

@test "a tmpfs over an existing directory takes that directory's mode" {
  own_rootfs
  chmod 1770 "$ROOTFS/var/data"
  mount_more /var/data tmpfs tmpfs
  inside 'stat -c %a /var/data'
  is "$output" 1770
}

@test "a tmpfs on a missing directory has the kernel's mode 1777" {
  differs runc "1.1 makes the directory 755 and copies that"
  own_rootfs
  mount_more /not/there/before tmpfs tmpfs
  inside 'stat -c %a /not/there/before'
  is "$output" 1777
}

@test "tmpcopyup copies the image's files into the tmpfs" {
  give_caps
  own_rootfs
  ln -s file "$ROOTFS/var/data/link"
  chmod 640 "$ROOTFS/var/data/file"
  chown 1000:50 "$ROOTFS/var/data/file"
  touch -d '2001-02-03 04:05:06Z' "$ROOTFS/var/data/file"
  echo deeper >"$ROOTFS/var/data/deep/one"
  mount_more /var/data tmpfs tmpfs tmpcopyup size=256k
  inside 'cat /var/data/file; stat -c "%a %u %g" /var/data/file; readlink /var/data/link; cat /var/data/deep/one
    echo changed >/var/data/file; cat /proc/self/mountinfo'
  is "$(head -4 <<<"$output")" $'data of the image\n640 1000 50\nfile\ndeeper'
  has "$(line /var/data)" tmpfs
  is "$(<"$ROOTFS/var/data/file")" "data of the image"
}

@test "tmpcopyup works in a read-only root" {
  config '.root.readonly = true'
  mount_more /var/data tmpfs tmpfs tmpcopyup
  inside 'cat /var/data/file; echo new >/var/data/new && cat /var/data/new'
  is "$output" $'data of the image\nnew'
}

@test "root.readonly makes the root read-only, and not the mounts in it" {
  config '.root.readonly = true'
  inside 'echo x >/tmp/x 2>/dev/null || echo refused; echo x >/dev/shm/x && echo shm'
  is "$output" $'refused\nshm'
}

@test "mountpoints are made in a root that is then read-only" {
  own_rootfs
  config '.root.readonly = true'
  mount_more /made/late tmpfs tmpfs
  inside 'echo ok >/made/late/x && cat /made/late/x'
  is "$output" ok
}

@test "proc shows the container's own processes" {
  inside 'ls /proc | grep -c "^[0-9]"'
  ((output <= 4))
}

@test "devpts is an instance of its own" {
  inside 'ls /dev/pts; stat -c "%a" /dev/ptmx; readlink /dev/ptmx'
  like "$output" 'ptmx'
  lacks "$output" 0$'\n'1$'\n'2
}

@test "mqueue shows the ipc namespace's queues" {
  inside 'touch /dev/mqueue/q && ls /dev/mqueue'
  is "$output" q
}

@test "sysfs is mounted read-only when asked" {
  give_caps
  inside 'echo x >/sys/kernel/uevent_seqnum 2>&1; cat /proc/self/mountinfo'
  like "$(line /sys)" ' ro,'
}

@test "without any mounts a container still starts" {
  own_rootfs
  config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
  try rt run "$ID"
  if ((status != 0)); then [[ $RT_KIND == runc ]] && skip "runc 1.1 needs /proc"; fi
  is "$status" 0
}

@test "the host's mounts are as before, and cannot be seen from inside" {
  before=$(sort /proc/self/mountinfo)
  mount_more /mnt tmpfs tmpfs size=64k
  running
  is "$(sort /proc/self/mountinfo)" "$before"
  lacks "$(awk '{print $5}' "/proc/$(pid_of)/mountinfo")" "$FILE_DIR"
}

@test "the old root is not reachable after pivot_root" {
  give_caps
  config '.process.noNewPrivileges = false'
  inside 'ls -a / | xargs; cat /proc/self/mountinfo | wc -l; ls /proc/1/root/ >/dev/null && ls /proc/1/root/../.. | xargs'
  lacks "$output" oldroot
  lacks "$output" put_old
  is "$(sed -n 1p <<<"$output" | sed 's/^\. \.\. //')" "$(sed -n 3p <<<"$output")"
}

@test "--no-pivot gives the container the same view" {
  script 'ls / | xargs; cat /var/data/file; awk "{print \$5}" /proc/self/mountinfo | sort | xargs'
  succeeds rt run "$ID"
  with_pivot=$output
  succeeds rt run --no-pivot "$ID"
  is "$output" "$with_pivot"
}

@test "a fourth of a hundred mounts is where it should be, and all are there" {
  for n in {1..100}; do list+=("/tmp/many/$n"); done
  config '.mounts += ($ARGS.positional | map({destination: ., type: "tmpfs", source: "tmpfs", options: ["size=4k"]}))' \
    --args -- "${list[@]}"
  inside 'grep -c " /tmp/many/" /proc/self/mountinfo; grep -c " /tmp/many/25 " /proc/self/mountinfo'
  is "$output" $'100\n1'
}

@test "a cgroup mount shows the container's cgroups, v1" {
  needs_v1
  mount_more /sys/fs/cgroup cgroup cgroup nosuid noexec nodev relatime ro
  inside 'ls /sys/fs/cgroup | xargs; cat /sys/fs/cgroup/memory/cgroup.procs; awk "\$5 ~ \"^/sys/fs/cgroup\"" /proc/self/mountinfo'
  for controller in memory pids devices freezer; do has "$(head -1 <<<"$output")" "$controller"; done
  like "$output" $'\n1\n'  # PID 1 is in the cgroup that is mounted
  like "$(line /sys/fs/cgroup/memory)" ' ro,.* - cgroup '
}

@test "a cgroup mount with a cgroup namespace, v1" {
  needs_v1
  config '.linux.namespaces += [{type: "cgroup"}]'
  mount_more /sys/fs/cgroup cgroup cgroup nosuid noexec nodev relatime ro
  inside 'cat /sys/fs/cgroup/pids/cgroup.procs; cat /proc/self/mountinfo'
  like "$output" $'^1\n'
  like "$(line /sys/fs/cgroup/pids)" ' / /sys/fs/cgroup/pids '
}

@test "a read-only cgroup mount cannot be written to" {
  needs_v1
  give_caps
  mount_more /sys/fs/cgroup cgroup cgroup ro
  inside 'mkdir /sys/fs/cgroup/memory/more 2>&1 || true; echo 1 2>&1 >/sys/fs/cgroup/pids/pids.max || true; ls /sys/fs/cgroup/memory'
  lacks "$(tail -n +2 <<<"$output")" more
}

@test "a writable cgroup mount can be written to" {
  needs_v1
  give_caps
  mount_more /sys/fs/cgroup cgroup cgroup rw
  inside 'mkdir /sys/fs/cgroup/pids/more && rmdir /sys/fs/cgroup/pids/more && echo made'
  is "$output" made
}

@test "a cgroup mount shows the container's cgroup, v2" {
  needs_v2
  config '.linux.namespaces += [{type: "cgroup"}]'
  mount_more /sys/fs/cgroup cgroup cgroup nosuid noexec nodev ro
  inside 'cat /sys/fs/cgroup/cgroup.procs; cat /proc/self/mountinfo'
  like "$output" $'^1\n'
  has "$(line /sys/fs/cgroup)" " - cgroup2 "
}

@test "a mount of type cgroup2 is v2, on a host of v1, too" {
  needs_v1
  config '.linux.namespaces += [{type: "cgroup"}]'
  mount_more /sys/fs/cgroup cgroup2 cgroup nosuid noexec nodev ro
  inside 'cat /proc/self/mountinfo'
  has "$(line /sys/fs/cgroup)" " - cgroup2 "
}

@test "a remount of /proc changes its options" {
  mount_more /proc none none remount nosuid noexec nodev ro
  inside 'cat /proc/self/mountinfo'
  like "$(line /proc)" " /proc ro,"
}

@test "the links for shared v1 hierarchies are there" {
  needs_v1
  shared=$(find /sys/fs/cgroup -maxdepth 1 -name '*,*' -printf '%f\n' | head -1)
  [[ -n $shared ]] || skip "no hierarchy with two controllers"
  mount_more /sys/fs/cgroup cgroup cgroup ro
  inside 'ls -l /sys/fs/cgroup'
  has "$output" "${shared%,*} -> $shared"
}

@test "rbind of /sys gives the host's" {
  config '.mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "none", source: "/sys", options: ["rbind", "ro", "nosuid"]} else . end)'
  inside 'cat /proc/self/mountinfo'
  like "$(line /sys)" ' - sysfs '
}

@test "a file may be bound over /proc/meminfo and its like" {
  echo 'MemTotal: 1 kB' >"$T/meminfo"
  mount_more /proc/meminfo bind "$T/meminfo" bind
  inside 'cat /proc/meminfo'
  is "$output" "MemTotal: 1 kB"
}

@test "nothing else is bound over files of /proc" {
  mkdir "$T/source"
  for at in /proc/sys /proc/self /proc/1 /proc/sysrq-trigger /proc/self/attr /proc/kcore; do
    mount_more $at bind "$T/source" bind
    refuses rt create "$ID"
    has "$stderr" "$at"
    config '.mounts |= .[:-1]'
  done
}

@test "what is mounted on /proc is a proc" {
  config '.mounts = [{destination: "/proc", type: "tmpfs", source: "tmpfs"}] + .mounts[1:]'
  refuses rt create "$ID"
  has "$stderr" /proc
}

@test "a destination may have superfluous slashes and dots" {
  for at in /mnt/ //mnt//x /./mnt/./y /mnt/../mnt/z; do mount_more $at tmpfs tmpfs size=4k; done
  inside "awk '\$5 ~ \"^/mnt\" {print \$5}' /proc/self/mountinfo"
  is "$(sort <<<"$output" | xargs)" "/mnt /mnt/x /mnt/y /mnt/z"
}

@test "the source of a bind mount may be a symlink" {
  mkdir "$T/real"
  echo hello >"$T/real/file"
  ln -s real "$T/link"
  mount_more /mnt bind "$T/link" bind
  inside 'cat /mnt/file'
  is "$output" hello
}

@test "a root filesystem on a read-only file system works if its mountpoints are there" {
  own_rootfs
  mkdir -p "$ROOTFS/mnt" "$T/readonly"
  mount --bind "$ROOTFS" "$T/readonly"
  UNDO+=("umount '$T/readonly'")
  mount -o remount,bind,ro "$T/readonly"
  config '.root.path = $path' --arg path "$T/readonly"
  mount_more /mnt tmpfs tmpfs
  inside 'cat /var/data/file; touch /x 2>/dev/null || echo refused'
  is "$output" $'data of the image\nrefused'
  mount_more /missing tmpfs tmpfs
  refuses rt run "$ID"
  has "$stderr" /missing
  has "${stderr,,}" "read-only file system"
}

@test "an overlay as the root filesystem" {
  mkdir "$T/upper" "$T/work" "$T/merged"
  mount -t overlay overlay -o "lowerdir=$ROOTFS,upperdir=$T/upper,workdir=$T/work" "$T/merged" || skip "no overlay here"
  UNDO+=("umount '$T/merged'")
  config '.root.path = $path' --arg path "$T/merged"
  inside 'cat /var/data/file; echo new >/new'
  is "$output" "data of the image"
  is "$(<"$T/upper/new")" new
}

@test "copy-symlink copies a source that is a link, and binds any other" {
  differs runc "does not know it"
  own_rootfs
  echo hello >"$T/plain"
  ln -s /var/data "$T/link"
  ln -s /no/where "$T/dangling"
  config '.mounts += [["link", "dangling", "plain"][] | {destination: "/mnt/\(.)", type: "bind", source: ($dir + "/" + .), options: ["bind", "copy-symlink"]}]' \
    --arg dir "$T"
  inside 'readlink /mnt/link; readlink /mnt/dangling; cat /mnt/plain /mnt/link/file'
  is "$output" $'/var/data\n/no/where\nhello\ndata of the image'
  [[ $RT_KIND == rt ]] || return 0
  succeeds rt run "$ID"  # the same link is there already
  rm "$ROOTFS/mnt/link"
  touch "$ROOTFS/mnt/link"
  refuses rt run "$ID"
  has "$stderr" "File exists"
}

@test "a read-only /dev is filled first" {
  config '.mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)'
  inside 'echo x >/dev/null && grep " /dev " /proc/mounts; touch /dev/new 2>&1; ls /dev/pts/ptmx /dev/zero'
  like "$output" ' /dev tmpfs ro,'
  has "$output" "Read-only file system"
  has "$output" /dev/pts/ptmx
  has "$output" /dev/zero
}

@test "a remount of /dev as read-only is the last word" {
  config '.mounts += [{destination: "/dev", options: ["remount", "ro", "nosuid"]}]'
  inside 'touch /dev/new 2>&1; ls /dev/zero'
  has "$output" "Read-only file system"
  has "$output" /dev/zero
}

@test "a tmpfs shows the mode that it took over from the directory it covers" {
  own_rootfs
  mkdir -m 710 "$ROOTFS/covered"
  mkdir "$ROOTFS/sticky" && chmod 1733 "$ROOTFS/sticky"
  mount_more /covered tmpfs tmpfs
  mount_more /sticky tmpfs tmpfs
  inside 'cat /proc/self/mountinfo; stat -c "%n %a" /covered /sticky'
  like "$(line /covered)" '[, ]mode=710'
  like "$(line /sticky)" '[, ]mode=1733'
  has "$output" "/covered 710"
  has "$output" "/sticky 1733"
}

# source_with OPTIONS: $T/source is a mount with just these attributes, none of them the file system's.
source_with() {
  mkdir -p "$T/source"
  mount -t tmpfs -o strictatime rt-test "$T/source"
  UNDO+=("umount $T/source")
  mount -o "remount,bind,strictatime,$1" "$T/source"
}

@test "a bind mount without attributes has those of its source" {
  source_with ro,nosuid,nodev,noexec
  mount_more /mnt bind "$T/source" bind rprivate
  inside 'cat /proc/self/mountinfo'
  like "$(line /mnt)" ' /mnt ro,nosuid,nodev,noexec '
}

@test "a bind mount that asks for one attribute has no other of its source's" {
  source_with ro,nodev,noexec
  mount_more /mnt bind "$T/source" bind nosuid
  mount_more /opt bind "$T/source" bind dev
  inside 'cat /proc/self/mountinfo'
  like "$(line /mnt)" ' /mnt rw,nosuid '
  like "$(line /opt)" ' /opt rw '
}

@test "in a user namespace a bind mount keeps what its source forbids" {
  source_with ro,nodev,noexec
  user_namespace
  mount_more /mnt bind "$T/source" bind nosuid
  inside 'cat /proc/self/mountinfo'
  like "$(line /mnt)" ' /mnt ro,nosuid,nodev,noexec '
}
