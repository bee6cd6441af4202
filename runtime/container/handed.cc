#include "runtime/container/handed.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/io.h"
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

Result<Fd> open_procfs() {
  Fd fd = TRY(open_at(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY));
  struct statfs info;
  if (fstatfs(fd.get(), &info) < 0) return Error::sys("statfs '/proc'");
  if (info.f_type != PROC_SUPER_MAGIC)
    return Error::make(Code::SecurityFailed, "'/proc' is no procfs");
  return fd;
}

}  // namespace

Result<Fd> open_handed(const plan::Handed& handed, int sync_fd, int state_dirfd,
                       MountNamespaces& namespaces) {
  switch (handed.kind) {
    case plan::Handed::Kind::Sync: return Fd(fcntl(sync_fd, F_DUPFD_CLOEXEC, 3));
    case plan::Handed::Kind::Listener: return make_start_socket(state_dirfd);
    case plan::Handed::Kind::MountSource:
    case plan::Handed::Kind::MountNew: return open_mount(handed, namespaces);
    case plan::Handed::Kind::HookState: return make_memory_file("hook-state");
    case plan::Handed::Kind::HookOutput: return make_memory_file("hook-output");
    case plan::Handed::Kind::Procfs: return open_procfs();
    case plan::Handed::Kind::Root:
      return open_at(AT_FDCWD, handed.path.c_str(), O_PATH | O_DIRECTORY);
  }
  return Error::msg("unknown kind of file to hand over");
}

}  // namespace container
