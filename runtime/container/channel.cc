#include "runtime/container/channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/io.h"
#include "base/passed_fd.h"
#include "base/strings.h"

namespace container {

Status send_packet(int fd, plan::Kind kind, std::string_view text) {
  plan::Message message = {};
  message.kind = kind;
  message.size = static_cast<uint32_t>(text.size());
  iovec parts[] = {{&message, sizeof message}, {const_cast<char*>(text.data()), text.size()}};
  msghdr packet = {};
  packet.msg_iov = parts;
  packet.msg_iovlen = text.empty() ? 1 : 2;
  ssize_t n;
  do {
    n = sendmsg(fd, &packet, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return Error::sys("send to init");
  return {};
}

Result<std::optional<Packet>> receive_packet(int fd) {
  Packet out;
  char text[plan::kMaxText];
  iovec parts[] = {{&out.message, sizeof out.message}, {text, sizeof text}};
  Received packet;
  // ECONNRESET, said once: init died with a Go unread. What it had said before that is still in the
  // queue.
  do {
    packet = receive_with_fd(fd, parts);
  } while (packet.size < 0 && (errno == EINTR || errno == ECONNRESET));
  ssize_t n = packet.size;
  if (n < 0) return Error::sys("receive from init");
  if (n == 0) return std::optional<Packet>();
  out.file = std::move(packet.file);
  size_t size = static_cast<size_t>(n) - sizeof out.message;
  if (static_cast<size_t>(n) < sizeof out.message || out.message.size != size) {
    return Error::msg("init sent a malformed message of %zd bytes", n);
  }
  out.text.assign(text, size);
  return std::optional<Packet>(std::move(out));
}

// The end of a process lets go of its memory before its files, execve the other way round: at the
// end of file a program has an exe, a dying init has none any more. Its name is what is left of it.
bool died_as_init(pid_t pid) {
  std::string exe = format("/proc/%d/exe", pid);
  char target[1];
  if (readlink(exe.c_str(), target, sizeof target) >= 0 || errno != ENOENT) return false;
  std::string comm = format("/proc/%d/comm", pid);
  Result<std::string> name = read_file(AT_FDCWD, comm.c_str());
  return name && trim(*name) == plan::kInitName;
}

}  // namespace container
