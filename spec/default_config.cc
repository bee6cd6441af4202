// What `rt spec` writes: a shell in a read-only root file system, with what a program may expect to
// find around it (config-linux.md, "Default Filesystems") and no more privileges than a server
// needs.
#include "base/strings.h"
#include "spec/load.h"

namespace spec {

namespace {

Strings words(const char* text) {
  Strings out;
  for (std::string_view word : split(text, ' ')) out.emplace_back(word);
  return out;
}

void fill_process(Process& process) {
  process.terminal = true;
  process.args = words("sh");
  process.env =
      words("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=xterm");
  process.cwd = "/";
  // Inheritable stays empty (CVE-2022-29162), so there is nothing that could be ambient.
  Capabilities& sets = process.capabilities.emplace();
  sets.bounding = sets.effective = sets.permitted =
      words("CAP_AUDIT_WRITE CAP_KILL CAP_NET_BIND_SERVICE");
  Rlimit& files = process.rlimits.emplace_back();
  files.type = "RLIMIT_NOFILE";
  files.soft = files.hard = 1024;
  process.no_new_privileges = true;
}

void add_mount(Config& config, const char* destination, const char* type, const char* source,
               const char* options) {
  Mount& mount = config.mounts.emplace_back();
  mount.destination = destination;
  mount.type = type;
  mount.source = source;
  if (options != nullptr) mount.options = words(options);
}

void fill_mounts(Config& config, bool rootless) {
  add_mount(config, "/proc", "proc", "proc", nullptr);
  add_mount(config, "/dev", "tmpfs", "tmpfs", "nosuid strictatime mode=755 size=65536k");
  add_mount(config, "/dev/pts", "devpts", "devpts",
            "nosuid noexec newinstance ptmxmode=0666 mode=0620");
  if (!rootless)
    config.mounts.back().options.push_back("gid=5");  // tty; a namespace of one id has no group 5
  add_mount(config, "/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777 size=65536k");
  add_mount(config, "/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev");
  // sysfs is for the owner of the network namespace (since Linux 3.11), which rootless shares
  if (rootless) {
    add_mount(config, "/sys", "none", "/sys", "rbind nosuid noexec nodev ro");
  } else {
    add_mount(config, "/sys", "sysfs", "sysfs", "nosuid noexec nodev ro");
  }
  add_mount(config, "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid noexec nodev relatime ro");
}

void fill_namespaces(Linux& config, bool rootless, bool cgroup_namespace) {
  auto add = [&](NamespaceType type) { config.namespaces.emplace_back().type = type; };
  add(NamespaceType::Pid);
  if (!rootless) add(NamespaceType::Network);
  add(NamespaceType::Ipc);
  add(NamespaceType::Uts);
  add(NamespaceType::Mount);
  if (cgroup_namespace) add(NamespaceType::Cgroup);
  if (rootless) add(NamespaceType::User);
}

}  // namespace

Config default_config(bool rootless, unsigned host_uid, unsigned host_gid, bool cgroup_namespace) {
  Config config;
  config.oci_version = kOciVersion;
  Root& root = config.root.emplace();
  root.path = "rootfs";
  root.readonly = true;
  fill_process(config.process.emplace());
  config.hostname = "rt";
  fill_mounts(config, rootless);

  Linux& linux_config = config.linux_.emplace();
  fill_namespaces(linux_config, rootless, cgroup_namespace);
  // What of /proc and /sys has no namespace and tells, or changes, something about the host.
  linux_config.masked_paths = words(
      "/proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list "
      "/proc/timer_stats "
      "/proc/sched_debug /sys/firmware /proc/scsi /sys/devices/virtual/tpm");
  linux_config.readonly_paths = words("/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger");
  if (rootless) {
    linux_config.uid_mappings.push_back({.container_id = 0, .host_id = host_uid, .size = 1});
    linux_config.gid_mappings.push_back({.container_id = 0, .host_id = host_gid, .size = 1});
  } else {
    DeviceRule& deny_all = linux_config.resources.emplace().devices.emplace_back();
    deny_all.access = "rwm";
  }
  return config;
}

}  // namespace spec
