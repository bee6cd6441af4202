// The flags before the command.
#pragma once

#include "base/error.h"
#include "runtime/cmd/flags.h"
#include "runtime/container/options.h"

namespace cmd {

// Checks the global flags against each other, opens the log they ask for, and fills `globals`.
Status read_globals(const Parsed& flags, container::Globals* globals);

}  // namespace cmd
