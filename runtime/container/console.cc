#include "runtime/container/console.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cstring>

#include "base/fd.h"
#include "base/strings.h"
#include "base/unix_address.h"

namespace container {

static Result<Fd> connect_stream(const std::string& path) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return Error::sys("socket");
  sys::UnixAddress address = TRY(sys::unix_address(path));
  if (connect(fd.get(), address.get(), address.size) < 0) {
    return Error::sys("connect to '%s'", path.c_str());
  }
  return fd;
}

Status send_fd(const std::string& path, int fd, const std::string& payload) {
  Fd connection = TRY(connect_stream(path));
  iovec part = {const_cast<char*>(payload.data()), payload.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr packet = {};
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  packet.msg_control = control;
  packet.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&packet);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (sendmsg(connection.get(), &packet, MSG_NOSIGNAL) < 0)
    return Error::sys("send to '%s'", path.c_str());
  return {};
}

Status send_console(const std::string& path, int master) {
  unsigned number = 0;
  if (ioctl(master, TIOCGPTN, &number) < 0) return Error::sys("TIOCGPTN");
  TRY_IN("--console-socket", send_fd(path, master, format("/dev/pts/%u", number)));
  return {};
}

RawTerminal::RawTerminal() {
  if (tcgetattr(STDIN_FILENO, &original_) < 0) return;
  changed_ = true;
  termios raw = original_;
  cfmakeraw(&raw);
  raw.c_oflag |= OPOST;                          // see plain_newlines
  (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);  // then lines are edited twice, which is only ugly
}

RawTerminal::~RawTerminal() {
  if (changed_) (void)tcsetattr(STDIN_FILENO, TCSANOW, &original_);
}

Status plain_newlines(int master) {
  termios settings;
  if (tcgetattr(master, &settings) < 0) return Error::sys("tcgetattr");
  settings.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
  if (tcsetattr(master, TCSANOW, &settings) < 0) return Error::sys("tcsetattr");
  return {};
}

void copy_size(int master) {
  winsize size;
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
    return;
  (void)ioctl(master, TIOCSWINSZ, &size);
}

}  // namespace container
