// A connection to a D-Bus daemon, or straight to a systemd that offers its private socket.
//
// One thread, one call at a time. A call has 30 s to be answered, and so has the signal that it
// makes the peer send: however much else arrives, nothing waits for longer. Signals that come
// before the reply to a call are kept.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/cgroup/dbus_message.h"

namespace dbus {

struct Address {
  std::string path;        // of the socket; of an abstract one with '\0' in front
  bool is_direct = false;  // no daemon between: the peer is whom we want to speak to
};

// "unix:path=/run/bus,guid=...;unix:abstract=..." : those that can be used, in their order.
std::vector<Address> parse_addresses(std::string_view text);

class Connection {
 public:
  // The first of `addresses` that answers. Authenticates as the calling user, and says Hello to a
  // daemon.
  static Result<Connection> open(const std::vector<Address>& addresses);
  static constexpr int64_t kTimeoutMs = 30000;  // as long as runc waits
  // On a connected socket: for open(), and tests.
  static Result<Connection> over(Fd socket, bool is_direct, int64_t timeout_ms = kTimeoutMs);

  bool is_direct() const { return is_direct_; }
  // Whether a pid means the same to the peer as to us: not if it is outside of our PID namespace.
  bool shares_pids() const;
  // Sends `call` and returns its reply, which may be a Failure.
  Result<Message> call(Message call);
  // The next signal `member` of `sender`: anybody on a bus can send one to us. Until 30 s after the
  // last call.
  Result<Message> wait_signal(std::string_view sender, std::string_view member);

 private:
  Connection() = default;
  Status authenticate();
  Result<Message> receive();
  Status fill(size_t size);
  Status send(std::string_view bytes);
  Fd socket_;
  bool is_direct_ = false;
  uint32_t serial_ = 0;
  std::string input_;
  std::deque<Message> signals_;
  int64_t timeout_ms_ = kTimeoutMs;
  int64_t deadline_ms_ = 0;
};

}  // namespace dbus
