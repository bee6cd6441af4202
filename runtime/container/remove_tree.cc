#include "runtime/container/remove_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/fd.h"

namespace container {
namespace {

constexpr int kMaxDepth = 64;  // one fd each; what rt makes there is flat

// EXDEV for a mount point. STATX_ATTR_MOUNT_ROOT (5.8) also tells a bind mount of the same file
// system, which the device number cannot.
Status check_no_mount(int fd, const char* name) {
  struct statx info;
  if (::statx(fd, "", AT_EMPTY_PATH, 0, &info) < 0) return Error::sys("statx '%s'", name);
  if ((info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
    return Error::msg("remove '%s': something is mounted on it", name).as(Code::System);
  }
  return {};
}

Result<std::vector<std::string>> entries(int fd, const char* name) {
  Fd copy(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy) return Error::sys("open '%s'", name);
  DIR* dir = ::fdopendir(copy.get());
  if (dir == nullptr) return Error::sys("read '%s'", name);
  (void)copy.release();  // closedir closes it
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir)) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      names.push_back(entry->d_name);
    errno = 0;
  }
  int error = errno;
  ::closedir(dir);
  errno = error;
  if (error != 0) return Error::sys("read '%s'", name);
  return names;
}

Status remove_below(int parent_fd, const char* name, const char* last, int depth) {
  if (depth > kMaxDepth)
    return Error::msg("remove '%s': more than %d levels deep", name, kMaxDepth);
  Fd fd(::openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno == ENOENT) return {};
  if (!fd) return Error::sys("open '%s'", name);
  TRY(check_no_mount(fd.get(), name));
  std::vector<std::string> names = TRY(entries(fd.get(), name));
  bool has_last = false;
  for (const std::string& entry : names) {
    if (last != nullptr && entry == last) {
      has_last = true;
      continue;
    }
    if (::unlinkat(fd.get(), entry.c_str(), 0) == 0 || errno == ENOENT) continue;
    // unlink() of a directory is EISDIR on Linux; EPERM is what POSIX says and some file systems
    // do.
    if (errno != EISDIR && errno != EPERM) return Error::sys("remove '%s/%s'", name, entry.c_str());
    TRY_IN(name, remove_below(fd.get(), entry.c_str(), nullptr, depth + 1));
  }
  if (has_last && ::unlinkat(fd.get(), last, 0) < 0 && errno != ENOENT) {
    return Error::sys("remove '%s/%s'", name, last);
  }
  if (::unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
    return Error::sys("remove '%s'", name);
  return {};
}

}  // namespace

Status remove_tree(int parent_fd, const char* name, const char* last) {
  return remove_below(parent_fd, name, last, 0);
}

}  // namespace container
