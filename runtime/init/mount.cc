// Mounts, all by descriptor: a mount is made or cloned unattached, given its attributes, and only
// then put onto a target that was resolved inside the root. No path is looked up twice.
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "runtime/init/sys.h"

#ifndef ST_RELATIME
#define ST_RELATIME 0x1000
#endif

namespace init {

long target_of(const plan::Target& target, plan::TargetKind kind_if_missing) {
  const char* path = text(target.path);
  bool create = kind_if_missing != plan::TargetKind::Any && !(target.flags & plan::kTargetMayMiss);
  File fd(create ? make_in_root(path, kind_if_missing, target.flags)
                 : open_in_root(path, target.flags));
  if (!fd.ok()) return fd.error();
  if (target.flags & plan::kTargetRefuseProc) {
    long magic = fs_magic(fd.get());
    if (magic < 0) return magic;
    if (magic == PROC_SUPER_MAGIC) return -plan::kReasonIsProcfs;
  }
  return fd.release();
}

namespace {

bool mount_setattr_missing = false;  // before Linux 5.12

struct FlagPair {
  uint64_t attr;
  unsigned long ms;
  unsigned long st;
};
const FlagPair kFlagPairs[] = {
    {MOUNT_ATTR_RDONLY, MS_RDONLY, ST_RDONLY},
    {MOUNT_ATTR_NOSUID, MS_NOSUID, ST_NOSUID},
    {MOUNT_ATTR_NODEV, MS_NODEV, ST_NODEV},
    {MOUNT_ATTR_NOEXEC, MS_NOEXEC, ST_NOEXEC},
    {MOUNT_ATTR_NODIRATIME, MS_NODIRATIME, ST_NODIRATIME},
};

// mount_setattr for one attached mount by way of a remount, which sets all flags at once: start
// from those it has.
long remount(int mount_fd, const plan::MountAttr& attr) {
  struct statfs info;
  long error = call(__NR_fstatfs, mount_fd, arg(&info));
  if (error < 0) return error;
  unsigned long have = static_cast<unsigned long>(info.f_flags);
  unsigned long flags = MS_REMOUNT | MS_BIND;
  for (const FlagPair& pair : kFlagPairs) {
    bool on = (have & pair.st) != 0;
    if (attr.clear & pair.attr) on = false;
    if (attr.set & pair.attr) on = true;
    if (on) flags |= pair.ms;
  }
  if (attr.clear & MOUNT_ATTR__ATIME) {
    uint64_t atime = attr.set & MOUNT_ATTR__ATIME;
    flags |= atime == MOUNT_ATTR_NOATIME       ? MS_NOATIME
             : atime == MOUNT_ATTR_STRICTATIME ? MS_STRICTATIME
                                               : MS_RELATIME;
  } else {
    if (have & ST_NOATIME) flags |= MS_NOATIME;
    if (have & ST_RELATIME) flags |= MS_RELATIME;
  }
  FdPath path(mount_fd);
  return call(__NR_mount, 0, arg(path.path), 0, static_cast<long>(flags), 0);
}

}  // namespace

// `attached`: remounting needs a mount that is in the tree, so the old way is left for a second
// call after attaching.
long set_attr(int mount_fd, const plan::MountAttr& attr, bool recursive, bool attached) {
  if (attr.set == 0 && attr.clear == 0) return 0;
  if (!mount_setattr_missing) {
    if (attached && !recursive) return 0;  // done before attaching
    plan::MountAttr copy_of = attr;
    long error =
        call(__NR_mount_setattr, mount_fd, arg(""), AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
             arg(&copy_of), sizeof copy_of);
    if (error != -ENOSYS &&
        !(error == -EPERM && call(__NR_mount_setattr, -1, arg(""), 0, 0, 0) == -EPERM)) {
      return error;
    }
    mount_setattr_missing = true;
  }
  if (recursive) return -ENOSYS;  // no older interface does a tree at once
  return attached ? remount(mount_fd, attr) : 0;
}

long set_propagation(int mount_fd, const uint32_t* flags) {
  for (int i = 0; i < 4 && flags[i] != 0; i++) {
    plan::MountAttr attr = {0, 0, flags[i] & ~static_cast<uint64_t>(MS_REC), 0};
    bool recursive = flags[i] & MS_REC;
    long error = -ENOSYS;
    if (!mount_setattr_missing) {
      error = call(__NR_mount_setattr, mount_fd, arg(""),
                   AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), arg(&attr), sizeof attr);
    }
    if (error == -ENOSYS) {
      FdPath path(mount_fd);
      error = call(__NR_mount, 0, arg(path.path), 0, flags[i], 0);
    }
    if (error < 0) return error;
  }
  return 0;
}

