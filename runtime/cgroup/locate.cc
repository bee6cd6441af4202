// From linux.cgroupsPath to directories (config-linux.md, "Cgroups Path"). Touches nothing.

#include <unistd.h>

#include <algorithm>

#include "base/path.h"
#include "base/strings.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/systemd.h"

namespace cgroup {
namespace {

// slice:prefix:name. A path could look like it, so only what cannot be meant as a path is taken for
// it.
bool is_systemd_form(std::string_view path) {
  return std::count(path.begin(), path.end(), ':') == 2 && path.find('/') == std::string_view::npos;
}

// Lexically: there are no symbolic links in a cgroup file system.
bool climbs_out(std::string_view path) {
  int depth = 0;
  for (std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    depth += part == ".." ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

Status check_path(const std::string& path) {
  if (is_systemd_form(path)) {
    return Error::make(Code::ConfigInvalid,
                       "linux.cgroupsPath: '%s' is in systemd's form 'slice:prefix:name'",
                       path.c_str())
        .with_hint("use --systemd-cgroup, or give a path such as '/my/container'");
  }
  if (climbs_out(path)) {
    return Error::make(Code::ConfigInvalid, "linux.cgroupsPath: '%s' leads out of where it starts",
                       path.c_str())
        .with_hint("leave out '..'");
  }
  // The kernel refuses a line end in a name, with EINVAL.
  if (path.find('\n') != std::string::npos) {
    return Error::make(Code::ConfigInvalid, "linux.cgroupsPath: a line end is not allowed in it");
  }
  std::string clean = clean_path(path);
  if (clean == "/" || clean == ".") {
    return Error::make(Code::ConfigInvalid,
                       "linux.cgroupsPath: '%s' is not a cgroup of the container's own",
                       path.c_str())
        .with_hint("give a path such as '/my/container', or leave it out");
  }
  return {};
}

// Where a path that is not absolute starts.
enum class Start { OwnCgroup, ParentOfOwn };

Result<std::string> place(const std::string& mount_point, const std::string& own, Start start,
                          const std::string& path) {
  if (is_absolute(path)) return clean_path(mount_point + path);
  if (own.empty()) {
    return Error::make(Code::Unsupported,
                       "our own cgroup is not below '%s', so a relative cgroupsPath has no place",
                       mount_point.c_str())
        .with_hint("give an absolute linux.cgroupsPath");
  }
  std::string base = start == Start::OwnCgroup ? own : std::string(dir_name(own));
  return clean_path(mount_point + base + "/" + path);
}

// Whether mkdir would be allowed, as far as a look tells: the nearest directory that is there
// decides.
bool may_make(std::string_view path) {
  for (;;) {
    path = dir_name(path);
    if (::access(std::string(path).c_str(), W_OK) == 0) return true;
    if (errno != ENOENT || path == "/") return false;
  }
}

// The container stays in the caller's own cgroup of those hierarchies, and its cgroup mounts show
// that one.
void leave_out_forbidden(Location& location) {
  std::erase_if(location.dirs, [&location](const Location::Dir& dir) {
    bool forbidden = !may_make(dir.path);
    if (forbidden && location.left_out.empty()) location.left_out = dir.path;
    return forbidden;
  });
}

}  // namespace

const char* manager_name(Manager manager) {
  switch (manager) {
    case Manager::Fs: return "cgroupfs";
    case Manager::Systemd: return "systemd";
    case Manager::Disabled: return "disabled";
  }
  return "";
}

const Location::Dir* Location::find(std::string_view controller) const {
  for (const Dir& dir : dirs) {
    std::vector<std::string_view> list = split(dir.controllers, ',');
    if (std::find(list.begin(), list.end(), controller) != list.end()) return &dir;
  }
  return nullptr;
}

Result<Location> locate(const Host& host, const LocateOptions& options) {
  Location location;
  location.manager = options.manager;
  location.layout = host.layout;
  if (options.manager == Manager::Disabled) return location;
  if (options.manager == Manager::Systemd) return locate_systemd(host, options);

  bool given = !options.cgroups_path.empty();
  location.best_effort = options.rootless && !given;
  const std::string& path = given ? options.cgroups_path : options.id;
  TRY(check_path(path));
  if (host.layout == Layout::None) {
    if (location.best_effort) return location;
    return Error::make(Code::Unsupported, "no cgroup file system is mounted")
        .with_hint(
            "mount one ('mount -t cgroup2 cgroup2 /sys/fs/cgroup'), or use --cgroup-manager "
            "disabled");
  }
  for (const Hierarchy& hierarchy : host.v1) {
    std::string dir = TRY(place(hierarchy.mount_point, hierarchy.own_path, Start::OwnCgroup, path));
    location.dirs.push_back({hierarchy.controllers, std::move(dir)});
  }
  if (!host.v2_mount_point.empty()) {
    // Hybrid: no controller works on v2, so a cgroup with processes can have others below. The
    // container gets a directory there as well: cgroup.kill kills all of it at once, and it leaves
    // the cgroup by which systemd keeps track of the caller.
    Start start = host.layout == Layout::Unified ? Start::ParentOfOwn : Start::OwnCgroup;
    std::string dir = TRY(place(host.v2_mount_point, host.v2_own_path, start, path));
    location.dirs.push_back({"", std::move(dir)});
  }
  if (location.best_effort && host.layout != Layout::Unified) leave_out_forbidden(location);
  return location;
}

}  // namespace cgroup
