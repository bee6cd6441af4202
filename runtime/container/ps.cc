// `rt ps`: which processes are in the container.

#include "runtime/cgroup/cgroup.h"
#include "runtime/container/container.h"
#include "runtime/container/open.h"

namespace container {

// The cgroup's list, and nothing else, is complete: it holds what exec brought in and what has left
// the PID namespace's tree. A stopped container has none.
Result<std::vector<pid_t>> processes(const Globals& globals, const std::string& id) {
  Opened opened = TRY(open_container(globals, id));
  cgroup::Cgroup cgroup = cgroup::Cgroup::open(opened.record.cgroup);
  if (cgroup.exists() && !opened.record.cgroup_shared) return cgroup.pids();
  if (opened.status == spec::ContainerStatus::Stopped) return std::vector<pid_t>();
  return Error::make(Code::Unsupported,
                     "without a cgroup of its own, nobody lists the container's processes")
      .with_hint("its main process is " + std::to_string(opened.record.init.pid));
}

}  // namespace container
