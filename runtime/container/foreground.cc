#include "runtime/container/foreground.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>

#include "base/io.h"
#include "base/pidfd.h"
#include "runtime/container/console.h"

namespace container {

static_assert(sizeof(sigset_t) <= 128);

Foreground::Foreground() {
  sigset_t all;
  sigfillset(&all);
  // ours, if they ever come
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, signal);
  sigset_t old;
  (void)sigprocmask(SIG_SETMASK, &all, &old);  // cannot fail with a valid how
  memcpy(old_mask_, &old, sizeof old);
  signals_.reset(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
}

Foreground::~Foreground() {
  sigset_t old;
  memcpy(&old, old_mask_, sizeof old);
  (void)sigprocmask(SIG_SETMASK, &old, nullptr);
}

namespace {

// One direction of a terminal's data. What was read and not yet written waits in `buffer`.
struct Copy {
  int from;
  int to;
  std::string buffer = {};
  bool open = true;

  bool wants_read() const { return open && buffer.empty(); }
  bool wants_write() const { return !buffer.empty(); }

  void read_some() {
    char bytes[16384];
    ssize_t n = read(from, bytes, sizeof bytes);
    if (n > 0) buffer.assign(bytes, static_cast<size_t>(n));
    // EIO: the last process has closed the slave side
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) open = false;
  }
  void write_some() {
    ssize_t n = write(to, buffer.data(), buffer.size());
    if (n > 0) buffer.erase(0, static_cast<size_t>(n));
    // nobody reads: throw away, as a terminal would
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
      buffer.clear();
      open = false;
    }
  }
};

void forward(int signals, int pidfd, int master) {
  signalfd_siginfo info;
  while (read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGWINCH && master >= 0) copy_size(master);
    if (signal == SIGCHLD || signal == SIGWINCH || signal == SIGURG) continue;
    (void)sys::pidfd_send_signal(pidfd, signal);  // it may just have ended
  }
}

int status_of_exit(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

// As a subreaper we are also given the children that the container's process leaves behind.
void reap_others(pid_t pid) {
  for (;;) {
    siginfo_t info = {};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0 ||
        info.si_pid == pid)
      return;
    (void)waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

// What the terminal still holds when its process has ended.
void drain(Copy& out) {
  for (int tries = 0; tries < 1000 && out.open; tries++) {
    pollfd item = {out.from, POLLIN, 0};
    if (out.buffer.empty() && poll(&item, 1, 0) <= 0) return;
    if (out.buffer.empty()) out.read_some();
    if (!out.buffer.empty()) (void)write_all(out.to, out.buffer, "terminal");
    out.buffer.clear();
  }
}

}  // namespace

Result<int> Foreground::wait(pid_t pid, int pidfd, Fd master, NotifyProxy* notify) {
  std::optional<RawTerminal> raw;
  if (master) {
    copy_size(master.get());
    (void)fcntl(master.get(), F_SETFL, O_NONBLOCK);
    raw.emplace();
  }
  Copy in = {STDIN_FILENO, master.get()};
  Copy out = {master.get(), STDOUT_FILENO};
  in.open = out.open = static_cast<bool>(master);
  for (;;) {
    pollfd items[7] = {{pidfd, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
    nfds_t n = 2;
    auto watch = [&](bool wanted, int fd, short events) -> pollfd* {
      if (!wanted) return nullptr;
      items[n] = {fd, events, 0};
      return &items[n++];
    };
    pollfd* in_read = watch(in.wants_read(), in.from, POLLIN);
    pollfd* in_write = watch(in.wants_write(), in.to, POLLOUT);
    pollfd* out_read = watch(out.wants_read(), out.from, POLLIN);
    pollfd* out_write = watch(out.wants_write(), out.to, POLLOUT);
    pollfd* notified = watch(notify != nullptr, notify != nullptr ? notify->fd() : -1, POLLIN);
    if (poll(items, n, -1) < 0 && errno != EINTR) return Error::sys("poll");
    if (items[1].revents != 0) forward(signals_.get(), pidfd, master.get());
    if (in_read != nullptr && in_read->revents != 0) in.read_some();
    if (in_write != nullptr && in_write->revents != 0) in.write_some();
    if (out_read != nullptr && out_read->revents != 0) out.read_some();
    if (out_write != nullptr && out_write->revents != 0) out.write_some();
    if (notified != nullptr && notified->revents != 0) notify->pass_one();
    reap_others(pid);
    if (items[0].revents != 0) break;
  }
  if (master) drain(out);
  raw.reset();
  siginfo_t info = {};
  while (waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) < 0) {
    if (errno != EINTR) return Error::sys("wait for the container's process");
  }
  return status_of_exit(info);
}

}  // namespace container
