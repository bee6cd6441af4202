#include "supervisor/monitor/control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "base/passed_fd.h"
#include "base/strings.h"
#include "base/unix_address.h"

namespace monitor {

namespace {

std::string error_reply(const Error& error) {
  return format("error %s %s", code_name(error.code), error.text().c_str());
}

}  // namespace

Status Control::listen(int dirfd, const char* name) {
  (void)unlinkat(dirfd, name, 0);
  Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::sys("control socket");
  sys::UnixAddress address = sys::unix_address_in(dirfd, name);
  // bind() makes the file with this mode
  if (fchmod(fd.get(), 0600) < 0) return Error::sys("control socket: chmod");
  if (bind(fd.get(), address.get(), address.size) < 0) {
    return Error::sys("control socket: bind '%s'", name);
  }
  if (::listen(fd.get(), 16) < 0) return Error::sys("control socket: listen");
  listener_ = std::move(fd);
  return {};
}

Control::Client* Control::free_place() {
  for (Client& client : clients_) {
    if (client.fd) continue;
    client = Client();
    return &client;
  }
  return nullptr;
}

void Control::accept() {
  Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return;
  if (Client* client = free_place()) {
    client->fd = std::move(fd);
    return;
  }
  constexpr std::string_view kFull = "error limit-reached too many clients of this monitor";
  (void)send(fd.get(), kFull.data(), kFull.size(), MSG_NOSIGNAL);  // it goes either way
}

std::optional<Result<Request>> Control::receive(size_t index, Fd* file) {
  char packet[512];
  iovec text[] = {{packet, sizeof packet}};
  Received message = receive_with_fd(clients_[index].fd.get(), text);
  ssize_t n = message.size;
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (n <= 0) {
    clients_[index] = Client();
    return std::nullopt;
  }
  if (message.file) *file = std::move(message.file);
  if ((message.flags & MSG_TRUNC) != 0)
    return Result<Request>(Error::make(Code::Usage, "request too long"));
  if ((message.flags & MSG_CTRUNC) != 0)
    return Result<Request>(Error::make(Code::Usage, "more than one descriptor"));
  return parse_request(std::string_view(packet, static_cast<size_t>(n)));
}

void Control::reply(size_t index, std::string_view text) {
  if (!clients_[index].fd) return;
  if (send(clients_[index].fd.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0)
    clients_[index].fd.reset();
}

void Control::reply(size_t index, const Error& error) {
  reply(index, error_reply(error));
}

void Control::reply_with(size_t index, std::string_view text, std::span<const int> fds) {
  constexpr size_t kMost = 4;
  alignas(cmsghdr) char room[CMSG_SPACE(kMost * sizeof(int))] = {};
  iovec part = {const_cast<char*>(text.data()), text.size()};  // iovec's type; not written to
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = CMSG_SPACE(fds.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(fds.size_bytes());
  memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  Client& client = clients_[index];
  client.holds_handles = true;
  if (sendmsg(client.fd.get(), &message, MSG_NOSIGNAL) < 0) client = Client();
}

void Control::tell_holders(std::string_view text) {
  for (size_t i = 0; i < kClients; i++) {
    if (clients_[i].fd && clients_[i].holds_handles) reply(i, text);
  }
}

void Control::await_exec(size_t index, size_t channel, const Request& request) {
  Client& client = clients_[index];
  client.awaits_exec = channel;
  client.attaches = request.attach;
  client.waits = request.wait;
  client.ends_input = request.once ? Client::EndsInput::Leaving : Client::EndsInput::Shutdown;
}

void Control::exec_started(size_t channel, std::string_view text) {
  for (size_t i = 0; i < kClients; i++) {
    Client& client = clients_[i];
    if (client.awaits_exec != channel) continue;
    client.awaits_exec = kNone;
    reply(i, text);
    if (std::exchange(client.attaches, false)) client.channel = channel;
  }
}

void Control::exec_started(size_t channel, const Error& error) {
  for (Client& client : clients_) {
    if (client.awaits_exec == channel) client.attaches = false;
  }
  exec_started(channel, error_reply(error));
}

void Control::exec_ended(size_t channel, std::string_view record) {
  for (size_t i = 0; i < kClients; i++) {
    if (clients_[i].awaits_exec_end != channel) continue;
    clients_[i].awaits_exec_end = kNone;
    reply(i, "ok " + std::string(record));
  }
  end(channel, record);
}

void Control::exec_lost(size_t channel, const Error& error) {
  exec_started(channel, error);
  for (size_t i = 0; i < kClients; i++) {
    Client& client = clients_[i];
    if (client.awaits_exec_end == channel) reply(i, error);
    if (client.awaits_exec_end == channel) client.awaits_exec_end = kNone;
    if (client.channel == channel) client = Client();
  }
}

}  // namespace monitor
