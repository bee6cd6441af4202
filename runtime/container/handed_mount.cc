#include "runtime/container/handed_mount.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/container/id_map.h"
#include "runtime/linux/mount_api.h"
#include "runtime/linux/mount_info.h"

namespace container {

namespace {

Result<Fd> clone_source(const plan::Handed& handed) {
  unsigned flags = OPEN_TREE_CLONE | (handed.recursive ? AT_RECURSIVE : 0u) |
                   (handed.no_follow ? AT_SYMLINK_NOFOLLOW : 0u);
  Fd fd(sys::open_tree(AT_FDCWD, handed.path.c_str(), flags));
  if (!fd)
    return Error::sys("open the mount source '%s'", handed.path.c_str()).as(Code::MountFailed);
  return fd;
}

// With the kernel's own words, if it left any: "e tmpfs: Unknown parameter 'foo'".
Error mount_error(const plan::Handed& handed, const char* call, int fs) {
  Error error = Error::sys("mount '%s' (%s)", handed.path.c_str(), call).as(Code::MountFailed);
  char log[512];
  ssize_t n = fs >= 0 ? read(fs, log, sizeof log) : -1;
  std::string_view words =
      n > 2 ? trim(std::string_view(log, static_cast<size_t>(n)).substr(2)) : std::string_view();
  if (!words.empty()) error.what += ": " + std::string(words);
  if (error.errnum == ENODEV)
    error.hint = "this kernel has no such file system: see /proc/filesystems";
  return error;
}

// Its attributes are left to init.
Result<Fd> make_new(const plan::Handed& handed) {
  Fd fs(sys::fsopen(handed.path.c_str()));
  if (!fs) return mount_error(handed, "fsopen", -1);
  for (const plan::FsParameter& item : handed.parameters) {
    unsigned command = item.value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
    if (sys::fsconfig(fs.get(), command, item.key.c_str(),
                      item.value ? item.value->c_str() : nullptr) < 0) {
      return mount_error(handed, item.key.c_str(), fs.get());
    }
  }
  if (sys::fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr) < 0)
    return mount_error(handed, "fsconfig", fs.get());
  Fd fd(sys::fsmount(fs.get(), 0));
  if (!fd) return mount_error(handed, "fsmount", fs.get());
  return fd;
}

// The kernel says EINVAL or EPERM for anything that is wrong with it.
Error explain_map(const plan::Handed& handed) {
  Error error = Error::sys("map the ids of '%s'", handed.path.c_str()).as(Code::MountFailed);
  if (error.errnum == ENOSYS)
    return std::move(error).as(Code::Unsupported).with_hint("id-mapped mounts need Linux 5.12");
  std::optional<sys::MountInfo> mount;
  if (handed.kind == plan::Handed::Kind::MountSource) mount = sys::mount_of(handed.path);
  std::string type = mount                                         ? mount->type
                     : handed.kind == plan::Handed::Kind::MountNew ? handed.path
                                                                   : "";
  if (error.errnum == EPERM) {
    bool mapped = mount && ("," + mount->options + ",").find(",idmapped,") != std::string::npos;
    error.hint = mapped ? "that mount is id-mapped itself, and a second mapping is not possible"
                        : "the file system belongs to another user namespace, or a mount of the "
                          "tree is id-mapped already";
  }
  if (error.errnum == EINVAL && !type.empty()) {
    error.code = Code::Unsupported;
    error.hint = format("the file system '%s'%s does not support id-mapped mounts on this kernel",
                        type.c_str(), handed.id_map->tree ? ", or one mounted below it," : "");
  }
  return error;
}

bool same_map(const plan::MountIdMap& a, const plan::MountIdMap& b) {
  return a.uids == b.uids && a.gids == b.gids && a.user_namespace == b.user_namespace;
}

}  // namespace

Result<int> MountNamespaces::find(const std::string& owner, const plan::MountIdMap& map) {
  for (const Entry& entry : entries_) {
    if (same_map(entry.map, map)) return entry.fd.get();
  }
  Fd fd;
  if (map.user_namespace.empty()) {
    fd = TRY(make_user_namespace(owner, map.uids, map.gids));
  } else {
    fd = TRY(open_at(AT_FDCWD, map.user_namespace.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  }
  entries_.push_back({map, std::move(fd)});
  return entries_.back().fd.get();
}

Result<Fd> make_handed_mount(const plan::Handed& handed, MountNamespaces& namespaces) {
  Fd fd =
      TRY(handed.kind == plan::Handed::Kind::MountNew ? make_new(handed) : clone_source(handed));
  if (!handed.id_map) return fd;
  int user_namespace = TRY(namespaces.find(handed.where, *handed.id_map));
  if (sys::map_mount_ids(fd.get(), user_namespace, handed.id_map->tree) < 0)
    return explain_map(handed);
  return fd;
}

}  // namespace container
