#include "runtime/container/remove_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/dir.h"
#include "base/fd.h"

namespace container {
namespace {

constexpr int kMaxDepth = 64;  // one fd each; what rt makes there is flat

// STATX_ATTR_MOUNT_ROOT (5.8) also tells a bind mount of the same file system, which the device
// number cannot.
Status check_no_mount(int fd, const char* name) {
  struct statx info;
  if (::statx(fd, "", AT_EMPTY_PATH, 0, &info) < 0) return Error::sys("statx '%s'", name);
  if ((info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
    return Error::msg("remove '%s': something is mounted on it", name).as(Code::System);
  }
  return {};
}

// Nothing if it is not there.
Result<OpenDir> open_dir(int parent_fd, const char* name) {
  Fd fd(::openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno == ENOENT) return OpenDir();
  if (!fd) return Error::sys("open '%s'", name);
  OpenDir dir(::fdopendir(fd.get()));
  if (!dir) return Error::sys("read '%s'", name);
  (void)fd.release();  // it is the DIR's
  return dir;
}

Result<std::vector<std::string>> entries(DIR* dir, const char* name) {
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir)) {
    std::string_view entry_name = entry->d_name;
    if (entry_name != "." && entry_name != "..") names.emplace_back(entry_name);
    errno = 0;
  }
  if (errno != 0) return Error::sys("read '%s'", name);
  return names;
}

Status remove_below(int parent_fd, const char* name, const char* last, int depth) {
  if (depth > kMaxDepth)
    return Error::msg("remove '%s': more than %d levels deep", name, kMaxDepth);
  OpenDir dir = TRY(open_dir(parent_fd, name));
  if (!dir) return {};
  int fd = ::dirfd(dir.get());
  TRY(check_no_mount(fd, name));
  std::vector<std::string> names = TRY(entries(dir.get(), name));
  bool has_last = false;
  for (const std::string& entry : names) {
    if (last != nullptr && entry == last) {
      has_last = true;
      continue;
    }
    if (::unlinkat(fd, entry.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR) return Error::sys("remove '%s/%s'", name, entry.c_str());
    TRY_IN(name, remove_below(fd, entry.c_str(), nullptr, depth + 1));
  }
  if (has_last && ::unlinkat(fd, last, 0) < 0 && errno != ENOENT) {
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
