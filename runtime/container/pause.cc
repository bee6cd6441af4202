// `rt pause` and `rt resume`: the cgroup freezer.

#include <unistd.h>

#include <algorithm>

#include "runtime/cgroup/cgroup.h"
#include "runtime/container/container.h"
#include "runtime/container/open.h"

namespace container {
namespace {

using spec::ContainerStatus;

Status check_can_freeze(const Record& record, const cgroup::Cgroup& cgroup) {
  if (!cgroup.exists()) {
    return Error::make(Code::Unsupported, "the container has no cgroup, so it cannot be paused")
        .with_hint(
            "it was created with --cgroup-manager disabled, or by a user who may not make cgroups");
  }
  if (!record.cgroup_shared) return {};
  std::vector<pid_t> pids = TRY(cgroup.pids());
  if (std::find(pids.begin(), pids.end(), ::getpid()) == pids.end()) return {};
  return Error::make(
      Code::Unsupported,
      "the container shares its cgroup with the caller, who would be frozen with it");
}

}  // namespace

Status pause(const Globals& globals, const std::string& id) {
  Opened opened = TRY(open_container_locked(globals, id));
  if (opened.status == ContainerStatus::Paused) {
    return Error::make(Code::ContainerState, "container not running")
        .with_hint("it is paused already");
  }
  if (opened.status != ContainerStatus::Running && opened.status != ContainerStatus::Created) {
    return Error::make(Code::ContainerNotRunning, "container not running")
        .with_hint(std::string("it is ") + spec::status_name(opened.status));
  }
  cgroup::Cgroup cgroup = cgroup::Cgroup::open(opened.record.cgroup);
  TRY(check_can_freeze(opened.record, cgroup));
  Status frozen = cgroup.freeze();
  if (frozen) return {};
  // Half frozen would be neither running nor paused. The freezer's complaint is the one worth
  // reading.
  (void)cgroup.thaw();
  return frozen;
}

Status resume(const Globals& globals, const std::string& id) {
  Opened opened = TRY(open_container_locked(globals, id));
  if (opened.status != ContainerStatus::Paused) {
    return Error::make(Code::ContainerState, "container not paused")
        .with_hint(std::string("it is ") + spec::status_name(opened.status));
  }
  return cgroup::Cgroup::open(opened.record.cgroup).thaw();
}

}  // namespace container
