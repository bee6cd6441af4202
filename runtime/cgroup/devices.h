// Puts device rules in force: v1 by its list, v2 by an eBPF program.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace cgroup {

// Both replace what was in force in the cgroup `dir`. `fresh`: it has just been made, so nothing
// was. In a user namespace, where the kernel refuses both, that is no error: no device node can be
// made there, and none of the host's be opened that way.
Status set_device_list(const std::string& dir, const std::vector<spec::DeviceRule>& rules,
                       bool fresh);
Status set_device_program(const std::string& dir, const std::vector<spec::DeviceRule>& rules);

}  // namespace cgroup
