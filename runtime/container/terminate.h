// Signals to a container's processes, and the death of all of them. Used by kill and delete, and
// when a create or start that went wrong is undone.
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "runtime/container/record.h"

namespace container {

// False if the process is gone, or a zombie, by now.
Result<bool> signal_process(int pidfd, pid_t pid, int signal);

// Whether the processes in the container's cgroup may be signalled as a whole: there is one, it is
// the container's own, and this process is not in it (a cgroup that was shared with the caller
// would take the caller along).
Result<bool> owns_cgroup_processes(const Record& record);

// SIGKILL to init and, where its death does not take the others along (no PID namespace of its
// own), to all in the cgroup; thaws them, because in a frozen v1 cgroup a signal waits until then.
// Of a create that was cut off only init is known, by the program it runs: the cgroup may by now be
// another container's. Returns at once. False if there was nothing to kill.
Result<bool> kill_container(const Record& record);

// The same, and returns when they are dead; Code::Timeout if they are not within `timeout_ms`.
Status kill_container_and_wait(const Record& record, int timeout_ms);

// Lets frozen processes go on. Nothing to do without a freezer, or when they are not frozen.
Status thaw_if_frozen(const Record& record);

}  // namespace container
