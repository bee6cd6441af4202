#include "runtime/container/for_children.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/linux/rlimit_names.h"

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
    return Error::sys("process.oomScoreAdj: write '%s' to '/proc/self/oom_score_adj'", text.c_str())
        .as(Code::SecurityFailed);
  }
  return {};
}

OomScoreForChildren::~OomScoreForChildren() {
  // Lowering it again needs CAP_SYS_RESOURCE; without, this command keeps the container's value for
  // its short life.
  if (file_) (void)!pwrite(file_.get(), before_.data(), before_.size(), 0);
}

// By the calls themselves: the C library's sets end at 1024 CPUs.
static long set_affinity(const std::vector<uint64_t>& cpus) {
  return syscall(SYS_sched_setaffinity, 0, cpus.size() * sizeof cpus[0], cpus.data());
}

Status AffinityForChildren::set(const std::vector<uint64_t>& cpus) {
  std::vector<uint64_t> before(1024);
  long size = syscall(SYS_sched_getaffinity, 0, before.size() * sizeof before[0], before.data());
  if (size < 0) return Error::sys("sched_getaffinity");
  if (set_affinity(cpus) < 0) {
    return Error::sys("process.execCPUAffinity.initial: set the CPU affinity")
        .as(Code::SecurityFailed);
  }
  before.resize(static_cast<size_t>(size) / sizeof before[0]);
  before_ = std::move(before);
  return {};
}

AffinityForChildren::~AffinityForChildren() {
  // they were ours; if the cpuset has lost them since, those of the child do
  if (!before_.empty()) (void)set_affinity(before_);
}

void raise_hard_limits(int pid, const std::vector<spec::Rlimit>& limits) {
  for (const spec::Rlimit& limit : limits) {
    std::optional<int> resource = sys::rlimit_resource(limit.type);
    rlimit64 now;
    if (!resource || syscall(SYS_prlimit64, pid, *resource, nullptr, &now) < 0 ||
        now.rlim_max >= limit.hard)
      continue;
    now.rlim_max = limit.hard;
    (void)syscall(SYS_prlimit64, pid, *resource, &now, nullptr);
  }
}

}  // namespace container
