#include "base/dir.h"

#include <fcntl.h>

#include <string_view>
#include <utility>

Result<OpenDir> open_dir(int parent_fd, const char* name) {
  Fd fd(::openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno == ENOENT) return OpenDir();
  if (!fd) return Error::sys("open '%s'", name);
  OpenDir dir(::fdopendir(fd.get()));
  if (!dir) return Error::sys("read '%s'", name);
  (void)fd.release();  // it is the DIR's
  return dir;
}

Result<std::vector<std::string>> entries_of(DIR* dir, const char* name) {
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
