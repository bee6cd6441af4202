// Clients: listening, who they are, lines in, lines out. What a request means is the handler's.
//
// A client that does not read is not read from (64 requests in flight, 1 MiB of answers), so it
// costs bounded memory and nobody else's time. A client that sends three lines that are not JSON is
// told so and let go.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "spec/json.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/daemon/peer.h"
#include "supervisor/daemon/responder.h"
#include "supervisor/protocol/methods.h"
#include "supervisor/protocol/rpc.h"

namespace rtd {

inline constexpr size_t kMaxConnections = 1024;
inline constexpr size_t kMaxConnectionsOfUser = kMaxConnections / 4 * 3;
inline constexpr size_t kMaxInFlight = 64;
// bytes of answers that a client has not read
inline constexpr size_t kMaxQueued = size_t{1} << 20;

struct Call {
  const protocol::Method& method;
  // checked against the table; gone when the handler returns
  std::optional<spec::JsonValue> params;
  Peer peer;
  uint64_t connection;
};

class Server {
 public:
  using Handler = std::function<void(const Call& call, Responder respond)>;
  Server(Loop* loop, Access access, Handler handler)
      : loop_(loop), access_(std::move(access)), handler_(std::move(handler)) {}

  void listen(Fd listener);  // non-blocking, listening
  size_t connections() const { return connections_.size(); }
  // Sends what is queued, as far as clients take it at once, and lets all go.
  void close_all();

  // For what is sent without being asked each time. False once the client has gone.
  bool notify(uint64_t connection, std::string text);
  size_t queued(uint64_t connection) const;
  // Called when the client goes, and when it has read all that was queued.
  void on_gone(uint64_t connection, std::function<void()> call);
  void on_drained(uint64_t connection, std::function<void()> call);

 private:
  struct Chunk {
    std::string text;
    std::vector<Fd> fds;
  };
  struct Connection {
    Fd fd;
    Peer peer;
    std::string in;
    bool skipping = false;  // a line that was too long, up to its end
    bool closing = false;   // once `out` is sent
    int strikes = 0;
    size_t in_flight = 0;
    std::deque<Chunk> out;
    size_t sent = 0;  // of out.front()
    size_t queued = 0;
    uint32_t events = 0;
    std::vector<std::function<void()>> gone, drained;
  };
  struct Batch;

  void accept();
  void admit(Fd fd);
  void on_ready(uint64_t serial, uint32_t events);
  bool read_some(Connection* connection);
  void take_lines(uint64_t serial, Connection* connection);
  void take_line(uint64_t serial, Connection* connection, std::string_view line);
  void strike(Connection* connection, const protocol::ErrorName& name, const Error& error);
  void take_item(uint64_t serial, Connection* connection, protocol::Item item,
                 const std::shared_ptr<Batch>& batch);
  void answer(uint64_t serial, const std::shared_ptr<Batch>& batch, std::string text,
              std::vector<Fd> fds);
  void queue(Connection* connection, std::string text, std::vector<Fd> fds);
  bool flush(Connection* connection);  // false: the client has gone
  void settle(uint64_t serial, Connection* connection);
  void drop(uint64_t serial);
  Connection* find(uint64_t serial);
  size_t connections_of(uid_t uid) const;
  bool full(const Connection& connection) const {
    return connection.in_flight >= kMaxInFlight || connection.queued >= kMaxQueued;
  }

  Loop* loop_;
  Access access_;
  Handler handler_;
  Fd listener_;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_;
  uint64_t last_serial_ = 0;
};

}  // namespace rtd
