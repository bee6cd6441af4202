// BPF for rules that look at the arguments of a system call.
//
// One rule follows the other; only neighbours that compare one argument with different numbers
// share its loads.
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

// Returns the action of the first clause that holds, else runs off its end.
std::vector<sock_filter> clauses_code(const std::vector<Clause>& clauses);

}  // namespace plan
