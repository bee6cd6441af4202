// Getting a process in: by its number, or by itself.

#include <fcntl.h>

#include <string_view>
#include <utility>

#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/systemd.h"
#include "runtime/cgroup/tree.h"

namespace cgroup {
namespace {

constexpr char kProcs[] = "cgroup.procs";
constexpr char kTasks[] = "tasks";  // v1: single threads

const char* meaning(int errnum) {
  switch (errnum) {
    case EBUSY:
      return "the cgroup gives controllers to cgroups below it, so it can hold no processes itself";
    case EOPNOTSUPP:
      return "the cgroup is threaded, or below one that is, and takes only threads of its domain";
    case ENOSPC: return "cpuset.cpus or cpuset.mems of the cgroup is empty";
    case EINVAL:
      return "the process is scheduled as real-time, and the cgroup has no cpu.rt_runtime_us; or "
             "it is exiting";
    case EACCES:
    case EPERM:
      return "moving a process takes write access to the cgroup above both its old and its new one";
    case ESRCH: return "the process is gone";
    default: return "";
  }
}

// EINVAL also comes for a process that has just been forked and not run yet (TASK_NEW), for which
// the CPU controller has no place so soon (kernels before 6.2). Again after a while, about 30 ms in
// all.
Status join_dir(const std::string& dir, pid_t pid) {
  constexpr int kTries = 8;
  constexpr int64_t kFirstPauseUs = 250;
  int64_t pause = kFirstPauseUs;
  for (int tried = 1;; tried++) {
    Status written = write_signed(dir, kProcs, pid);
    if (written) return written;
    int errnum = written.error().errnum;
    if (errnum == EINVAL && tried < kTries) {
      sleep_us(pause);
      pause *= 2;
      continue;
    }
    Error error = std::move(written).error().in(
        format("move process %d into its cgroup", static_cast<int>(pid)));
    if (errnum != 0) error.hint = meaning(errnum);
    return error;
  }
}

}  // namespace

Result<Location> beside(const Location& location, pid_t init) {
  if (location.layout != Layout::Unified || location.dirs.empty()) return location;
  const std::string& path = location.dirs[0].path;
  std::optional<std::string> gives = TRY(read_value(path, "cgroup.subtree_control"));
  if (!gives || gives->empty()) return location;
  Host host = TRY(probe_host_of(init));
  std::string its = clean_path(host.v2_mount_point + host.v2_own_path);
  // Only there: the container's limits hold, and nobody but us or the container has had a say in
  // where it is.
  if (!its.starts_with(path + "/")) return location;
  Location below = location;
  below.dirs[0].path = std::move(its);
  return below;
}

Status Cgroup::join(pid_t pid) const {
  bool warned = false;
  for (const Location::Dir& dir : location_.dirs) {
    Status joined = join_dir(dir.path, pid);
    if (joined) continue;
    if (location_.manager == Manager::Systemd && is_permission(joined.error().errnum))
      return systemd::attach(location_, pid);
    if (!location_.best_effort || !is_permission(joined.error().errnum)) return joined;
    if (!std::exchange(warned, true))
      log_warning("the process stays outside of the container's cgroup: %s, ignoring",
                  joined.error().text().c_str());
  }
  return {};
}

Result<Cgroup::Entrance> Cgroup::entrance() const {
  Entrance entrance;
  entrance.clone_into = dir_fd_.get();
  for (const Location::Dir& dir : location_.dirs) {
    if (dir.controllers.empty()) {
      if (dir_fd_) continue;
      return Error::make(Code::CgroupFailed, "cgroup '%s' does not exist", dir.path.c_str());
    }
    std::string name = dir.path + "/" + kTasks;
    Result<Fd> fd = open_at(AT_FDCWD, name.c_str(), O_WRONLY);
    if (!fd && location_.best_effort && is_permission(fd.error().errnum)) continue;
    if (!fd && fd.error().errnum == ENOENT) {
      return Error::make(Code::CgroupFailed, "cgroup '%s' does not exist", dir.path.c_str());
    }
    entrance.tasks.push_back(TRY(std::move(fd)));
    entrance.names.push_back(std::move(name));
  }
  return entrance;
}

Error Cgroup::explain_join(int errnum, const std::string& name) {
  errno = errnum;
  return Error::sys("join a cgroup by writing to '%s'", name.c_str())
      .as(Code::CgroupFailed)
      .with_hint(meaning(errnum));
}

}  // namespace cgroup
