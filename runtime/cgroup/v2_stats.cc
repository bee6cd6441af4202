// Statistics of version 2. Where v1 counts otherwise they are made to look like v1's, which is what
// the readers of `rt events` know: nanoseconds, swap with memory, "Read" and "Write".

#include <limits>

#include "base/strings.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/stats.h"
#include "runtime/cgroup/stats_files.h"

namespace cgroup::v2 {
namespace {

Status read_cpu(const std::string& dir, CpuUse* cpu) {
  KeyedCounts counts = TRY(read_counts(dir, "cpu.stat"));
  auto nanoseconds = [&counts](const char* key) {
    return count_of(counts, key) * kNanosecondsPerMicrosecond;
  };
  cpu->total = nanoseconds("usage_usec");
  cpu->user = nanoseconds("user_usec");
  cpu->kernel = nanoseconds("system_usec");
  cpu->periods = count_of(counts, "nr_periods");
  cpu->throttled_periods = count_of(counts, "nr_throttled");
  cpu->throttled_time = nanoseconds("throttled_usec");
  return {};
}

// `prefix`: "memory" or "memory.swap". peak: since 5.19, of swap since 6.5.
Status read_counter(const std::string& dir, const std::string& prefix,
                    MemoryUse::Counter* counter) {
  TRY(read_count(dir, prefix + ".current", &counter->usage));
  TRY(read_count(dir, prefix + ".max", &counter->limit));
  TRY(read_count(dir, prefix + ".peak", &counter->max));
  return {};
}

// The most there was of both together is not known.
MemoryUse::Counter together(const MemoryUse::Counter& memory, const MemoryUse::Counter& swap) {
  constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
  MemoryUse::Counter both;
  both.usage = memory.usage + swap.usage;
  bool limited = memory.limit != kNoLimit && swap.limit != kNoLimit;
  both.limit = limited ? memory.limit + swap.limit : kNoLimit;
  return both;
}

Status read_memory(const std::string& dir, MemoryUse* memory) {
  memory->raw = TRY(read_counts(dir, "memory.stat"));
  memory->cache = count_of(memory->raw, "file");
  if (!file_exists(dir, "memory.current")) return {};
  TRY(read_counter(dir, "memory", &memory->usage));
  KeyedCounts events = TRY(read_counts(dir, "memory.events"));
  memory->usage.failcnt = count_of(events, "max");
  MemoryUse::Counter swap;
  TRY(read_counter(dir, "memory.swap", &swap));
  memory->swap = together(memory->usage, swap);
  KeyedCounts swap_events = TRY(read_counts(dir, "memory.swap.events"));
  memory->swap.failcnt = count_of(swap_events, "max");
  return {};
}

// "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6". A device without any has no pairs.
Status read_io(const std::string& dir, BlockUse* block) {
  struct Column {
    std::string_view key;
    const char* op;
    BlockUse::Entries* into;
  };
  const Column columns[] = {{"rbytes=", "Read", &block->service_bytes},
                            {"wbytes=", "Write", &block->service_bytes},
                            {"rios=", "Read", &block->serviced},
                            {"wios=", "Write", &block->serviced}};
  std::optional<std::string> text = TRY(read_value(dir, "io.stat"));
  if (!text) return {};
  for (std::string_view line : split(*text, '\n')) {
    std::vector<std::string_view> words = split(line, ' ');
    size_t colon = words[0].find(':');
    if (colon == std::string_view::npos) continue;
    std::optional<uint64_t> major = parse_number<uint64_t>(words[0].substr(0, colon));
    std::optional<uint64_t> minor = parse_number<uint64_t>(words[0].substr(colon + 1));
    if (!major || !minor) continue;
    for (std::string_view word : words) {
      for (const Column& column : columns) {
        if (!word.starts_with(column.key)) continue;
        std::optional<uint64_t> value = parse_number<uint64_t>(word.substr(column.key.size()));
        if (value) column.into->push_back({*major, *minor, column.op, *value});
      }
    }
  }
  return {};
}

Status read_hugepages(const std::string& dir, std::vector<HugepageUse>* out) {
  std::vector<std::string> sizes = TRY(hugepage_sizes(dir, ".current"));
  for (std::string& size : sizes) {
    HugepageUse use;
    std::string prefix = "hugetlb." + size;
    KeyedCounts events = TRY(read_counts(dir, (prefix + ".events").c_str()));
    use.failcnt = count_of(events, "max");
    if (file_exists(dir, (prefix + ".rsvd.current").c_str())) prefix += ".rsvd";
    TRY(read_count(dir, prefix + ".current", &use.usage));
    use.size = std::move(size);
    out->push_back(std::move(use));
  }
  return {};
}

}  // namespace

Status read_stats(const std::string& dir, Stats* stats) {
  TRY(read_cpu(dir, &stats->cpu));
  TRY(read_memory(dir, &stats->memory));
  TRY(read_pids(dir, stats));
  TRY(read_io(dir, &stats->block));
  TRY(read_hugepages(dir, &stats->hugepages));
  return read_pressures(dir, stats);
}

}  // namespace cgroup::v2
