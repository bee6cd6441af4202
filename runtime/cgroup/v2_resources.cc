// linux.resources on v2: memory, cpu, cpuset, pids, hugetlb, rdma. The properties are v1's; where
// v2 has no such thing, a value that would change nothing is passed over, one that engines write
// into every config is warned of, any other is an error.

#include "base/log.h"
#include "base/strings.h"
#include "runtime/cgroup/conversions.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/hugepages.h"
#include "runtime/cgroup/v2.h"

namespace cgroup::v2 {
namespace {

Error not_on_v2(const char* setting) {
  return Error::make(Code::Unsupported, "%s needs cgroup v1, and this machine has v2", setting);
}

void warn_unused(const spec::Memory& memory) {
  auto warn = [](const char* name, const char* why) {
    log_warning("linux.resources.memory.%s %s, ignoring", name, why);
  };
  if (memory.kernel.value_or(0) > 0) warn("kernel", "is obsolete");
  if (memory.kernel_tcp.value_or(0) > 0) warn("kernelTCP", "is obsolete");
  constexpr uint64_t kUnset = static_cast<uint64_t>(-1);
  if (memory.swappiness.value_or(kUnset) != kUnset)
    warn("swappiness", "does not exist on cgroup v2");
  if (memory.disable_oom_killer.value_or(false))
    warn("disableOOMKiller", "does not exist on cgroup v2");
}

// Without swap accounting there is no such file. "max" and "0" ask for nothing then: there is no
// swap to have.
Status set_swap(const std::string& dir, const std::string& value) {
  if (value.empty()) return {};
  bool written = TRY(write_if_there(dir, "memory.swap.max", value));
  if (written || value == "max" || value == "0") return {};
  return Error::make(Code::Unsupported, "swap: cgroup '%s' has no file 'memory.swap.max'",
                     dir.c_str())
      .with_hint(
          "this kernel does not account swap: boot with 'swapaccount=1', or leave out memory.swap");
}

Status set_limits(const std::string& dir, const spec::Memory& memory) {
  int64_t limit = memory.limit.value_or(0);
  std::string swap = TRY(swap_to_swap_max(limit, memory.swap.value_or(0)));
  TRY(set_swap(dir, swap));
  if (limit != 0) TRY(write_value(dir, "memory.max", limit_or_max(limit)));
  int64_t reservation = memory.reservation.value_or(0);
  if (reservation != 0) TRY(write_value(dir, "memory.low", limit_or_max(reservation)));
  return {};
}

// "QUOTA PERIOD". A quota alone leaves the period as it is; a period alone needs the quota that is
// in force.
Status set_bandwidth(const std::string& dir, int64_t quota, uint64_t period) {
  constexpr char kFile[] = "cpu.max";
  std::string value = limit_or_max(quota);
  if (quota == 0) {
    std::string current = TRY(read_required(dir, kFile));
    value = current.substr(0, current.find(' '));
  }
  if (period != 0) value += " " + std::to_string(period);
  return write_value(dir, kFile, value);
}

// Burst must stay within quota, so when it is refused (EINVAL) and the quota is about to change,
// again afterwards.
Status set_quota_and_burst(const std::string& dir, const spec::Cpu& cpu) {
  constexpr char kFile[] = "cpu.max.burst";
  int64_t quota = cpu.quota.value_or(0);
  uint64_t period = cpu.period.value_or(0);
  bool burst_first = false;
  // Since 5.14. A burst of 0 is how a kernel without it behaves.
  bool has_burst = cpu.burst && (*cpu.burst != 0 || file_exists(dir, kFile));
  if (has_burst) {
    Status written = write_number(dir, kFile, *cpu.burst);
    if (!written && (written.error().errnum != EINVAL || quota == 0)) return written;
    burst_first = static_cast<bool>(written);
  }
  if (quota != 0 || period != 0) TRY(set_bandwidth(dir, quota, period));
  if (has_burst && !burst_first) TRY(write_number(dir, kFile, *cpu.burst));
  return {};
}

Status set_cpuset(const std::string& dir, const spec::Cpu& cpu) {
  constexpr char kHint[] = "every number in it must exist on this machine";
  if (!cpu.cpus.empty()) {
    Status written = write_value(dir, "cpuset.cpus", cpu.cpus);
    if (!written) return std::move(written).error().with_hint(kHint);
  }
  if (!cpu.mems.empty()) {
    Status written = write_value(dir, "cpuset.mems", cpu.mems);
    if (!written) return std::move(written).error().with_hint(kHint);
  }
  return {};
}

Status set_pids(const std::string& dir, int64_t limit) {
  if (limit < 0) {
    (void)TRY(
        write_if_there(dir, "pids.max", "max"));  // without the controller there is no limit either
    return {};
  }
  return write_number(dir, "pids.max", static_cast<uint64_t>(limit));
}

Status set_rdma(const std::string& dir, const std::vector<spec::Rdma>& limits) {
  for (const spec::Rdma& limit : limits) TRY(write_value(dir, "rdma.max", rdma_line(limit)));
  return {};
}

Status refuse_network(const spec::Network& network) {
  if (network.class_id.value_or(0) != 0) return not_on_v2("linux.resources.network.classID");
  if (!network.priorities.empty()) return not_on_v2("linux.resources.network.priorities");
  return {};
}

}  // namespace

Status set_memory(const std::string& dir, const spec::Memory& memory) {
  warn_unused(memory);
  TRY(check_memory_values(memory));
  bool checks = memory.check_before_update.value_or(false);
  if (checks && (memory.limit.value_or(0) > 0 || memory.swap.value_or(0) > 0)) {
    uint64_t usage = TRY(read_number(dir, "memory.current"));
    TRY(check_above_usage(memory, usage));
  }
  return set_limits(dir, memory);
}

Status set_cpu(const std::string& dir, const spec::Cpu& cpu) {
  if (cpu.realtime_runtime.value_or(0) != 0) return not_on_v2("realtimeRuntime");
  if (cpu.realtime_period.value_or(0) != 0) return not_on_v2("realtimePeriod");
  // An idle cgroup takes no weight, so it stops being idle before and becomes idle after (cpu.idle:
  // since 5.15).
  constexpr char kIdle[] = "cpu.idle";
  if (cpu.idle && *cpu.idle == 0) (void)TRY(write_if_there(dir, kIdle, "0"));
  if (cpu.shares.value_or(0) != 0) {
    Status written = write_number(dir, "cpu.weight", cpu_shares_to_weight(*cpu.shares));
    if (!written && written.error().errnum == EINVAL) {
      return std::move(written).error().with_hint(
          "a cgroup with cpu.idle=1 takes no weight; set cpu.idle to 0 with it");
    }
    TRY(std::move(written));
  }
  TRY(set_quota_and_burst(dir, cpu));
  if (cpu.idle && *cpu.idle != 0) TRY(write_signed(dir, kIdle, *cpu.idle));
  return set_cpuset(dir, cpu);
}

Status apply(const Location& location, const spec::Resources& resources) {
  if (location.dirs.empty()) return {};
  const std::string& dir = location.dirs[0].path;
  if (resources.network) TRY(refuse_network(*resources.network));
  if (resources.pids_limit) TRY_IN("linux.resources.pids", set_pids(dir, *resources.pids_limit));
  if (resources.memory) TRY_IN("linux.resources.memory", set_memory(dir, *resources.memory));
  if (resources.block_io) TRY_IN("linux.resources.blockIO", set_block_io(dir, *resources.block_io));
  if (resources.cpu) TRY_IN("linux.resources.cpu", set_cpu(dir, *resources.cpu));
  TRY_IN("linux.resources.hugepageLimits",
         set_hugepage_limits(dir, "max", resources.hugepage_limits));
  TRY_IN("linux.resources.rdma", set_rdma(dir, resources.rdma));
  TRY_IN("linux.resources.unified", set_unified(dir, resources.unified));
  return {};
}

}  // namespace cgroup::v2
