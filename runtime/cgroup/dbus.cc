#include "runtime/cgroup/dbus.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "base/clock.h"
#include "base/strings.h"

namespace dbus {
namespace {

constexpr size_t kSignalsKept = 1000;
constexpr size_t kLongestLine = 16384;

// Returns when the socket is ready for `events`, or was worth another look.
Status wait_for(int socket, short events, int64_t deadline_ms) {
  int64_t left = deadline_ms - monotonic_ms();
  if (left <= 0) return Error::make(Code::Timeout, "no answer from D-Bus");
  pollfd wait = {socket, events, 0};
  if (::poll(&wait, 1, static_cast<int>(left)) < 0 && errno != EINTR)
    return Error::sys("poll D-Bus").as(Code::CgroupFailed);
  return {};
}

// Engines read "no such file or directory" and "permission denied" in our errors as being about the
// container's program.
Error cannot_connect(const char* socket) {
  const char* why = "cannot be connected to";
  if (errno == ENOENT) why = "does not exist";
  if (errno == ECONNREFUSED) why = "has nobody listening";
  if (errno == EACCES || errno == EPERM) why = "is not for this user";
  if (errno == EAGAIN) why = "has too many waiting to connect";
  return Error::make(Code::CgroupFailed, "D-Bus socket '%s' %s", socket, why);
}

// Bytes that an address may not hold as they are stand there as %2f.
std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    std::optional<uint8_t> value;
    if (text[i] == '%') value = parse_number<uint8_t>(text.substr(i + 1, 2), 16);
    out.push_back(value ? static_cast<char>(*value) : text[i]);
    if (value) i += 2;
  }
  return out;
}

// The value has O_NONBLOCK.
Result<Fd> connect_to(const Address& address) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  const char* shown = address.path.c_str() + (address.path.starts_with('\0') ? 1 : 0);
  if (address.path.size() >= sizeof name.sun_path)
    return Error::make(Code::CgroupFailed, "D-Bus socket '%s': path is too long", shown);
  memcpy(name.sun_path, address.path.data(), address.path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return Error::sys("make a socket").as(Code::CgroupFailed);
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.path.size());
  // EAGAIN: the listener's queue is full, which passes.
  int64_t deadline = monotonic_ms() + Connection::kTimeoutMs;
  while (::connect(socket.get(), reinterpret_cast<sockaddr*>(&name), length) < 0) {
    if (errno != EINTR && (errno != EAGAIN || monotonic_ms() >= deadline))
      return cannot_connect(shown);
    (void)::poll(nullptr, 0, 10);
  }
  return socket;
}

}  // namespace

std::vector<Address> parse_addresses(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  std::vector<Address> addresses;
  for (std::string_view one : split(text, ';')) {
    if (!one.starts_with(kUnix)) continue;
    for (std::string_view option : split(one.substr(kUnix.size()), ',')) {
      size_t equals = option.find('=');
      if (equals == std::string_view::npos) continue;
      std::string value = unescape(option.substr(equals + 1));
      if (option.substr(0, equals) == "path") addresses.push_back({value, false});
      if (option.substr(0, equals) == "abstract")
        addresses.push_back({std::string(1, '\0') + value, false});
    }
  }
  return addresses;
}

Result<Connection> Connection::open(const std::vector<Address>& addresses) {
  std::optional<Error> first;
  for (const Address& address : addresses) {
    Result<Fd> socket = connect_to(address);
    Result<Connection> connection =
        socket ? over(*std::move(socket), address.is_direct) : std::move(socket).error();
    if (connection) return connection;
    if (!first) first = std::move(connection).error();
  }
  if (!first) return Error::make(Code::CgroupFailed, "no D-Bus address that can be used");
  return *std::move(first);
}

