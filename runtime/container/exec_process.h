// What `exec` is to run: the container's own process with the changes of the command line, or
// --process alone.
#pragma once

#include "base/error.h"
#include "runtime/container/options.h"
#include "spec/config.h"

namespace container {

Result<spec::Process> exec_process(const spec::Config& config, const ExecOptions& options);

}  // namespace container
