// Going to the background: the process that was called stays until it is known whether the daemon
// serves.
#pragma once

#include <functional>

#include "base/error.h"
#include "base/fd.h"

namespace rtd {

// In the caller's process returns how the child's start went. In the child calls `serve` with the
// descriptor that takes the report ("ok", or the reason why not; see report()) and does not return.
Status run_in_background(const std::function<int(Fd report)>& serve);

// The daemon's side: says that all is well, or why not, and closes. Nothing if there is nobody to
// tell.
void report_to_caller(Fd* report, const Status& status);

}  // namespace rtd
