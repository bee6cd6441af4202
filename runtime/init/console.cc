// The container's terminal, and the ownership of its standard streams.
#include <linux/magic.h>
#include <sys/ioctl.h>

#include "runtime/init/sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif
#ifndef DEVPTS_SUPER_MAGIC
#define DEVPTS_SUPER_MAGIC 0x1cd1
#endif

namespace init {

namespace {

// CVE-2025-52565: the slave is reached through the master (TIOCGPTPEER), never by its name, and
// both must come from a real devpts of the container.
long open_master() {
  File pts(open_in_root("/dev/pts", 0));
  if (!pts.ok()) return pts.error() == -ENOENT ? -plan::kReasonNoDevpts : pts.error();
  if (fs_magic(pts.get()) != DEVPTS_SUPER_MAGIC) return -plan::kReasonNoDevpts;
  return openat(pts.get(), "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW);
}

long bind_console(int slave) {
  File target(make_in_root("/dev/console", plan::TargetKind::File, plan::kTargetNoFollow));
  if (!target.ok()) return target.error();
  struct stat info;
  long error = stat_fd(target.get(), &info);
  if (error < 0) return error;
  if (S_ISLNK(info.st_mode)) return -plan::kReasonSymlink;
  File tree(open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  if (!tree.ok()) return tree.error();
  return move_mount(tree.get(), target.get());
}

}  // namespace

long open_console(const plan::ConsoleArgs& args) {
  File master(open_master());
  if (!master.ok()) return master.error();
  int unlock = 0;
  long error = call(__NR_ioctl, master.get(), TIOCSPTLCK, arg(&unlock));
  if (error < 0) return error;
  File slave(call(__NR_ioctl, master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave.ok()) return slave.error();
  if (args.rows != 0 || args.columns != 0) {
    struct winsize size = {static_cast<unsigned short>(args.rows),
                           static_cast<unsigned short>(args.columns), 0, 0};
    error = call(__NR_ioctl, slave.get(), TIOCSWINSZ, arg(&size));
    if (error < 0) return error;
  }
  error = call(__NR_fchown, slave.get(), args.uid, -1);  // the group stays devpts's (tty)
  if (error < 0 && error != -EPERM && error != -EINVAL) return error;
  if (args.bind_console) {
    error = bind_console(slave.get());
    if (error < 0) return error;
  }
  error = send(plan::Kind::File, static_cast<int32_t>(plan::FileTag::Console), nullptr, 0,
               master.get());
  if (error >= 0) error = call(__NR_ioctl, slave.get(), TIOCSCTTY, 0);
  for (int fd = 0; fd < 3 && error >= 0; fd++) error = call(__NR_dup3, slave.get(), fd, 0);
  return error < 0 ? error : 0;
}

// So that a program that is not root can reopen /dev/stdout. Devices are left alone: /dev/null
// belongs to the host.
long fix_stdio(const plan::FixStdioArgs& args) {
  for (int fd = 0; fd < 3; fd++) {
    struct stat info;
    if (stat_fd(fd, &info) < 0) continue;  // closed: nothing to own
    if (info.st_uid == args.uid || S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) continue;
    long error = call(__NR_fchown, fd, args.uid, args.gid);
    // Not ours to give away (other user namespace, read-only file system, a socket): the program
    // can still use it.
    if (error < 0 && error != -EPERM && error != -EINVAL && error != -EROFS && error != -EOPNOTSUPP)
      return error;
  }
  return 0;
}

}  // namespace init
