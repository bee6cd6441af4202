// tmpcopyup: fills a new tmpfs with what the directory that it covers holds: directories, files,
// links, nodes, with owner, mode, times and extended attributes. Everything by descriptor and
// without following links.
#include <sys/xattr.h>

#include "runtime/init/sys.h"

namespace init {

namespace {

constexpr int kMaxDepth = 64;

struct Entry {  // struct linux_dirent64
  uint64_t ino;
  int64_t off;
  uint16_t size;
  uint8_t type;
  char name[1];
};

long copy_bytes(int from, int to) {
  for (;;) {
    long n = call(__NR_sendfile, to, from, 0, 1 << 20);
    if (n == -EINTR) continue;
    if (n <= 0) return n;
  }
}

// Attributes that the target cannot hold (tmpfs knows no user.* before 6.6) or that we may not set
// are left out.
void copy_xattrs(int from, int to) {
  char names[2048];
  char value[2048];
  long n = call(__NR_flistxattr, from, arg(names), sizeof names);
  for (long i = 0; i < n;) {
    const char* name = names + i;
    long size = call(__NR_fgetxattr, from, arg(name), arg(value), sizeof value);
    if (size >= 0) call(__NR_fsetxattr, to, arg(name), arg(value), size, 0);
    i += static_cast<long>(length(name)) + 1;
  }
}

// Owner before mode: chown clears set-id bits.
long copy_meta(int to_dir, const char* name, int to_fd, const struct stat& info) {
  long error =
      call(__NR_fchownat, to_dir, arg(name), info.st_uid, info.st_gid, AT_SYMLINK_NOFOLLOW);
  if (error < 0 && error != -EPERM && error != -EINVAL) return error;
  if (to_fd >= 0) {
    error = call(__NR_fchmod, to_fd, info.st_mode & 07777);
    if (error < 0) return error;
  }
  struct {
    int64_t sec, nsec;
  } times[2] = {{info.st_atim.tv_sec, info.st_atim.tv_nsec},
                {info.st_mtim.tv_sec, info.st_mtim.tv_nsec}};
  return call(__NR_utimensat, to_dir, arg(name), arg(times), AT_SYMLINK_NOFOLLOW);
}

long copy_dir(int from, int to, int depth);

long copy_subdir(int from_dir, int to_dir, const char* name, const struct stat& info, int depth) {
  long error = call(__NR_mkdirat, to_dir, arg(name), 0700);
  if (error < 0) return error;
  File from(openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (!from.ok()) return from.error();
  File to(openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (!to.ok()) return to.error();
  error = copy_dir(from.get(), to.get(), depth + 1);
  if (error < 0) return error;
  copy_xattrs(from.get(), to.get());
  return copy_meta(to_dir, name, to.get(), info);
}

long copy_file(int from_dir, int to_dir, const char* name, const struct stat& info) {
  File from(openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  if (!from.ok()) return from.error();
  File to(openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  if (!to.ok()) return to.error();
  long error = copy_bytes(from.get(), to.get());
  if (error < 0) return error;
  copy_xattrs(from.get(), to.get());
  return copy_meta(to_dir, name, to.get(), info);
}

long copy_link(int from_dir, int to_dir, const char* name, const struct stat& info) {
  char target[kPathMax];
  long n = call(__NR_readlinkat, from_dir, arg(name), arg(target), sizeof target - 1);
  if (n < 0) return n;
  target[n] = 0;
  long error = call(__NR_symlinkat, arg(target), to_dir, arg(name));
  return error < 0 ? error : copy_meta(to_dir, name, -1, info);
}

long copy_entry(int from_dir, int to_dir, const char* name, int depth) {
  struct stat info;
  long error = stat_at(from_dir, name, &info, AT_SYMLINK_NOFOLLOW);
  if (error < 0) return error;
  if (S_ISDIR(info.st_mode)) return copy_subdir(from_dir, to_dir, name, info, depth);
  if (S_ISREG(info.st_mode)) return copy_file(from_dir, to_dir, name, info);
  if (S_ISLNK(info.st_mode)) return copy_link(from_dir, to_dir, name, info);
  error = call(__NR_mknodat, to_dir, arg(name), info.st_mode, static_cast<long>(info.st_rdev));
  if (error == -EPERM) return 0;  // device nodes in a user namespace
  return error < 0 ? error : copy_meta(to_dir, name, -1, info);
}

long copy_dir(int from, int to, int depth) {
  if (depth > kMaxDepth) return -ELOOP;
  alignas(Entry) char buffer[2048];
  for (;;) {
    long n = call(__NR_getdents64, from, arg(buffer), sizeof buffer);
    if (n <= 0) return n;
    for (long i = 0; i < n;) {
      const auto* entry = reinterpret_cast<const Entry*>(buffer + i);
      const char* name = buffer + i + offsetof(Entry, name);
      i += entry->size;
      if (equal(name, ".") || equal(name, "..")) continue;
      long error = copy_entry(from, to, name, depth);
      if (error < 0) return error;
    }
  }
}

}  // namespace

long copy_up(int from_dir, int to_dir) {
  File from(openat(from_dir, ".", O_RDONLY | O_DIRECTORY));
  if (!from.ok()) return from.error();
  File to(openat(to_dir, ".", O_RDONLY | O_DIRECTORY));
  if (!to.ok()) return to.error();
  return copy_dir(from.get(), to.get(), 0);
}

}  // namespace init
