// Signals: what a user may write for one, and what one is called.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sys {

// A number from 0 (only asks whether the process is there) to 64, or a name in any case with or
// without "SIG": "TERM", "sigkill", "RTMIN", "RTMIN+3", "RTMAX-1". Real-time names count as in the
// C library, where RTMIN is 34.
std::optional<int> parse_signal(std::string_view text);

// 15 -> "SIGTERM", 37 -> "SIGRTMIN+3"; a number without a name comes back as digits.
std::string signal_name(int number);

// All names with "SIG" in front, for suggestions.
std::vector<std::string_view> known_signals();

}  // namespace sys
