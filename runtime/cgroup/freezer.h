// The freezer of a location: on v1 a controller of its own, on v2 a file of every cgroup (since
// 5.2).
#pragma once

#include "base/error.h"
#include "runtime/cgroup/cgroup.h"

namespace cgroup {

// Where its freezer is: the v1 controller, else the v2 directory (also that of a hybrid machine);
// nullptr if there is neither.
const Location::Dir* freezer_dir(const Location& location);

// Whether it is frozen, by itself or with one above it. False without a freezer or a directory.
Result<bool> is_frozen(const Location& location);

}  // namespace cgroup
