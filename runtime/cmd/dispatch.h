// From argv to the command that was meant.
#pragma once

#include <span>

#include "base/error.h"
#include "runtime/cmd/command.h"

namespace cmd {

// Reads the command line (argv without argv[0]), opens the log it asks for, and runs the command.
// Returns the exit status. `call->command` is set once the command line is known to be right; an
// error then is the command's own, and begins with its name and container: "create 'web': ...".
Result<int> dispatch(std::span<char* const> args, Invocation* call);

}  // namespace cmd
