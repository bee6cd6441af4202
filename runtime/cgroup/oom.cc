#include "runtime/cgroup/oom.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/stats_files.h"

namespace cgroup {
namespace {

constexpr char kEventControl[] = "cgroup.event_control";

}  // namespace

Result<std::optional<OomWatch>> OomWatch::open(const Location& location) {
  const Location::Dir* v1 = location.find("memory");
  const Location::Dir* v2 = location.find("");
  if (v1 != nullptr && file_exists(v1->path, "memory.oom_control")) {
    OomWatch watch = TRY(open_v1(v1->path));
    return std::optional<OomWatch>(std::move(watch));
  }
  if (v2 != nullptr && file_exists(v2->path, "memory.events")) {
    OomWatch watch = TRY(open_v2(v2->path));
    return std::optional<OomWatch>(std::move(watch));
  }
  return std::optional<OomWatch>();
}

// Documentation/admin-guide/cgroup-v1/memory.rst, "OOM Control": "<event_fd> <fd of
// memory.oom_control>".
Result<OomWatch> OomWatch::open_v1(const std::string& dir) {
  OomWatch watch;
  watch.path_ = dir + "/memory.oom_control";
  watch.counter_ = TRY(open_at(AT_FDCWD, watch.path_.c_str(), O_RDONLY));
  watch.seen_ = TRY(watch.count());
  if (!file_exists(dir, kEventControl)) return watch;
  Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return Error::sys("eventfd");
  TRY(write_value(dir, kEventControl, format("%d %d", event.get(), watch.counter_.get())));
  watch.event_ = std::move(event);
  return watch;
}

Result<OomWatch> OomWatch::open_v2(const std::string& dir) {
  OomWatch watch;
  watch.path_ = dir + "/memory.events";
  watch.counter_ = TRY(open_at(AT_FDCWD, watch.path_.c_str(), O_RDONLY));
  watch.wakes_ = true;
  watch.seen_ = TRY(watch.count());  // reading is also what arms the poll
  return watch;
}

short OomWatch::events() const {
  return event_ ? POLLIN : POLLPRI;
}

Result<uint64_t> OomWatch::count() const {
  if (::lseek(counter_.get(), 0, SEEK_SET) < 0) return Error::sys("seek in '%s'", path_.c_str());
  std::string text = TRY(read_fd(counter_.get(), path_.c_str()));
  return count_of(parse_counts(text), "oom_kill");
}

// A notification comes before the counter moves, and both would report one event twice: the first
// is enough. The kernel also notifies when the cgroup is removed, and that is no lack of memory.
Result<bool> OomWatch::take() {
  if (event_) {
    uint64_t times = 0;
    if (::read(event_.get(), &times, sizeof times) != sizeof times) return false;
    return file_exists(path_.substr(0, path_.rfind('/')), kEventControl);
  }
  Result<uint64_t> now = count();
  if (!now && now.error().errnum == ENODEV) return false;  // the cgroup is gone
  uint64_t counted = TRY(std::move(now));
  bool more = counted > seen_;
  seen_ = counted;
  return more;
}

}  // namespace cgroup