Result<Connection> Connection::over(Fd socket, bool is_direct, int64_t timeout_ms) {
  Connection connection;
  connection.timeout_ms_ = timeout_ms;
  connection.socket_ = std::move(socket);
  connection.is_direct_ = is_direct;
  TRY(connection.authenticate());
  if (is_direct) return connection;
  Message hello;
  hello.path = "/org/freedesktop/DBus";
  hello.interface = hello.destination = "org.freedesktop.DBus";
  hello.member = "Hello";
  Message answer = TRY(connection.call(std::move(hello)));
  if (answer.type != Type::Return)
    return Error::make(Code::CgroupFailed, "D-Bus refused us: %s", answer.error_name.c_str());
  return connection;
}

Status Connection::fill(size_t size) {
  while (input_.size() < size) {
    TRY(wait_for(socket_.get(), POLLIN, deadline_ms_));
    char buffer[4096];
    ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return Error::sys("receive from D-Bus").as(Code::CgroupFailed);
    if (got == 0) return Error::make(Code::CgroupFailed, "D-Bus closed the connection");
    input_.append(buffer, static_cast<size_t>(got));
  }
  return {};
}

Status Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) {
      TRY(wait_for(socket_.get(), POLLOUT, deadline_ms_));
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return Error::sys("send to D-Bus").as(Code::CgroupFailed);
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return {};
}

// The kernel translates the peer's pid into our namespace, to 0 if it has none there. Of a socket
// pair it is our own.
bool Connection::shares_pids() const {
  ucred peer = {};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid != 0;
}

// EXTERNAL without a name: the peer takes who we are from the socket. Naming our uid would be wrong
// in a user namespace, where the peer knows us by another.
Status Connection::authenticate() {
  struct Step {
    std::string_view send, expect;
  };
  using std::string_view_literals::operator""sv;
  static constexpr Step kSteps[] = {{"\0AUTH EXTERNAL\r\n"sv, "DATA"}, {"DATA\r\n", "OK"}};
  deadline_ms_ = monotonic_ms() + timeout_ms_;
  for (const Step& step : kSteps) {
    TRY(send(step.send));
    size_t end;
    while ((end = input_.find("\r\n")) == std::string::npos) {
      if (input_.size() > kLongestLine)
        return Error::make(Code::CgroupFailed, "D-Bus authentication: endless line");
      TRY(fill(input_.size() + 1));
    }
    std::string line = input_.substr(0, end);
    input_.erase(0, end + 2);
    if (!line.starts_with(step.expect))
      return Error::make(Code::CgroupFailed, "D-Bus authentication failed: '%s'", line.c_str());
  }
  return send("BEGIN\r\n");
}

Result<Message> Connection::receive() {
  TRY(fill(kFixedHeader));
  size_t size = TRY(message_size(std::string_view(input_).substr(0, kFixedHeader)));
  TRY(fill(size));
  Message message = TRY(decode(std::string_view(input_).substr(0, size)));
  input_.erase(0, size);
  return message;
}

Result<Message> Connection::call(Message call) {
  call.serial = ++serial_;
  deadline_ms_ = monotonic_ms() + timeout_ms_;
  TRY(send(encode(call)));
  for (;;) {
    Message message = TRY_IN("D-Bus call " + call.member, receive());
    // Who else may send a reply to us is the daemon's to prevent, and it does.
    bool is_reply = message.type == Type::Return || message.type == Type::Failure;
    if (is_reply && message.reply_serial == call.serial) return message;
    if (message.type == Type::Signal && signals_.size() < kSignalsKept)
      signals_.push_back(std::move(message));
  }
}

Result<Message> Connection::wait_signal(std::string_view sender, std::string_view member) {
  for (;;) {
    Message message;
    if (signals_.empty()) {
      message = TRY_IN("wait for D-Bus signal " + std::string(member), receive());
    } else {
      message = std::move(signals_.front());
      signals_.pop_front();
    }
    if (message.type == Type::Signal && message.member == member && message.sender == sender)
      return message;
  }
}

}  // namespace dbus
