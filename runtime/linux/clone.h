// Starting a child that shares this process's memory: no page table is copied, as for vfork, but
// with every flag of clone3.
#pragma once

#include <cstdint>

namespace sys {

struct CloneRequest {
  // CLONE_*, without CLONE_PIDFD and CLONE_CLEAR_SIGHAND, which are always set where the kernel has
  // them
  uint64_t flags = 0;
  int cgroup_fd = -1;  // >= 0: CLONE_INTO_CGROUP
  // runs in the child, on a stack of its own; must not return, use libc or touch errno
  void (*child)(void*) = nullptr;
  void* argument = nullptr;
};

struct CloneResult {
  int pid = -1;  // >= 0, or -errno
  int pidfd = -1;
  bool in_cgroup = false;  // CLONE_INTO_CGROUP was heeded
};

// With CLONE_VFORK the call returns when the child has called execve or exited; otherwise at once.
// `stack` (16-byte aligned end) must outlive the child's use of it. Async-signal-safe: also called
// from a child of this function. A pid namespace needs no more than the flag. Falls back to
// clone(2) where clone3 is missing (seccomp profiles older than it); the child is not in cgroup_fd
// then, which the result says.
CloneResult clone_raw(const CloneRequest& request, void* stack_end);

}  // namespace sys
