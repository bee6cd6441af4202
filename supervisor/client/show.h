// What rtctl prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "spec/json.h"

namespace client {

// Indented, with a newline. 0, the exit status.
Result<int> print_json(const std::string& text);

// Columns as wide as their widest cell; control characters become '?': a name from elsewhere must
// not drive the terminal.
void print_table(const std::vector<std::vector<std::string>>& rows);
std::string table_text(const std::vector<std::vector<std::string>>& rows);

// A container as a row of `ps`.
Result<std::vector<std::string>> container_row(spec::JsonValue container, const std::string& state);

}  // namespace client
