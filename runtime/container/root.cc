#include "runtime/container/root.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/container/container.h"
#include "runtime/linux/user_namespace.h"

namespace container {
namespace {

// $XDG_RUNTIME_DIR/rt if that is the default, else "".
std::string xdg_root() {
  const char* runtime_dir = getenv("XDG_RUNTIME_DIR");
  if (runtime_dir == nullptr || runtime_dir[0] != '/' || !sys::acts_for_user()) return {};
  return join_path(runtime_dir, "rt");
}

}  // namespace

Error no_root_for_us(Error error) {
  if (error.errnum != EACCES || geteuid() == 0) return error;
  return std::move(error).with_hint(
      "set XDG_RUNTIME_DIR to a directory of yours, or give one with --root");
}

namespace {

Status make_dirs(const std::string& path, mode_t last_mode) {
  for (size_t i = 1; i != std::string::npos;) {
    i = path.find('/', i + 1);
    bool last = i == std::string::npos;
    std::string prefix = path.substr(0, i);
    if (::mkdir(prefix.c_str(), last ? last_mode & 0777 : 0711) < 0) {
      if (errno == EEXIST) continue;
      return no_root_for_us(Error::sys("--root: make '%s'", prefix.c_str()));
    }
    // mkdir's mode loses to the umask and never holds the sticky bit.
    if (last && ::chmod(prefix.c_str(), last_mode) < 0)
      return Error::sys("chmod '%s'", prefix.c_str());
  }
  return {};
}

}  // namespace

std::string default_root() {
  std::string xdg = xdg_root();
  return xdg.empty() ? "/run/rt" : xdg;
}

Result<Fd> make_root(const std::string& given) {
  std::string root = clean_path(given);
  if (root == "/") {
    return Error::make(Code::Usage, "Option --root argument should not be set to /")
        .with_hint("name a directory of its own; without --root it is " + default_root());
  }
  Fd fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd) return fd;
  if (errno != ENOENT) return Error::sys("--root: open '%s'", root.c_str());
  TRY(make_dirs(root, root == xdg_root() ? 01700 : 0711));
  return TRY_IN("--root", open_at(AT_FDCWD, root.c_str(), O_PATH | O_DIRECTORY));
}

Result<std::optional<Fd>> open_root(const std::string& root) {
  Fd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::optional<Fd>();
  if (!fd) return Error::sys("--root: open '%s'", root.c_str());
  return std::optional<Fd>(std::move(fd));
}

Result<std::vector<std::string>> names_in(int root_fd, const std::string& root) {
  Fd copy(::fcntl(root_fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return Error::sys("--root: copy the fd of '%s'", root.c_str());
  OpenDir dir(::fdopendir(copy.get()));
  if (!dir) return Error::sys("--root: read '%s'", root.c_str());
  (void)copy.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) continue;
    std::string name = entry->d_name;
    if (check_id(name)) names.push_back(std::move(name));
    errno = 0;
  }
  if (errno != 0) return Error::sys("--root: read '%s'", root.c_str());
  std::sort(names.begin(), names.end());
  return names;
}

Error no_such_container(const std::string& root, const std::string& id) {
  Error error = Error::make(Code::ContainerNotFound, "container does not exist");
  std::vector<std::string> names;
  // A hint is a courtesy: where the directory cannot be read, the error stands without a name in
  // it.
  if (Result<std::optional<Fd>> fd = open_root(root); fd && *fd) {
    if (Result<std::vector<std::string>> found = names_in((*fd)->get(), root))
      names = *std::move(found);
  }
  std::vector<std::string_view> candidates(names.begin(), names.end());
  std::erase(candidates, id);
  std::string near = nearest(id, candidates);
  if (!near.empty()) {
    return std::move(error).with_hint(
        format("did you mean '%s'? 'rt list' shows all", near.c_str()));
  }
  return std::move(error).with_hint(
      format("'rt list' shows all; looked for '%s' under '%s' (--root)", id.c_str(), root.c_str()));
}

Status check_id(const std::string& id) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";
  constexpr size_t kNameMax = 255;  // of a directory entry, here and in the cgroup file systems
  if (id.empty()) {
    return Error::make(Code::Usage, "container id cannot be empty");
  }
  if (id == "." || id == ".." || id.find_first_not_of(kAllowed) != std::string::npos) {
    return Error::make(Code::Usage, "invalid container ID format: %s", json_quote(id).c_str())
        .with_hint("use letters, digits, '_', '+', '-' and '.'; not '.' or '..'");
  }
  if (id.size() > kNameMax) {
    return Error::make(Code::Usage, "invalid container ID format: %zu characters long", id.size())
        .with_hint(format("at most %zu are possible", kNameMax));
  }
  return {};
}

}  // namespace container
