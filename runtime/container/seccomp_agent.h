// Seccomp user notification: the filter's listener goes to the agent of linux.seccomp.listenerPath,
// with the container process state. config-linux.md, "The Container Process State".
#pragma once

#include "base/error.h"
#include "spec/config.h"
#include "spec/state.h"

namespace container {

// One connection, one message, one descriptor. `pid` is the process under the filter, as the agent
// sees it. From here on the process stands still at any notified call until the agent answers.
Status send_listener(const spec::Seccomp& seccomp, const spec::State& state, int pid,
                     int listener_fd);

}  // namespace container
