// The code between clone and execve on this side: it runs in children of rt, mostly sharing rt's
// memory, so it is raw system calls on data prepared beforehand: no libc, no allocation, no errno.
// It only joins and makes namespaces, and then becomes init, whose plan does the rest.
//
// Simple (nearly always): one child, created in all its new namespaces, execs init. Two-stage, when
// a user namespace is joined, or a time namespace is made, or others are joined before a user
// namespace is made: a first child enters what must be entered before, and creates init as its
// sibling (CLONE_PARENT), so that init is rt's own child either way and is re-parented to whoever
// started rt.
#pragma once

#include <cstddef>
#include <cstdint>

namespace container {

// What went wrong there, for the parent's words.
enum class EnterPoint : int {
  Exec,
  CloseOnExec,
  Join,
  UnshareUser,
  WaitForMap,
  BecomeRoot,
  UnshareTime,
  TimeOffsets,
  CloneInit,
  JoinCgroup,
};

struct EnterJoin {
  int fd;
  int type;  // CLONE_NEW*
};

struct EnterReport {
  enum Kind : int { Failed, UserUnshared, Init } kind;
  EnterPoint point;
  int error;  // errno
  int index;  // Join, JoinCgroup: which
  int pid;    // Init: of the second stage
};

struct Enter {
  // init
  int init_fd = -1;
  const char* const* argv = nullptr;
  int first_fd = 3;               // from here on nothing survives the exec,
  const int* keep_fds = nullptr;  // except these
  size_t n_keep_fds = 0;
  const int* tasks_fds = nullptr;  // cgroup v1: init writes itself into each (cgroup.h, Entrance)
  size_t n_tasks_fds = 0;
  // before it
  const EnterJoin* joins = nullptr;
  size_t n_joins = 0;
  bool joins_user = false;
  bool unshare_user = false;
  bool wait_for_map = false;  // read one byte from map_fd: the parent has written the id maps
  int map_fd = -1;
  const char* time_offsets = nullptr;  // unshare a time namespace; "" is without offsets
  size_t time_offsets_size = 0;
  bool two_stage = false;
  uint64_t stage2_flags = 0;
  void* stage2_stack_end = nullptr;
  // Where to say what happened. With a child that shares memory and is waited for (vfork), `report`
  // itself.
  int report_fd = -1;
  EnterReport report = {};
};

[[noreturn]] void enter_main(void* enter);  // argument: Enter*

}  // namespace container
