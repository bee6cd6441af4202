# The bundle's config.json that tests start from: what an engine typically asks for, less what makes a start slow.
# $rootfs is the root filesystem; @ID@ is replaced by the container's id.
def basic_mounts: [
  {destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]},
  {destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=1024k"]},
  {destination: "/dev/pts", type: "devpts", source: "devpts",
   options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
  {destination: "/dev/shm", type: "tmpfs", source: "shm",
   options: ["nosuid", "noexec", "nodev", "mode=1777", "size=1024k"]},
  {destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]},
  {destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]}
];
["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"] as $caps |
{
  ociVersion: "1.0.2",
  process: {
    terminal: false,
    user: {uid: 0, gid: 0},
    args: ["/bin/true"],
    env: ["PATH=/usr/bin:/bin", "TERM=xterm"],
    cwd: "/",
    capabilities: {bounding: $caps, effective: $caps, permitted: $caps},
    noNewPrivileges: true
  },
  root: {path: $rootfs},
  hostname: "rt-test",
  mounts: basic_mounts,
  linux: {
    cgroupsPath: "/@ID@",
    resources: {devices: [{allow: false, access: "rwm"}]},
    namespaces: [{type: "pid"}, {type: "ipc"}, {type: "uts"}, {type: "mount"}],
    maskedPaths: ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
    readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
  }
}
