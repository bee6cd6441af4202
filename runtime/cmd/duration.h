// Lengths of time as Go's flag package reads them: "5s", "1.5h", "1m30s", "100ms".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cmd {

// Nanoseconds; nothing if it is no length of time, or one too long for the type. "0" needs no unit.
// A sign is taken, too.
std::optional<int64_t> parse_duration(std::string_view text);

}  // namespace cmd
