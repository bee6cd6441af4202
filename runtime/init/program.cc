// The last stretch: where to be, what to run, when to start, what to leave behind, and execve.
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "runtime/init/sys.h"

namespace init {

static char home[plan::kMaxText + 8];  // "HOME=..." from FetchHome

// The parent reads the file: a parser of what an image brings has no place in here.
long fetch_home() {
  struct stat info;
  File file(open_in_root("/etc/passwd", 0));
  if (file.ok() && stat_fd(file.get(), &info) == 0 && S_ISREG(info.st_mode)) {
    long fd = openat2(root(), "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, RESOLVE_IN_ROOT);
    if (fd == -ENOSYS || fd == -EPERM)
      fd = openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY);
    file.reset(fd);
  } else {
    file.reset(-ENOENT);
  }
  long error =
      send(plan::Kind::File, static_cast<int32_t>(plan::FileTag::Passwd), nullptr, 0, file.get());
  if (error < 0) return error;
  copy(home, "HOME=", 5);
  long n = wait_text(home + 5, sizeof home - 6);
  if (n < 0) return n;
  home[5 + n] = 0;
  return 0;
}

// Called twice: as root, which may pass directories that the user may not, and as the user, who may
// be the only one let in (NFS, FUSE). CVE-2024-21626: a cwd of /proc/self/fd/N would be a directory
// of the host; getcwd then says "(unreachable)".
long change_dir(const plan::PathArgs& args) {
  static bool done = false;
  if (done) return 0;
  long error = call(__NR_chdir, static_cast<long>(args.path));
  bool must_work = args.flags != 0;
  if (error == -EACCES && !must_work) return 0;
  if (error < 0) return error;
  done = true;
  char cwd[kPathMax];
  error = call(__NR_getcwd, arg(cwd), sizeof cwd);
  if (error < 0) return error == -ENOENT ? -plan::kReasonOutside : error;
  return cwd[0] == '/' ? 0 : -plan::kReasonOutside;
}

static bool executable_by_any(const char* path) {
  struct stat info;
  return stat_at(AT_FDCWD, path, &info, 0) >= 0 && S_ISREG(info.st_mode) &&
         (info.st_mode & 0111) != 0;
}

// As execvp would choose: the first regular file that may be executed; else the most telling error.
long find_exe(const plan::FindExeArgs& args) {
  const auto* candidates = at<plan::Address>(args.candidates);
  long result = -plan::kReasonNotFound;
  for (uint32_t i = 0; i < args.n; i++) {
    const char* path = text(candidates[i]);
    struct stat info;
    long error = stat_at(AT_FDCWD, path, &info, 0);
    if (error >= 0 && S_ISDIR(info.st_mode)) error = -plan::kReasonIsDirectory;
    if (error >= 0) error = call(__NR_faccessat, AT_FDCWD, arg(path), 1 /* X_OK */);
    // The kernel wants one bit for anybody even then.
    if (error == -EACCES && args.overrides != 0 && executable_by_any(path)) error = 0;
    if (error >= 0) {
      run.chosen = path;
      return 0;
    }
    bool missing = error == -ENOENT || error == -ENOTDIR;
    if (args.n == 1) return error;
    if (!missing && result == -plan::kReasonNotFound) result = error;
  }
  return result;
}

// Waits on start.sock. A signal that would end an ordinary program ends the container: PID 1 has no
// default actions, and signals are blocked, so they are read from a signalfd.
static long next_connection(int listener) {
  uint64_t all = ~0ull;
  File signals(call(__NR_signalfd4, -1, arg(&all), sizeof all, SFD_CLOEXEC));
  if (!signals.ok()) return signals.error();
  for (;;) {
    struct pollfd watched[2] = {{listener, POLLIN, 0}, {signals.get(), POLLIN, 0}};
    long n = call(__NR_ppoll, arg(watched), 2, 0, 0, 0);
    if (n == -EINTR) continue;
    if (n < 0) return n;
    if (watched[1].revents != 0) {
      struct signalfd_siginfo info;
      if (call(__NR_read, signals.get(), arg(&info), sizeof info) != sizeof info) continue;
      int signal = static_cast<int>(info.ssi_signo);
      bool harmless = signal == SIGCHLD || signal == SIGCONT || signal == SIGURG ||
                      signal == SIGWINCH || signal == SIGTSTP || signal == SIGTTIN ||
                      signal == SIGTTOU;
      if (!harmless) quit(128 + signal);
      continue;
    }
    return call(__NR_accept4, listener, 0, 0, SOCK_CLOEXEC);
  }
}

long await_start(const plan::AwaitArgs& args) {
  int listener = slot(args.slot);
  call(__NR_close, run.report_fd);
  close_mask_sources();  // a created container may wait for long: it holds what it needs
  for (;;) {
    long connection = next_connection(listener);
    if (connection == -ECONNABORTED) continue;
    if (connection < 0) quit(1);  // nobody is there to be told
    run.report_fd = static_cast<int>(connection);
    // A peer that connects and leaves without Go only wanted to know whether we wait.
    plan::Message message;
    long n;
    do {
      n = call(__NR_recvfrom, connection, arg(&message), sizeof message, 0, 0, 0);
    } while (n == -EINTR);
    if (n == sizeof message && message.kind == plan::Kind::Go) break;
    call(__NR_close, connection);
  }
  return call(__NR_close, listener);
}

long load_seccomp(const plan::SeccompArgs& args) {
  struct {
    unsigned short length;
    uint64_t filter;
  } program = {args.n, args.filter};
  uint32_t flags = args.flags;
  long result = call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, arg(&program));
  if (result == -EINVAL && args.optional_flags != 0) {
    flags &= ~args.optional_flags;
    result = call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, arg(&program));
  }
  if (result < 0 || !args.notify) return result;
  File listener(result);
  return send(plan::Kind::File, static_cast<int32_t>(plan::FileTag::SeccompListener), nullptr, 0,
              listener.get());
}

