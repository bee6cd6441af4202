// A procfs that nothing of the container can divert, and writes to its files.
#include <linux/magic.h>

#include "runtime/init/sys.h"

namespace init {

long open_proc(const plan::ProcArgs& args) {
  long fd = -EPERM;
  if (!args.host) {
    File fs(call(__NR_fsopen, arg("proc"), FSOPEN_CLOEXEC));
    fd = fs.error();
    if (fs.ok()) {
      fd = call(__NR_fsconfig, fs.get(), FSCONFIG_CMD_CREATE, 0, 0, 0);
      if (fd == 0) fd = call(__NR_fsmount, fs.get(), FSMOUNT_CLOEXEC, 0);
    }
  }
  // Not our pid namespace, or a user namespace in which proc is partly masked: clone the host's
  // mount, without anything that may have been mounted over parts of it. Only before pivot_root is
  // /proc still the host's.
  if (fd == -EPERM || fd == -ENOSYS) fd = open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE);
  if (fd < 0) return fd;
  slot(args.slot) = static_cast<int>(fd);
  return 0;
}

// CVE-2025-52881: a write meant for one file of procfs must not end in another, whatever is mounted
// over /proc.
long write_proc(const plan::WriteProcArgs& args) {
  int proc = slot(args.slot);
  uint64_t links = args.through_self ? 0 : RESOLVE_NO_SYMLINKS;
  long fd = openat2(proc, text(args.path), O_WRONLY,
                    RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | links);
  if (fd == -ENOSYS || fd == -EPERM) {
    // `proc` is an unattached mount of procfs, or the host's: the path is ours, without ".."
    fd = openat(proc, text(args.path), O_WRONLY | O_NOFOLLOW);
  }
  File file(fd);
  if (!file.ok()) return file.error();
  if (fs_magic(file.get()) != PROC_SUPER_MAGIC) return -plan::kReasonNotProcfs;
  long n = call(__NR_write, file.get(), static_cast<long>(args.data), args.size);
  if (n < 0) return n;
  return n == static_cast<long>(args.size) ? 0 : -EIO;
}

}  // namespace init
