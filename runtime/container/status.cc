// What a container is doing at this moment: record.h says how it is decided. This runs for each
// container of `list`, so it asks the kernel for one thing at a time and stops at the first answer
// that settles it.

#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/cgroup/freezer.h"
#include "runtime/container/record.h"

namespace container {
namespace {

using spec::ContainerStatus;

// Whether init still waits for `rt start`. The socket alone would say so of a container whose `rt
// start` was killed after init had heard it, so the program that is running decides.
Result<bool> waits_for_start(int dirfd, const char* socket, const ProcessRef& init) {
  struct stat info;
  if (::fstatat(dirfd, socket, &info, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT) return false;
    return Error::sys("stat '%s'", socket);
  }
  return runs_init(init.pid);
}

}  // namespace

Result<spec::ContainerStatus> status_of(const StateDir& dir, const Record& record) {
  if (!record.creating) return TRY_IN(dir.path(), settled_status(dir.fd(), kStartSocket, record));
  bool busy = TRY(dir.locked_by_other());
  if (busy) return ContainerStatus::Creating;
  // The lock is free, so create has ended: well, since the caller read the record, or before its
  // end.
  std::optional<Record> fresh = TRY(dir.load());
  if (!fresh || fresh->creating) return ContainerStatus::Stopped;
  return status_of(dir, *fresh);
}

Result<spec::ContainerStatus> settled_status(int dirfd, const char* socket, const Record& record) {
  bool init_alive = TRY(alive(record.init));
  if (!init_alive) return ContainerStatus::Stopped;
  bool frozen = TRY(cgroup::is_frozen(record.cgroup));
  if (frozen) return ContainerStatus::Paused;
  bool waits = TRY(waits_for_start(dirfd, socket, record.init));
  return waits ? ContainerStatus::Created : ContainerStatus::Running;
}

}  // namespace container
