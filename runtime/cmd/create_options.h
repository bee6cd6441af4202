// The flags that `create` and `run` share.
#pragma once

#include "runtime/cmd/command.h"

namespace cmd {

// Paths are taken relative to the caller's working directory, and made absolute.
container::CreateOptions create_options(const Invocation& call);

// absolute_path(path), but "" (not given) stays "".
std::string absolute_or_empty(const std::string& path);

}  // namespace cmd
