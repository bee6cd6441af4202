// What a child inherits and rt itself does not want to keep: set before clone, taken back by the
// destructor after it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "spec/config.h"

namespace container {

// setns() of a pid namespace only concerns later children.
class PidNamespaceForChildren {
 public:
  Status enter(int fd, const std::string& what);  // `what`: for the error
  ~PidNamespaceForChildren();

 private:
  Fd own_;
};

// oom_score_adj is inherited. A process in a user namespace could not write its own once it is not
// dumpable.
class OomScoreForChildren {
 public:
  Status set(int value);
  ~OomScoreForChildren();

 private:
  Fd file_;
  std::string before_;
};

// The CPUs that a child starts on.
class AffinityForChildren {
 public:
  Status set(const std::vector<uint64_t>& cpus);  // a bit for each
  ~AffinityForChildren();

 private:
  std::vector<uint64_t> before_;
};

// Gives process `pid`, our child in a user namespace, the right to the limits that init will set:
// raising a hard limit takes CAP_SYS_RESOURCE on the host. What we may not do is left for init,
// whose error names the limit.
void raise_hard_limits(int pid, const std::vector<spec::Rlimit>& limits);

}  // namespace container
