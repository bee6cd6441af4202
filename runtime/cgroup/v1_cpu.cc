// linux.resources.cpu on v1: controllers cpu and cpuset. 0 means "not set" for all but idle and
// burst, for which it is a value.

#include "base/strings.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/v1.h"

namespace cgroup::v1 {
namespace {

// The kernel clamps what it is given without a word, so what it took is read back.
Status set_shares(const std::string& dir, uint64_t shares) {
  constexpr char kFile[] = "cpu.shares";
  Status written = write_number(dir, kFile, shares);
  if (!written && written.error().errnum == EINVAL) {
    return std::move(written).error().with_hint(
        "a cgroup with cpu.idle=1 takes no shares; set cpu.idle to 0 with them");
  }
  TRY(std::move(written));
  uint64_t taken = TRY(read_number(dir, kFile));
  if (taken == shares) return {};
  return Error::make(Code::ConfigInvalid, "shares: the %s allowed cpu-shares is %llu",
                     taken < shares ? "maximum" : "minimum",
                     static_cast<unsigned long long>(taken));
}

// A value that the kernel may refuse (EINVAL) only because of another that is still to be written.
class Deferred {
 public:
  // Writes; or remembers to, if it is refused and `other_follows`.
  Status write(const std::string& dir, const char* file, std::string value, bool other_follows) {
    Status written = write_value(dir, file, value);
    if (written || written.error().errnum != EINVAL || !other_follows) return written;
    file_ = file;
    value_ = std::move(value);
    return {};
  }
  Status finish(const std::string& dir) {
    if (file_ == nullptr) return {};
    return write_value(dir, file_, value_);
  }

 private:
  const char* file_ = nullptr;
  std::string value_;
};

// quota/period must stay within the parent's; and burst within quota. When the old quota goes with
// the new period badly, the period is refused until the quota is written.
Status set_bandwidth(const std::string& dir, const spec::Cpu& cpu) {
  constexpr char kBurst[] = "cpu.cfs_burst_us";
  int64_t quota = cpu.quota.value_or(0);
  uint64_t new_period = cpu.period.value_or(0);
  Deferred period, burst;
  if (new_period != 0)
    TRY(period.write(dir, "cpu.cfs_period_us", std::to_string(new_period), quota != 0));
  // Since 5.14. A burst of 0 is how a kernel without it behaves.
  bool has_burst = cpu.burst && (*cpu.burst != 0 || file_exists(dir, kBurst));
  if (has_burst) TRY(burst.write(dir, kBurst, std::to_string(*cpu.burst), quota != 0));
  if (quota != 0) TRY(write_signed(dir, "cpu.cfs_quota_us", quota));
  TRY(period.finish(dir));
  return burst.finish(dir);
}

Status set_realtime(const std::string& dir, const spec::Cpu& cpu) {
  int64_t runtime = cpu.realtime_runtime.value_or(0);
  uint64_t new_period = cpu.realtime_period.value_or(0);
  Deferred period;
  if (new_period != 0)
    TRY(period.write(dir, "cpu.rt_period_us", std::to_string(new_period), runtime != 0));
  if (runtime != 0) {
    Status written = write_signed(dir, "cpu.rt_runtime_us", runtime);
    if (!written && written.error().errnum == EINVAL) {
      return std::move(written).error().with_hint(
          "the cgroups above it must have as much cpu.rt_runtime_us to give");
    }
    TRY(std::move(written));
  }
  return period.finish(dir);
}

bool sets_cpu(const spec::Cpu& cpu) {
  return cpu.shares.value_or(0) != 0 || cpu.quota.value_or(0) != 0 || cpu.period.value_or(0) != 0 ||
         cpu.burst || cpu.realtime_runtime.value_or(0) != 0 ||
         cpu.realtime_period.value_or(0) != 0 || cpu.idle;
}

}  // namespace

Status set_cpu(const Location& location, const spec::Cpu& cpu) {
  if (!sets_cpu(cpu)) return {};
  std::string dir = TRY(need(location, "cpu", "cpu limits"));
  // An idle cgroup takes no shares, so it stops being idle before and becomes idle after (cpu.idle:
  // since 5.15).
  constexpr char kIdle[] = "cpu.idle";
  bool to_idle = cpu.idle && *cpu.idle != 0;
  bool from_idle = cpu.idle && *cpu.idle == 0 && file_exists(dir, kIdle);
  if (from_idle) TRY(write_signed(dir, kIdle, 0));
  if (cpu.shares.value_or(0) != 0) TRY(set_shares(dir, *cpu.shares));
  TRY(set_bandwidth(dir, cpu));
  if (to_idle) TRY(write_signed(dir, kIdle, *cpu.idle));
  return set_realtime(dir, cpu);
}

Status set_cpuset(const Location& location, const spec::Cpu& cpu) {
  if (cpu.cpus.empty() && cpu.mems.empty()) return {};
  std::string dir = TRY(need(location, "cpuset", "cpu.cpus and cpu.mems"));
  constexpr char kHint[] = "every number in it must exist and be in the lists of the cgroups above";
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

}  // namespace cgroup::v1
