#!/usr/bin/env bats
# The five capability sets, as /proc/self/status then has them.
load helpers

# set_of NAME: Inh, Prm, Eff, Bnd or Amb of $output.
set_of() { awk -v name="Cap$1:" '$1 == name {print $2}' <<<"$output"; }
sets() { config '.process.capabilities = $sets | .process.noNewPrivileges = false' --argjson sets "$1"; }
status() { inside_args grep ^Cap /proc/self/status; }
NONE=0000000000000000
CHOWN=0000000000000001
KILL=0000000000000020

@test "each set is as configured" {
  sets '{"bounding": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_CHOWN", "CAP_KILL"], "inheritable": ["CAP_CHOWN"]}'
  # A non-root user without ambient capabilities loses permitted and effective at exec; root gets permitted from bounding.
  status
  is "$(set_of Bnd)" 0000000000000021
  is "$(set_of Inh)" "$CHOWN"
  is "$(set_of Prm)" 0000000000000021
  is "$(set_of Amb)" "$NONE"
}

@test "no capabilities at all: all sets are empty, for root too" {
  config 'del(.process.capabilities)'
  status
  for set in Inh Prm Eff Bnd Amb; do is "$(set_of $set)" "$NONE"; done
}

@test "empty sets are empty" {
  sets '{"bounding": [], "effective": [], "permitted": [], "inheritable": [], "ambient": []}'
  status
  for set in Inh Prm Eff Bnd Amb; do is "$(set_of $set)" "$NONE"; done
}

@test "a user other than root has no effective capabilities without ambient ones" {
  config '.process.user = {uid: 1000, gid: 1000}'
  sets '{"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"]}'
  status
  is "$(set_of Bnd)" "$KILL"
  is "$(set_of Eff)" "$NONE"
}

@test "ambient capabilities reach a user other than root" {
  config '.process.user = {uid: 1000, gid: 1000}'
  sets '{"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}'
  status
  for set in Inh Prm Eff Bnd Amb; do is "$(set_of $set)" "$KILL"; done
}

@test "ambient capabilities need inheritable ones: without, the container starts without them" {
  config '.process.user = {uid: 1000, gid: 1000}'
  sets '{"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"], "ambient": ["CAP_KILL"]}'
  args grep ^Cap /proc/self/status
  try rt run "$ID"
  if ((status == 0)); then is "$(set_of Amb)" "$NONE"; else has "${stderr,,}" cap; fi
}

@test "every capability of this kernel can be given" {
  names=$("$PYTHON" - <<'END'
names = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT
SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split()
import json, re
have = int(re.search(r"CapPrm:\s*(\w+)", open("/proc/self/status").read())[1], 16)
print(json.dumps(["CAP_" + name for number, name in enumerate(names) if have >> number & 1]))
END
)
  own=$(awk '/^CapPrm/{print $2}' /proc/self/status)
  sets "{\"bounding\": $names, \"effective\": $names, \"permitted\": $names}"
  status
  is "$(set_of Eff)" "$own"
  is "$(set_of Bnd)" "$own"
}

@test "a capability that the caller has not is a warning, and the others are given" {
  missing=$(awk '/^CapBnd/{print $2}' /proc/self/status)
  ((0x$missing & 1 << 24)) && skip "this process has CAP_SYS_RESOURCE"
  sets '{"bounding": ["CAP_KILL", "CAP_SYS_RESOURCE"], "effective": ["CAP_KILL", "CAP_SYS_RESOURCE"], "permitted": ["CAP_KILL", "CAP_SYS_RESOURCE"]}'
  args grep ^Cap /proc/self/status
  try rt run "$ID"
  ((status == 0)) || { [[ $RT_KIND == runc ]] && skip "runc 1.1: $stderr"; }
  is "$status" 0
  is "$(set_of Eff)" "$KILL"
}

@test "an unknown capability is a warning that names it" {
  sets '{"bounding": ["CAP_KILL", "CAP_NO_SUCH"], "effective": ["CAP_KILL", "CAP_NO_SUCH"], "permitted": ["CAP_KILL"]}'
  args grep ^Cap /proc/self/status
  succeeds rt run "$ID"
  is "$(grep -o CAP_NO_SUCH <<<"$stderr" | wc -l)" 1
  is "$(set_of Bnd)" "$KILL"
}

@test "an effective capability that is not permitted is a warning that names it" {
  differs runc "it fails to apply capabilities"
  sets '{"bounding": ["CAP_KILL", "CAP_CHOWN"], "effective": ["CAP_KILL", "CAP_CHOWN"], "permitted": ["CAP_KILL"]}'
  args grep ^Cap /proc/self/status
  succeeds rt run "$ID"
  like "$stderr" "effective.*CAP_CHOWN.*not permitted"
}

@test "capabilities are in force: chown with and without CAP_CHOWN" {
  inside 'touch /tmp/f; chown 1000 /tmp/f 2>/dev/null || echo refused; rm /tmp/f'
  is "$output" refused
  give_caps '["CAP_CHOWN"]'
  inside 'touch /tmp/f; chown 1000 /tmp/f && echo done; rm /tmp/f'
  is "$output" "done"
}

@test "a container of root has no capability outside its bounding set after exec of a setuid program" {
  config '.process.user = {uid: 1000, gid: 1000}'
  own_rootfs
  cp "$ROOTFS/bin/busybox" "$ROOTFS/bin/suid-grep"
  mv "$ROOTFS/bin/suid-grep" "$ROOTFS/usr/bin/busybox"
  chmod 4755 "$ROOTFS/usr/bin/busybox"
  sets '{"bounding": ["CAP_KILL"], "effective": [], "permitted": []}'
  inside_args /usr/bin/busybox grep ^Cap /proc/self/status
  is "$(set_of Bnd)" "$KILL"
  is "$((0x$(set_of Prm) & ~0x20))" 0
}
