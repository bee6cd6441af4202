// Clients that are told of events. One that does not read is not sent to; it gets what it missed
// from the journal when it does, and is told if that is not kept any more.
#pragma once

#include <map>
#include <string>

#include "supervisor/daemon/journal.h"
#include "supervisor/daemon/server.h"

namespace rtd {

class Subscribers {
 public:
  Subscribers(Server* server, Journal* journal) : server_(server), journal_(journal) {}

  // From the event after `since`. Code::EventsGone if that is not kept; Code::Busy if the client
  // subscribed before.
  Status add(uint64_t connection, uint64_t since);
  void tell(uint64_t seq, const std::string& json);

 private:
  void catch_up(uint64_t connection);
  bool send(uint64_t connection, const std::string& json);

  Server* server_;
  Journal* journal_;
  std::map<uint64_t, uint64_t> told_;  // connection -> number of the last event it was sent
};

}  // namespace rtd
