// user_namespaces(7): the id maps of a new user namespace, written by the parent.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace container {

// Directly if we may; else, as an ordinary user, the one-id map that the kernel allows, or newuidmap and newgidmap, which
// allow what /etc/subuid and /etc/subgid say.
Status write_id_maps(pid_t pid, const std::vector<spec::IdMapping>& uids, const std::vector<spec::IdMapping>& gids);

}  // namespace container
