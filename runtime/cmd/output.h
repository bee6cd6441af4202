// What goes to stdout, and nothing else does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/container/container.h"

namespace cmd {

// All of `text` to stdout; 0, the exit status of a command whose last act this is. A full disk is
// an error.
Result<int> print(std::string_view text);

// The state of a container as JSON, as runc prints it and go-runc reads it: {"ociVersion", "id",
// "pid", ...}, with `indent` (and a space after each colon) or, if that is empty, on one line.
std::string state_json(const container::Info& info, std::string_view indent);

// Columns at least 12 wide and 3 apart; the last one is not padded. Widths are in characters
// (UTF-8). Control characters become '?': a path from a bundle must not drive the terminal.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace cmd
