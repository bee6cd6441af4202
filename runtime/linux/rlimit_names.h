// Resource limits: names of config.json <-> numbers of getrlimit(2).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace sys {

std::optional<int> rlimit_resource(std::string_view name);  // "RLIMIT_NOFILE" -> 7
std::string_view rlimit_name(int resource);  // 7 -> "RLIMIT_NOFILE"; "" if there is none
std::vector<std::string_view> known_rlimits();

}  // namespace sys
