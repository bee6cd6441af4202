#include "base/unix_address.h"

#include <fcntl.h>

#include <cstddef>
#include <cstring>

#include "base/io.h"
#include "base/path.h"
#include "base/strings.h"

namespace sys {

namespace {

constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;

void set_path(UnixAddress& out, const std::string& path) {
  out.address.sun_family = AF_UNIX;
  memcpy(out.address.sun_path, path.c_str(), path.size() + 1);
  out.size = sizeof out.address;
}

// The kernel counts an abstract name by the size of the address: no padding may follow it.
void set_abstract(UnixAddress& out, const std::string& path) {
  out.address.sun_family = AF_UNIX;
  memcpy(out.address.sun_path + 1, path.data() + 1, path.size() - 1);
  out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
}

std::string path_in(int dirfd, const std::string& name) {
  return format("/proc/self/fd/%d/%s", dirfd, name.c_str());
}

}  // namespace

Result<UnixAddress> unix_address(const std::string& path) {
  UnixAddress out;
  if (path.starts_with('@')) {
    if (path.size() > sizeof out.address.sun_path) {
      return Error::make(Code::Usage, "socket name '%s' is too long", path.c_str());
    }
    set_abstract(out, path);
    return out;
  }
  std::string shown = path;
  if (shown.size() > kMaxPath) {
    out.directory =
        TRY(open_at(AT_FDCWD, std::string(dir_name(path)).c_str(), O_PATH | O_DIRECTORY));
    shown = path_in(out.directory.get(), std::string(base_name(path)));
  }
  if (shown.size() > kMaxPath)
    return Error::make(Code::Usage, "socket path '%s' is too long", path.c_str());
  set_path(out, shown);
  return out;
}

UnixAddress unix_address_in(int dirfd, const char* name) {
  UnixAddress out;
  set_path(out, path_in(dirfd, name));
  return out;
}

}  // namespace sys
