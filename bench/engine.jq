# From what `rt spec` writes to what an engine writes for a container without options: the capabilities, mounts and paths that
# Docker gives by default, and the seccomp profile of Debian's golang-github-containers-common ($profile), cut down to those
# capabilities and this architecture ($arch as Go names it, $native as libseccomp does) as engines do it.
["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
 "SYS_CHROOT", "KILL", "AUDIT_WRITE" | "CAP_" + .] as $caps
| def has_any($list): any(.[]?; . as $item | $list | index([$item]) != null);
  def applies:
    (.includes.caps == null or (.includes.caps | has_any($caps)))
    and (.includes.arches == null or (.includes.arches | has_any([$arch])))
    and ((.excludes.caps | has_any($caps)) or (.excludes.arches | has_any([$arch])) | not);
  .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}
| .mounts += [("resolv.conf", "hostname", "hosts")
    | {destination: ("/etc/" + .), type: "bind", source: $file, options: ["rbind", "rprivate"]}]
| .linux.maskedPaths = (["asound", "acpi", "interrupts", "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug",
    "scsi"] | map("/proc/" + .)) + ["/sys/firmware", "/sys/devices/virtual/powercap"]
| .linux.readonlyPaths = (["bus", "fs", "irq", "sys", "sysrq-trigger"] | map("/proc/" + .))
| .linux.seccomp = {
    defaultAction: $profile[0].defaultAction, defaultErrnoRet: $profile[0].defaultErrnoRet,
    architectures: [$profile[0].archMap[] | select(.architecture == $native) | .architecture, .subArchitectures[]],
    syscalls: [$profile[0].syscalls[] | select(applies)
      | {names, action} + (if (.args // []) == [] then {} else {args} end) + (if .errnoRet then {errnoRet} else {} end)]}
