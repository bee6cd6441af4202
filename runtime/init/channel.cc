// The one socket between init and its parent: SOCK_SEQPACKET, one struct plan::Message a packet.
#include <sys/socket.h>

#include "runtime/init/sys.h"

namespace init {

// A seccomp filter may refuse any system call, but not a fault: SIGILL ends even PID 1 of a
// namespace.
void quit(int status) {
  call(__NR_exit_group, status);
  call(__NR_exit, status);
  __builtin_trap();
}

// struct cmsghdr with one descriptor behind it.
struct FdMessage {
  size_t size;
  int level, type;
  int fd;
};

long send(plan::Kind kind, int32_t value, const char* bytes, size_t size, int fd,
          uint64_t nanoseconds) {
  plan::Message message = {
      kind,       run.step, value, static_cast<uint32_t>(size), run.header->n_steps - run.step,
      nanoseconds};
  struct iovec parts[2] = {{&message, sizeof message}, {const_cast<char*>(bytes), size}};
  struct msghdr packet = {};
  packet.msg_iov = parts;
  packet.msg_iovlen = size > 0 ? 2 : 1;
  FdMessage control = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS, fd};
  if (fd >= 0) {
    packet.msg_control = &control;
    packet.msg_controllen = sizeof control;
  }
  long n = call(__NR_sendmsg, run.report_fd, arg(&packet), MSG_NOSIGNAL);
  return n < 0 ? n : 0;
}

static long receive(plan::Message* message, char* buffer, size_t size) {
  struct iovec parts[2] = {{message, sizeof *message}, {buffer, size}};
  struct msghdr packet = {};
  packet.msg_iov = parts;
  packet.msg_iovlen = size > 0 ? 2 : 1;
  long n;
  do {
    n = call(__NR_recvmsg, run.report_fd, arg(&packet), 0);
  } while (n == -EINTR);
  // End of file: whoever was making this container died. So do we; the kernel undoes the rest.
  if (n == 0) quit(1);
  if (n < 0) return n;
  if (static_cast<size_t>(n) < sizeof *message) return -EPROTO;
  return n - static_cast<long>(sizeof *message);
}

long wait_go() {
  plan::Message message;
  long n = receive(&message, nullptr, 0);
  if (n < 0) return n;
  return message.kind == plan::Kind::Go ? 0 : -EPROTO;
}

long wait_text(char* buffer, size_t size) {
  plan::Message message;
  long n = receive(&message, buffer, size);
  if (n < 0) return n;
  return message.kind == plan::Kind::Text ? n : -EPROTO;
}

void fail(long error) {
  (void)send(plan::Kind::Failed, static_cast<int32_t>(-error), run.detail, run.detail_size);
  quit(1);
}

FdPath::FdPath(int fd) {
  static const char kPrefix[] = "/proc/self/fd/";
  size_t n = sizeof kPrefix - 1;
  copy(path, kPrefix, n);
  char digits[12];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + fd % 10);
    fd /= 10;
  } while (fd > 0);
  while (count > 0) path[n++] = digits[--count];
  path[n] = 0;
}

}  // namespace init
