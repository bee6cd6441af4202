// The monitor's control socket: one request a packet, one reply a packet (SOCK_SEQPACKET), in words.
//
//   start                run the container's program
//   signal NAME          to the container's first process
//   stop [SIGNAL [MS]]   SIGNAL (TERM); after MS milliseconds (10000) KILL, to every process of the container. Replies with the
//                        exit record, once there is one. A container that was not started is killed at once.
//   wait                 the exit record, once there is one
//   rotate               move the log on: LOG -> LOG.1 ...
//   reopen               the log was moved away: write to a new one
//   status               {"id","state","pid","log":{"bytes","lostBytes","lostLines"}}
//
// Replies: "ok", "ok JSON", or "error CODE TEXT". The socket is its owner's alone (mode 0600, in a directory of mode 0700).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace monitor {

enum class Verb : unsigned char { Start, Signal, Rotate, Reopen, Status, Stop, Wait };
struct Request {
  Verb verb;
  int signal = 0;
  int64_t grace_ms = 0;
};
Result<Request> parse_request(std::string_view text);

class Control {
 public:
  struct Client {
    Fd fd;
    // The replies it is still owed.
    bool awaits_start = false, awaits_exit = false;
  };
  static constexpr size_t kClients = 16;

  // Binds `name` in the directory; a socket left by a monitor that was killed is replaced. The caller holds the directory's
  // lock, so no other monitor serves it.
  Status listen(int dirfd, const char* name);
  int listener() const { return listener_.get(); }
  Client& client(size_t index) { return clients_[index]; }

  void accept();  // one too many is told so and let go
  // The next packet of a client; nothing when it is gone (and forgotten) or had nothing to say.
  std::optional<Result<Request>> receive(size_t index);
  // A client that does not take its reply is let go: no client makes the monitor wait.
  void reply(size_t index, std::string_view text);
  void reply(size_t index, const Error& error);

 private:
  Fd listener_;
  std::array<Client, kClients> clients_;
};

}  // namespace monitor
