// Whether the container's cgroup is given to the container, and to whom (config-linux.md, "Cgroup
// ownership").
#pragma once

#include <sys/types.h>

#include <optional>

#include "runtime/cgroup/cgroup.h"
#include "spec/config.h"

namespace container {

// The uid on the host that process.user.uid stands for, if the container has a new cgroup namespace
// on v2 and mounts its cgroups for writing on /sys/fs/cgroup. Nothing otherwise: delegation is
// unsafe on v1, and without the namespace the owner would have a part of the host's tree. Nothing
// either if the uid has no mapping.
std::optional<uid_t> cgroup_owner(const spec::Config& config, const cgroup::Location& location);

}  // namespace container
