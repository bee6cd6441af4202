// linux.resources.hugepageLimits: the same on both versions but for the names of the files.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace cgroup {

// Writes hugetlb.SIZE.SUFFIX and, where the kernel has it (since 5.7), hugetlb.SIZE.rsvd.SUFFIX in
// `dir`. The first limits what is used, the second what is reserved, which fails in mmap() where
// the first kills with SIGBUS.
Status set_hugepage_limits(const std::string& dir, const char* suffix,
                           const std::vector<spec::HugepageLimit>& limits);

}  // namespace cgroup
