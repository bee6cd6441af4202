// Hooks that run in the container's namespaces: createContainer (before pivot_root, so its path is
// the host's) and startContainer (the container's). config.md, "POSIX-platform Hooks".
#include <linux/sched.h>
#include <linux/time_types.h>
#include <linux/wait.h>
#include <signal.h>
#include <sys/poll.h>

#include "runtime/init/sys.h"

namespace init {

namespace {

// In the child. Any failure is told through `error_fd`, which is closed on exec.
[[noreturn]] void become_hook(const plan::HookArgs& args, int error_fd) {
  long error = call(__NR_lseek, slot(args.state_slot), 0, 0 /* SEEK_SET */);
  if (error >= 0) error = call(__NR_dup3, slot(args.state_slot), 0, 0);
  if (error >= 0) error = call(__NR_dup3, slot(args.output_slot), 1, 0);
  if (error >= 0) error = call(__NR_dup3, slot(args.output_slot), 2, 0);
  if (error >= 0) error = call(__NR_dup3, error_fd, 3, O_CLOEXEC);
  if (error == -EINVAL) error = 0;  // it was 3 already
  if (error >= 0) error = call(__NR_close_range, 4, ~0u, 0);
  if (error >= 0) error = reset_signals();
  if (error >= 0) {
    error = call(__NR_execve, static_cast<long>(args.path), static_cast<long>(args.argv),
                 static_cast<long>(args.envp));
  }
  int value = static_cast<int>(-error);
  call(__NR_write, 3, arg(&value), sizeof value);
  quit(127);
}

// 0 when the hook has ended, -kReasonHookTimeout after killing it, or ends init when the parent
// died.
long await_end(int pidfd, int timeout_ms) {
  struct pollfd watched[2] = {{pidfd, POLLIN, 0}, {run.report_fd, 0, 0}};
  struct __kernel_timespec limit = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000ll};
  for (;;) {
    // The kernel updates `limit` to what is left, so a signal does not prolong it.
    long n = call(__NR_ppoll, arg(watched), 2, timeout_ms >= 0 ? arg(&limit) : 0, 0, 0);
    if (n == -EINTR) continue;
    if (n < 0) return n;
    bool orphaned = watched[1].revents & (POLLHUP | POLLERR);
    if (n > 0 && watched[0].revents != 0) return 0;
    call(__NR_pidfd_send_signal, pidfd, SIGKILL, 0, 0);
    if (orphaned) quit(1);
    if (n == 0) return -plan::kReasonHookTimeout;
  }
}

long collect(int pidfd, siginfo_t* info) {
  long n;
  do {
    n = call(__NR_waitid, P_PIDFD, pidfd, arg(info), 4 /* WEXITED */, 0);
  } while (n == -EINTR);
  return n;
}

long outcome(const siginfo_t& info) {
  if (info.si_code == 1 /* CLD_EXITED */ && info.si_status == 0) return 0;
  int32_t status = info.si_code == 1 ? info.si_status : -info.si_status;
  copy(run.detail, reinterpret_cast<const char*>(&status), sizeof status);
  run.detail_size = sizeof status;
  return -plan::kReasonHookExit;
}

}  // namespace

long run_hook(const plan::HookArgs& args) {
  int pipe_fds[2];
  long error = call(__NR_pipe2, arg(pipe_fds), O_CLOEXEC);
  if (error < 0) return error;
  File read_end(pipe_fds[0]);
  File write_end(pipe_fds[1]);
  int pidfd_value = -1;
  struct clone_args how = {};
  how.flags = CLONE_PIDFD;
  how.pidfd = reinterpret_cast<uint64_t>(&pidfd_value);
  how.exit_signal = SIGCHLD;
  long pid = call(__NR_clone3, arg(&how), sizeof how);
  if (pid == -ENOSYS || pid == -EPERM) {
    // clone(2) puts the pidfd where it would put the parent's tid. Same order of arguments on
    // x86-64 and arm64 so far.
    pid = call(__NR_clone, CLONE_PIDFD | SIGCHLD, 0, arg(&pidfd_value), 0, 0);
  }
  if (pid < 0) return pid;
  if (pid == 0) become_hook(args, write_end.get());
  File pidfd(pidfd_value);
  write_end.reset(-1);

  int exec_error = 0;
  long n = call(__NR_read, read_end.get(), arg(&exec_error), sizeof exec_error);
  error = await_end(pidfd.get(), args.timeout_ms);
  siginfo_t info = {};
  long waited = collect(pidfd.get(), &info);
  if (error < 0) return error;
  if (waited < 0) return waited;
  if (n == sizeof exec_error) return -exec_error;
  return outcome(info);
}

}  // namespace init
