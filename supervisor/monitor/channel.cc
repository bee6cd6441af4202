#include "supervisor/monitor/channel.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

#include <cstring>

#include "base/passed_fd.h"
#include "base/strings.h"
#include "base/unix_address.h"

namespace monitor {

namespace {

Status set_non_blocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
    return Error::sys("fcntl O_NONBLOCK");
  return {};
}

// Only our end is non-blocking: the other's file description is the container's.
Status make_pipe(Fd* read_end, Fd* write_end, const Fd* ours) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0) return Error::sys("pipe");
  read_end->reset(fds[0]);
  write_end->reset(fds[1]);
  return set_non_blocking(ours->get());
}

}  // namespace

Status ConsoleSocket::listen(int dirfd, const std::string& name) {
  close();
  (void)unlinkat(dirfd, name.c_str(), 0);  // of a monitor that was killed
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::sys("console socket");
  sys::UnixAddress address = sys::unix_address_in(dirfd, name.c_str());
  if (fchmod(fd.get(), 0600) < 0) return Error::sys("console socket: chmod");
  if (bind(fd.get(), address.get(), address.size) < 0)
    return Error::sys("console socket: bind '%s'", name.c_str());
  dirfd_ = dirfd;
  name_ = name;
  if (::listen(fd.get(), 1) < 0) return Error::sys("console socket: listen");
  fd_ = std::move(fd);
  return {};
}

Result<Fd> ConsoleSocket::receive() {
  Fd peer(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!peer)
    return Error::make(Code::RuntimeFailed, "the runtime sent no terminal to the console socket");
  char name[256];
  iovec text[] = {{name, sizeof name}};
  Received received = receive_with_fd(peer.get(), text);
  if (received.size < 0)
    return Error::sys("console socket: receive").as(Code::RuntimeFailed);
  Fd master = std::move(received.file);
  unsigned number;
  if (!master || ioctl(master.get(), TIOCGPTN, &number) < 0) {
    return Error::make(Code::RuntimeFailed,
                       "what the runtime sent to the console socket is no terminal");
  }
  return master;
}

std::string ConsoleSocket::path() const {
  return format("/proc/%d/fd/%d/%s", static_cast<int>(getpid()), dirfd_, name_.c_str());
}

void ConsoleSocket::close() {
  if (dirfd_ >= 0) (void)unlinkat(dirfd_, name_.c_str(), 0);
  dirfd_ = -1;
  fd_.reset();
}

Status Channel::open_pipes(bool input) {
  TRY(make_pipe(&out, &child_out, &out));
  TRY(make_pipe(&err, &child_err, &err));
  if (!input) return {};
  return make_pipe(&child_in, &in, &in);
}

Status Channel::open_terminal(int dirfd, const std::string& name, bool errors) {
  terminal = true;
  if (errors) TRY(make_pipe(&err, &child_err, &err));
  return console.listen(dirfd, name);
}

Status Channel::call_ended(bool succeeded) {
  child_in.reset();
  child_out.reset();
  child_err.reset();
  Result<Fd> master = terminal && succeeded ? console.receive() : Fd();
  console.close();
  if (!master) return std::move(master).error();
  if (!*master) return {};
  termios settings;
  if (tcgetattr(master->get(), &settings) < 0) return Error::sys("terminal: tcgetattr");
  settings.c_oflag |= ONLCR;  // some runtimes switch it off
  if (tcsetattr(master->get(), TCSANOW, &settings) < 0) return Error::sys("terminal: tcsetattr");
  slave.reset(ioctl(master->get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) return Error::sys("terminal: open its other end");
  in.reset(fcntl(master->get(), F_DUPFD_CLOEXEC, 3));
  if (!in) return Error::sys("terminal: dup");
  out = *std::move(master);
  if (columns != 0 || rows != 0) TRY(resize(columns, rows));
  return set_non_blocking(out.get());
}

Status Channel::resize(uint16_t new_columns, uint16_t new_rows) {
  if (!terminal) return Error::make(Code::Usage, "resize: there is no terminal");
  columns = new_columns;
  rows = new_rows;
  if (!out) return {};
  winsize size = {};
  size.ws_col = columns;
  size.ws_row = rows;
  if (ioctl(out.get(), TIOCSWINSZ, &size) < 0) return Error::sys("resize");
  return {};
}

void Channel::close_input() {
  if (terminal) return;
  in.reset();
  stalled = false;
}

}  // namespace monitor