// The kernel takes a mapping for a mount that nobody has seen yet, and only once.
static long map_ids(int mount_fd, int16_t userns_slot, uint32_t flags) {
  if (userns_slot <= 0) return 0;
  plan::MountAttr attr = {MOUNT_ATTR_IDMAP, 0, 0, static_cast<uint64_t>(slot(userns_slot))};
  return call(__NR_mount_setattr, mount_fd, arg(""),
              AT_EMPTY_PATH | (flags & plan::kMountMapTree ? AT_RECURSIVE : 0), arg(&attr),
              sizeof attr);
}

long open_root(const plan::RootArgs& args) {
  // Nothing we mount may reach the host. Default rslave, as runc: the host's later unmounts still
  // arrive, so that a container does not keep a host file system busy.
  long error = call(__NR_mount, 0, arg("/"), 0, args.parent_propagation, 0);
  if (error < 0) return error;
  if (args.parent_propagation & MS_SHARED) {
    // A shared tree (rootfsPropagation): the mount that holds the rootfs must not pass ours on, nor
    // may pivot_root's new root have a shared parent. It is the closest directory upwards that is a
    // mount.
    char path[kPathMax];
    size_t n = length(text(args.path));
    if (n >= sizeof path) return -ENAMETOOLONG;
    copy(path, text(args.path), n + 1);
    while ((error = call(__NR_mount, 0, arg(path), 0, MS_PRIVATE, 0)) == -EINVAL && n > 1) {
      while (n > 1 && path[n - 1] != '/') n--;
      if (n > 1) n--;
      path[n] = 0;
    }
    if (error < 0) return error;
  }
  File tree(open_tree(AT_FDCWD, text(args.path), OPEN_TREE_CLONE | AT_RECURSIVE));
  if (!tree.ok()) return tree.error();
  File target(openat(AT_FDCWD, text(args.path), O_PATH | O_DIRECTORY));
  if (!target.ok()) return target.error();
  error = move_mount(tree.get(), target.get());
  if (error < 0) return error;
  slot(args.slot) = tree.release();
  return 0;
}

namespace {

// What the kernel wrote into the context's log: "e tmpfs: Unknown parameter 'foo'".
void keep_log(int fs) {
  long n = call(__NR_read, fs, arg(run.detail), sizeof run.detail);
  run.detail_size = n > 0 ? static_cast<size_t>(n) : 0;
}

long configure(int fs, plan::Address params, uint32_t n, unsigned command) {
  const auto* list = at<plan::FsParam>(params);
  long error = 0;
  for (uint32_t i = 0; i < n && error >= 0; i++) {
    unsigned kind = list[i].value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
    error = call(__NR_fsconfig, fs, kind, static_cast<long>(list[i].key),
                 static_cast<long>(list[i].value), 0);
  }
  if (error >= 0) error = call(__NR_fsconfig, fs, command, 0, 0, 0);
  if (error < 0) keep_log(fs);
  return error;
}

// Owner and mode of a directory for the file system that will cover it.
long take_mode(int mount_fd, int target_fd) {
  struct stat info;
  long error = stat_fd(target_fd, &info);
  if (error < 0) return error;
  File top(openat(mount_fd, ".", O_RDONLY | O_DIRECTORY));
  if (!top.ok()) return top.error();
  error = call(__NR_fchmod, top.get(), info.st_mode & 07777);
  if (error < 0) return error;
  error = call(__NR_fchown, top.get(), info.st_uid, info.st_gid);
  // an id that is not mapped here: stays root's
  return error == -EPERM || error == -EINVAL ? 0 : error;
}

// An SELinux label of the directory alone, as the file system has none for all that is in it.
long set_label(int mount_fd, plan::Address label) {
  if (label == 0) return 0;
  File top(openat(mount_fd, ".", O_RDONLY | O_DIRECTORY));
  if (!top.ok()) return top.error();
  return call(__NR_fsetxattr, top.get(), arg("security.selinux"), static_cast<long>(label),
              static_cast<long>(length(text(label))), 0);
}

// So that the mount table shows it, too. An older tmpfs knows the same option.
long mode_option(int fs, int target_fd) {
  struct stat info;
  long error = stat_fd(target_fd, &info);
  if (error < 0) return error;
  char digits[] = "0000";
  for (int i = 0; i < 4; i++)
    digits[i] = static_cast<char>('0' + (info.st_mode >> (9 - 3 * i) & 7));
  return call(__NR_fsconfig, fs, FSCONFIG_SET_STRING, arg("mode"), arg(digits), 0);
}

// `covered`: the directory it will cover, or none.
long new_mount(const plan::MountNewArgs& args, uint64_t attr, const File& covered) {
  File fs(call(__NR_fsopen, static_cast<long>(args.fs_type), FSOPEN_CLOEXEC));
  if (!fs.ok()) return fs.error();
  long error = 0;
  if (args.flags & plan::kMountModeOfTarget && covered.ok())
    error = mode_option(fs.get(), covered.get());
  if (error >= 0) error = configure(fs.get(), args.params, args.n_params, FSCONFIG_CMD_CREATE);
  if (error < 0) return error;
  error = call(__NR_fsmount, fs.get(), FSMOUNT_CLOEXEC, static_cast<long>(attr));
  if (error < 0) keep_log(fs.get());
  return error;
}

}  // namespace

