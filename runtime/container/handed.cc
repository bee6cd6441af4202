#include "runtime/container/handed.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/container/start_socket.h"

namespace container {

namespace {

Result<Fd> clone_source(const plan::Handed& handed) {
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (handed.recursive ? AT_RECURSIVE : 0u) |
                   (handed.no_follow ? AT_SYMLINK_NOFOLLOW : 0u);
  Fd fd(static_cast<int>(syscall(SYS_open_tree, AT_FDCWD, handed.path.c_str(), flags)));
  if (!fd) return Error::sys("open the mount source '%s'", handed.path.c_str()).as(Code::MountFailed);
  return fd;
}

Result<Fd> make_memory_file(const char* name) {
  Fd fd(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return Error::sys("memfd_create '%s'", name);
  return fd;
}

}  // namespace

Result<Fd> open_handed(const plan::Handed& handed, int sync_fd, int state_dirfd) {
  switch (handed.kind) {
    case plan::Handed::Kind::Sync: return Fd(fcntl(sync_fd, F_DUPFD_CLOEXEC, 3));
    case plan::Handed::Kind::Listener: return make_start_socket(state_dirfd);
    case plan::Handed::Kind::MountSource: return clone_source(handed);
    case plan::Handed::Kind::HookState: return make_memory_file("hook-state");
    case plan::Handed::Kind::HookOutput: return make_memory_file("hook-output");
  }
  return Error::msg("unknown kind of file to hand over");
}

}  // namespace container
