#include "supervisor/monitor/control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strings.h"
#include "base/unix_address.h"

namespace monitor {

Status Control::listen(int dirfd, const char* name) {
  (void)unlinkat(dirfd, name, 0);
  Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::sys("control socket");
  sys::UnixAddress address = sys::unix_address_in(dirfd, name);
  if (fchmod(fd.get(), 0600) < 0) return Error::sys("control socket: chmod");  // bind() makes the file with this mode
  if (bind(fd.get(), address.get(), address.size) < 0) {
    return Error::sys("control socket: bind '%s'", name);
  }
  if (::listen(fd.get(), 16) < 0) return Error::sys("control socket: listen");
  listener_ = std::move(fd);
  return {};
}

void Control::accept() {
  Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return;
  for (Client& client : clients_) {
    if (client.fd) continue;
    client = Client();
    client.fd = std::move(fd);
    return;
  }
  constexpr std::string_view kFull = "error limit-reached too many clients of this monitor";
  (void)send(fd.get(), kFull.data(), kFull.size(), MSG_NOSIGNAL);  // it goes either way
}

std::optional<Result<Request>> Control::receive(size_t index) {
  char packet[256];
  ssize_t n = recv(clients_[index].fd.get(), packet, sizeof packet, MSG_TRUNC);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (n <= 0) {
    clients_[index].fd.reset();
    return std::nullopt;
  }
  if (static_cast<size_t>(n) > sizeof packet) return Result<Request>(Error::make(Code::Usage, "request too long"));
  return parse_request(std::string_view(packet, static_cast<size_t>(n)));
}

void Control::reply(size_t index, std::string_view text) {
  if (!clients_[index].fd) return;
  if (send(clients_[index].fd.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) clients_[index].fd.reset();
}

void Control::reply(size_t index, const Error& error) {
  reply(index, format("error %s %s", code_name(error.code), error.text().c_str()));
}

}  // namespace monitor
