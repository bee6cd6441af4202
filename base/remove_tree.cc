#include "base/remove_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/dir.h"

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

Status remove_below(int parent_fd, const char* name, const char* last, int depth) {
  if (depth > kMaxDepth)
    return Error::msg("remove '%s': more than %d levels deep", name, kMaxDepth);
  OpenDir dir = TRY(open_dir(parent_fd, name));
  if (!dir) return {};
  int fd = ::dirfd(dir.get());
  TRY(check_no_mount(fd, name));
  std::vector<std::string> names = TRY(entries_of(dir.get(), name));
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