// iversion, silent, acl: mount(2) has flags for them, fsconfig no names. The target is still a
// descriptor.
static long mount_legacy(const plan::MountNewArgs& args) {
  File target(target_of(args.target, plan::TargetKind::Directory));
  if (!target.ok()) return target.error();
  FdPath path(target.get());
  long error = call(__NR_mount, static_cast<long>(args.source), arg(path.path),
                    static_cast<long>(args.fs_type), static_cast<long>(args.legacy_flags),
                    static_cast<long>(args.legacy_data));
  if (error < 0) return error;
  File top(open_in_root(text(args.target.path), args.target.flags));
  return top.ok() ? set_propagation(top.get(), args.propagation) : top.error();
}

long mount_new(const plan::MountNewArgs& args) {
  if (args.flags & plan::kMountLegacy) return mount_legacy(args);
  // Whether the target existed decides about its mode, so look before it is made.
  bool prepare = args.flags & (plan::kMountModeOfTarget | plan::kMountCopyUp);
  long existing = prepare ? open_in_root(text(args.target.path), args.target.flags) : -ENOENT;
  if (prepare && existing < 0 && existing != -ENOENT) return existing;
  File before(existing);

  uint64_t late = prepare ? args.attr & MOUNT_ATTR_RDONLY : 0;  // it must be written to first
  bool handed = args.source_slot > 0;
  File mount(handed ? call(__NR_fcntl, slot(args.source_slot), F_DUPFD_CLOEXEC, 3)
                    : new_mount(args, args.attr & ~late, before));
  plan::MountAttr rest = {late, 0, 0, 0};
  if (handed) rest = {args.attr, args.attr & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0ull, 0, 0};
  if ((mount.error() == -EPERM || mount.error() == -EBUSY) && args.fallback != 0) {
    run.detail_size = 0;
    mount.reset(open_tree(AT_FDCWD, text(args.fallback), OPEN_TREE_CLONE | AT_RECURSIVE));
    if (mount.ok()) {
      rest = {args.attr & ~static_cast<uint64_t>(MOUNT_ATTR__ATIME), 0, 0, 0};
      if (rest.set != 0) {
        long error = set_attr(mount.get(), rest, true, false);
        if (error < 0) return error;
        rest.set = 0;
      }
    }
  }
  if (!mount.ok()) return mount.error();
  long error = map_ids(mount.get(), args.userns_slot, args.flags);
  if (error >= 0) error = set_label(mount.get(), args.label);
  if (error < 0) return error;

  File target(target_of(args.target, plan::TargetKind::Directory));
  if (!target.ok()) return target.error();
  if (before.ok()) {
    if (args.flags & plan::kMountModeOfTarget) error = take_mode(mount.get(), before.get());
    if (error >= 0 && args.flags & plan::kMountCopyUp) error = copy_up(before.get(), mount.get());
    if (error < 0) return error;
  }
  error = set_attr(mount.get(), rest, false, false);
  if (error >= 0) error = move_mount(mount.get(), target.get());
  if (error >= 0) error = set_attr(mount.get(), rest, false, true);
  if (error >= 0) error = set_propagation(mount.get(), args.propagation);
  return error;
}

