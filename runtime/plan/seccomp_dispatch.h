// Code that decides on a system call by its number alone, to be put in front of a seccomp filter.
//
// A binary search over ranges of numbers, one search for each architecture. Every instruction is one that the kernel's cache of
// allowed calls can follow (kernel/seccomp.c, seccomp_is_const_allow, Linux 5.11), so an allowed number costs no BPF at all.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace plan {

struct DispatchRange {
  uint32_t first, last;  // both included
  uint32_t action;       // SECCOMP_RET_* with data
};

struct DispatchArch {
  uint32_t audit;  // AUDIT_ARCH_*
  std::vector<DispatchRange>
      ranges;  // in any order; of two that start at one number, the earlier one counts
};

// Ends with a jump to the instruction behind it for each call that no range covers. Each architecture at most once.
std::vector<sock_filter> build_dispatch(const std::vector<DispatchArch>& archs);

}  // namespace plan
