#include "runtime/plan/seccomp_values.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/log.h"

namespace plan {

namespace {

using spec::SeccompAction;

constexpr uint32_t kMaxArgs = 6;
constexpr uint32_t kMaxErrno = 4095;  // the kernel cuts SECCOMP_RET_ERRNO to this

bool takes_errno(SeccompAction action) {
  return action == SeccompAction::Errno || action == SeccompAction::Trace;
}

uint32_t plain_action(SeccompAction action) {
  switch (action) {
    case SeccompAction::Kill:
    case SeccompAction::KillThread: return SCMP_ACT_KILL_THREAD;
    case SeccompAction::KillProcess: return SCMP_ACT_KILL_PROCESS;
    case SeccompAction::Trap: return SCMP_ACT_TRAP;
    case SeccompAction::Errno: return SCMP_ACT_ERRNO(0U);
    case SeccompAction::Trace: return SCMP_ACT_TRACE(0U);
    case SeccompAction::Allow: return SCMP_ACT_ALLOW;
    case SeccompAction::Log: return SCMP_ACT_LOG;
    case SeccompAction::Notify: return SCMP_ACT_NOTIFY;
  }
  return SCMP_ACT_KILL_PROCESS;
}

unsigned flag_value(spec::SeccompFlag flag) {
  switch (flag) {
    case spec::SeccompFlag::Tsync: return SECCOMP_FILTER_FLAG_TSYNC;
    case spec::SeccompFlag::Log: return SECCOMP_FILTER_FLAG_LOG;
    case spec::SeccompFlag::SpecAllow: return SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    case spec::SeccompFlag::WaitKillableRecv: return SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  }
  return 0;
}

scmp_compare compare_op(spec::SeccompOperator op) {
  switch (op) {
    case spec::SeccompOperator::Ne: return SCMP_CMP_NE;
    case spec::SeccompOperator::Lt: return SCMP_CMP_LT;
    case spec::SeccompOperator::Le: return SCMP_CMP_LE;
    case spec::SeccompOperator::Eq: return SCMP_CMP_EQ;
    case spec::SeccompOperator::Ge: return SCMP_CMP_GE;
    case spec::SeccompOperator::Gt: return SCMP_CMP_GT;
    case spec::SeccompOperator::MaskedEq: return SCMP_CMP_MASKED_EQ;
  }
  return SCMP_CMP_EQ;
}

}  // namespace

Result<uint32_t> action_value(SeccompAction action, std::optional<uint32_t> errno_ret,
                              const std::string& where) {
  if (!takes_errno(action)) {
    if (!errno_ret) return plain_action(action);
    return Error::make(Code::ConfigInvalid,
                       "%s: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take a value", where.c_str());
  }
  uint32_t limit = action == SeccompAction::Errno ? kMaxErrno : SECCOMP_RET_DATA;
  uint32_t value = errno_ret.value_or(EPERM);
  if (value > limit) {
    return Error::make(Code::ConfigInvalid, "%s: %u is more than %u", where.c_str(), value, limit);
  }
  return plain_action(action) | value;
}

bool default_refuses(uint32_t action) {
  uint32_t kind = action & SECCOMP_RET_ACTION_FULL;
  return kind != SECCOMP_RET_ALLOW && kind != SECCOMP_RET_LOG && kind != SECCOMP_RET_TRACE &&
         action != SCMP_ACT_ERRNO(static_cast<uint32_t>(ENOSYS));
}

Result<std::vector<Comparisons>> alternatives(const std::vector<spec::SeccompArg>& args,
                                              const std::string& where) {
  std::vector<Comparisons> each;
  Comparisons together;
  unsigned seen = 0;
  bool repeated = false;
  for (const spec::SeccompArg& arg : args) {
    if (arg.index >= kMaxArgs) {
      return Error::make(Code::ConfigInvalid, "%s: index %u: a system call has arguments 0 to 5",
                         where.c_str(), arg.index);
    }
    scmp_arg_cmp comparison{arg.index, compare_op(arg.op), arg.value, arg.value_two};
    each.push_back({comparison});
    together.push_back(comparison);
    repeated |= (seen & 1U << arg.index) != 0;
    seen |= 1U << arg.index;
  }
  if (repeated || args.empty()) return each;
  return std::vector<Comparisons>{together};
}

SeccompFlags seccomp_flags(const std::optional<std::vector<spec::SeccompFlag>>& wanted,
                           bool notify) {
  unsigned flags = 0;
  if (wanted) {
    for (spec::SeccompFlag flag : *wanted) flags |= flag_value(flag);
  } else {
    flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  }
  constexpr unsigned kWaitKillable = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  if (notify) {
    flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // TSYNC answers with a thread's id and NEW_LISTENER with a descriptor. This one (Linux 5.7)
    // makes TSYNC answer ESRCH.
    if (flags & SECCOMP_FILTER_FLAG_TSYNC) flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
  } else if (flags & kWaitKillable) {
    log_debug(
        "linux.seccomp.flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV has no meaning without "
        "SCMP_ACT_NOTIFY, ignoring");
    flags &= ~kWaitKillable;  // the kernel answers EINVAL
  }
  constexpr unsigned kOptional =
      SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | kWaitKillable;
  return {flags, flags & kOptional};
}

unsigned supported_seccomp_flags() {
  constexpr unsigned kCandidates[] = {
      SECCOMP_FILTER_FLAG_TSYNC,
      SECCOMP_FILTER_FLAG_LOG,
      SECCOMP_FILTER_FLAG_SPEC_ALLOW,
      SECCOMP_FILTER_FLAG_NEW_LISTENER,
      SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
      SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
  };
  unsigned supported = 0;
  for (unsigned flags : kCandidates) {
    // Flags are checked before the program is read, so EFAULT means that they are fine.
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, nullptr);
    if (result < 0 && errno == EFAULT) supported |= flags;
  }
  return supported;
}

}  // namespace plan
