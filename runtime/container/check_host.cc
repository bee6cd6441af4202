// `rt check`, the machine: namespaces, rights, and what is there of what the configuration names.

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/cgroup/stats_files.h"
#include "runtime/container/check.h"
#include "runtime/linux/rlimit_names.h"
#include "spec/enums.h"

namespace container {
namespace {

struct NamespaceFile {
  spec::NamespaceType type;
  const char* file;  // of /proc/self/ns, which has those that the kernel was built with
  int flag;
};
constexpr NamespaceFile kNamespaces[] = {
    {spec::NamespaceType::Pid, "pid", CLONE_NEWPID},
    {spec::NamespaceType::Network, "net", CLONE_NEWNET},
    {spec::NamespaceType::Mount, "mnt", CLONE_NEWNS},
    {spec::NamespaceType::Ipc, "ipc", CLONE_NEWIPC},
    {spec::NamespaceType::Uts, "uts", CLONE_NEWUTS},
    {spec::NamespaceType::User, "user", CLONE_NEWUSER},
    {spec::NamespaceType::Cgroup, "cgroup", CLONE_NEWCGROUP},
    {spec::NamespaceType::Time, "time", CLONE_NEWTIME},
};

const NamespaceFile& file_of(spec::NamespaceType type) {
  return *std::find_if(std::begin(kNamespaces), std::end(kNamespaces),
                       [type](const NamespaceFile& it) { return it.type == type; });
}

std::optional<int64_t> number_in(const char* path) {
  Result<std::string> text = read_file(AT_FDCWD, path);
  return text ? parse_number<int64_t>(trim(*text)) : std::nullopt;
}

// "/proc/sys/user/max_net_namespaces" and the like: 0 forbids them.
void check_new(const std::string& where, const NamespaceFile& ns, Findings* out) {
  if (::access(format("/proc/self/ns/%s", ns.file).c_str(), F_OK) != 0) {
    return out->push_back({true, where, format("this kernel has no %s namespaces", ns.file),
                           "take it out of linux.namespaces"});
  }
  std::string limit = format("/proc/sys/user/max_%s_namespaces", ns.file);
  if (number_in(limit.c_str()) == 0) {
    out->push_back({true, where,
                    format("%s namespaces are forbidden here: %s is 0", ns.file, limit.c_str()),
                    "raise it with sysctl(8)"});
  }
  bool user = ns.type == spec::NamespaceType::User;
  if (user && ::geteuid() != 0 && number_in("/proc/sys/kernel/unprivileged_userns_clone") == 0) {
    out->push_back({true, where,
                    "user namespaces are for root only: kernel.unprivileged_userns_clone is 0",
                    "set it to 1 with sysctl(8)"});
  }
}

void check_joined(const std::string& where, const spec::Namespace& ns, Findings* out) {
  Fd fd(::open(ns.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    return out->push_back({true, where + ".path",
                           format("'%s': %s", ns.path.c_str(), ::strerror(errno)),
                           "the namespace to join has to be there"});
  }
  int type = ::ioctl(fd.get(), NS_GET_NSTYPE);
  if (type != file_of(ns.type).flag)
    out->push_back({true, where + ".path",
                    format("'%s' is not a %s namespace", ns.path.c_str(), file_of(ns.type).file),
                    ""});
}

bool has_capability(int number) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) < 0) return false;
  return (data[number / 32].effective >> (number % 32) & 1) != 0;
}

void check_rlimits(const std::vector<spec::Rlimit>& limits, Findings* out) {
  if (has_capability(CAP_SYS_RESOURCE)) return;
  for (size_t i = 0; i < limits.size(); i++) {
    std::optional<int> resource = sys::rlimit_resource(limits[i].type);
    struct rlimit64 now;
    if (!resource || ::syscall(SYS_prlimit64, 0, *resource, nullptr, &now) < 0) continue;
    if (limits[i].hard <= now.rlim_max) continue;
    out->push_back(
        {true, format("process.rlimits[%zu].hard", i),
         format(
             "%s: %llu is above the hard limit here, %llu, and raising it takes CAP_SYS_RESOURCE",
             limits[i].type.c_str(), static_cast<unsigned long long>(limits[i].hard),
             static_cast<unsigned long long>(now.rlim_max)),
         "lower it, or raise the limit of the caller"});
  }
}

