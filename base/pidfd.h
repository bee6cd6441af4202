// pidfd_open(2) and pidfd_send_signal(2) (Linux 5.3, 5.1) as plain functions that set errno. glibc
// has them since 2.36, but declares them without extern "C" until 2.37.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace sys {

// Close-on-exec by nature; -1 and errno on failure.
inline int pidfd_open(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

inline int pidfd_send_signal(int pidfd, int signal) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

}  // namespace sys
