// user_namespaces(7): the id maps of a new user namespace, written by the parent.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "spec/config.h"

namespace container {

// Directly if we may; else, as an ordinary user, the one-id map that the kernel allows, or
// newuidmap and newgidmap, which allow what /etc/subuid and /etc/subgid say. `owner`: what has the
// mappings, for errors ("linux", "mounts[3]").
Status write_id_maps(const std::string& owner, pid_t pid, const std::vector<spec::IdMapping>& uids,
                     const std::vector<spec::IdMapping>& gids);

// A user namespace with these maps and no process in it: how the kernel takes the ids of a mount.
Result<Fd> make_user_namespace(const std::string& owner, const std::vector<spec::IdMapping>& uids,
                               const std::vector<spec::IdMapping>& gids);

}  // namespace container
