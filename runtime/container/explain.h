// From {step, errno} to the sentence that a person reads.
#pragma once

#include <string>

#include "base/error.h"
#include "runtime/plan/plan.h"

namespace container {

// `index` is the failed step in `plan`; `detail` what init sent along (the kernel's own words, a
// hook's exit status); `hook_output` what its hooks have printed.
Error explain_step(const plan::Plan& plan, size_t index, int value, const std::string& detail,
                   const std::string& hook_output);

// The hint for an init that ended without saying why.
constexpr const char* kMuteInit =
    "a linux.seccomp that refuses sendmsg keeps the reason from us: allow it, execve and "
    "exit_group to see it";

}  // namespace container
