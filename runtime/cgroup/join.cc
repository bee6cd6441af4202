#include "runtime/cgroup/join.h"

#include "base/strings.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/tree.h"

namespace cgroup {
namespace {

const char* meaning(int errnum, const Location::Dir& dir) {
  bool v2 = dir.controllers.empty();
  switch (errnum) {
    case EBUSY:
      return v2 ? "the cgroup gives controllers to cgroups below it, so it can hold no processes "
                  "itself"
                : nullptr;
    case EOPNOTSUPP:
      return "the cgroup is threaded, or below one that is, and takes only threads of its domain";
    case ENOSPC: return v2 ? nullptr : "cpuset.cpus or cpuset.mems of the cgroup is empty";
    case EINVAL:
      return "the process is scheduled as real-time, and the cgroup has no cpu.rt_runtime_us; or "
             "it is exiting";
    case EACCES:
    case EPERM:
      return "moving a process takes write access to the cgroup above both its old and its new one";
    case ESRCH: return "the process is gone";
    default: return nullptr;
  }
}

}  // namespace

Status join_dir(const Location::Dir& dir, pid_t pid, Layout) {
  // EINVAL also comes for a process that has just been forked and not run yet (TASK_NEW), for which the CPU controller has no
  // place so soon (kernels before 6.2). Again after a while, about 30 ms in all.
  constexpr int kTries = 8;
  constexpr int64_t kFirstPauseUs = 250;
  int64_t pause = kFirstPauseUs;
  for (int tried = 1;; tried++) {
    Status written = write_signed(dir.path, "cgroup.procs", pid);
    if (written) return written;
    int errnum = written.error().errnum;
    if (errnum == EINVAL && tried < kTries) {
      sleep_us(pause);
      pause *= 2;
      continue;
    }
    Error error = std::move(written).error().in(
        format("move process %d into its cgroup", static_cast<int>(pid)));
    if (const char* text = meaning(errnum, dir)) error.hint = text;
    return error;
  }
}

}  // namespace cgroup
