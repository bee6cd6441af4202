// Attributes of the process that the kernel keeps by number: limits, umask, scheduling, I/O
// priority, memory policy, personality.
#include <errno.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/strings.h"
#include "runtime/linux/rlimit_names.h"
#include "runtime/plan/builder.h"

namespace plan {

namespace {

Status add_rlimits(Builder& builder, const spec::Process& process) {
  for (size_t i = 0; i < process.rlimits.size(); i++) {
    const spec::Rlimit& limit = process.rlimits[i];
    std::optional<int> resource = sys::rlimit_resource(limit.type);
    if (!resource) {
      std::string near = nearest(limit.type, sys::known_rlimits());
      Error error =
          Error::make(Code::ConfigInvalid,
                      "process.rlimits[%zu].type: '%s' is not a resource limit of this system", i,
                      limit.type.c_str());
      if (!near.empty()) return std::move(error).with_hint("did you mean " + near + "?");
      return error;
    }
    rlimit64 value = {limit.soft, limit.hard};
    builder.source(format("process.rlimits[%zu]", i));
    builder.call("set " + limit.type, SYS_prlimit64,
                 {num(0), num(*resource), builder.bytes(value), num(0)});
  }
  builder.source("");
  return {};
}

// struct sched_attr of sched_setattr(2), whose header clashes with libc's.
struct SchedAttr {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
  uint32_t util_min, util_max;  // config.md has the flags that go with them, but no values
};

void add_scheduler(Builder& builder, const spec::Scheduler& scheduler) {
  constexpr uint32_t kPolicies[] = {SCHED_NORMAL,      SCHED_FIFO, SCHED_RR,      SCHED_BATCH,
                                    4 /* SCHED_ISO */, SCHED_IDLE, SCHED_DEADLINE};
  constexpr uint64_t kFlags[] = {SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RECLAIM,
                                 SCHED_FLAG_DL_OVERRUN,    SCHED_FLAG_KEEP_POLICY,
                                 SCHED_FLAG_KEEP_PARAMS,   SCHED_FLAG_UTIL_CLAMP_MIN,
                                 SCHED_FLAG_UTIL_CLAMP_MAX};
  SchedAttr attr = {};
  attr.size = sizeof attr;
  attr.policy = kPolicies[static_cast<size_t>(scheduler.policy)];
  for (spec::SchedulerFlag flag : scheduler.flags) attr.flags |= kFlags[static_cast<size_t>(flag)];
  attr.nice = scheduler.nice.value_or(0);
  attr.priority = static_cast<uint32_t>(scheduler.priority.value_or(0));
  attr.runtime = scheduler.runtime.value_or(0);
  attr.deadline = scheduler.deadline.value_or(0);
  attr.period = scheduler.period.value_or(0);
  builder.source("process.scheduler");
  builder.call("set the scheduler", SYS_sched_setattr, {num(0), builder.bytes(attr), num(0)});
  builder.source("");
}

void add_io_priority(Builder& builder, const spec::IoPriority& priority) {
  constexpr int kClasses[] = {IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE};
  int value =
      (kClasses[static_cast<size_t>(priority.io_class)] << IOPRIO_CLASS_SHIFT) | priority.priority;
  builder.source("process.ioPriority");
  builder.call("set the I/O priority", SYS_ioprio_set,
               {num(IOPRIO_WHO_PROCESS), num(0), num(value)});
  builder.source("");
}

using CallTolerance = std::pair<uint16_t, uint16_t>;

// "0-3,7" -> a bit for each. Blanks and empty items are fine, as for the engines' parsers.
Result<std::vector<uint64_t>> parse_list(const std::string& property, const std::string& text) {
  std::vector<uint64_t> bits;
  for (std::string_view part : split(text, ',')) {
    part = trim(part);
    if (part.empty()) continue;
    size_t dash = part.find('-');
    std::optional<unsigned> first = parse_number<unsigned>(trim(part.substr(0, dash)));
    std::optional<unsigned> last = dash == std::string_view::npos
                                       ? first
                                       : parse_number<unsigned>(trim(part.substr(dash + 1)));
    if (!first || !last || *last < *first || *last > 65535) {
      return Error::make(Code::ConfigInvalid, "%s: '%s' is not a list like \"0-3,7\"",
                         property.c_str(), text.c_str());
    }
    if (bits.size() <= *last / 64) bits.resize(*last / 64 + 1);
    for (unsigned node = *first; node <= *last; node++) bits[node / 64] |= 1ull << (node % 64);
  }
  return bits;
}

Status add_memory_policy(Builder& builder, const spec::MemoryPolicy& policy) {
  constexpr int kModes[] = {
      MPOL_DEFAULT,   MPOL_BIND,           MPOL_INTERLEAVE, 6 /* MPOL_WEIGHTED_INTERLEAVE, 6.9 */,
      MPOL_PREFERRED, MPOL_PREFERRED_MANY, MPOL_LOCAL};
  constexpr int kFlags[] = {MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES, MPOL_F_STATIC_NODES};
  int mode = kModes[static_cast<size_t>(policy.mode)];
  for (spec::MemoryPolicyFlag flag : policy.flags) mode |= kFlags[static_cast<size_t>(flag)];
  std::vector<uint64_t> nodes;
  if (!policy.nodes.empty()) nodes = TRY(parse_list("linux.memoryPolicy.nodes", policy.nodes));
  // The kernel counts one bit less than it is told, and says EINVAL to nodes it cannot have
  // (mm/mempolicy.c, get_nodes).
  int64_t bits = nodes.empty() ? 0 : static_cast<int64_t>(nodes.size()) * 64 + 1;
  builder.source("linux.memoryPolicy");
  int64_t list = static_cast<int64_t>(builder.arena().list(nodes));
  builder.call("set the memory policy", SYS_set_mempolicy, {num(mode), num(list), num(bits)});
  builder.source("");
  return {};
}

}  // namespace

Result<std::vector<uint64_t>> cpu_set(const std::string& source, const std::string& cpus) {
  return parse_list(source, cpus);
}

// Engines pin themselves to CPUs, and a child inherits that; with all bits set the kernel takes
// those of the cpuset.
Status add_affinity(Builder& builder, const std::string& source, const std::string& cpus) {
  builder.phase("session", Code::SecurityFailed);
  std::vector<uint64_t> bits(128, ~0ull);
  CallTolerance tolerate = {EINVAL, EPERM};
  if (!cpus.empty()) {
    bits = TRY(parse_list(source, cpus));
    tolerate = {0, 0};
  }
  builder.source(cpus.empty() ? "" : source);
  int64_t size = static_cast<int64_t>(bits.size() * sizeof bits[0]);
  int64_t list = static_cast<int64_t>(builder.arena().list(bits));
  builder.call(cpus.empty() ? "reset the CPU affinity" : "set the CPU affinity",
               SYS_sched_setaffinity, {num(0), num(size), num(list)},
               {.tolerate = tolerate.first, .tolerate2 = tolerate.second});
  builder.source("");
  return {};
}

Status add_process_attributes(Builder& builder, const spec::Process& process,
                              const spec::Config& config) {
  builder.phase("process", Code::SecurityFailed);
  if (config.linux_ && config.linux_->personality) {
    bool is_32bit = config.linux_->personality->domain == spec::PersonalityDomain::Linux32;
    builder.source("linux.personality");
    builder.call("set the personality", SYS_personality, {num(is_32bit ? PER_LINUX32 : PER_LINUX)});
    builder.source("");
  }
  TRY(add_rlimits(builder, process));
  if (process.scheduler) add_scheduler(builder, *process.scheduler);
  if (process.io_priority) add_io_priority(builder, *process.io_priority);
  if (config.linux_ && config.linux_->memory_policy)
    TRY(add_memory_policy(builder, *config.linux_->memory_policy));
  // The spec would keep the caller's umask; runc sets 0022, and images rely on it.
  builder.source("process.user.umask");
  builder.call("set the umask", SYS_umask, {num(process.user.umask.value_or(0022) & 0777)});
  builder.source("");
  return {};
}

}  // namespace plan
