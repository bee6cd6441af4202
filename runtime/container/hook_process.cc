#include "runtime/container/hook_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vector>

#include "base/log.h"
#include "base/path.h"
#include "base/pidfd.h"

namespace container {
namespace {

constexpr int kLastWaitMs = 1000;

struct Pipe {
  Fd read_end, write_end;
};

// Only our end is non-blocking: the flag belongs to the open file, and the hook must not inherit
// it.
Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) < 0) return Error::sys("pipe");
  return Pipe{Fd(fds[0]), Fd(fds[1])};
}

Status set_non_blocking(int fd) {
  if (::fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return Error::sys("fcntl(F_SETFL)");
  return {};
}

// The descriptors get numbers above 2, or a dup2 could overwrite one before it is used.
Status lift(Fd* fd) {
  if (fd->get() > STDERR_FILENO) return {};
  int copy = ::fcntl(fd->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (copy < 0) return Error::sys("fcntl(F_DUPFD_CLOEXEC)");
  fd->reset(copy);
  return {};
}

std::vector<char*> pointers(const spec::Strings& strings) {
  std::vector<char*> out;
  for (const std::string& text : strings)
    out.push_back(const_cast<char*>(text.c_str()));  // execve's type; not written to
  out.push_back(nullptr);
  return out;
}

// What the hook's process is made of, worked out before the fork.
struct Image {
  const char* path;
  std::vector<char*> argv, envp;
  int streams[3];  // above 2, so that no dup2 overwrites one before its turn
  int work_dir;
  int report;  // where the errno goes of what cannot be done; closed by a successful execve
  pid_t parent;
};

void reset_signals() {
  struct {
    uint64_t handler, flags, restorer, mask;
    // the kernel's struct; glibc's sigaction refuses the two signals that it keeps for itself
  } plain = {};
  for (int signal = 1; signal <= 64; signal++)
    (void)syscall(SYS_rt_sigaction, signal, &plain, nullptr, sizeof plain.mask);
  sigset_t none;
  sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the child. A hook ends with the runtime that waits for it: killed in the middle of a create,
// this must leave nothing that `rt delete --force` does not know of.
[[noreturn]] void become(const Image& image) {
  int kept = STDERR_FILENO + 1;
  bool ready = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::fchdir(image.work_dir) == 0;
  for (int i = 0; i < 3; i++) ready = ready && ::dup2(image.streams[i], i) >= 0;
  if (ready && ::getppid() == image.parent) {
    int report = image.report == kept ? kept : ::dup3(image.report, kept, O_CLOEXEC);
    if (report < 0) ::_exit(127);
    // Close-on-exec covers what is ours. What an engine left open in us without it must not reach a
    // hook either.
    ::closefrom(kept + 1);
    reset_signals();
    (void)::execve(image.path, image.argv.data(), image.envp.data());
    (void)!::write(report, &errno, sizeof errno);  // the parent is gone if it cannot be told
  } else {
    (void)!::write(image.report, &errno, sizeof errno);
  }
  ::_exit(127);
}

// 0, or the errno of what kept the child from its program.
int read_report(int fd) {
  int error = 0;
  ssize_t n;
  do {
    n = ::read(fd, &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(sizeof error) ? error : 0;
}

Fd open_work_dir(const std::string& bundle) {
  Fd fd(::open(bundle.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    log_debug("hook: bundle '%s' is gone; running in '/'", bundle.c_str());
    fd.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  return fd;
}

}  // namespace

HookProcess::~HookProcess() {
  if (!pidfd) return;
  if (Status killed = kill(kLastWaitMs); !killed)
    log_warning("hook: %s, ignoring", killed.error().text().c_str());
}

Result<siginfo_t> HookProcess::reap() {
  siginfo_t end = {};
  int result;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &end, WEXITED);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return Error::sys("wait for it");
  pidfd.reset();
  return end;
}

Status HookProcess::kill(int timeout_ms) {
  if (sys::pidfd_send_signal(pidfd.get(), SIGKILL) < 0 && errno != ESRCH)
    return Error::sys("kill it");
  pollfd dead = {pidfd.get(), POLLIN, 0};
  int ready;
  do {
    ready = ::poll(&dead, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) return Error::sys("wait for it");
  if (ready == 0) {
    pidfd.reset();  // it hangs in the kernel: whoever inherits it reaps it
    return Error::make(Code::Timeout, "still alive %.0f s after SIGKILL", timeout_ms / 1000.0);
  }
  Result<siginfo_t> end = reap();
  if (!end) return std::move(end).error();
  return {};
}

Result<HookProcess> start_hook(const spec::Hook& hook, const std::string& bundle) {
  if (!is_absolute(hook.path)) return Error::make(Code::HookFailed, "its path must be absolute");
  Pipe in = TRY(make_pipe());
  Pipe out = TRY(make_pipe());
  Pipe err = TRY(make_pipe());
  Fd work_dir = open_work_dir(bundle);
  for (Fd* fd : {&in.read_end, &out.write_end, &err.write_end, &work_dir}) TRY(lift(fd));
  for (int fd : {in.write_end.get(), out.read_end.get(), err.read_end.get()})
    TRY(set_non_blocking(fd));

  // config.md: args are execv's argv, so args[0] is the name; without any the path is the name.
  spec::Strings args = hook.args.empty() ? spec::Strings{hook.path} : hook.args;
  spec::Strings env = hook.env.value_or(spec::Strings());
  Pipe report = TRY(make_pipe());
  TRY(lift(&report.write_end));
  Image image = {hook.path.c_str(), pointers(args),
                 pointers(env),     {in.read_end.get(), out.write_end.get(), err.write_end.get()},
                 work_dir.get(),    report.write_end.get(),
                 ::getpid()};
  pid_t pid = ::fork();
  if (pid < 0) return Error::sys("fork");
  if (pid == 0) become(image);
  report.write_end.reset();

  HookProcess process;
  process.pidfd.reset(sys::pidfd_open(pid));  // our child, not reaped yet: the number is its own
  if (!process.pidfd) {
    Error failed = Error::sys("pidfd_open");
    (void)::kill(pid, SIGKILL);
    (void)::waitpid(pid, nullptr, 0);
    return failed;
  }
  if (int error = read_report(report.read_end.get()); error != 0) {
    TRY(process.reap());
    errno = error;
    return Error::sys("cannot start");
  }
  process.stdin_pipe = std::move(in.write_end);
  process.stdout_pipe = std::move(out.read_end);
  process.stderr_pipe = std::move(err.read_end);
  return process;
}

// Blocked and taken back, not ignored: a signal that the caller has blocked (to read it from a
// signalfd) stays pending even if it is ignored, and would be read there later.
ScopedHookSignals::ScopedHookSignals() {
  sigset_t pipe_only;
  sigset_t pending;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  (void)::sigpending(&pending);  // none of these can fail with a valid pointer
  pipe_was_pending_ = sigismember(&pending, SIGPIPE) == 1;
  (void)::sigprocmask(SIG_BLOCK, &pipe_only, &old_mask_);
}

ScopedHookSignals::~ScopedHookSignals() {
  sigset_t pipe_only;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  timespec now = {};
  if (!pipe_was_pending_) (void)::sigtimedwait(&pipe_only, nullptr, &now);  // EAGAIN: none came
  (void)::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
}

}  // namespace container
