// Moving a process into one directory.
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "runtime/cgroup/cgroup.h"

namespace cgroup {

// Writes `pid` to cgroup.procs of `dir`, with all its threads. The error says what the errno means there.
Status join_dir(const Location::Dir& dir, pid_t pid, Layout layout);

}  // namespace cgroup
