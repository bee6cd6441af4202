// How a process that is not our child ended.
#pragma once

#include <sys/types.h>

#include <optional>

#include "base/error.h"

namespace sys {

// Waits until the process of `pidfd`, whose number is `pid`, has ended with all its threads, and
// returns its wait status (wait(2), "WIFEXITED"). Nothing if the kernel does not tell it: before
// Linux 6.15 it is only told of a process that its parent has not yet waited for, and only to who
// may trace it.
Result<std::optional<int>> wait_for_exit(int pidfd, pid_t pid);

}  // namespace sys
