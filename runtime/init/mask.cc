// config-linux.md, "Masked Paths" and "Readonly Paths".

#include "runtime/init/sys.h"

namespace init {

namespace {

constexpr dev_t kNullDevice = (1 << 8) | 3;  // char 1:3

// Kept from one masked path to the next.
int null_fd = -1;
int empty_fd = -1;

// The container's own null device, not the host's: root in the container may chmod what it finds
// under a masked name. CVE-2025-31133: an image may have put a link to something else there, so it
// is what it is by its number alone.
long open_null() {
  if (null_fd >= 0) return null_fd;
  long fd = open_in_root("/dev/null", plan::kTargetNoFollow);
  if (fd < 0) return fd;
  struct stat info;
  long error = stat_fd(static_cast<int>(fd), &info);
  if (error < 0) return error;
  if (!S_ISCHR(info.st_mode) || info.st_rdev != kNullDevice) return -plan::kReasonNotNull;
  null_fd = static_cast<int>(fd);
  return fd;
}

// One empty read-only tmpfs for all masked directories: the first is made, the others are clones of
// it. (Cloning an unattached mount is only possible since 6.15, so the first is attached before.)
long empty_directory(plan::Address context) {
  if (empty_fd >= 0) return open_tree(empty_fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
  File fs(call(__NR_fsopen, arg("tmpfs"), FSOPEN_CLOEXEC));
  if (!fs.ok()) return fs.error();
  static const char* const kParams[][2] = {{"mode", "755"}, {"nr_blocks", "1"}, {"nr_inodes", "1"}};
  long error = 0;
  for (const auto& param : kParams) {
    if (error >= 0)
      error = call(__NR_fsconfig, fs.get(), FSCONFIG_SET_STRING, arg(param[0]), arg(param[1]), 0);
  }
  if (context != 0 && error >= 0) {
    const auto& label = *at<plan::FsParam>(context);
    error = call(__NR_fsconfig, fs.get(), FSCONFIG_SET_STRING, static_cast<long>(label.key),
                 static_cast<long>(label.value), 0);
  }
  if (error >= 0) error = call(__NR_fsconfig, fs.get(), FSCONFIG_SET_FLAG, arg("ro"), 0, 0);
  if (error >= 0) error = call(__NR_fsconfig, fs.get(), FSCONFIG_CMD_CREATE, 0, 0, 0);
  if (error < 0) return error;
  long fd = call(__NR_fsmount, fs.get(), FSMOUNT_CLOEXEC,
                 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  if (fd < 0) return fd;
  empty_fd = static_cast<int>(call(__NR_fcntl, fd, F_DUPFD_CLOEXEC, 3));
  return empty_fd < 0 ? empty_fd : fd;
}

}  // namespace

long mask(const plan::PathArgs& args) {
  File target(open_in_root(text(args.path), 0));
  if (target.error() == -ENOENT || target.error() == -ENOTDIR) return 0;
  if (!target.ok()) return target.error();
  struct stat info;
  long error = stat_fd(target.get(), &info);
  if (error < 0) return error;
  File cover;
  if (S_ISDIR(info.st_mode)) {
    cover.reset(empty_directory(args.context));
  } else {
    long null_fd = open_null();
    if (null_fd < 0) return null_fd;
    cover.reset(open_tree(static_cast<int>(null_fd), "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  }
  if (!cover.ok()) return cover.error();
  return move_mount(cover.get(), target.get());
}

static void close_source(int* fd) {
  if (*fd >= 0) call(__NR_close, *fd);
  *fd = -1;
}

void close_mask_sources() {
  close_source(&null_fd);
  close_source(&empty_fd);
}

long make_readonly(const plan::PathArgs& args) {
  File target(open_in_root(text(args.path), 0));
  if (target.error() == -ENOENT || target.error() == -ENOTDIR) return 0;
  if (!target.ok()) return target.error();
  File tree(open_tree(target.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE));
  if (!tree.ok()) return tree.error();
  plan::MountAttr attr = {MOUNT_ATTR_RDONLY, 0, 0, 0};
  long error = set_attr(tree.get(), attr, true, false);
  bool old_kernel = error == -ENOSYS;
  if (error < 0 && !old_kernel) return error;
  error = move_mount(tree.get(), target.get());
  // the top mount is what can be had
  if (error >= 0 && old_kernel) error = set_attr(tree.get(), attr, false, true);
  return error;
}

}  // namespace init
