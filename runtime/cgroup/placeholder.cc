#include "runtime/cgroup/placeholder.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cgroup {
namespace {

// Holds no file of ours open: neither locks nor the pipes that somebody waits on.
[[noreturn]] void be_there(pid_t parent) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  (void)::prctl(PR_SET_NAME, "rt:[scope]");
  (void)::syscall(SYS_close_range, 0U, ~0U, 0U);
  for (;;) ::pause();
}

}  // namespace

Result<Placeholder> Placeholder::start() {
  Placeholder placeholder;
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid < 0)
    return Error::sys("fork a process for systemd to make a scope around").as(Code::CgroupFailed);
  if (pid == 0) be_there(parent);
  placeholder.pid_ = pid;
  return placeholder;
}

void Placeholder::end() {
  pid_t pid = std::exchange(pid_, 0);
  if (pid == 0) return;
  (void)::kill(pid, SIGKILL);  // ours and not reaped yet, so the number is its own
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace cgroup
