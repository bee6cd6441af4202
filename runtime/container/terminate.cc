#include "runtime/container/terminate.h"

#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/pidfd.h"
#include "base/strings.h"
#include "runtime/cgroup/cgroup.h"

namespace container {
namespace {

constexpr int kEmptyPollMs = 5;

Error still_alive(const std::string& who, int timeout_ms) {
  return Error::make(Code::Timeout, "%s: still alive %.0f s after SIGKILL", who.c_str(),
                     timeout_ms / 1000.0)
      .with_hint(
          "it hangs in the kernel (state D in 'ps'), most often on a disk or network file system; "
          "try again later");
}

// A pidfd becomes readable when the process is dead, before anybody has reaped it.
Status wait_for_death(int pidfd, pid_t pid, int64_t deadline, int timeout_ms) {
  for (;;) {
    pollfd dead = {pidfd, POLLIN, 0};
    int64_t left = std::max<int64_t>(deadline - monotonic_ms(), 0);
    int ready = ::poll(&dead, 1, static_cast<int>(left));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR)
      return Error::sys("wait for process %d", static_cast<int>(pid));
    if (ready == 0)
      return still_alive(format("container process %d", static_cast<int>(pid)), timeout_ms);
  }
}

// What SIGKILL goes to beside init. For a create that was cut off: the inits in its cgroup.
Result<std::vector<pid_t>> others_to_kill(const Record& record) {
  std::vector<pid_t> none;
  // The death of the first process of a PID namespace kills all in it.
  if (record.private_pid_namespace && !record.creating) return none;
  bool own = TRY(owns_cgroup_processes(record));
  if (!own) return none;
  std::vector<pid_t> pids = TRY(cgroup::Cgroup::open(record.cgroup).pids());
  if (!record.creating) return pids;
  std::vector<pid_t> inits;
  for (pid_t pid : pids) {
    bool is_init = TRY(runs_init(pid));
    if (is_init) inits.push_back(pid);
  }
  return inits;
}

Status kill_others(const Record& record, const std::vector<pid_t>& pids) {
  if (pids.empty()) return {};
  if (!record.creating) return cgroup::Cgroup::open(record.cgroup).kill_all(SIGKILL);
  for (pid_t pid : pids) {
    Fd fd(sys::pidfd_open(pid));
    if (!fd && errno == ESRCH) continue;
    if (!fd) return Error::sys("pidfd_open %d", static_cast<int>(pid));
    bool is_init =
        TRY(runs_init(pid));  // again: the number may have got another owner before the open
    if (is_init) (void)TRY(signal_process(fd.get(), pid, SIGKILL));
  }
  return {};
}

// Processes can be born between the reading of the list and the signals, so killing and looking
// alternate.
Status kill_others_until_none(const Record& record, int64_t deadline, int timeout_ms) {
  for (;;) {
    std::vector<pid_t> pids = TRY(others_to_kill(record));
    if (pids.empty()) return {};
    TRY(kill_others(record, pids));
    if (monotonic_ms() >= deadline) {
      return still_alive(
          format("process %d in the container's cgroup", static_cast<int>(pids.front())),
          timeout_ms);
    }
    timespec pause = {0, kEmptyPollMs * 1000000};
    (void)nanosleep(&pause, nullptr);
  }
}

}  // namespace

Result<bool> signal_process(int pidfd, pid_t pid, int signal) {
  if (sys::pidfd_send_signal(pidfd, signal) == 0) return true;
  if (errno == ESRCH) return false;
  Error error = Error::sys("signal process %d", static_cast<int>(pid));
  if (error.errnum == EPERM) error.code = Code::PermissionDenied;
  if (error.errnum == EINVAL) error.code = Code::Usage;  // no such signal number
  return error;
}

Result<bool> owns_cgroup_processes(const Record& record) {
  if (record.cgroup_shared) return false;
  cgroup::Cgroup cgroup = cgroup::Cgroup::open(record.cgroup);
  if (!cgroup.exists()) return false;
  std::vector<pid_t> pids = TRY(cgroup.pids());
  return std::find(pids.begin(), pids.end(), ::getpid()) == pids.end();
}

Status thaw_if_frozen(const Record& record) {
  cgroup::Cgroup cgroup = cgroup::Cgroup::open(record.cgroup);
  bool frozen = TRY(cgroup.frozen());
  if (frozen) TRY(cgroup.thaw());
  return {};
}

Result<bool> kill_container(const Record& record) {
  bool killed = false;
  std::optional<Fd> init = TRY(open_process(record.init));
  if (init) killed = TRY(signal_process(init->get(), record.init.pid, SIGKILL));
  std::vector<pid_t> others = TRY(others_to_kill(record));
  TRY(kill_others(record, others));
  // After the signals: what is frozen gets no chance to run between.
  if (!record.creating) TRY(thaw_if_frozen(record));
  return killed || !others.empty();
}

Status kill_container_and_wait(const Record& record, int timeout_ms) {
  int64_t deadline = monotonic_ms() + timeout_ms;
  // Opened first: afterwards a dead init could not be waited for, nor told from one that is dying.
  std::optional<Fd> init = TRY(open_process(record.init));
  (void)TRY(kill_container(record));
  if (init) TRY(wait_for_death(init->get(), record.init.pid, deadline, timeout_ms));
  return kill_others_until_none(record, deadline, timeout_ms);
}

}  // namespace container
