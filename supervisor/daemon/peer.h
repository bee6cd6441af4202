// Who is at the other end of a socket, and what that lets them do.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "supervisor/protocol/methods.h"

namespace rtd {

struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  protocol::Role role = protocol::Role::None;
};

// The rule: root and the daemon's own user are admins; members of these groups operators and
// readers; others nothing.
struct Access {
  uid_t own_uid = 0;
  std::optional<gid_t> operators, readers;
};

protocol::Role role_of(const Access& access, uid_t uid, const std::vector<gid_t>& groups);
// By SO_PEERCRED and SO_PEERGROUPS: what the client was when it connected, which it cannot forge.
Result<Peer> identify(int socket_fd, const Access& access);

// A group by number, or by its name in /etc/group (read here: getgrnam loads shared objects).
Result<gid_t> find_group(const std::string& name);
std::optional<gid_t> group_in(std::string_view etc_group, std::string_view name);

}  // namespace rtd
