// Giving a cgroup to the user who is root in the container (config-linux.md, "Cgroup ownership").

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/files.h"
#include "runtime/linux/user_namespace.h"

namespace cgroup {
namespace {

// The files that are safe to give away, as the kernel lists them (since 4.15); else those that
// cgroup v2 began with. Limits are not among them: they belong to whoever set them.
constexpr char kList[] = "/sys/kernel/cgroup/delegate";
constexpr char kFirst[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";

Result<std::string> delegated_files() {
  Result<std::string> list = read_file(AT_FDCWD, kList);
  if (!list && list.error().errnum == ENOENT) return std::string(kFirst);
  return list;
}

Status change_owner(const std::string& path, uid_t owner) {
  if (::lchown(path.c_str(), owner, static_cast<gid_t>(-1)) == 0) return {};
  return Error::sys("give '%s' to user %u", path.c_str(), owner).as(Code::CgroupFailed);
}

Status give_files(const std::string& dir, uid_t owner) {
  std::string list = TRY(delegated_files());
  TRY(change_owner(dir, owner));
  for (std::string_view name : split(list, '\n')) {
    if (name.empty()) continue;
    Status changed = change_owner(dir + "/" + std::string(name), owner);
    // A controller that is not enabled here has no files.
    if (!changed && changed.error().errnum != ENOENT) return changed;
  }
  return {};
}

}  // namespace

Status Cgroup::give_to(uid_t owner) const {
  const Location::Dir* v2 = location_.find("");
  if (v2 == nullptr) return {};
  Status given = give_files(v2->path, owner);
  if (given) return given;
  if (sys::is_machine_root()) return given;
  if (!is_permission(given.error().errnum)) return given;
  log_info("%s, ignoring", given.error().text().c_str());
  return {};
}

}  // namespace cgroup
