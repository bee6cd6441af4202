// The table of `rt ps`: the machine's ps(1), less the processes of others.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace cmd {

// Runs ps with these arguments and returns what it printed (stderr too: it is in the error
// otherwise). Nothing but Code::ExecNotFound if there is no ps.
Result<std::string> run_host_ps(const std::vector<std::string>& args);

// The header line of `output` and the lines whose PID column holds one of `pids`.
Result<std::string> filter_ps(std::string_view output, const std::vector<pid_t>& pids);

// A small table from /proc, for machines without ps. Processes that end meanwhile are left out.
std::string own_ps(const std::vector<pid_t>& pids);

}  // namespace cmd
