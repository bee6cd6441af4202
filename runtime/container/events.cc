// `rt events`: what a container uses, and when its memory runs out.

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/cgroup/oom.h"
#include "runtime/container/container.h"
#include "runtime/container/open.h"

namespace container {
namespace {

// How long to wait at most where the kernel does not wake us: for an OOM counter without
// notifications, and for what a container leaves behind when its first process ends.
constexpr int64_t kLookAgainMs = 200;

struct Watched {
  Record record;
  cgroup::Cgroup cgroup;
  Fd process;  // pidfd of init
};

Error not_running(const std::string& id) {
  return Error::make(Code::ContainerNotRunning, "container with id %s is not running", id.c_str());
}

// Neither the lock nor the state directory is held: the container can be changed and deleted
// meanwhile.
Result<Watched> watch(const Globals& globals, const std::string& id) {
  Opened opened = TRY(open_container(globals, id));
  if (opened.status == spec::ContainerStatus::Creating) {
    return Error::make(Code::ContainerState, "container is still being created")
        .with_hint("try again when 'rt create' has returned");
  }
  std::optional<Fd> process = TRY(open_process(opened.record.init));
  if (!process) return not_running(id);
  cgroup::Cgroup cgroup = cgroup::Cgroup::open(opened.record.cgroup);
  if (!cgroup.exists()) {
    return Error::make(Code::Unsupported,
                       "the container has no cgroup, so nothing counts what it uses")
        .with_hint(
            "it was created with --cgroup-manager disabled, or by a user who may not make cgroups");
  }
  return Watched{std::move(opened.record), std::move(cgroup), *std::move(process)};
}

// Whether process `pid` has another network namespace than the caller. That of the host is not the
// container's use.
bool other_network(pid_t pid) {
  struct stat ours, theirs;
  std::string path = format("/proc/%d/ns/net", static_cast<int>(pid));
  return ::stat("/proc/self/ns/net", &ours) == 0 && ::stat(path.c_str(), &theirs) == 0 &&
         (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev);
}

// Nothing when it is gone: checked after reading, for its number may be another's by then.
Result<std::vector<sys::NetCounters>> interfaces(const ProcessRef& init) {
  std::vector<sys::NetCounters> none;
  if (!other_network(init.pid)) return none;
  Result<std::string> text =
      read_file(AT_FDCWD, format("/proc/%d/net/dev", static_cast<int>(init.pid)).c_str());
  bool still = TRY(alive(init));
  if (!still) return none;
  std::string counters = TRY(std::move(text));
  return sys::parse_net_counters(counters);
}

Result<Use> use_of(const Watched& watched) {
  Use use;
  use.cgroup = TRY(cgroup::read_stats(watched.cgroup.location()));
  use.interfaces = TRY(interfaces(watched.record.init));
  return use;
}

// What cannot be read once may be readable the next time.
Status tell_use(const Watched& watched, const Tell& tell) {
  Result<Use> use = use_of(watched);
  if (use) return tell(&*use);
  log_warning("reading what the container uses: %s, ignoring", use.error().text().c_str());
  return {};
}

// Processes may outlive the first one where it has no PID namespace of its own.
bool nobody_left(const cgroup::Cgroup& cgroup) {
  if (!cgroup.exists()) return true;
  Result<std::vector<pid_t>> pids = cgroup.pids();
  return !pids || pids->empty();
}

class Watcher {
 public:
  Watcher(Watched watched, std::optional<cgroup::OomWatch> oom, const Tell& tell)
      : watched_(std::move(watched)), oom_(std::move(oom)), tell_(tell) {}

  Status run(int64_t interval_ms) {
    int64_t next = monotonic_ms() + interval_ms;
    for (;;) {
      TRY(wait(next));
      if (oom_) {
        bool ran_out = TRY(oom_->take());
        if (ran_out) TRY(tell_(nullptr));
      }
      if (ended_ && nobody_left(watched_.cgroup)) return {};
      if (monotonic_ms() < next) continue;
      TRY(tell_use(watched_, tell_));
      next = std::max(next + interval_ms, monotonic_ms());  // in step, but never behind
    }
  }

 private:
  // Until something may have happened, or `deadline`.
  Status wait(int64_t deadline) {
    int64_t left = std::max<int64_t>(deadline - monotonic_ms(), 0);
    bool look_again = ended_ || (oom_ && oom_->fd() < 0);
    if (look_again) left = std::min(left, kLookAgainMs);
    pollfd fds[] = {{ended_ ? -1 : watched_.process.get(), POLLIN, 0},
                    {oom_ && !ended_ ? oom_->fd() : -1, oom_ ? oom_->events() : short{0}, 0}};
    int ready = ::poll(fds, 2, static_cast<int>(std::min<int64_t>(left, INT32_MAX)));
    if (ready < 0 && errno != EINTR) return Error::sys("poll");
    if (ready > 0 && fds[0].revents != 0) ended_ = true;
    return {};
  }

  Watched watched_;
  std::optional<cgroup::OomWatch> oom_;
  const Tell& tell_;
  bool ended_ = false;
};

}  // namespace

Result<Use> use(const Globals& globals, const std::string& id) {
  Watched watched = TRY(watch(globals, id));
  return use_of(watched);
}

Status events(const Globals& globals, const std::string& id, int64_t interval_ms,
              const Tell& tell) {
  Watched watched = TRY(watch(globals, id));
  std::optional<cgroup::OomWatch> oom = TRY(cgroup::OomWatch::open(watched.cgroup.location()));
  Watcher watcher(std::move(watched), std::move(oom), tell);
  return watcher.run(interval_ms);
}

}  // namespace container
