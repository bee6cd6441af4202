// Paths inside the root. Every path of a container's config is followed here and nowhere else: a
// hostile image may have put symbolic links anywhere, and another container that shares a volume
// may be changing them while we look.
#include <sys/vfs.h>

#include "runtime/init/sys.h"

namespace init {

namespace {

constexpr int kMaxDepth = 128;
constexpr int kMaxLinks = 40;

// ENOSYS, or EPERM from a seccomp filter that does not know it (seen under systemd-nspawn)
bool openat2_missing = false;

// Walks a path one component at a time, never handing the kernel more than a plain name: the
// fallback for openat2, and the only way in which anything is created. `stack` holds every
// directory from the root down, so ".." is a pop and not a lookup, and cannot be raced out of the
// root by renames.
class Walker {
 public:
  Walker(plan::TargetKind kind, uint32_t flags, bool create)
      : kind_(kind), flags_(flags), create_(create) {}
  ~Walker() { pop_all(); }

  long walk(const char* path) {
    size_t n = length(path);
    if (n >= sizeof rest_) return -ENAMETOOLONG;
    copy(rest_, path, n + 1);
    for (;;) {
      long error = next_name();
      if (error < 0) return error;
      if (name_[0] == 0) break;
      error = enter();
      if (error < 0) return error;
    }
    if (depth_ == 0) return openat(root(), ".", O_PATH | O_DIRECTORY);
    return stack_[--depth_];
  }

 private:
  int current() const { return depth_ == 0 ? root() : stack_[depth_ - 1]; }

  void pop_all() {
    while (depth_ > 0) call(__NR_close, stack_[--depth_]);
  }

  // Moves the first component of rest_ to name_ ("" at the end). last_ says whether nothing but
  // slashes follows.
  long next_name() {
    size_t start = 0;
    while (rest_[start] == '/') start++;
    size_t end = start;
    while (rest_[end] != 0 && rest_[end] != '/') end++;
    if (end - start >= sizeof name_) return -ENAMETOOLONG;
    copy(name_, rest_ + start, end - start);
    name_[end - start] = 0;
    size_t after = end;
    while (rest_[after] == '/') after++;
    last_ = rest_[after] == 0;
    size_t left = length(rest_ + end) + 1;
    copy(rest_, rest_ + end, left);
    return 0;
  }

  long enter() {
    if (equal(name_, ".")) return 0;
    if (equal(name_, "..")) {
      if (depth_ > 0) call(__NR_close, stack_[--depth_]);
      return 0;
    }
    File entry(openat(current(), name_, O_PATH | O_NOFOLLOW));
    if (entry.error() == -ENOENT && create_) {
      long error = create();
      if (error < 0) return error;
      entry.reset(openat(current(), name_, O_PATH | O_NOFOLLOW));
    }
    if (!entry.ok()) return entry.error();
    struct stat info;
    long error = stat_fd(entry.get(), &info);
    if (error < 0) return error;
    if (S_ISLNK(info.st_mode) && !(last_ && (flags_ & plan::kTargetNoFollow)))
      return follow(entry.get());
    if (!last_ && !S_ISDIR(info.st_mode)) return -ENOTDIR;
    if (depth_ == kMaxDepth) return -ENAMETOOLONG;
    stack_[depth_++] = entry.release();
    return 0;
  }

  long create() {
    bool file = last_ && kind_ == plan::TargetKind::File;
    long error = file ? call(__NR_mknodat, current(), arg(name_), S_IFREG | 0644, 0)
                      : call(__NR_mkdirat, current(), arg(name_), 0755);
    return error == -EEXIST ? 0 : error;  // somebody was faster; what it is will be looked at
  }