bool real_time(spec::SchedulerPolicy policy) {
  return policy == spec::SchedulerPolicy::Fifo || policy == spec::SchedulerPolicy::Rr ||
         policy == spec::SchedulerPolicy::Deadline;
}

// Those of `list` that the machine's list in `file` does not have.
void check_list(const char* where, const std::string& list, const char* file, const char* what,
                Findings* out) {
  Result<std::string> text = read_file(AT_FDCWD, file);
  if (list.empty() || !text) return;
  std::vector<uint16_t> there = cgroup::parse_number_list(*text);
  for (uint16_t number : cgroup::parse_number_list(list)) {
    if (std::find(there.begin(), there.end(), number) != there.end()) continue;
    return out->push_back(
        {true, where, format("'%s': this machine has no %s %u", list.c_str(), what, number),
         format("it has %.*s", static_cast<int>(trim(*text).size()), trim(*text).data())});
  }
}

}  // namespace

void check_namespaces(const spec::Config& config, Findings* out) {
  if (!config.linux_) return;
  for (size_t i = 0; i < config.linux_->namespaces.size(); i++) {
    const spec::Namespace& ns = config.linux_->namespaces[i];
    std::string where = format("linux.namespaces[%zu]", i);
    if (ns.path.empty()) {
      check_new(where, file_of(ns.type), out);
    } else {
      check_joined(where, ns, out);
    }
  }
}

void check_rights(const spec::Config& config, Findings* out) {
  if (!config.process) return;
  const spec::Process& process = *config.process;
  check_rlimits(process.rlimits, out);
  std::optional<int64_t> now = number_in("/proc/self/oom_score_adj");
  if (process.oom_score_adj && now && *process.oom_score_adj < *now &&
      !has_capability(CAP_SYS_RESOURCE)) {
    out->push_back(
        {true, "process.oomScoreAdj",
         format("%lld is below the caller's, %lld, which takes CAP_SYS_RESOURCE",
                static_cast<long long>(*process.oom_score_adj), static_cast<long long>(*now)),
         "leave it out"});
  }
  if (process.scheduler && real_time(process.scheduler->policy) && !has_capability(CAP_SYS_NICE)) {
    out->push_back({true, "process.scheduler.policy", "a real-time policy takes CAP_SYS_NICE",
                    "run as root, or use SCHED_OTHER"});
  }
}

void check_host_files(const spec::Config& config, Findings* out) {
  if (!config.linux_) return;
  const spec::Linux& platform = *config.linux_;
  for (const auto& [name, value] : platform.sysctl) {
    std::string path = name;
    if (path.find('/') == std::string::npos) std::replace(path.begin(), path.end(), '.', '/');
    // Those of a network namespace can come with its devices.
    if (path.starts_with("net/") || ::access(("/proc/sys/" + path).c_str(), F_OK) == 0) continue;
    out->push_back({true, "linux.sysctl",
                    format("'%s': there is no such sysctl in this kernel", name.c_str()),
                    "is it misspelt, or its module not loaded?"});
  }
  for (const spec::NetDevice& device : platform.net_devices) {
    if (device.host_name.find('/') != std::string::npos ||
        ::access(("/sys/class/net/" + device.host_name).c_str(), F_OK) == 0)
      continue;
    out->push_back({true, "linux.netDevices",
                    format("'%s': there is no such network device", device.host_name.c_str()),
                    "'ip link' lists them"});
  }
  if (!platform.resources || !platform.resources->cpu) return;
  check_list("linux.resources.cpu.cpus", platform.resources->cpu->cpus,
             "/sys/devices/system/cpu/online", "CPU", out);
  check_list("linux.resources.cpu.mems", platform.resources->cpu->mems,
             "/sys/devices/system/node/online", "memory node", out);
}

}  // namespace container
