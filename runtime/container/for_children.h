// What a child inherits and rt itself does not want to keep: set before clone, taken back by the destructor after it.
#pragma once

#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace container {

// setns() of a pid namespace only concerns later children.
class PidNamespaceForChildren {
 public:
  Status enter(int fd, const std::string& what);  // `what`: for the error
  ~PidNamespaceForChildren();

 private:
  Fd own_;
};

// oom_score_adj is inherited. A process in a user namespace could not write its own once it is not dumpable.
class OomScoreForChildren {
 public:
  Status set(int value);
  ~OomScoreForChildren();

 private:
  Fd file_;
  std::string before_;
};

}  // namespace container
