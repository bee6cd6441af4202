#include "supervisor/daemon/peer.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/io.h"
#include "base/strings.h"

namespace rtd {

using protocol::Role;

Role role_of(const Access& access, uid_t uid, const std::vector<gid_t>& groups) {
  auto member = [&](const std::optional<gid_t>& group) {
    return group && std::find(groups.begin(), groups.end(), *group) != groups.end();
  };
  if (uid == 0 || uid == access.own_uid) return Role::Admin;
  if (member(access.operators)) return Role::Operator;
  if (member(access.readers)) return Role::Reader;
  return Role::None;
}

Result<Peer> identify(int socket_fd, const Access& access) {
  ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
    return Error::sys("SO_PEERCRED");
  std::vector<gid_t> groups(64);
  for (;;) {  // ERANGE tells how much room is needed
    size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    int failed = getsockopt(socket_fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
    if (failed < 0 && errno != ERANGE) return Error::sys("SO_PEERGROUPS");
    groups.resize(size / sizeof(gid_t));
    if (failed == 0) break;
  }
  groups.push_back(credentials.gid);
  return Peer{credentials.pid, credentials.uid, role_of(access, credentials.uid, groups)};
}

std::optional<gid_t> group_in(std::string_view etc_group, std::string_view name) {
  for (std::string_view line : split(etc_group, '\n')) {  // name:password:number:members
    std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() >= 3 && fields[0] == name) return parse_number<gid_t>(fields[2]);
  }
  return std::nullopt;
}

Result<gid_t> find_group(const std::string& name) {
  if (std::optional<gid_t> number = parse_number<gid_t>(name)) return *number;
  std::string text = TRY(read_file(AT_FDCWD, "/etc/group"));
  if (std::optional<gid_t> number = group_in(text, name)) return *number;
  return Error::make(Code::Usage, "there is no group '%s'", name.c_str());
}

}  // namespace rtd
