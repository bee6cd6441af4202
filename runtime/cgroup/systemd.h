// The systemd manager: cgroups are made by asking systemd for a transient unit instead of by mkdir.
#pragma once

#include "runtime/cgroup/cgroup.h"

namespace cgroup {

// locate() for Manager::Systemd.
Result<Location> locate_systemd(const Host& host, const LocateOptions& options);

}  // namespace cgroup
