#include "runtime/container/handed.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/container/start_socket.h"

namespace container {

namespace {

// In the words that init's own errors have.
Result<Fd> open_mount(const plan::Handed& handed, MountNamespaces& namespaces) {
  Result<Fd> fd = make_handed_mount(handed, namespaces);
  if (fd || handed.where.empty()) return fd;
  return std::move(fd).error().in(handed.where).at("mounts");
}

Result<Fd> make_memory_file(const char* name) {
  Fd fd(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return Error::sys("memfd_create '%s'", name);
  return fd;
}

}  // namespace

Result<Fd> open_handed(const plan::Handed& handed, int sync_fd, int state_dirfd, MountNamespaces& namespaces) {
  switch (handed.kind) {
    case plan::Handed::Kind::Sync: return Fd(fcntl(sync_fd, F_DUPFD_CLOEXEC, 3));
    case plan::Handed::Kind::Listener: return make_start_socket(state_dirfd);
    case plan::Handed::Kind::MountSource:
    case plan::Handed::Kind::MountNew: return open_mount(handed, namespaces);
    case plan::Handed::Kind::HookState: return make_memory_file("hook-state");
    case plan::Handed::Kind::HookOutput: return make_memory_file("hook-output");
  }
  return Error::msg("unknown kind of file to hand over");
}

}  // namespace container
