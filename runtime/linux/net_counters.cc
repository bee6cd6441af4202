#include "runtime/linux/net_counters.h"

#include "base/strings.h"

namespace sys {
namespace {

constexpr size_t kColumns = 16, kSent = 8;

NetCounters::Direction direction(const std::vector<uint64_t>& columns, size_t first) {
  return {columns[first], columns[first + 1], columns[first + 2], columns[first + 3]};
}

}  // namespace

std::vector<NetCounters> parse_net_counters(std::string_view text) {
  std::vector<NetCounters> out;
  for (std::string_view line : split(text, '\n')) {
    size_t colon = line.rfind(':');  // a name may have one, a number has none
    if (colon == std::string_view::npos) continue;
    std::string_view name = trim(line.substr(0, colon));
    std::vector<uint64_t> columns;
    for (std::string_view word : split(line.substr(colon + 1), ' ')) {
      std::optional<uint64_t> value = parse_number<uint64_t>(word);
      if (value) columns.push_back(*value);
    }
    if (columns.size() < kColumns || name == "lo") continue;
    out.push_back({std::string(name), direction(columns, 0), direction(columns, kSent)});
  }
  return out;
}

}  // namespace sys
