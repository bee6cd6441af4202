#!/usr/bin/env bats
# Old kernels, and supervisors that answer EPERM or ENOSYS to new calls: strace plays them. The container must come out the
# same as without.
load helpers

setup() {
  test_fixture
  [[ -n ${T:-} ]] || return 0
  rt_only "its own fallbacks"
  needs_command strace
  own_rootfs
  ln -s /var/data "$ROOTFS/link"
  mkdir "$T/source"
  echo bound >"$T/source/file"
  config '.mounts += [
      {destination: "/link/deep", type: "tmpfs", source: "tmpfs", options: ["size=64k", "mode=700"]},
      {destination: "/mnt", type: "bind", source: $source, options: ["bind", "ro", "nosuid"]},
      {destination: "/new/file", type: "bind", source: ($source + "/file"), options: ["bind"]}]
    | .root.readonly = true | .process.cwd = "/var/data" | .linux.maskedPaths += ["/home"] | .linux.readonlyPaths += ["/etc"]
    | .linux.devices = [{path: "/dev/extra", type: "c", major: 10, minor: 229, fileMode: 384, uid: 0, gid: 0}]' --arg source "$T/source"
  script 'pwd; cat file /mnt/file /new/file; ls /home; stat -c "%n %F %a" /dev/null /dev/extra /var/data/deep
    (echo x >/mnt/x) 2>&1; (echo x >/etc/x) 2>&1; (echo x >/x) 2>&1; /bin/probe fds; readlink /dev/fd
    awk "{print \$5, \$6}" /proc/self/mountinfo'
  try rt run "$ID"
  is "$status" 0
  PLAIN=$output
}

# without CALL ERRNO: the same container where CALL always fails with ERRNO.
without() {
  LIMIT=60
  succeeds timeout "$LIMIT" strace -f -qq -o "$T/trace" -e trace="$1" -e inject="$1:error=$2" "$RT" --root "$ROOT" run "$ID"
  is "$output" "$PLAIN"
}

@test "openat2 answers ENOSYS" { without openat2 ENOSYS; }
@test "openat2 answers EPERM" { without openat2 EPERM; }
@test "mount_setattr answers ENOSYS" { without mount_setattr ENOSYS; }
@test "close_range answers ENOSYS" { without close_range ENOSYS; }
@test "clone3 answers ENOSYS" { without clone3 ENOSYS; }
@test "clone3 answers EPERM" { without clone3 EPERM; }
@test "keyctl answers ENOSYS" { without keyctl ENOSYS; }
@test "faccessat2 answers ENOSYS" { without faccessat2 ENOSYS; }
@test "pidfd_getfd answers EPERM" { without pidfd_getfd EPERM; }

@test "memfd_create refuses its newest flags" {
  LIMIT=60
  succeeds timeout "$LIMIT" strace -f -qq -o "$T/trace" -e trace=memfd_create -e inject=memfd_create:error=EINVAL:when=1 \
    "$RT" --root "$ROOT" run "$ID"
  is "$output" "$PLAIN"
}

@test "exec without openat2, close_range and clone3" {
  args /bin/probe waiting up
  succeeds rt run -d "$ID"
  succeeds timeout 60 strace -f -qq -o "$T/trace" -e trace=openat2,close_range,clone3 \
    -e inject=openat2,close_range,clone3:error=ENOSYS "$RT" --root "$ROOT" exec "$ID" sh -c 'pwd; /bin/probe fds'
  is "$output" $'/var/data\n0 1 2'
}

@test "kill and delete without openat2 and clone3" {
  args /bin/probe waiting up
  succeeds rt run -d "$ID"
  succeeds timeout 60 strace -f -qq -o "$T/trace" -e trace=openat2,clone3 -e inject=openat2,clone3:error=ENOSYS \
    "$RT" --root "$ROOT" kill "$ID" KILL
  eventually is_status stopped
  succeeds timeout 60 strace -f -qq -o "$T/trace" -e trace=openat2,clone3 -e inject=openat2,clone3:error=ENOSYS \
    "$RT" --root "$ROOT" delete "$ID"
}

@test "a hostile image does no harm without openat2 either" {
  mkdir "$T/victim"
  rmdir "$ROOTFS/dev"
  ln -s "$T/victim" "$ROOTFS/dev"
  rm "$ROOTFS/link"
  ln -s "../../../../../../../../..$T/victim" "$ROOTFS/link"
  try timeout 60 strace -f -qq -o "$T/trace" -e trace=openat2 -e inject=openat2:error=ENOSYS "$RT" --root "$ROOT" run "$ID"
  ((status != 124))
  is "$(ls -A "$T/victim")" ""
}

@test "a program that is missing is the same error without clone3" {
  args /no/such/program
  refuses timeout 60 strace -f -qq -o "$T/trace" -e trace=clone3 -e inject=clone3:error=ENOSYS "$RT" --root "$ROOT" run "$ID"
  has "$stderr" /no/such/program
}
