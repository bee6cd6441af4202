#include "runtime/container/root_mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <utility>

#include "base/log.h"
#include "runtime/linux/mount_api.h"

namespace container {
namespace {

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif

// Since Linux 6.8 a number that is never used again, before (5.8) one that may be.
Result<uint64_t> mount_id(int fd, const std::string& path) {
  struct statx info = {};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID | STATX_MNT_ID_UNIQUE, &info) < 0) {
    return Error::sys("statx '%s'", path.c_str()).as(Code::MountFailed);
  }
  return info.stx_mnt_id;
}

Error about_rootfs(const char* call, const std::string& rootfs) {
  return Error::sys("root.path: %s '%s', for a container without a mount namespace", call,
                    rootfs.c_str())
      .as(Code::MountFailed);
}

}  // namespace

RootMount::RootMount(RootMount&& other) noexcept
    : rootfs_(std::move(other.rootfs_)),
      detached_(std::move(other.detached_)),
      id_(std::exchange(other.id_, 0)) {}

RootMount& RootMount::operator=(RootMount&& other) noexcept {
  std::swap(rootfs_, other.rootfs_);
  std::swap(detached_, other.detached_);
  std::swap(id_, other.id_);
  return *this;
}

RootMount::~RootMount() {
  if (id_ == 0) return;
  Status removed = remove_root_mount(rootfs_, id_);
  if (!removed) log_warning("%s, ignoring", removed.error().text().c_str());
}

Result<RootMount> RootMount::prepare(const std::string& rootfs) {
  RootMount out;
  out.rootfs_ = rootfs;
  out.detached_ = Fd(sys::open_tree(AT_FDCWD, rootfs.c_str(),
                                    OPEN_TREE_CLONE | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW));
  if (!out.detached_) return about_rootfs("bind", rootfs);
  // The clone of a shared mount is its peer: what is mounted on one would appear on the other, and
  // stay.
  if (sys::set_mount_attributes(out.detached_.get(), 0, 0, MS_PRIVATE, true) < 0)
    return about_rootfs("make private", rootfs);
  out.id_ = TRY(mount_id(out.detached_.get(), rootfs));
  return out;
}

Status RootMount::attach() {
  Fd target(open(rootfs_.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!target) return about_rootfs("open", rootfs_);
  if (sys::move_mount(detached_.get(), target.get()) < 0) return about_rootfs("mount on", rootfs_);
  detached_.reset();
  return {};
}

Status remove_root_mount(const std::string& rootfs, uint64_t id) {
  Fd root(open(rootfs.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!root) return {};  // moved or removed, and the mount with it
  if (TRY(mount_id(root.get(), rootfs)) != id) return {};
  root.reset();
  // Lazily: a process of the host that looks around in there must not keep the container from being
  // deleted.
  if (umount2(rootfs.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) < 0) {
    return Error::sys("unmount '%s'", rootfs.c_str()).as(Code::MountFailed);
  }
  return {};
}

}  // namespace container
