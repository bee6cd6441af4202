// Signals to every process of a cgroup.
//
// A number read from cgroup.procs may belong to another process a moment later. So: read the list,
// open a pidfd for each, read the list again, and signal those that are still in it. A process that
// is listed after its number was opened is either the one that was opened, or a newcomer of the
// same cgroup with a dead one's number, which the next round finds.

#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "base/pidfd.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/freezer.h"
#include "runtime/cgroup/tree.h"

namespace cgroup {
namespace {

// Rounds that may each find new processes. A fork bomb loses: what is signalled with SIGKILL does
// not fork again.
constexpr int kRounds = 200;

struct Opened {
  pid_t pid;
  Fd fd;
};

Result<std::vector<Opened>> open_all(const std::vector<pid_t>& pids) {
  std::vector<Opened> opened;
  for (pid_t pid : pids) {
    Fd fd(sys::pidfd_open(pid));
    if (!fd && errno == ESRCH) continue;
    if (!fd) return Error::sys("pidfd_open %d", static_cast<int>(pid));
    opened.push_back({pid, std::move(fd)});
  }
  return opened;
}

Status send(const Opened& process, int signal) {
  if (sys::pidfd_send_signal(process.fd.get(), signal) == 0 || errno == ESRCH) return {};
  Error error = Error::sys("signal process %d", static_cast<int>(process.pid));
  if (error.errnum == EPERM) error.code = Code::PermissionDenied;
  return error;
}

bool contains(const std::vector<pid_t>& sorted, pid_t pid) {
  return std::binary_search(sorted.begin(), sorted.end(), pid);
}

}  // namespace

// cgroup.kill (since 5.14): all at once, and nothing forked meanwhile gets away.
Result<bool> Cgroup::kill_at_once() const {
  const Location::Dir* v2 = location_.find("");
  if (v2 == nullptr) return false;
  return write_if_there(v2->path, "cgroup.kill", "1");
}

Status Cgroup::kill_all(int signal) const {
  if (signal < 0 || signal > SIGRTMAX)
    return Error::make(Code::Usage, "there is no signal %d", signal);
  if (signal == SIGKILL) {
    bool killed = TRY(kill_at_once());
    if (killed && location_.layout == Layout::Unified) return {};
  }
  std::vector<pid_t> done;  // sorted
  for (int round = 0;; round++) {
    std::vector<pid_t> found = TRY(pids());
    std::erase_if(found, [&done](pid_t pid) { return contains(done, pid) || pid == ::getpid(); });
    if (found.empty()) break;
    if (round == kRounds) {
      return Error::make(
                 Code::Timeout,
                 "signal %d to all processes: new ones appear faster than they can be signalled",
                 signal)
          .with_hint("pause the container first");
    }
    std::vector<Opened> opened = TRY(open_all(found));
    std::vector<pid_t> still = TRY(pids());
    for (const Opened& process : opened) {
      if (contains(still, process.pid)) TRY(send(process, signal));
    }
    done.insert(done.end(), found.begin(), found.end());
    std::sort(done.begin(), done.end());
  }
  if (signal != SIGKILL) return {};
  // What is frozen by v1 dies only when it is thawed; v2 lets the signal through.
  const Location::Dir* freezer = freezer_dir(location_);
  if (freezer == nullptr || freezer->controllers.empty()) return {};
  bool is_frozen = TRY(frozen());
  if (is_frozen) TRY(thaw());
  return {};
}

}  // namespace cgroup
