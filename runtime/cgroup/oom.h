// Being told when a cgroup runs out of memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/cgroup/cgroup.h"

namespace cgroup {

// v1: the kernel's notification of memory.oom_control over an eventfd, or, where the kernel has
// none (cgroup.event_control is on its way out), the counter in that file. v2: the counter oom_kill
// of memory.events, which includes cgroups below.
class OomWatch {
 public:
  // From now on. Nothing if the container has no memory controller.
  static Result<std::optional<OomWatch>> open(const Location& location);

  // To poll for `events()`; -1 where there is only the counter, which has to be asked now and then.
  int fd() const { return event_.get() >= 0 || !wakes_ ? event_.get() : counter_.get(); }
  short events() const;
  // Whether memory ran out since the last call. The cgroup being gone is a no.
  Result<bool> take();

 private:
  OomWatch() = default;
  static Result<OomWatch> open_v1(const std::string& dir);
  static Result<OomWatch> open_v2(const std::string& dir);
  Result<uint64_t> count() const;

  std::string path_;  // of the counter
  Fd counter_;
  Fd event_;            // v1 with notifications
  bool wakes_ = false;  // the counter's file can be polled
  uint64_t seen_ = 0;
};

}  // namespace cgroup
