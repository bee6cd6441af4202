// rtd: what there is of it once it serves. One loop; every method of protocol/methods.h ends up in
// Daemon::handle.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "supervisor/daemon/api.h"
#include "supervisor/daemon/home.h"
#include "supervisor/daemon/journal.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/daemon/peer.h"
#include "supervisor/daemon/server.h"
#include "supervisor/daemon/subscribers.h"

namespace rtd {

struct Options {
  std::string version;
  std::string dir;  // absolute, as are the others
  std::string state_dir;
  std::string runtime, monitor;  // or names to be looked up in PATH
  std::string socket;            // a path; empty: protocol::kSocketName in `dir`
  std::optional<gid_t> operators, readers;
};

class Daemon {
 public:
  explicit Daemon(Options options);

  // Takes the directory and listens; afterwards run() serves until the daemon is told to end.
  Status open();
  void run();

 private:
  void handle(const Call& call, Responder respond);
  void on_signal(int signal);
  void shut_down();
  void subscribe(const Call& call, Responder respond);
  void history(const Call& call, Responder respond) const;
  std::string hello_json(const Peer& peer) const;
  std::string health_json() const;

  Options options_;
  Loop loop_;
  Server server_;
  Home home_;
  std::string boot_id_, instance_;
  Journal journal_;
  Subscribers subscribers_;
  std::optional<Keeper> keeper_;
  std::optional<Api> api_;
  int64_t started_ms_ = 0;
};

}  // namespace rtd
