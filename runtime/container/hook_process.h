// The process of a hook: started, waited for, killed. Its pipes and pidfd close with the object,
// and so does it.
#pragma once

#include <signal.h>

#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "spec/config.h"

namespace container {

struct HookProcess {
  Fd pidfd;
  Fd stdin_pipe, stdout_pipe, stderr_pipe;  // our ends; non-blocking

  HookProcess() = default;
  HookProcess(HookProcess&&) noexcept = default;
  HookProcess& operator=(HookProcess&&) noexcept = default;
  ~HookProcess();  // kills and reaps one that still runs

  Result<siginfo_t> reap();     // it has exited (its pidfd is readable)
  Status kill(int timeout_ms);  // SIGKILL to it alone, and reaps it
};

// The hook with its args, its environment and nothing else: working directory `bundle` ("/" if that
// is gone, which only poststop can meet), default signal actions, empty mask, no fd above 2. ENOENT
// and the like come from execve.
Result<HookProcess> start_hook(const spec::Hook& hook, const std::string& bundle);

// While one is in scope: writing to a hook that does not read gives EPIPE instead of SIGPIPE.
class ScopedHookSignals {
 public:
  ScopedHookSignals();
  ~ScopedHookSignals();
  ScopedHookSignals(const ScopedHookSignals&) = delete;
  ScopedHookSignals& operator=(const ScopedHookSignals&) = delete;

 private:
  sigset_t old_mask_ = {};
  bool pipe_was_pending_ = false;
};

}  // namespace container
