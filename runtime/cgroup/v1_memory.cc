// linux.resources.memory on v1. 0 means "not set" for the sizes: engines write all fields, and a
// limit of 0 bytes would be of no use. kernel and kernelTCP are obsolete (config-linux.md: NOT
// RECOMMENDED; the kernel ignores them since 5.16 and 6.9).

#include "base/log.h"
#include "base/strings.h"
#include "runtime/cgroup/conversions.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/v1.h"

namespace cgroup::v1 {
namespace {

constexpr char kLimit[] = "memory.limit_in_bytes";
constexpr char kSwapLimit[] = "memory.memsw.limit_in_bytes";  // memory and swap together
constexpr char kSoftLimit[] = "memory.soft_limit_in_bytes";
constexpr char kUsage[] = "memory.usage_in_bytes";
constexpr char kPeak[] = "memory.max_usage_in_bytes";

// EBUSY: the kernel tried to reclaim memory and could not get below the new limit.
Status set_limit(const std::string& dir, const char* file, int64_t limit) {
  Status written = write_signed(dir, file, limit);
  if (written || written.error().errnum != EBUSY) return written;
  Error error = std::move(written).error();
  uint64_t usage = TRY(read_number(dir, kUsage));
  uint64_t peak = TRY(read_number(dir, kPeak));
  error.what =
      format("the memory limit cannot be set to %lld (current usage: %llu, peak usage: %llu)",
             static_cast<long long>(limit), static_cast<unsigned long long>(usage),
             static_cast<unsigned long long>(peak));
  return std::move(error).with_hint(
      "stop some of its processes first, or set a limit above the usage");
}

Status set_swap(const std::string& dir, int64_t swap, bool limit_below) {
  if (swap == 0) return {};
  if (!file_exists(dir, kSwapLimit) && file_exists(dir, kLimit)) {
    if (swap < 0) return {};  // it is unlimited
    return Error::make(Code::Unsupported,
                       "swap: this kernel does not account swap, so it cannot be limited")
        .with_hint("boot with 'swapaccount=1', or leave out memory.swap");
  }
  Status written = set_limit(dir, kSwapLimit, swap);
  if (!written && written.error().errnum == EINVAL && !limit_below) {
    return std::move(written).error().with_hint(
        "memory.swap counts memory and swap together: it needs a memory.limit below it");
  }
  return written;
}

// The kernel keeps limit <= memsw at every moment, so which goes first depends on where they come
// from.
Status set_limits(const std::string& dir, int64_t limit, int64_t swap) {
  // As for those who know only one limit: no limit of memory means none of swap.
  if (limit < 0 && swap == 0 && file_exists(dir, kSwapLimit)) swap = -1;
  bool swap_first = limit != 0 && swap < 0;
  if (limit != 0 && swap > 0) {
    uint64_t current = TRY(read_number(dir, kLimit));
    swap_first = current < static_cast<uint64_t>(swap);
  }
  if (swap_first) TRY(set_swap(dir, swap, limit > 0));
  if (limit != 0) {
    Status written = set_limit(dir, kLimit, limit);
    if (!written && written.error().errnum == EINVAL && swap == 0) {
      return std::move(written).error().with_hint(
          "it is above the limit of memory and swap together: raise memory.swap with it");
    }
    TRY(std::move(written));
  }
  if (!swap_first) TRY(set_swap(dir, swap, limit > 0));
  return {};
}

Status set_swappiness(const std::string& dir, uint64_t swappiness) {
  if (swappiness == static_cast<uint64_t>(-1)) return {};  // engines' "not set"
  if (swappiness > 100) {
    return Error::make(Code::ConfigInvalid, "swappiness: %llu is not between 0 and 100",
                       static_cast<unsigned long long>(swappiness));
  }
  return write_number(dir, "memory.swappiness", swappiness);
}

// Engines write `false` into every config, which is how a cgroup starts. Asked for again only if it
// is otherwise.
Status set_oom_killer(const std::string& dir, bool disable) {
  constexpr char kFile[] = "memory.oom_control";
  if (disable) return write_value(dir, kFile, "1");
  std::optional<std::string> state = TRY(read_value(dir, kFile));
  if (!state || state->find("oom_kill_disable 1") == std::string::npos) return {};
  return write_value(dir, kFile, "0");
}

// Since 5.11 it is always 1 and the kernel takes nothing else.
Status set_use_hierarchy(const std::string& dir, bool use) {
  constexpr char kFile[] = "memory.use_hierarchy";
  const char* wanted = use ? "1" : "0";
  std::optional<std::string> state = TRY(read_value(dir, kFile));
  if (state && *state == wanted) return {};
  if (!state && use) return {};
  Status written = write_value(dir, kFile, wanted);
  if (!written)
    return std::move(written).error().with_hint(
        "since Linux 5.11 memory is always accounted hierarchically");
  return {};
}

bool sets_anything(const spec::Memory& memory) {
  return memory.limit.value_or(0) != 0 || memory.swap.value_or(0) != 0 ||
         memory.reservation.value_or(0) != 0 ||
         memory.swappiness.value_or(static_cast<uint64_t>(-1)) != static_cast<uint64_t>(-1) ||
         memory.disable_oom_killer.value_or(false) || memory.use_hierarchy.value_or(false);
}

}  // namespace

Status set_memory(const Location& location, const spec::Memory& memory) {
  if (memory.kernel.value_or(0) > 0)
    log_warning("linux.resources.memory.kernel is obsolete, ignoring");
  if (memory.kernel_tcp.value_or(0) > 0)
    log_warning("linux.resources.memory.kernelTCP is obsolete, ignoring");
  if (!sets_anything(memory) && location.find("memory") == nullptr) return {};
  std::string dir = TRY(need(location, "memory", "memory limits"));
  int64_t limit = memory.limit.value_or(0);
  int64_t swap = memory.swap.value_or(0);
  TRY(check_memory_values(memory));
  if (memory.check_before_update.value_or(false) && (limit > 0 || swap > 0)) {
    uint64_t usage = TRY(read_number(dir, kUsage));
    TRY(check_above_usage(memory, usage));
  }
  // First: it takes effect only while there are no cgroups below.
  if (memory.use_hierarchy) TRY(set_use_hierarchy(dir, *memory.use_hierarchy));
  TRY(set_limits(dir, limit, swap));
  if (memory.reservation.value_or(0) != 0) TRY(write_signed(dir, kSoftLimit, *memory.reservation));
  if (memory.disable_oom_killer) TRY(set_oom_killer(dir, *memory.disable_oom_killer));
  if (memory.swappiness) TRY(set_swappiness(dir, *memory.swappiness));
  return {};
}

}  // namespace cgroup::v1
