#include "runtime/linux/user_namespace.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/io.h"
#include "base/strings.h"

namespace sys {

bool in_user_namespace() {
  // The number of the first one's inode is fixed (PROC_USER_INIT_INO, since Linux 3.8), and a look
  // at it costs less.
  constexpr ino_t kFirst = 0xeffffffd;
  struct stat info;
  if (::stat("/proc/self/ns/user", &info) == 0 && info.st_ino == kFirst) return false;
  Result<std::string> map = read_file(AT_FDCWD, "/proc/self/uid_map", 1 << 16);
  if (!map) return false;  // a kernel without user namespaces
  std::vector<std::string_view> words;
  for (std::string_view word : split(trim(*map), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words != std::vector<std::string_view>{"0", "0", "4294967295"};
}

bool is_machine_root() {
  return ::geteuid() == 0 && !in_user_namespace();
}

bool acts_for_user() {
  if (::geteuid() != 0) return true;
  const char* runtime_dir = ::getenv("XDG_RUNTIME_DIR");
  const char* user = ::getenv("USER");
  if (runtime_dir == nullptr || runtime_dir[0] != '/') return false;
  if (user != nullptr && std::string_view(user) == "root") return false;
  return in_user_namespace();
}

}  // namespace sys
