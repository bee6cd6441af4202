// Standing in for the container's process until it ends: its signals, its terminal, its exit
// status.
#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "runtime/container/notify.h"

namespace container {

// Signals are blocked from construction on and delivered to the process once wait() runs; so none
// is lost that arrives while the container is being made. SIGCHLD, SIGWINCH and SIGURG are not
// passed on (SIGWINCH resizes).
class Foreground {
 public:
  Foreground();
  ~Foreground();
  Foreground(const Foreground&) = delete;
  Foreground& operator=(const Foreground&) = delete;

  // Returns the exit status of the child `pid` of ours, or 128 + the signal that ended it.
  // `master`: its terminal, which is copied to and from our standard streams until it ends; none:
  // they are its own. `notify` (may be null) is served meanwhile.
  Result<int> wait(pid_t pid, int pidfd, Fd master, NotifyProxy* notify = nullptr);

 private:
  Fd signals_;
  unsigned char old_mask_[128];
};

}  // namespace container
