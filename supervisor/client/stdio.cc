#include "supervisor/client/stdio.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/io.h"
#include "spec/json.h"

namespace client {

namespace {

constexpr int kForwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
constexpr size_t kMaxPacket = 32768;

// Our terminal, raw as long as this lives.
class RawTerminal {
 public:
  explicit RawTerminal(bool wanted) {
    if (!wanted || isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &before_) < 0) return;
    termios raw = before_;
    cfmakeraw(&raw);
    active_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal() {
    if (active_) (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);  // what else could be done
  }

 private:
  termios before_{};
  bool active_ = false;
};

class Joined {
 public:
  Joined(Fd container, const Session& session)
      : container_(std::move(container)), session_(session) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    for (int signal : kForwarded) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_.reset(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  Result<std::optional<int>> run() {
    bool input_open = session_.input;
    for (;;) {
      // No more is read than the container has room for, and its output is taken meanwhile: it may
      // not read before it has written.
      bool sent = unsent_.empty();
      pollfd fds[] = {{container_.get(), static_cast<short>(sent ? POLLIN : POLLIN | POLLOUT), 0},
                      {signals_.get(), POLLIN, 0},
                      {input_open && sent ? STDIN_FILENO : -1, POLLIN, 0}};
      if (poll(fds, 3, -1) < 0) continue;  // EINTR
      if ((fds[0].revents & POLLOUT) != 0) input_open = send_input() && input_open;
      if ((fds[0].revents & ~POLLOUT) != 0) {
        std::optional<int> status;
        bool more = TRY(on_packet(&status));
        if (!more) return status;
      }
      if (fds[1].revents != 0) on_signals();
      if (fds[2].revents != 0) {
        bool detach = false;
        input_open = TRY(on_input(&detach));
        if (detach) return std::optional<int>();
      }
    }
  }

  void tell_size() const {
    winsize size{};
    if (session_.terminal && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
      session_.resize(size.ws_col, size.ws_row);
  }

 private:
  Result<bool> on_packet(std::optional<int>* status) {
    static char packet[kMaxPacket + 64];
    ssize_t n = recv(container_.get(), packet, sizeof packet, 0);
    if (n < 0 && errno == EINTR) return true;
    if (n < 0) return Error::sys("read from the container");
    if (n == 0)
      return Error::make(Code::RuntimeFailed, "the container's monitor has ended")
          .with_hint("rtctl inspect shows what is known");
    std::string_view text(packet + 1, static_cast<size_t>(n) - 1);
    switch (packet[0]) {
      case 2: TRY(write_all(STDOUT_FILENO, text, "stdout")); return true;
      case 3: TRY(write_all(STDERR_FILENO, text, "stderr")); return true;
      case 5: *status = TRY(status_in(text)); return false;
      default: return true;  // 4, output that was missed: not when attached with wait
    }
  }

  void on_signals() {
    signalfd_siginfo info;
    while (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo == SIGWINCH) {
        tell_size();
      } else {
        session_.signal(static_cast<int>(info.ssi_signo));
      }
    }
  }

  // Whether there may be more.
  Result<bool> on_input(bool* detach) {
    char typed[4096];
    ssize_t n = read(STDIN_FILENO, typed, sizeof typed);
    if (n < 0 && errno == EINTR) return true;
    if (n <= 0) {
      // it may have ended; then the record is on its way
      (void)shutdown(container_.get(), SHUT_WR);
      return false;
    }
    unsent_.assign(typed, static_cast<size_t>(n));
    if (session_.terminal) unsent_ = take_typed(unsent_, &held_, detach);
    return send_input();
  }

  // A packet goes as a whole or not yet. False when nobody takes it any more.
  bool send_input() {
    if (unsent_.empty()) return true;
    ssize_t n = send(container_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    unsent_.clear();
    return n >= 0;
  }

  Fd container_, signals_;
  const Session& session_;
  std::string unsent_;
  bool held_ = false;
};

}  // namespace

std::string take_typed(std::string_view typed, bool* held, bool* detach) {
  constexpr char kCtrlP = 16, kCtrlQ = 17;
  std::string text;
  for (char c : typed) {
    if (*held && c == kCtrlQ) {
      *detach = true;
      return text;
    }
    if (*held) text += kCtrlP;  // it meant nothing
    *held = c == kCtrlP;
    if (!*held) text += c;
  }
  return text;
}

Result<int> status_in(std::string_view exit_record) {
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(exit_record, "the exit record"));
  if (document.root().find("exitCode")) return document.root().get<int32_t>("exitCode");
  if (document.root().find("signal")) return 128 + TRY(document.root().get<int32_t>("signal"));
  return Error::make(Code::RuntimeFailed,
                     "the container's status is not known: its monitor was killed");
}

Result<std::optional<int>> join_stdio(Fd container, const Session& session,
                                      const std::function<Status()>& started) {
  Joined joined(std::move(container), session);
  RawTerminal raw(session.terminal && session.input);
  TRY(started());
  joined.tell_size();
  return joined.run();
}

}  // namespace client
