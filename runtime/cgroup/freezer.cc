#include "runtime/cgroup/freezer.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/tree.h"

namespace cgroup {
namespace {

constexpr char kV1State[] = "freezer.state";  // THAWED, FREEZING, FROZEN
constexpr char kV2Freeze[] = "cgroup.freeze";
constexpr char kV2Events[] = "cgroup.events";  // "populated 1\nfrozen 0\n"
constexpr int64_t kFreezeMs = 10000;

Error no_freezer(const Location& location) {
  if (location.manager == Manager::Disabled) {
    return Error::make(Code::Unsupported,
                       "the container has no cgroup to freeze: cgroups are disabled");
  }
  return Error::make(
      Code::Unsupported,
      "there is no freezer: neither a v1 'freezer' controller nor cgroup v2 is mounted");
}

Error not_frozen_in_time(const Location::Dir& dir) {
  return Error::make(Code::Timeout, "cgroup '%s' did not freeze within %lld s", dir.path.c_str(),
                     static_cast<long long>(kFreezeMs / 1000))
      .with_hint(
          "a process that waits in the kernel (state D in 'ps') cannot be frozen; it was thawed "
          "again");
}

// FREEZING means that some processes still run, and on v1 the kernel stops by itself only those it
// saw at the write: one that was forked or moved in meanwhile makes the state stay FREEZING until
// FROZEN is written again. A process that waits for another that is frozen already gets there only
// when both run, hence a thaw now and then.
Status freeze_v1(const Location::Dir& dir) {
  constexpr int kWritesPerThaw = 50, kWritesPerPause = 8;
  int64_t deadline = monotonic_ms() + kFreezeMs;
  for (int i = 1;; i++) {
    TRY(write_value(dir.path, kV1State, "FROZEN"));
    if (i % kWritesPerPause == 0) sleep_us(100);
    std::string state = TRY(read_required(dir.path, kV1State));
    if (state == "FROZEN") return {};
    if (state != "FREEZING") {
      return Error::make(Code::CgroupFailed, "cgroup '%s' is %s while it is being frozen",
                         dir.path.c_str(), state.c_str())
          .with_hint("somebody else thaws it");
    }
    if (monotonic_ms() >= deadline) return not_frozen_in_time(dir);
    if (i % kWritesPerThaw == 0) {
      TRY(write_value(dir.path, kV1State, "THAWED"));
      sleep_us(10000);
    }
  }
}

// The kernel does the waiting: cgroup.events changes when the last process has stopped.
Status freeze_v2(const Location::Dir& dir) {
  TRY(write_value(dir.path, kV2Freeze, "1"));
  int64_t deadline = monotonic_ms() + kFreezeMs;
  std::string path = dir.path + "/" + kV2Events;
  Fd events = TRY(open_at(AT_FDCWD, path.c_str(), O_RDONLY));
  for (;;) {
    // Reading is what arms the poll for the next change.
    if (::lseek(events.get(), 0, SEEK_SET) < 0) return Error::sys("seek in '%s'", path.c_str());
    std::string text = TRY(read_fd(events.get(), path.c_str()));
    if (text.find("frozen 1") != std::string::npos) return {};
    int64_t left = deadline - monotonic_ms();
    if (left <= 0) return not_frozen_in_time(dir);
    pollfd change = {events.get(), POLLPRI, 0};
    if (::poll(&change, 1, static_cast<int>(left)) < 0 && errno != EINTR)
      return Error::sys("poll '%s'", path.c_str());
  }
}

}  // namespace

const Location::Dir* freezer_dir(const Location& location) {
  const Location::Dir* v1 = location.find("freezer");
  return v1 != nullptr ? v1 : location.find("");
}

Result<bool> is_frozen(const Location& location) {
  const Location::Dir* dir = freezer_dir(location);
  if (dir == nullptr) return false;
  if (!dir->controllers.empty()) {
    std::optional<std::string> state = TRY(read_value(dir->path, kV1State));
    return state && *state != "THAWED";
  }
  std::optional<std::string> own = TRY(read_value(dir->path, kV2Freeze));
  if (own && *own == "1") return true;
  std::optional<std::string> events = TRY(read_value(dir->path, kV2Events));
  return events && events->find("frozen 1") != std::string::npos;
}

Status Cgroup::freeze() const {
  const Location::Dir* dir = freezer_dir(location_);
  if (dir == nullptr) return no_freezer(location_);
  Status frozen = dir->controllers.empty() ? freeze_v2(*dir) : freeze_v1(*dir);
  // Half frozen is the worst of states.
  if (!frozen) (void)thaw();
  return frozen;
}

Status Cgroup::thaw() const {
  const Location::Dir* dir = freezer_dir(location_);
  if (dir == nullptr) return no_freezer(location_);
  return dir->controllers.empty() ? write_value(dir->path, kV2Freeze, "0")
                                  : write_value(dir->path, kV1State, "THAWED");
}

Result<bool> Cgroup::frozen() const {
  return is_frozen(location_);
}

}  // namespace cgroup
