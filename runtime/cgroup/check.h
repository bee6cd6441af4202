// What stands in the way of a cgroup that is not made yet; for `rt check`. Reads, and changes
// nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/cgroup/cgroup.h"
#include "spec/config.h"

namespace cgroup {

// The controllers that `resources` needs and this machine does not have for it, in v1's or v2's
// names.
Result<std::vector<std::string>> missing_controllers(const Location& location,
                                                     const spec::Resources& resources);

// The directory that the caller may not make the container's cgroup in, if there is one.
std::optional<std::string> closed_directory(const Location& location);

}  // namespace cgroup
