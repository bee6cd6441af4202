// `rt state` and `rt list`.

#include <fcntl.h>
#include <sys/stat.h>

#include <string_view>
#include <utility>

#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/container/container.h"
#include "runtime/container/open.h"
#include "runtime/container/root.h"

namespace container {
namespace {

// uid -> name. Read from the file itself: getpwuid() would load shared objects, which a static
// binary has not.
class UserNames {
 public:
  std::string name_of(uid_t uid) {
    for (const auto& [known, name] : known_) {
      if (known == uid) return name;
    }
    known_.emplace_back(uid, look_up(uid));
    return known_.back().second;
  }

 private:
  std::string look_up(uid_t uid) {
    if (!read_) {
      read_ = true;
      // Without the file there are no names; numbers do as well.
      if (Result<std::string> text = read_file(AT_FDCWD, "/etc/passwd")) passwd_ = *std::move(text);
    }
    for (std::string_view line : split(passwd_, '\n')) {
      std::vector<std::string_view> fields = split(line, ':');
      if (fields.size() >= 3 && !fields[0].empty() && parse_number<uid_t>(fields[2]) == uid) {
        return std::string(fields[0]);
      }
    }
    return "#" + std::to_string(uid);
  }

  std::vector<std::pair<uid_t, std::string>> known_;
  std::string passwd_;
  bool read_ = false;
};

// What glance() leaves open. Nothing for a directory without a record: not a container yet, or no
// longer.
Result<std::optional<Look>> look_closely(const std::string& root, const std::string& id) {
  StateDir dir = TRY(StateDir::open(root, id));
  std::optional<Look> found = TRY(look(dir));
  if (found) return found;
  bool busy = TRY(dir.locked_by_other());
  bool exists = TRY(dir.exists());
  if (busy || !exists) return std::optional<Look>();
  return Error::make(Code::ContainerState,
                     "a create of it was cut off; 'rt delete --force %s' removes what it left",
                     id.c_str());
}

// The uid of who made the container; nothing if it is gone.
std::optional<uid_t> owner_of(int root_fd, const std::string& id) {
  struct stat info;
  if (::fstatat(root_fd, id.c_str(), &info, AT_SYMLINK_NOFOLLOW) < 0) return std::nullopt;
  return info.st_uid;
}

Result<std::optional<Look>> look_at(int root_fd, const std::string& root, const std::string& id) {
  std::optional<Look> found = TRY(glance(root_fd, root, id));
  if (found) return found;
  return look_closely(root, id);
}

}  // namespace

Result<Info> state(const Globals& globals, const std::string& id) {
  TRY(check_id(id));
  std::optional<Look> found = TRY(glance(AT_FDCWD, globals.root, id));
  if (found) return Info{std::move(found->record), found->status, ""};
  Opened opened = TRY(open_container(globals, id));
  return Info{std::move(opened.record), opened.status, ""};
}

Result<std::vector<Info>> list(const Globals& globals) {
  std::vector<Info> infos;
  std::optional<Fd> root = TRY(open_root(globals.root));
  if (!root) {
    // Before the first create there is no default root. One that was named and is not there is a
    // mistake.
    if (globals.root_is_default) return infos;
    return Error::make(Code::Usage, "--root: '%s' does not exist", globals.root.c_str());
  }
  std::vector<std::string> ids = TRY(names_in(root->get(), globals.root));
  infos.reserve(ids.size());
  UserNames users;
  for (const std::string& id : ids) {
    Result<std::optional<Look>> found = look_at(root->get(), globals.root, id);
    // Deleted since the names were read.
    if (!found && found.error().code == Code::ContainerNotFound) continue;
    if (!found) {
      log_warning("container '%s': %s, ignoring", id.c_str(), found.error().text().c_str());
      continue;
    }
    std::optional<uid_t> owner = owner_of(root->get(), id);
    if (!*found || !owner) continue;
    Look& look = **found;
    infos.push_back(Info{std::move(look.record), look.status, users.name_of(*owner)});
  }
  return infos;
}

}  // namespace container
