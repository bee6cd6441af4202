#include "base/io.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "base/path.h"
#include "base/strings.h"

Result<Fd> open_at(int dirfd, const char* path, int flags, mode_t mode) {
  Fd fd(::openat(dirfd, path, flags | O_CLOEXEC, mode));
  if (!fd) return Error::sys("open '%s'", path);
  return fd;
}

Result<std::string> read_fd(int fd, const char* name_for_errors, size_t limit) {
  struct stat info;
  std::string data;
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
    if (static_cast<size_t>(info.st_size) > limit) {
      return Error::msg("read '%s': larger than the %zu bytes allowed", name_for_errors, limit);
    }
    data.resize(static_cast<size_t>(info.st_size) + 1);  // one more, to see the end in one read
  } else {
    data.resize(4096);
  }
  size_t used = 0;
  for (;;) {
    if (used == data.size()) data.resize(data.size() * 2);
    ssize_t n = ::read(fd, data.data() + used, data.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::sys("read '%s'", name_for_errors);
    if (n == 0) break;
    used += static_cast<size_t>(n);
    if (used > limit)
      return Error::msg("read '%s': larger than the %zu bytes allowed", name_for_errors, limit);
  }
  data.resize(used);
  return data;
}

Result<std::string> read_file(int dirfd, const char* path, size_t limit) {
  Fd fd = TRY(open_at(dirfd, path, O_RDONLY | O_NOCTTY));
  return read_fd(fd.get(), path, limit);
}

Status write_all(int fd, std::string_view data, const char* name_for_errors) {
  while (!data.empty()) {
    ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::sys("write '%s'", name_for_errors);
    data.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Status write_kernel_file(int dirfd, const char* path, std::string_view data) {
  Fd fd = TRY(open_at(dirfd, path, O_WRONLY | O_NOCTTY));
  ssize_t n;
  do {
    n = ::write(fd.get(), data.data(), data.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    int error = errno;
    std::string shown(trim(data));
    std::replace(shown.begin(), shown.end(), '\n', ';');  // an error is one line
    errno = error;
    return Error::sys("write '%s' to '%s'", shown.c_str(), path);
  }
  if (static_cast<size_t>(n) != data.size())
    return Error::msg("write to '%s': only %zd bytes taken", path, n);
  return {};
}

namespace {

// Removes the temporary file unless the rename took it.
struct Unlinker {
  int dirfd;
  std::string path;
  ~Unlinker() {
    if (!path.empty()) (void)::unlinkat(dirfd, path.c_str(), 0);
  }
};

Status sync_directory_of(int dirfd, const char* path) {
  Fd directory = TRY(open_at(dirfd, std::string(dir_name(path)).c_str(), O_RDONLY | O_DIRECTORY));
  if (::fsync(directory.get()) < 0) return Error::sys("fsync the directory of '%s'", path);
  return {};
}

}  // namespace

Status write_file_atomic(int dirfd, const char* path, std::string_view data, mode_t mode,
                         Durable durable) {
  std::string_view whole(path);
  size_t slash = whole.rfind('/');
  size_t cut = slash == std::string_view::npos ? 0 : slash + 1;
  std::string temporary =
      format("%.*s.%s.%d", static_cast<int>(cut), path, path + cut, static_cast<int>(getpid()));
  // O_EXCL: whoever may write to the directory could have put a link there, and it must not be
  // written through.
  const int flags = O_WRONLY | O_CREAT | O_EXCL;
  Result<Fd> made = open_at(dirfd, temporary.c_str(), flags, mode);
  if (!made && made.error().errnum == EEXIST && ::unlinkat(dirfd, temporary.c_str(), 0) == 0) {
    made = open_at(dirfd, temporary.c_str(), flags, mode);
  }
  Fd fd = TRY(std::move(made));
  Unlinker unlinker{dirfd, temporary};
  if (fchmod(fd.get(), mode) < 0) return Error::sys("chmod '%s'", temporary.c_str());
  TRY(write_all(fd.get(), data, path));
  if (durable == Durable::Synced && ::fsync(fd.get()) < 0)
    return Error::sys("fsync '%s'", temporary.c_str());
  if (::renameat(dirfd, temporary.c_str(), dirfd, path) < 0) {
    return Error::sys("rename '%s' to '%s'", temporary.c_str(), path);
  }
  unlinker.path.clear();
  return durable == Durable::Synced ? sync_directory_of(dirfd, path) : Status();
}
