// Reading the files of statistics, which may or may not be there; shared by v1_stats.cc and
// v2_stats.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "runtime/cgroup/stats.h"

namespace cgroup {

// A number, "max" being the largest there is; 0 if there is no such file.
Status read_count(const std::string& dir, const std::string& name, uint64_t* out);

using KeyedCounts = std::vector<std::pair<std::string, uint64_t>>;
// "cache 123\nrss 456\n". Lines of another form are left out.
KeyedCounts parse_counts(std::string_view text);
Result<KeyedCounts> read_counts(const std::string& dir, const char* name);
uint64_t count_of(const KeyedCounts& counts, std::string_view key);  // 0: not there

// "0-2,5" -> 0,1,2,5. Ends where the text makes no sense.
std::vector<uint16_t> parse_number_list(std::string_view text);

// Nothing where the kernel does not keep it (ENOTSUP: booted with psi=0).
Result<std::optional<Pressure>> read_pressure(const std::string& dir, const char* name);
// All three of a v2 directory, which has them whether its controllers are enabled or not.
Status read_pressures(const std::string& dir, Stats* stats);

// pids.current and pids.max, which are the same in both versions.
Status read_pids(const std::string& dir, Stats* stats);

// For each size of huge pages that `dir` counts. The numbers are those of reserved pages where the
// kernel has them (since 5.7).
Result<std::vector<std::string>> hugepage_sizes(const std::string& dir, std::string_view suffix);

}  // namespace cgroup