// CVE-2024-21626: nothing of the host may be reachable from the program, not even for the length of
// execve. What is inherited is 0..first-1; the report socket stays open right above, to be closed
// by a successful execve.
long close_fds(const plan::CloseFdsArgs& args) {
  int first = static_cast<int>(args.first);
  if (run.report_fd != first) {
    long fd = call(__NR_dup3, run.report_fd, first, O_CLOEXEC);
    if (fd < 0) return fd;
    run.report_fd = first;
  }
  long error = call(__NR_close_range, first + 1, ~0u, 0);
  if (error >= 0) return 0;
  // Before 5.9, or a filter that refuses it: everything is close-on-exec already; close what we
  // know of for real.
  for (int fd = first + 1; fd < 4096; fd++) call(__NR_close, fd);
  return 0;
}

long reset_signals() {
  // The kernel's struct: handler, flags, restorer, mask. All zero is SIG_DFL. execve keeps
  // "ignored" otherwise.
  struct {
    uint64_t handler, flags, restorer, mask;
  } plain = {};
  for (int signal = 1; signal <= 64; signal++) {
    if (signal != SIGKILL && signal != SIGSTOP)
      call(__NR_rt_sigaction, signal, arg(&plain), 0, sizeof plain.mask);
  }
  uint64_t none = 0;
  return call(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, arg(&none), 0, sizeof none);
}

// The file is there, or FindExe would have said so: what is missing is the interpreter, which its
// first line may name.
static void keep_first_bytes(const char* path) {
  File file(openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file.ok()) return;
  long n = call(__NR_read, file.get(), arg(run.detail), 256);
  run.detail_size = n > 0 ? static_cast<size_t>(n) : 0;
}

// The plan's segment is a private mapping, so this copy of the page is ours.
static void set_variable(const plan::ExecArgs& args, int32_t index, const char* value) {
  if (index >= 0)
    const_cast<plan::Address*>(at<plan::Address>(args.envp))[index] =
        reinterpret_cast<plan::Address>(value);
}

// sd_listen_fds(3): the sockets are for the process of this pid. 1 in a pid namespace of its own,
// but not for exec.
static const char* listen_pid() {
  static char text[32] = "LISTEN_PID=";
  char digits[12];
  int count = 0;
  for (long pid = call(__NR_getpid); pid > 0; pid /= 10)
    digits[count++] = static_cast<char>('0' + pid % 10);
  size_t n = length(text);
  while (count > 0) text[n++] = digits[--count];
  text[n] = 0;
  return text;
}

long exec_program(const plan::ExecArgs& args) {
  set_variable(args, args.home_index, home);
  if (args.pid_index >= 0) set_variable(args, args.pid_index, listen_pid());
  long error = call(__NR_execve, arg(run.chosen), static_cast<long>(args.argv),
                    static_cast<long>(args.envp));
  if (error == -ENOENT) keep_first_bytes(run.chosen);
  return error;
}

}  // namespace init
