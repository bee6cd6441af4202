#include "runtime/cgroup/v1.h"

#include "base/path.h"
#include "runtime/cgroup/files.h"

namespace cgroup::v1 {
namespace {

// Gives `dir` its parent's list if it has none. Parents first: a child's list must be part of its
// parent's.
Status fill_from_parent(const std::string& dir, const char* name, std::string* list) {
  std::optional<std::string> own = TRY(read_value(dir, name));
  if (!own) {
    return Error::make(Code::CgroupFailed, "'%s' of the cgroups above '%s' is empty", name,
                       dir.c_str())
        .with_hint("the cpuset hierarchy is not usable; give its root CPUs and memory nodes");
  }
  if (!own->empty()) {
    *list = *std::move(own);
    return {};
  }
  TRY(fill_from_parent(std::string(dir_name(dir)), name, list));
  return write_value(dir, name, *list);
}

}  // namespace

Status init_cpuset(const std::string& dir) {
  for (const char* name : {"cpuset.cpus", "cpuset.mems"}) {
    std::string list;
    TRY(fill_from_parent(dir, name, &list));
  }
  return {};
}

Result<std::string> need(const Location& location, const char* controller, const char* setting) {
  const Location::Dir* dir = location.find(controller);
  if (dir != nullptr) return dir->path;
  if (location.best_effort) {
    return Error::make(Code::PermissionDenied,
                       "no cgroup could be made for controller '%s', which is needed for %s",
                       controller, setting)
        .with_hint("without root, limits need a cgroup that was delegated to you");
  }
  return Error::make(Code::Unsupported,
                     "cgroup v1 controller '%s' is not mounted, and it is needed for %s",
                     controller, setting)
      .with_hint(std::string("mount it ('mount -t cgroup -o ") + controller +
                 " cgroup /sys/fs/cgroup/" + controller + "'), or leave out " + setting);
}

Status apply(const Location& location, const spec::Resources& resources) {
  if (!resources.unified.empty()) {
    return Error::make(Code::Unsupported,
                       "invalid configuration: linux.resources.unified needs cgroup v2, and this "
                       "machine has v1")
        .with_hint("use the other properties of linux.resources");
  }
  if (resources.cpu) {
    TRY_IN("linux.resources.cpu", set_cpuset(location, *resources.cpu));
    TRY_IN("linux.resources.cpu", set_cpu(location, *resources.cpu));
  }
  if (resources.memory) TRY_IN("linux.resources.memory", set_memory(location, *resources.memory));
  if (resources.pids_limit)
    TRY_IN("linux.resources.pids", set_pids(location, *resources.pids_limit));
  if (resources.block_io)
    TRY_IN("linux.resources.blockIO", set_block_io(location, *resources.block_io));
  TRY_IN("linux.resources.hugepageLimits", set_hugepages(location, resources.hugepage_limits));
  if (resources.network)
    TRY_IN("linux.resources.network", set_network(location, *resources.network));
  TRY_IN("linux.resources.rdma", set_rdma(location, resources.rdma));
  return {};
}

}  // namespace cgroup::v1
