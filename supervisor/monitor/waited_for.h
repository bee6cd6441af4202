// waitid(2) for a child that may have ended, without waiting.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>

namespace monitor {

// `flags`: WNOWAIT leaves it a zombie.
inline bool waited_for(idtype_t type, pid_t pid, int flags, siginfo_t* info) {
  info->si_pid = 0;
  return waitid(type, static_cast<id_t>(pid), info, WEXITED | WNOHANG | flags) == 0 &&
         info->si_pid != 0;
}

}  // namespace monitor
