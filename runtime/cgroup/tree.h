// Directories of a cgroup hierarchy: made with their parents, searched, removed with what is below.
//
// A container may own what is below its cgroup, and change it while we walk there: a walk holds one
// directory fd at a time, however deep the tree, and never follows a symbolic link.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace cgroup {

// Makes `path` and the parents it lacks; appends each directory made to `made`, outermost first (on
// failure too). The value is whether the last one was made, and was not there before. The error
// carries mkdir's errno.
Result<bool> make_dirs(const std::string& path, std::vector<std::string>* made);

// Appends the processes of `path` and of all below it. Nothing there: nothing appended. Processes
// of another PID namespace that have no number in ours (the kernel says 0) are left out.
Status add_pids(const std::string& path, std::vector<pid_t>* pids);

// Removes `path` and all cgroups below. A cgroup whose processes are still dying cannot be removed:
// tries again until `deadline_ms` on the monotonic clock. Not there is success.
Status remove_tree(const std::string& path, int64_t deadline_ms);

// Undoes make_dirs: rmdir from the last to the first. What cannot be removed (somebody else uses
// it) stays.
void remove_made(const std::vector<std::string>& made);

void sleep_us(int64_t microseconds);

}  // namespace cgroup
