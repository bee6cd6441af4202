#include "supervisor/monitor/control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/signal_names.h"
#include "base/strings.h"
#include "base/unix_address.h"

namespace monitor {

Result<Request> parse_request(std::string_view text) {
  struct Word {
    std::string_view name;
    Verb verb;
  };
  static constexpr Word kWords[] = {{"start", Verb::Start},   {"rotate", Verb::Rotate}, {"reopen", Verb::Reopen},
                                    {"status", Verb::Status}, {"wait", Verb::Wait}};
  text = trim(text);
  for (const Word& word : kWords) {
    if (text == word.name) return Request{word.verb};
  }
  std::vector<std::string_view> words = split(text, ' ');
  size_t count = words.size();
  bool signal = words[0] == "signal" && count == 2;
  bool stop = words[0] == "stop" && count <= 3;
  if (!signal && !stop) {
    return Error::make(Code::Usage,
                       "unknown request: expected start, signal NAME, stop [SIGNAL [MS]], wait, rotate, reopen or status");
  }
  std::string_view name = count > 1 ? words[1] : "TERM", grace = count > 2 ? words[2] : "10000";
  std::optional<int> number = sys::parse_signal(name);
  if (!number) return Error::make(Code::Usage, "unknown signal '%.*s'", static_cast<int>(name.size()), name.data());
  std::optional<int> ms = parse_number<int>(grace);
  if (!ms || *ms < 0) return Error::make(Code::Usage, "stop: expected milliseconds, 0 or more, as the last word");
  return Request{stop ? Verb::Stop : Verb::Signal, *number, *ms};
}

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
    client = Client{std::move(fd)};
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
