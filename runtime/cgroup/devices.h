// Puts device rules in force: v1 by its list, v2 by an eBPF program.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace cgroup {

// Both replace what was in force in the cgroup `dir`. `fresh`: it has just been made, so nothing was. Who may not do it because
// of a user namespace gets a warning, as device nodes cannot be made there either.
Status set_device_list(const std::string& dir, const std::vector<spec::DeviceRule>& rules,
                       bool fresh);
Status set_device_program(const std::string& dir, const std::vector<spec::DeviceRule>& rules);

}  // namespace cgroup