  // Puts the link's text in front of what is left. Magic links of procfs have a text too, and only
  // that counts here.
  long follow(int link_fd) {
    if (flags_ & plan::kTargetNoSymlinks) return -plan::kReasonSymlink;
    if (++links_ > kMaxLinks) return -ELOOP;
    char joined[kPathMax];
    long n = call(__NR_readlinkat, link_fd, arg(""), arg(joined), sizeof joined - 1);
    if (n < 0) return n;
    if (n == 0) return -ENOENT;
    size_t left = length(rest_);
    if (static_cast<size_t>(n) + 1 + left >= sizeof joined) return -ENAMETOOLONG;
    size_t used = static_cast<size_t>(n);
    joined[used++] = '/';
    copy(joined + used, rest_, left + 1);
    if (joined[0] == '/') pop_all();
    copy(rest_, joined, used + left + 1);
    return 0;
  }

  plan::TargetKind kind_;
  uint32_t flags_;
  bool create_;
  bool last_ = false;
  int links_ = 0;
  int depth_ = 0;
  int stack_[kMaxDepth];
  char name_[256];
  char rest_[kPathMax];
};

// "/a/b" -> "/a/" and "b". -EINVAL if the last component is no name.
long split_path(const char* path, char (&directory)[kPathMax], const char** name) {
  size_t cut = length(path);
  while (cut > 0 && path[cut - 1] != '/') cut--;
  *name = path + cut;
  if (**name == 0 || equal(*name, ".") || equal(*name, "..")) return -EINVAL;
  if (cut + 1 >= sizeof directory) return -ENAMETOOLONG;
  copy(directory, path, cut);
  if (cut == 0) directory[cut++] = '/';
  directory[cut] = 0;
  return 0;
}

}  // namespace

long fs_magic(int fd) {
  struct statfs info;
  long error = call(__NR_fstatfs, fd, arg(&info));
  return error < 0 ? error : static_cast<long>(info.f_type);
}

long open_in_root(const char* path, uint32_t flags) {
  if (!openat2_missing) {
    uint64_t resolve =
        RESOLVE_IN_ROOT | (flags & plan::kTargetNoSymlinks ? RESOLVE_NO_SYMLINKS : 0);
    uint64_t how = O_PATH | (flags & plan::kTargetNoFollow ? O_NOFOLLOW : 0);
    // EAGAIN: a rename or mount elsewhere raced with a ".."; the kernel asks to try again.
    for (int tries = 0; tries < 128; tries++) {
      long fd = openat2(root(), path, how, resolve);
      if (fd == -ELOOP && (flags & plan::kTargetNoSymlinks)) return -plan::kReasonSymlink;
      if (fd == -EAGAIN) continue;
      if (fd != -ENOSYS && fd != -EPERM) return fd;
      openat2_missing = true;
      break;
    }
  }
  return Walker(plan::TargetKind::Any, flags, false).walk(path);
}

long make_in_root(const char* path, plan::TargetKind kind, uint32_t flags) {
  long fd = open_in_root(path, flags);
  return fd == -ENOENT ? create_in_root(path, kind, flags) : fd;
}

// Most often only the last directory is missing, and is no symbolic link: two lookups, then.
// Whatever else it is, the walk below finds out.
static long create_last(const char* path, uint32_t flags) {
  const char* name;
  char directory[kPathMax];
  if (split_path(path, directory, &name) < 0) return -ENOENT;
  File parent(open_in_root(directory, flags & plan::kTargetNoSymlinks));
  if (!parent.ok()) return parent.error();
  long error = call(__NR_mkdirat, parent.get(), arg(name), 0755);
  return error < 0 ? error : openat(parent.get(), name, O_PATH | O_NOFOLLOW | O_DIRECTORY);
}

long create_in_root(const char* path, plan::TargetKind kind, uint32_t flags) {
  if (kind == plan::TargetKind::Directory) {
    long fd = create_last(path, flags);
    if (fd >= 0) return fd;
  }
  return Walker(kind, flags, true).walk(path);
}

long parent_in_root(const char* path, const char** name) {
  char directory[kPathMax];
  long error = split_path(path, directory, name);
  return error < 0 ? error : make_in_root(directory, plan::TargetKind::Directory, 0);
}

}  // namespace init
