// The rules of config-linux.md, "Seccomp".
#include <algorithm>

#include "spec/enums.h"
#include "spec/validate_rules.h"

namespace spec {

namespace {

Check check_errno(SeccompAction action, const std::optional<uint32_t>& value, const Place& at) {
  if (!value) return std::nullopt;
  if (action == SeccompAction::Errno)
    return check_range<uint32_t>(*value, 0, 4095, at);  // MAX_ERRNO
  if (action == SeccompAction::Trace)
    return check_range<uint32_t>(*value, 0, UINT16_MAX, at);  // SECCOMP_RET_DATA
  return violation(at, "%s takes no errno, only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do",
                   enum_name(action).data());
}

Check check_rule(const SeccompRule& rule, const Place& at) {
  if (rule.names.empty()) return violation(at / "names", "must have at least one entry");
  CHECK(check_errno(rule.action, rule.errno_ret, at / "errnoRet"));
  Place args = at / "args";
  for (size_t i = 0; i < rule.args.size(); i++) {
    CHECK(check_range<uint32_t>(rule.args[i].index, 0, 5,
                                args[i] / "index"));  // a system call has six arguments
  }
  return std::nullopt;
}

}  // namespace

Check check_seccomp(const Seccomp& seccomp, const Place& at) {
  CHECK(check_errno(seccomp.default_action, seccomp.default_errno_ret, at / "defaultErrnoRet"));
  if (seccomp.listener_path.empty() && !seccomp.listener_metadata.empty()) {
    return violation(at / "listenerMetadata", "must not be set without listenerPath");
  }
  // With every call waiting for an answer, the process could not even send the listener's
  // descriptor away.
  if (seccomp.default_action == SeccompAction::Notify) {
    return violation(
        at / "defaultAction",
        "SCMP_ACT_NOTIFY cannot be the default: handing over the listener would wait for itself");
  }
  Place rules = at / "syscalls";
  for (size_t i = 0; i < seccomp.syscalls.size(); i++) {
    const SeccompRule& rule = seccomp.syscalls[i];
    CHECK(check_rule(rule, rules[i]));
    if (rule.action != SeccompAction::Notify || !seccomp.listener_path.empty()) continue;
    return violation(rules[i] / "action",
                     "SCMP_ACT_NOTIFY needs a listenerPath: somebody must answer");
  }
  return std::nullopt;
}

}  // namespace spec
