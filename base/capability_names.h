// Capabilities: names of config.json <-> numbers of linux/capability.h.
//
// The table is ours although libcap-ng has one: linking it statically brings in getpwuid() with the
// whole of glibc's name service (310 KB, and it loads shared objects) and a constructor that makes
// six system calls in every start of rt. The unit test compares the two tables.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace sys {

// "CAP_CHOWN" -> 0. Exactly as the spec writes them: upper case, with the prefix.
std::optional<int> capability_number(std::string_view name);

// 0 -> "CAP_CHOWN"; "" for a number without a name.
std::string_view capability_name(int number);

// The highest capability that the running kernel knows; it can be above or below the table's end.
int last_capability();

// All names, by number.
std::vector<std::string_view> known_capabilities();

}  // namespace sys
