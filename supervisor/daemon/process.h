// Programs that the daemon runs to their end: the runtime and the starter of a monitor. Each has a
// deadline.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "supervisor/daemon/loop.h"

namespace rtd {

struct Outcome {
  Exit exit;
  bool timed_out = false;  // and was killed, with its process group
  std::string out, err;    // up to 1 MiB each
  bool ok() const { return !timed_out && exit.signal == 0 && exit.status == 0; }
};

// Starts args[0] (a path, or looked up in PATH) in a process group of its own, `input` on its
// stdin, signals as after login and the limit of open files that rtd was started with. What it has
// written when it ends is what counts: a process that it leaves behind does not hold up the
// outcome. An error means that nothing was started, and `done` is not called.
Status run_program(Loop* loop, const std::vector<std::string>& args, const std::string& input,
                   int64_t deadline_ms, std::function<void(Outcome)> done);

// As many descriptors as the hard limit allows, for the daemon but not for what it runs.
void raise_descriptor_limit();

}  // namespace rtd
