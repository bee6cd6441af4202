// `rt kill`. It takes no lock: whatever another command hangs in, a container can be killed.

#include <signal.h>

#include "runtime/cgroup/cgroup.h"
#include "runtime/container/container.h"
#include "runtime/container/open.h"
#include "runtime/container/terminate.h"

namespace container {
namespace {

// Engines search for these words (CRI-O with regard to case) and take them for "done already".
Error not_running(const std::string& id, spec::ContainerStatus status) {
  Error error = Error::make(Code::ContainerNotRunning, "container not running");
  if (status == spec::ContainerStatus::Creating) {
    return std::move(error).with_hint("it is being created; 'rt delete --force " + id +
                                      "' ends that too");
  }
  return std::move(error).with_hint("it has stopped; 'rt delete " + id + "' removes it");
}

// False if there was nobody to get it.
Result<bool> signal_init(const Record& record, int signal) {
  std::optional<Fd> init = TRY(open_process(record.init));
  if (!init) return false;
  return signal_process(init->get(), record.init.pid, signal);
}

// --all: each process of the cgroup, or init where there is no cgroup to go by.
Result<bool> signal_all(const Record& record, int signal) {
  bool own = TRY(owns_cgroup_processes(record));
  if (!own) return signal_init(record, signal);
  cgroup::Cgroup cgroup = cgroup::Cgroup::open(record.cgroup);
  std::vector<pid_t> pids = TRY(cgroup.pids());
  TRY(cgroup.kill_all(signal));
  return !pids.empty();
}

}  // namespace

Status kill(const Globals& globals, const std::string& id, int signal, bool all) {
  Opened opened = TRY(open_container(globals, id));
  bool reached = false;
  if (all) {
    reached = TRY(signal_all(opened.record, signal));
    if (signal == SIGKILL) TRY(thaw_if_frozen(opened.record));
  } else if (signal == SIGKILL) {
    reached = TRY(kill_container(opened.record));
  } else {
    reached = TRY(signal_init(opened.record, signal));
  }
  if (!reached && !all) return not_running(id, opened.status);
  return {};
}

}  // namespace container
