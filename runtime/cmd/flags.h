// Flags of commands: base/flags.h, under the names this folder uses.
#pragma once

#include "base/flags.h"

namespace cmd {

using namespace flags;

}  // namespace cmd