// The kernel says EINVAL when a directory and a file do not go together, and for much else.
static long mismatch(int source, int target) {
  struct stat from, to;
  if (stat_fd(source, &from) < 0 || stat_fd(target, &to) < 0) return -EINVAL;
  return S_ISDIR(from.st_mode) == S_ISDIR(to.st_mode) ? -EINVAL : -ENOTDIR;
}

long mount_bind(const plan::MountBindArgs& args) {
  if (args.flags & plan::kMountCopySymlink) {
    char link[kPathMax];
    long n =
        call(__NR_readlinkat, AT_FDCWD, static_cast<long>(args.source), arg(link), sizeof link - 1);
    if (n >= 0) {
      link[n] = 0;
      return copy_symlink(text(args.target.path), link);
    }
    if (n != -EINVAL) return n;  // EINVAL: not a link
  }
  unsigned flags = OPEN_TREE_CLONE | (args.flags & plan::kMountRecursive ? AT_RECURSIVE : 0u) |
                   (args.flags & plan::kMountSourceNoFollow ? AT_SYMLINK_NOFOLLOW : 0u);
  // Slots stay owned by the table; only what is opened here is closed here.
  File opened(args.source_slot > 0 ? -EBADF : open_tree(AT_FDCWD, text(args.source), flags));
  int source = args.source_slot > 0 ? slot(args.source_slot) : opened.get();
  if (source < 0) return source;
  long error = map_ids(source, args.userns_slot, args.flags);
  if (error >= 0) error = set_attr(source, args.attr, false, false);
  if (error >= 0) error = set_attr(source, args.rec_attr, true, false);
  if (error < 0) return error;

  File target(open_in_root(text(args.target.path), args.target.flags));
  if (target.error() == -ENOENT) {
    struct stat info;
    error = stat_fd(source, &info);
    if (error < 0) return error;
    auto kind = S_ISDIR(info.st_mode) ? plan::TargetKind::Directory : plan::TargetKind::File;
    target.reset(create_in_root(text(args.target.path), kind, args.target.flags));
  }
  if (!target.ok()) return target.error();
  if (args.target.flags & plan::kTargetRefuseProc && fs_magic(target.get()) == PROC_SUPER_MAGIC) {
    return -plan::kReasonIsProcfs;
  }
  error = move_mount(source, target.get());
  if (error == -EINVAL) error = mismatch(source, target.get());
  if (error >= 0) error = set_attr(source, args.attr, false, true);
  if (error >= 0) error = set_propagation(source, args.propagation);
  return error;
}

long mount_set(const plan::MountSetArgs& args) {
  File target(target_of(args.target, plan::TargetKind::Any));
  if (!target.ok())
    return target.error() == -ENOENT && args.target.flags & plan::kTargetMayMiss ? 0
                                                                                 : target.error();
  if (args.reconfigure) {
    File fs(call(__NR_fspick, target.get(), arg(""), FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
    if (!fs.ok()) return fs.error();
    long error = configure(fs.get(), args.params, args.n_params, FSCONFIG_CMD_RECONFIGURE);
    if (error < 0) return error;
  }
  long error = set_attr(target.get(), args.attr, false, false);
  if (error >= 0) error = set_attr(target.get(), args.attr, false, true);
  if (error >= 0) error = set_attr(target.get(), args.rec_attr, true, true);
  if (error >= 0) error = set_propagation(target.get(), args.propagation);
  return error;
}

// --no-pivot: for a rootfs on the initial ramdisk, where pivot_root does not work. The host's proc
// and sys go first, so that a container that gets out of the chroot finds no complete ones to look
// through.
long move_root() {
  static const char* const kHide[] = {"/proc", "/sys"};
  for (const char* path : kHide) {
    long error = call(__NR_umount2, arg(path), MNT_DETACH);
    // In a user namespace they may be locked, or not be mounts at all: then cover them.
    if (error == -EINVAL || error == -EPERM) {
      error = call(__NR_mount, arg("tmpfs"), arg(path), arg("tmpfs"), MS_RDONLY, 0);
    }
    if (error < 0 && error != -ENOENT) return error;
  }
  long error = call(__NR_fchdir, root());
  if (error >= 0) {
    error = call(__NR_move_mount, root(), arg(""), AT_FDCWD, arg("/"), MOVE_MOUNT_F_EMPTY_PATH);
  }
  if (error >= 0) error = call(__NR_chroot, arg("."));
  if (error >= 0) error = call(__NR_chdir, arg("/"));
  return error;
}

}  // namespace init
