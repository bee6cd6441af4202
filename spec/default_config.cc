// What `rt spec` writes: a shell in a read-only root file system, with what a program may expect to find around it
// (config-linux.md, "Default Filesystems") and no more privileges than a server needs.
#include "spec/load.h"

namespace spec {

namespace {

Process default_process() {
  Process process;
  process.terminal = true;
  process.args = {"sh"};
  process.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"};
  process.cwd = "/";
  const Strings granted = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
  // Inheritable stays empty (CVE-2022-29162), so there is nothing that could be ambient.
  Capabilities& sets = process.capabilities.emplace();
  sets.bounding = sets.effective = sets.permitted = granted;
  process.rlimits = {{.type = "RLIMIT_NOFILE", .soft = 1024, .hard = 1024}};
  process.no_new_privileges = true;
  return process;
}

Mount mount_of(const char* destination, const char* type, const char* source, Strings options) {
  Mount mount;
  mount.destination = destination;
  mount.type = type;
  mount.source = source;
  mount.options = std::move(options);
  return mount;
}

std::vector<Mount> default_mounts(bool rootless) {
  Strings pts = {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"};
  if (!rootless) pts.push_back("gid=5");  // group tty; a namespace with one id has no group 5
  // sysfs can only be mounted by the owner of the network namespace (since Linux 3.11), which rootless shares.
  Mount sys = rootless
                  ? mount_of("/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"})
                  : mount_of("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"});
  return {
      mount_of("/proc", "proc", "proc", {}),
      mount_of("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
      mount_of("/dev/pts", "devpts", "devpts", pts),
      mount_of("/dev/shm", "tmpfs", "shm",
               {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}),
      mount_of("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
      std::move(sys),
      mount_of("/sys/fs/cgroup", "cgroup", "cgroup",
               {"nosuid", "noexec", "nodev", "relatime", "ro"}),
  };
}

Linux default_linux(bool rootless) {
  Linux out;
  // What of /proc and /sys is not namespaced and tells or changes something about the host.
  out.masked_paths = {"/proc/acpi",
                      "/proc/asound",
                      "/proc/kcore",
                      "/proc/keys",
                      "/proc/latency_stats",
                      "/proc/timer_list",
                      "/proc/timer_stats",
                      "/proc/sched_debug",
                      "/sys/firmware",
                      "/proc/scsi",
                      "/sys/devices/virtual/tpm"};
  out.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  out.namespaces = {{.type = NamespaceType::Pid, .path = {}},
                    {.type = NamespaceType::Ipc, .path = {}},
                    {.type = NamespaceType::Uts, .path = {}},
                    {.type = NamespaceType::Mount, .path = {}}};
  if (rootless) return out;
  out.namespaces.insert(out.namespaces.begin() + 1, {.type = NamespaceType::Network, .path = {}});
  DeviceRule deny_all;
  deny_all.access = "rwm";
  out.resources.emplace().devices.push_back(deny_all);
  return out;
}

}  // namespace

Config default_config(bool rootless, unsigned host_uid, unsigned host_gid, bool cgroup_namespace) {
  Config config;
  config.oci_version = kOciVersion;
  config.process = default_process();
  config.root = Root{.path = "rootfs", .readonly = true};
  config.hostname = "rt";
  config.mounts = default_mounts(rootless);
  config.linux_ = default_linux(rootless);
  if (cgroup_namespace)
    config.linux_->namespaces.push_back({.type = NamespaceType::Cgroup, .path = {}});
  if (rootless) {
    config.linux_->namespaces.push_back({.type = NamespaceType::User, .path = {}});
    config.linux_->uid_mappings = {{.container_id = 0, .host_id = host_uid, .size = 1}};
    config.linux_->gid_mappings = {{.container_id = 0, .host_id = host_gid, .size = 1}};
  }
  return config;
}

}  // namespace spec
