#include "runtime/container/for_children.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"

namespace container {

Status PidNamespaceForChildren::enter(int fd, const std::string& what) {
  own_ = TRY(open_at(AT_FDCWD, "/proc/self/ns/pid", O_RDONLY));
  if (setns(fd, CLONE_NEWPID) < 0) return Error::sys("%s", what.c_str()).as(Code::NamespaceFailed);
  return {};
}

PidNamespaceForChildren::~PidNamespaceForChildren() {
  if (own_) (void)setns(own_.get(), CLONE_NEWPID);  // cannot fail: it is our own
}

Status OomScoreForChildren::set(int value) {
  file_ = TRY(open_at(AT_FDCWD, "/proc/self/oom_score_adj", O_RDWR));
  before_ = TRY(read_fd(file_.get(), "/proc/self/oom_score_adj"));
  std::string text = std::to_string(value);
  if (std::string(trim(before_)) == text) {
    file_.reset();
    return {};
  }
  if (pwrite(file_.get(), text.data(), text.size(), 0) < 0) {
    return Error::sys("process.oomScoreAdj: write '%s' to '/proc/self/oom_score_adj'", text.c_str()).as(Code::SecurityFailed);
  }
  return {};
}

OomScoreForChildren::~OomScoreForChildren() {
  // Lowering it again needs CAP_SYS_RESOURCE; without, this command keeps the container's value for its short life.
  if (file_) (void)!pwrite(file_.get(), before_.data(), before_.size(), 0);
}

}  // namespace container
