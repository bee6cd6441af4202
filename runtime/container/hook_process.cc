#include "runtime/container/hook_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
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

// The descriptors get numbers above 2, or the dup2s of the spawn could overwrite one before it is
// used.
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

// posix_spawn's two objects with their lifetimes. Its functions return an errno value; only
// out-of-memory is possible for those used here, and that aborts elsewhere.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = 0;

  SpawnPlan() {
    error = posix_spawn_file_actions_init(&actions);
    note(posix_spawnattr_init(&attributes));
    sigset_t all;
    sigset_t none;
    // Not sigfillset(): it leaves out the two signals glibc keeps for itself, which posix_spawn then sets to "ignore".
    memset(&all, 0xff, sizeof all);
    sigemptyset(&none);
    note(posix_spawnattr_setsigdefault(&attributes, &all));
    note(posix_spawnattr_setsigmask(&attributes, &none));
    note(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  void note(int result) {
    if (error == 0) error = result;
  }
};

Error spawn_error(int errnum, const std::string& what) {
  errno = errnum;
  return Error::sys("%s", what.c_str());
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

  SpawnPlan plan;
  plan.note(posix_spawn_file_actions_addfchdir_np(&plan.actions, work_dir.get()));
  plan.note(posix_spawn_file_actions_adddup2(&plan.actions, in.read_end.get(), STDIN_FILENO));
  plan.note(posix_spawn_file_actions_adddup2(&plan.actions, out.write_end.get(), STDOUT_FILENO));
  plan.note(posix_spawn_file_actions_adddup2(&plan.actions, err.write_end.get(), STDERR_FILENO));
  // Close-on-exec covers what is ours. What an engine left open in us without it must not reach a
  // hook either.
  plan.note(posix_spawn_file_actions_addclosefrom_np(&plan.actions, STDERR_FILENO + 1));
  if (plan.error != 0) return spawn_error(plan.error, "posix_spawn");

  // config.md: args are execv's argv, so args[0] is the name; without any the path is the name.
  spec::Strings args = hook.args.empty() ? spec::Strings{hook.path} : hook.args;
  spec::Strings env = hook.env.value_or(spec::Strings());
  std::vector<char*> argv = pointers(args);
  std::vector<char*> envp = pointers(env);
  pid_t pid = 0;
  int error = posix_spawn(&pid, hook.path.c_str(), &plan.actions, &plan.attributes, argv.data(),
                          envp.data());
  if (error != 0) return spawn_error(error, "cannot start");

  HookProcess process;
  process.pidfd.reset(sys::pidfd_open(pid));  // our child, not reaped yet: the number is its own
  if (!process.pidfd) {
    Error failed = Error::sys("pidfd_open");
    (void)::kill(pid, SIGKILL);
    (void)::waitpid(pid, nullptr, 0);
    return failed;
  }
  process.stdin_pipe = std::move(in.write_end);
  process.stdout_pipe = std::move(out.read_end);
  process.stderr_pipe = std::move(err.read_end);
  return process;
}

// Blocked and taken back, not ignored: a signal that the caller has blocked (to read it from a signalfd) stays pending even
// if it is ignored, and would be read there later.
ScopedHookSignals::ScopedHookSignals() {
  sigset_t pipe_only;
  sigset_t pending;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  (void)::sigpending(&pending);  // none of these can fail with a valid pointer
  pipe_was_pending_ = sigismember(&pending, SIGPIPE) == 1;
  (void)::sigprocmask(SIG_BLOCK, &pipe_only, &old_mask_);
  (void)::sigaction(SIGCHLD, nullptr, &old_child_);
  if (old_child_.sa_handler != SIG_IGN && (old_child_.sa_flags & SA_NOCLDWAIT) == 0) return;
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  (void)::sigaction(SIGCHLD, &standard, nullptr);
}

ScopedHookSignals::~ScopedHookSignals() {
  (void)::sigaction(SIGCHLD, &old_child_, nullptr);
  sigset_t pipe_only;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  timespec now = {};
  if (!pipe_was_pending_) (void)::sigtimedwait(&pipe_only, nullptr, &now);  // EAGAIN: none came
  (void)::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
}

}  // namespace container
