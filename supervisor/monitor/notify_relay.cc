#include "supervisor/monitor/notify_relay.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/strings.h"
#include "base/unix_address.h"

namespace monitor {

std::string allowed_lines(std::string_view message) {
  static constexpr std::string_view kWhole[] = {"READY=1", "RELOADING=1", "STOPPING=1",
                                                "WATCHDOG=1"};
  std::string allowed;
  for (std::string_view line : split(message, '\n')) {
    if (std::find(std::begin(kWhole), std::end(kWhole), line) == std::end(kWhole) &&
        !line.starts_with("STATUS="))
      continue;
    if (!allowed.empty()) allowed += '\n';
    allowed += line;
  }
  return allowed;
}

Status NotifyRelay::open(int bundle_fd, const std::string& engine_socket) {
  engine_socket_ = engine_socket;
  if (mkdirat(bundle_fd, "notify", 0755) < 0 && errno != EEXIST)
    return Error::sys("make the directory 'notify'");
  constexpr const char* kName = "notify/notify.sock";
  (void)unlinkat(bundle_fd, kName, 0);
  Fd from(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sys::UnixAddress address = sys::unix_address_in(bundle_fd, kName);
  // Anybody in the container may write to it; the directory is reached through the mount alone.
  if (!from || fchmod(from.get(), 0777) < 0 || bind(from.get(), address.get(), address.size) < 0 ||
      fchmodat(bundle_fd, kName, 0777, 0) < 0) {
    return Error::sys("notify socket");
  }
  to_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!to_) return Error::sys("socket");
  from_ = std::move(from);
  return {};
}

void NotifyRelay::relay() {
  // systemd's own limit; without room for descriptors, those that come along are closed by the
  // kernel
  char message[4096];
  ssize_t n = recv(from_.get(), message, sizeof message, 0);
  if (n <= 0) return;
  std::string allowed = allowed_lines(std::string_view(message, static_cast<size_t>(n)));
  Result<sys::UnixAddress> address = sys::unix_address(engine_socket_);
  if (allowed.empty() || !address) return;
  (void)sendto(to_.get(), allowed.data(), allowed.size(), MSG_NOSIGNAL, address->get(),
               address->size);
}

}  // namespace monitor
