// BPF for rules that look at the arguments of a system call.
//
// One rule follows the other; nothing is merged.
#pragma once

#include <linux/filter.h>
#include <seccomp.h>

#include <cstdint>
#include <vector>

namespace plan {

using Comparisons = std::vector<scmp_arg_cmp>;  // no two with the same argument, so at most six

struct Clause {
  Comparisons all;  // must all hold
  uint32_t action;  // SECCOMP_RET_* with data
  bool wide;  // arguments have 64 bits; otherwise the upper half of arguments and values is ignored
};

// Returns the action if the clause holds, else runs off its end. Shorter than 256 instructions.
std::vector<sock_filter> clause_code(const Clause& clause);

}  // namespace plan
