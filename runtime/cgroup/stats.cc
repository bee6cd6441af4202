#include "runtime/cgroup/stats.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/strings.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/stats_files.h"

namespace cgroup {
namespace {

// "12.34" -> 1234.
std::optional<uint64_t> parse_hundredths(std::string_view text) {
  size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.size() != dot + 3) return std::nullopt;
  std::optional<uint64_t> whole = parse_number<uint64_t>(text.substr(0, dot));
  std::optional<uint64_t> part = parse_number<uint64_t>(text.substr(dot + 1));
  if (!whole || !part || *whole > UINT32_MAX) return std::nullopt;
  return *whole * 100 + *part;
}

Stall parse_stall(const std::vector<std::string_view>& words) {
  constexpr std::string_view kAverages[] = {"avg10=", "avg60=", "avg300="};
  constexpr std::string_view kTotal = "total=";
  Stall stall;
  for (std::string_view word : words) {
    for (size_t i = 0; i < std::size(kAverages); i++) {
      if (!word.starts_with(kAverages[i])) continue;
      stall.average[i] = parse_hundredths(word.substr(kAverages[i].size())).value_or(0);
    }
    if (word.starts_with(kTotal))
      stall.total_us = parse_number<uint64_t>(word.substr(kTotal.size())).value_or(0);
  }
  return stall;
}

}  // namespace

Pressure parse_pressure(std::string_view text) {
  Pressure pressure;
  for (std::string_view line : split(text, '\n')) {
    std::vector<std::string_view> words = split(line, ' ');
    if (words[0] == "some") pressure.some = parse_stall(words);
    if (words[0] == "full") pressure.full = parse_stall(words);
  }
  return pressure;
}

Status read_count(const std::string& dir, const std::string& name, uint64_t* out) {
  *out = 0;
  std::optional<std::string> text = TRY(read_value(dir, name.c_str()));
  if (!text) return {};
  std::optional<uint64_t> value = *text == "max" ? UINT64_MAX : parse_number<uint64_t>(*text);
  if (!value) {
    return Error::make(Code::CgroupFailed, "'%s/%s': expected a number, found '%s'", dir.c_str(),
                       name.c_str(), text->c_str());
  }
  *out = *value;
  return {};
}

Status read_pids(const std::string& dir, Stats* stats) {
  TRY(read_count(dir, "pids.current", &stats->pids));
  std::optional<std::string> limit = TRY(read_value(dir, "pids.max"));
  if (limit) stats->pids_limit = parse_number<uint64_t>(*limit).value_or(0);  // "max"
  return {};
}

KeyedCounts parse_counts(std::string_view text) {
  KeyedCounts counts;
  for (std::string_view line : split(text, '\n')) {
    size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    std::optional<uint64_t> value = parse_number<uint64_t>(line.substr(blank + 1));
    if (value) counts.emplace_back(line.substr(0, blank), *value);
  }
  return counts;
}

Result<KeyedCounts> read_counts(const std::string& dir, const char* name) {
  std::optional<std::string> text = TRY(read_value(dir, name));
  return text ? parse_counts(*text) : KeyedCounts();
}

uint64_t count_of(const KeyedCounts& counts, std::string_view key) {
  for (const auto& [name, value] : counts) {
    if (name == key) return value;
  }
  return 0;
}

std::vector<uint16_t> parse_number_list(std::string_view text) {
  std::vector<uint16_t> out;
  for (std::string_view part : split(trim(text), ',')) {
    size_t dash = part.find('-');
    std::optional<uint16_t> first = parse_number<uint16_t>(part.substr(0, dash));
    std::optional<uint16_t> last = first;
    if (dash != std::string_view::npos) last = parse_number<uint16_t>(part.substr(dash + 1));
    if (!first || !last) break;
    for (unsigned i = *first; i <= *last; i++) out.push_back(static_cast<uint16_t>(i));
  }
  return out;
}

Result<std::optional<Pressure>> read_pressure(const std::string& dir, const char* name) {
  Result<std::optional<std::string>> text = read_value(dir, name);
  if (!text && text.error().errnum == EOPNOTSUPP) return std::optional<Pressure>();
  std::optional<std::string> found = TRY(std::move(text));
  if (!found) return std::optional<Pressure>();
  return std::optional<Pressure>(parse_pressure(*found));
}

Status read_pressures(const std::string& dir, Stats* stats) {
  stats->cpu.pressure = TRY(read_pressure(dir, "cpu.pressure"));
  stats->memory.pressure = TRY(read_pressure(dir, "memory.pressure"));
  stats->block.pressure = TRY(read_pressure(dir, "io.pressure"));
  return {};
}

Result<std::vector<std::string>> hugepage_sizes(const std::string& path, std::string_view suffix) {
  constexpr std::string_view kPrefix = "hugetlb.";
  std::vector<std::string> sizes;
  std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
  if (!dir && errno == ENOENT) return sizes;
  if (!dir) return Error::sys("open '%s'", path.c_str()).as(Code::CgroupFailed);
  while (const dirent* entry = ::readdir(dir.get())) {
    std::string_view name = entry->d_name;
    if (!name.starts_with(kPrefix) || !name.ends_with(suffix)) continue;
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(suffix.size());
    if (!name.empty() && name.find('.') == std::string_view::npos) sizes.emplace_back(name);
  }
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

Result<Stats> read_stats(const Location& location) {
  Stats stats;
  const Location::Dir* unified = location.find("");
  if (location.layout == Layout::Unified) {
    if (unified != nullptr) TRY(v2::read_stats(unified->path, &stats));
    return stats;
  }
  TRY(v1::read_stats(location, &stats));
  // v1 has no pressure; a hybrid machine keeps it beside.
  if (unified != nullptr) TRY(read_pressures(unified->path, &stats));
  return stats;
}

}  // namespace cgroup
