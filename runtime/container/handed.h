// The files that the parent opens for init: one for each entry of plan::Plan::handed.
#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "runtime/container/handed_mount.h"
#include "runtime/plan/plan.h"

namespace container {

// `sync_fd`: init's end of the channel, of which this makes a copy. `state_dirfd`: where start.sock
// goes.
Result<Fd> open_handed(const plan::Handed& handed, int sync_fd, int state_dirfd,
                       MountNamespaces& namespaces);

}  // namespace container
