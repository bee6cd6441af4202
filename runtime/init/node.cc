// Directories, device nodes and symbolic links in the root.

#include "runtime/init/sys.h"

namespace init {

long make_dir(const plan::PathArgs& args) {
  File fd(make_in_root(text(args.path), plan::TargetKind::Directory, 0));
  if (fd.ok()) return 0;
  // A read-only or odd image may still have what is needed; whoever uses the directory says what is
  // wrong with it.
  return fd.error() == -EROFS ? 0 : fd.error();
}

namespace {

bool same_device(int fd, const plan::DeviceArgs& args) {
  struct stat info;
  if (stat_fd(fd, &info) < 0) return false;
  if ((info.st_mode & S_IFMT) != (args.mode & S_IFMT)) return false;
  return S_ISFIFO(info.st_mode) || info.st_rdev == args.device;
}

// Where mknod is not allowed the host's node is bound over an empty file. A wrong one would be
// worse than none.
long bind_device(int dir, const char* name, const plan::DeviceArgs& args) {
  File source(open_tree(AT_FDCWD, text(args.path), OPEN_TREE_CLONE));
  if (!source.ok()) return source.error();
  if (!same_device(source.get(), args)) return -plan::kReasonWrongDevice;
  long error = call(__NR_mknodat, dir, arg(name), S_IFREG | 0644, 0);
  if (error < 0 && error != -EEXIST) return error;
  File target(openat(dir, name, O_PATH | O_NOFOLLOW));
  if (!target.ok()) return target.error();
  struct stat info;
  error = stat_fd(target.get(), &info);
  if (error < 0) return error;
  if (S_ISLNK(info.st_mode)) return -plan::kReasonSymlink;
  return move_mount(source.get(), target.get());
}

}  // namespace

long make_device(const plan::DeviceArgs& args) {
  const char* name;
  File dir(parent_in_root(text(args.path), &name));
  if (!dir.ok()) return dir.error();
  if (args.bind) return bind_device(dir.get(), name, args);
  long error = call(__NR_mknodat, dir.get(), arg(name), args.mode, static_cast<long>(args.device));
  if (error == -EEXIST) {
    // config-linux.md, "Devices": what is there and does not match is an error. What matches stays
    // as the image has it.
    File there(openat(dir.get(), name, O_PATH | O_NOFOLLOW));
    if (!there.ok()) return there.error();
    return same_device(there.get(), args) ? 0 : -plan::kReasonWrongDevice;
  }
  if (error < 0) return error;
  if (!args.set_owner) return 0;
  return call(__NR_fchownat, dir.get(), arg(name), args.uid, args.gid, AT_SYMLINK_NOFOLLOW);
}

long make_symlink(const plan::SymlinkArgs& args) {
  const char* name;
  File dir(parent_in_root(text(args.path), &name));
  if (!dir.ok()) return dir.error();
  long error = call(__NR_symlinkat, static_cast<long>(args.target), dir.get(), arg(name));
  if (error != -EEXIST) return error;
  if (!args.replace) return 0;
  error = call(__NR_unlinkat, dir.get(), arg(name), 0);
  if (error < 0) return error;
  return call(__NR_symlinkat, static_cast<long>(args.target), dir.get(), arg(name));
}

long copy_symlink(const char* path, const char* target) {
  const char* name;
  File dir(parent_in_root(path, &name));
  if (!dir.ok()) return dir.error();
  long error = call(__NR_symlinkat, arg(target), dir.get(), arg(name));
  if (error != -EEXIST) return error;
  char there[kPathMax];
  long n = call(__NR_readlinkat, dir.get(), arg(name), arg(there), sizeof there - 1);
  if (n < 0) return -EEXIST;
  there[n] = 0;
  return equal(there, target) ? 0 : -EEXIST;
}

}  // namespace init
