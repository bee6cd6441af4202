// sd_notify(3) for what runs in the container, as runc does it.
//
// The service manager's socket (NOTIFY_SOCKET of whoever called rt) stays out of the container's
// reach. In its place a directory of ours is bind mounted at /run/notify, with a socket in it that
// we listen on while `start` or `run` lasts:
//   start, run --detach   until the program says READY=1, which is passed on together with the program's pid as the one to
//                         watch (MAINPID), or has ended
//   run                   as long as the container lives. The service is rt itself then, so there is no MAINPID
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "spec/config.h"

namespace container {

// Whether our caller wants to be notified. If so and the container has a mount namespace: the mount
// and the variable are added to `config`. `state_dir` is where make_notify_directory() will be
// called.
bool add_notify_socket(spec::Config& config, const std::string& state_dir);
Status make_notify_directory(int state_dirfd);

class NotifyProxy {
 public:
  // Listens. Nothing if our caller wants no notifications or the container was created without the
  // directory.
  static Result<std::optional<NotifyProxy>> open(int state_dirfd);

  // Passes messages on until READY=1, then says who the main process is and waits until the manager
  // has read it all (at most 30 s). Returns early when the process ends. What goes wrong on the
  // manager's side is a warning: the container runs.
  Status pass_until_ready(pid_t main_pid, int pidfd);

  int fd() const { return socket_.get(); }
  // One message, when fd() is readable.
  void pass_one();

 private:
  NotifyProxy(Fd socket, std::string host) : socket_(std::move(socket)), host_(std::move(host)) {}
  Fd socket_;
  std::string host_;
};

// Of a message, the lines that may be passed on. Those that carry a pid or a descriptor of the
// container, or change what the manager lets the service do, may not.
struct Notification {
  std::string text;
  bool ready = false;
};
Notification filter_notification(std::string_view message);

}  // namespace container
