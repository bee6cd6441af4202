// A seccomp filter in BPF from tables of numbers.
//
// A binary search over ranges of numbers, one search for each architecture, and for a number with
// rules on arguments one rule after the other. A number that gets one answer whatever its arguments
// is decided by instructions that the kernel's cache of allowed calls can follow (kernel/seccomp.c,
// seccomp_is_const_allow, Linux 5.11): such a call costs no BPF at all.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "runtime/plan/seccomp_args.h"

namespace plan {

// The action of the first clause that holds, or else `otherwise`.
struct Answer {
  std::vector<Clause> clauses;
  uint32_t otherwise;  // SECCOMP_RET_* with data
};

struct FilterRange {
  uint32_t first, last;  // numbers, both included
  Answer answer;
};

struct FilterArch {
  uint32_t audit;  // AUDIT_ARCH_*
  std::vector<FilterRange>
      ranges;  // in any order; of two that start at one number, the earlier one counts
};

// `default_action` for numbers in no range, `foreign_action` for architectures that are not listed.
// Each architecture at most once. The result may be longer than the kernel takes (BPF_MAXINSNS).
std::vector<sock_filter> build_filter(const std::vector<FilterArch>& archs, uint32_t default_action,
                                      uint32_t foreign_action);

}  // namespace plan
