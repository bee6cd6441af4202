// The rules of config.md, "Process": also for the process of `exec`.
#include <algorithm>

#include "spec/enums.h"
#include "spec/validate_rules.h"

namespace spec {

namespace {

constexpr std::string_view kRlimits[] = {
    "RLIMIT_AS",     "RLIMIT_CORE",   "RLIMIT_CPU",        "RLIMIT_DATA",
    "RLIMIT_FSIZE",  "RLIMIT_LOCKS",  "RLIMIT_MEMLOCK",    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",   "RLIMIT_NOFILE", "RLIMIT_NPROC",      "RLIMIT_RSS",
    "RLIMIT_RTPRIO", "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
};

Check check_rlimits(const std::vector<Rlimit>& limits, const Place& at) {
  for (size_t i = 0; i < limits.size(); i++) {
    Place place = at[i];
    const Rlimit& limit = limits[i];
    if (std::find(std::begin(kRlimits), std::end(kRlimits), limit.type) == std::end(kRlimits)) {
      std::string near = nearest(limit.type, {std::begin(kRlimits), std::end(kRlimits)});
      std::string hint = near.empty() ? ", see getrlimit(2)" : ", did you mean \"" + near + "\"?";
      return violation(place / "type", "unknown value %s%s", quote_briefly(limit.type).c_str(),
                       hint.c_str());
    }
    for (size_t earlier = 0; earlier < i; earlier++) {
      if (limits[earlier].type != limit.type) continue;
      return violation(place / "type", "%s is given twice, first in entry %zu", limit.type.c_str(),
                       earlier);
    }
    if (limit.soft > limit.hard) {  // setrlimit(2) would say EINVAL
      return violation(place / "soft", "the soft limit must not be above the hard one (%llu)",
                       static_cast<unsigned long long>(limit.hard));
    }
  }
  return std::nullopt;
}

// sched(7): the times of a deadline task, as the kernel's __checkparam_dl() wants them.
Check check_deadline(const Scheduler& scheduler, const Place& at) {
  constexpr uint64_t kShortest = 1024;  // 1 << DL_SCALE, the resolution of the accounting
  uint64_t runtime = scheduler.runtime.value_or(0);
  uint64_t deadline = scheduler.deadline.value_or(0);
  uint64_t period = scheduler.period.value_or(0);
  if (deadline == 0) return violation(at / "deadline", "SCHED_DEADLINE needs a deadline");
  if (runtime < kShortest) {
    return violation(at / "runtime", "SCHED_DEADLINE needs a runtime of at least %llu nanoseconds",
                     static_cast<unsigned long long>(kShortest));
  }
  if (runtime > deadline) return violation(at / "runtime", "must not be longer than the deadline");
  if (period != 0 && deadline > period)
    return violation(at / "deadline", "must not be longer than the period");
  return std::nullopt;
}

Check check_scheduler(const Scheduler& scheduler, const Place& at) {
  if (scheduler.nice) CHECK(check_range(*scheduler.nice, -20, 19, at / "nice"));
  // With this flag the kernel takes the numbers from the task as it is.
  bool keep = std::find(scheduler.flags.begin(), scheduler.flags.end(),
                        SchedulerFlag::KeepParams) != scheduler.flags.end();
  bool real_time =
      scheduler.policy == SchedulerPolicy::Fifo || scheduler.policy == SchedulerPolicy::Rr;
  int32_t priority = scheduler.priority.value_or(0);
  if (!real_time && priority != 0) {
    return violation(at / "priority", "only SCHED_FIFO and SCHED_RR have a priority, not %s",
                     enum_name(scheduler.policy).data());
  }
  if (real_time && !keep && (priority < 1 || priority > 99)) {
    return violation(at / "priority", "%s needs a priority from 1 to 99, not %d",
                     enum_name(scheduler.policy).data(), priority);
  }
  if (scheduler.policy == SchedulerPolicy::Deadline) {
    if (keep) return std::nullopt;
    return check_deadline(scheduler, at);
  }
  const std::pair<const char*, const std::optional<uint64_t>&> times[] = {
      {"runtime", scheduler.runtime},
      {"deadline", scheduler.deadline},
      {"period", scheduler.period}};
  for (const auto& [name, time] : times) {
    if (time.value_or(0) != 0) return violation(at / name, "only SCHED_DEADLINE has a %s", name);
  }
  return std::nullopt;
}

Check check_env(const Strings& env, const Place& at) {
  for (size_t i = 0; i < env.size(); i++) {
    size_t equals = env[i].find('=');
    if (equals == 0 || equals == std::string::npos) {
      return violation(at[i], "expected NAME=VALUE, got %s", quote_briefly(env[i]).c_str());
    }
  }
  return std::nullopt;
}

Check check_user(const User& user, const Place& at) {
  CHECK(check_id(user.uid, at / "uid"));
  CHECK(check_id(user.gid, at / "gid"));
  Place groups = at / "additionalGids";
  for (size_t i = 0; i < user.additional_gids.size(); i++)
    CHECK(check_id(user.additional_gids[i], groups[i]));
  return std::nullopt;
}

}  // namespace

Check check_process(const Process& process, const Place& at) {
  if (process.cwd.empty()) return violation(at / "cwd", "must not be empty");
  CHECK(check_absolute(process.cwd, at / "cwd"));
  if (process.args.empty())
    return violation(at / "args", "must have at least one entry: the program to run");
  CHECK(check_env(process.env, at / "env"));
  CHECK(check_user(process.user, at / "user"));
  if (process.terminal && process.console_size) {  // else it MUST be ignored
    Place size = at / "consoleSize";
    CHECK(check_range<uint64_t>(process.console_size->height, 0, UINT16_MAX, size / "height"));
    CHECK(check_range<uint64_t>(process.console_size->width, 0, UINT16_MAX, size / "width"));
  }
  CHECK(check_rlimits(process.rlimits, at / "rlimits"));
  if (process.oom_score_adj)
    CHECK(check_range(*process.oom_score_adj, -1000, 1000, at / "oomScoreAdj"));
  if (process.scheduler) CHECK(check_scheduler(*process.scheduler, at / "scheduler"));
  if (process.io_priority)
    CHECK(check_range(process.io_priority->priority, 0, 7, at / "ioPriority" / "priority"));
  if (process.exec_cpu_affinity) {
    Place affinity = at / "execCPUAffinity";
    CHECK(check_number_list(process.exec_cpu_affinity->initial, affinity / "initial"));
    CHECK(check_number_list(process.exec_cpu_affinity->final, affinity / "final"));
  }
  return std::nullopt;
}

}  // namespace spec
