// Statistics of version 1: each controller's in its own directory.

#include <unistd.h>

#include "base/strings.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/stats.h"
#include "runtime/cgroup/stats_files.h"

namespace cgroup::v1 {
namespace {

constexpr uint64_t kNanosecondsPerSecond = 1000000000;

std::vector<uint64_t> parse_numbers(std::string_view text) {
  std::vector<uint64_t> out;
  for (std::string_view word : split(trim(text), ' ')) {
    std::optional<uint64_t> value = parse_number<uint64_t>(word);
    if (value) out.push_back(*value);
  }
  return out;
}

// cpuacct.usage_all (since 4.7): "cpu user system\n0 12 34\n1 56 78\n", nanoseconds.
void parse_usage_all(std::string_view text, CpuUse* cpu) {
  for (std::string_view line : split(text, '\n')) {
    std::vector<uint64_t> numbers = parse_numbers(line);
    if (numbers.size() != 3) continue;
    cpu->percpu_user.push_back(numbers[1]);
    cpu->percpu_kernel.push_back(numbers[2]);
  }
}

Status read_cpu_account(const std::string& dir, CpuUse* cpu) {
  TRY(read_count(dir, "cpuacct.usage", &cpu->total));
  KeyedCounts ticks = TRY(read_counts(dir, "cpuacct.stat"));
  const uint64_t tick = kNanosecondsPerSecond / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
  cpu->user = count_of(ticks, "user") * tick;
  cpu->kernel = count_of(ticks, "system") * tick;
  std::optional<std::string> percpu = TRY(read_value(dir, "cpuacct.usage_percpu"));
  if (percpu) cpu->percpu = parse_numbers(*percpu);
  std::optional<std::string> all = TRY(read_value(dir, "cpuacct.usage_all"));
  if (all) parse_usage_all(*all, cpu);
  return {};
}

Status read_throttling(const std::string& dir, CpuUse* cpu) {
  KeyedCounts counts = TRY(read_counts(dir, "cpu.stat"));
  cpu->periods = count_of(counts, "nr_periods");
  cpu->throttled_periods = count_of(counts, "nr_throttled");
  cpu->throttled_time = count_of(counts, "throttled_time");
  return {};
}

Status read_cpuset(const std::string& dir, CpusetState* set) {
  std::optional<std::string> cpus = TRY(read_value(dir, "cpuset.cpus"));
  set->cpus = parse_number_list(cpus.value_or(""));
  std::optional<std::string> mems = TRY(read_value(dir, "cpuset.mems"));
  set->mems = parse_number_list(mems.value_or(""));
  TRY(read_count(dir, "cpuset.cpu_exclusive", &set->cpu_exclusive));
  TRY(read_count(dir, "cpuset.mem_hardwall", &set->mem_hardwall));
  TRY(read_count(dir, "cpuset.mem_exclusive", &set->mem_exclusive));
  TRY(read_count(dir, "cpuset.memory_migrate", &set->memory_migrate));
  TRY(read_count(dir, "cpuset.memory_spread_page", &set->memory_spread_page));
  TRY(read_count(dir, "cpuset.memory_spread_slab", &set->memory_spread_slab));
  TRY(read_count(dir, "cpuset.memory_pressure", &set->memory_pressure));
  TRY(read_count(dir, "cpuset.sched_load_balance", &set->sched_load_balance));
  std::optional<std::string> level = TRY(read_value(dir, "cpuset.sched_relax_domain_level"));
  // -1: the machine's
  if (level) set->sched_relax_domain_level = parse_number<int64_t>(*level).value_or(0);
  return {};
}

// `prefix`: "memory", "memory.memsw", ...
Status read_counter(const std::string& dir, const std::string& prefix,
                    MemoryUse::Counter* counter) {
  TRY(read_count(dir, prefix + ".usage_in_bytes", &counter->usage));
  TRY(read_count(dir, prefix + ".max_usage_in_bytes", &counter->max));
  TRY(read_count(dir, prefix + ".failcnt", &counter->failcnt));
  TRY(read_count(dir, prefix + ".limit_in_bytes", &counter->limit));
  return {};
}

Status read_memory(const std::string& dir, MemoryUse* memory) {
  memory->raw = TRY(read_counts(dir, "memory.stat"));
  memory->cache = count_of(memory->raw, "cache");
  TRY(read_counter(dir, "memory", &memory->usage));
  TRY(read_counter(dir, "memory.memsw", &memory->swap));
  TRY(read_counter(dir, "memory.kmem", &memory->kernel));
  TRY(read_counter(dir, "memory.kmem.tcp", &memory->kernel_tcp));
  return {};
}

// "8:0 Read 1024", "8:0 1024"; the sum of all, "Total 1024", is no device's.
BlockUse::Entries parse_entries(std::string_view text) {
  BlockUse::Entries out;
  for (std::string_view line : split(text, '\n')) {
    std::vector<std::string_view> words = split(line, ' ');
    size_t colon = words[0].find(':');
    if (colon == std::string_view::npos || words.size() < 2 || words.size() > 3) continue;
    std::optional<uint64_t> major = parse_number<uint64_t>(words[0].substr(0, colon));
    std::optional<uint64_t> minor = parse_number<uint64_t>(words[0].substr(colon + 1));
    std::optional<uint64_t> value = parse_number<uint64_t>(words.back());
    if (!major || !minor || !value) continue;
    out.push_back({*major, *minor, words.size() == 3 ? std::string(words[1]) : "", *value});
  }
  return out;
}

Result<BlockUse::Entries> read_entries(const std::string& dir, const std::string& name) {
  std::optional<std::string> text = TRY(read_value(dir, name.c_str()));
  return parse_entries(text.value_or(""));
}

// Which files count depends on the I/O scheduler of each disk: those of bfq (bfq), of cfq (before
// 5.0), and those of the throttle policy, which are always there. The first that have anything are
// taken.
Status read_block(const std::string& dir, BlockUse* block) {
  for (const char* prefix : {"blkio.bfq.", "blkio."}) {
    std::string p = prefix;
    block->serviced = TRY(read_entries(dir, p + "io_serviced_recursive"));
    if (block->serviced.empty()) continue;
    block->service_bytes = TRY(read_entries(dir, p + "io_service_bytes_recursive"));
    block->queued = TRY(read_entries(dir, p + "io_queued_recursive"));
    block->service_time = TRY(read_entries(dir, p + "io_service_time_recursive"));
    block->wait_time = TRY(read_entries(dir, p + "io_wait_time_recursive"));
    block->merged = TRY(read_entries(dir, p + "io_merged_recursive"));
    block->time = TRY(read_entries(dir, p + "time_recursive"));
    block->sectors = TRY(read_entries(dir, p + "sectors_recursive"));
    return {};
  }
  // With what is below since 4.17; before that only its own.
  for (const char* suffix : {"_recursive", ""}) {
    std::string s = suffix;
    block->serviced = TRY(read_entries(dir, "blkio.throttle.io_serviced" + s));
    block->service_bytes = TRY(read_entries(dir, "blkio.throttle.io_service_bytes" + s));
    if (!block->serviced.empty()) return {};
  }
  return {};
}

Status read_hugepages(const std::string& dir, std::vector<HugepageUse>* out) {
  std::vector<std::string> sizes = TRY(hugepage_sizes(dir, ".usage_in_bytes"));
  for (std::string& size : sizes) {
    HugepageUse use;
    std::string prefix = "hugetlb." + size;
    if (file_exists(dir, (prefix + ".rsvd.usage_in_bytes").c_str())) prefix += ".rsvd";
    TRY(read_count(dir, prefix + ".usage_in_bytes", &use.usage));
    TRY(read_count(dir, prefix + ".max_usage_in_bytes", &use.max));
    TRY(read_count(dir, prefix + ".failcnt", &use.failcnt));
    use.size = std::move(size);
    out->push_back(std::move(use));
  }
  return {};
}

}  // namespace

Status read_stats(const Location& location, Stats* stats) {
  using Dir = const Location::Dir*;
  if (Dir dir = location.find("cpuacct")) TRY(read_cpu_account(dir->path, &stats->cpu));
  if (Dir dir = location.find("cpu")) TRY(read_throttling(dir->path, &stats->cpu));
  if (Dir dir = location.find("cpuset")) TRY(read_cpuset(dir->path, &stats->cpuset));
  if (Dir dir = location.find("memory")) TRY(read_memory(dir->path, &stats->memory));
  if (Dir dir = location.find("pids")) TRY(read_pids(dir->path, stats));
  if (Dir dir = location.find("blkio")) TRY(read_block(dir->path, &stats->block));
  if (Dir dir = location.find("hugetlb")) TRY(read_hugepages(dir->path, &stats->hugepages));
  return {};
}

}  // namespace cgroup::v1
