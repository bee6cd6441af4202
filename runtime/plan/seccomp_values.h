// The values of linux.seccomp as seccomp(2) and libseccomp take them: actions, comparisons, flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/plan/seccomp_args.h"
#include "spec/config.h"

namespace plan {

// SECCOMP_RET_* with its data. Fails (ConfigInvalid) when the action takes no value but there is
// one, or it is out of range. `where` is the value's place: "linux.seccomp.syscalls[3].errnoRet".
Result<uint32_t> action_value(spec::SeccompAction action, std::optional<uint32_t> errno_ret,
                              const std::string& where);

// Whether a call that gets this action by default should get -ENOSYS instead when it is newer than
// the profile. Not where it is let through, and not with a tracer, which can answer for itself.
bool default_refuses(uint32_t action);

// The alternatives that a rule's args stand for: each a list of comparisons that must all hold.
// None for no args.
Result<std::vector<Comparisons>> alternatives(const std::vector<spec::SeccompArg>& args,
                                              const std::string& where);

struct SeccompFlags {
  unsigned all = 0;
  unsigned optional = 0;  // of these, what a filter works without
};
// Absent flags: SPEC_ALLOW, as runc. The mitigation it turns off (speculative store bypass) slows
// all programs down.
SeccompFlags seccomp_flags(const std::optional<std::vector<spec::SeccompFlag>>& wanted,
                           bool notify);

// SECCOMP_FILTER_FLAG_* that the running kernel accepts, asked of it without loading anything.
unsigned supported_seccomp_flags();

}  // namespace plan
