// linux.seccomp of config.json -> the BPF program and flags that init hands to seccomp(2).
//
// The work is shared. libseccomp knows the names and numbers of system calls on every architecture, and compiles the rules
// that look at arguments (and those on calls that are multiplexed: socketcall, ipc). Rules that need no more than the number,
// which is nearly all of a profile, are answered by a short search in front of its program (seccomp_dispatch.h): libseccomp
// 2.5.4 takes 23 ms for 350 names on three architectures, the search 0.5 ms. The same search gives -ENOSYS to system
// calls newer than the profile.
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
//  - rules without args before rules with args, then the first one in the list;
//  - several args on one index in a rule are alternatives, as in runc; on different indexes all must match;
//  - a name that libseccomp does not know is ignored, as is a rule whose action is the default action;
//  - a number above the highest one that the rules name on that architecture: -ENOSYS, if the default action refuses calls
//    otherwise. A C library takes that as "old kernel" and falls back; EPERM it would report.
//  - the native architecture is always covered; one that is not covered is killed.
// Fails on what the spec or the kernel forbid: ConfigInvalid with the place in config.json, or Unsupported.
// Depends on nothing of the running kernel but its architecture.
Result<SeccompProgram> compile_seccomp(const spec::Seccomp& config);

// For `rt features`: the architectures that this libseccomp can compile for.
std::vector<spec::SeccompArch> known_seccomp_archs();

}  // namespace plan
