// The sd_notify socket of a container whose engine has one: BUNDLE/notify/notify.sock, which the
// engine mounts into the container. What it says of itself is passed on to the engine's; what would
// be about the engine's service, such as MAINPID=, is not.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace monitor {

// The lines a container may say: READY=1, RELOADING=1, STOPPING=1, WATCHDOG=1, STATUS=...
std::string allowed_lines(std::string_view message);

class NotifyRelay {
 public:
  // a path, or '@' and an abstract name
  Status open(int bundle_fd, const std::string& engine_socket);
  int fd() const { return from_.get(); }
  void relay();  // one message; an engine that is not there, or does not read, misses it

 private:
  std::string engine_socket_;
  Fd from_, to_;
};

}  // namespace monitor
