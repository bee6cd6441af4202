// A process that does nothing but be there: systemd makes no scope without one.
#pragma once

#include <sys/types.h>

#include <utility>

#include "base/error.h"

namespace cgroup {

class Placeholder {
 public:
  Placeholder() = default;
  // Dies with the caller, too.
  static Result<Placeholder> start();
  Placeholder(Placeholder&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Placeholder& operator=(Placeholder&& other) noexcept {
    end();
    pid_ = std::exchange(other.pid_, 0);
    return *this;
  }
  ~Placeholder() { end(); }
  pid_t pid() const { return pid_; }
  void end();  // kills and reaps it

 private:
  pid_t pid_ = 0;  // 0: none
};

}  // namespace cgroup
