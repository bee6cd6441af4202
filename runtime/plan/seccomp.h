// linux.seccomp of config.json -> the BPF program and flags that init hands to seccomp(2).
//
// libseccomp is asked for what it alone knows: the names and numbers of system calls on every
// architecture. The code is made here (seccomp_filter.h). For 350 names on x86_64, x86 and x32
// libseccomp 2.5.4 takes 22 ms, this 0.4 ms; and the tests found two ways in which filters of its
// making let calls through that the rules refuse (seccomp_judges_test.cc).
#pragma once

#include <linux/filter.h>

#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace plan {

struct SeccompProgram {
  std::vector<sock_filter> bpf;  // at most BPF_MAXINSNS
  unsigned flags = 0;            // SECCOMP_FILTER_FLAG_*, with NEW_LISTENER when `notify` is set
  unsigned optional_flags = 0;   // those of `flags` to try without when the kernel answers EINVAL
  bool notify = false;           // a rule says SCMP_ACT_NOTIFY: seccomp(2) returns a listener
};

// Which call gets what:
//  - rules without args before rules with args, then the first one in the list that matches;
//  - several args on one index make all args of a rule alternatives, as in runc; else all must match;
//  - a call that an architecture makes through socketcall or ipc: the rule counts there as well, without its args, which
//    no filter can see;
//  - a name that libseccomp does not know is ignored, as is a rule whose action is the default action;
//  - a number above the highest one that the rules name on that architecture: -ENOSYS, if the default action refuses calls
//    otherwise. A C library takes that as "old kernel" and falls back; EPERM it would report.
//  - the native architecture is always covered; one that is not covered is killed.
// Fails on what the spec or the kernel forbid: ConfigInvalid with the place in config.json, or
// Unsupported. Depends on nothing of the running kernel but its architecture.
Result<SeccompProgram> compile_seccomp(const spec::Seccomp& config);

// For `rt features`: the architectures that this libseccomp knows.
std::vector<spec::SeccompArch> known_seccomp_archs();

}  // namespace plan
