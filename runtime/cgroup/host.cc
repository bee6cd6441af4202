// Finds the hierarchies. This runs on every create, so the usual places are asked first, with a
// stat each; the mount table, which can be megabytes on a busy node, is read only when something is
// not where it usually is.

#include "runtime/cgroup/host.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <utility>

#include "base/io.h"
#include "base/path.h"
#include "base/strings.h"

namespace cgroup {
namespace {

constexpr char kRoot[] = "/sys/fs/cgroup";
constexpr char kUnified[] = "/sys/fs/cgroup/unified";
constexpr char kSelfCgroup[] = "/proc/self/cgroup";
constexpr char kMountInfo[] = "/proc/self/mountinfo";

bool contains(std::string_view list, std::string_view item) {
  std::vector<std::string_view> items = split(list, ',');
  return std::find(items.begin(), items.end(), item) != items.end();
}

// Mount table fields write blank, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      std::optional<unsigned> value = parse_number<unsigned>(text.substr(i + 1, 3), 8);
      if (value) {
        out += static_cast<char>(*value);
        i += 3;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

struct Mount {
  std::string root;  // what part of the hierarchy is mounted
  std::string path;
  std::string type;     // cgroup, cgroup2
  std::string options;  // of the super block: the controllers are among them
};

// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
std::vector<Mount> cgroup_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (std::string_view line : split(mountinfo, '\n')) {
    size_t dash = line.find(" - cgroup");
    if (dash == std::string_view::npos) continue;
    std::vector<std::string_view> place = split(line.substr(0, dash), ' ');
    std::vector<std::string_view> what = split(line.substr(dash + 3), ' ');
    if (place.size() < 6 || what.size() < 3) continue;
    if (what[0] != "cgroup" && what[0] != "cgroup2") continue;
    mounts.push_back(
        {unescape(place[3]), unescape(place[4]), std::string(what[0]), std::string(what[2])});
  }
  return mounts;
}

// Of several mounts of one hierarchy the one on /sys/fs/cgroup, else one below it, else the first.
const Mount* find_mount(const std::vector<Mount>& mounts, const char* type,
                        std::string_view controller) {
  auto rank = [](const Mount& mount) {
    return mount.path == kRoot ? 2 : mount.path.starts_with(kRoot) ? 1 : 0;
  };
  const Mount* found = nullptr;
  for (const Mount& mount : mounts) {
    if (mount.type != type) continue;
    if (!controller.empty() && !contains(mount.options, controller)) continue;
    if (found == nullptr || rank(mount) > rank(*found)) found = &mount;
  }
  return found;
}

// Where the caller's cgroup is below a mount that shows only `root` of the hierarchy, as in a
// container without a cgroup namespace: there /proc/self/cgroup has paths of the whole hierarchy.
std::string below_mount(std::string_view own, std::string_view root) {
  // Outside of our cgroup namespace: the kernel gives only the distance.
  if (own.starts_with("/..")) return "";
  // The mount shows more than our namespace. Taken as the namespace's own root.
  if (root == "/" || root.starts_with("/..")) return std::string(own);
  if (own == root) return "/";
  if (own.starts_with(root) && own[root.size()] == '/') return std::string(own.substr(root.size()));
  return "";
}

bool same_place(const char* path, long magic) {
  struct statfs fs;
  return ::statfs(path, &fs) == 0 && fs.f_type == magic;
}

// The root directory of a hierarchy has inode 1 (kernfs, since 5.5: the root is the first node).
// Anything else is a part of it, mounted by itself or shown by a cgroup namespace.
bool whole_hierarchy(const char* path) {
  struct stat info;
  return ::stat(path, &info) == 0 && info.st_ino == 1;
}

std::string directory_name(std::string_view controllers) {
  constexpr std::string_view kNamed = "name=";
  if (controllers.starts_with(kNamed)) controllers.remove_prefix(kNamed.size());
  return std::string(controllers);
}

struct Line {
  std::string_view controllers;
  std::string_view path;
};

// 4:memory:/user.slice. Of the hierarchies without a controller only systemd's is ours to join: the
// others track something else by name (login sessions).
std::vector<Line> own_cgroups(std::string_view text) {
  std::vector<Line> lines;
  for (std::string_view line : split(text, '\n')) {
    size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controllers.starts_with("name=") && controllers != "name=systemd") continue;
    lines.push_back({controllers, line.substr(second + 1)});
  }
  return lines;
}

void set_layout(Host* host) {
  if (!host->v1.empty()) {
    host->layout = host->v2_mount_point.empty() ? Layout::V1 : Layout::Hybrid;
  } else {
    host->layout = host->v2_mount_point.empty() ? Layout::None : Layout::Unified;
  }
}

// Nothing if something is not at its usual place.
std::optional<Host> probe_usual_places(const std::vector<Line>& lines) {
  Host host;
  if (same_place(kRoot, CGROUP2_SUPER_MAGIC)) {
    if (!whole_hierarchy(kRoot)) return std::nullopt;
    host.v2_mount_point = kRoot;
    for (const Line& line : lines) {
      if (line.controllers.empty()) host.v2_own_path = below_mount(line.path, "/");
    }
    set_layout(&host);
    return host;
  }
  for (const Line& line : lines) {
    if (line.controllers.empty()) {
      if (!same_place(kUnified, CGROUP2_SUPER_MAGIC)) continue;  // most v1 systems have none
      if (!whole_hierarchy(kUnified)) return std::nullopt;
      host.v2_mount_point = kUnified;
      host.v2_own_path = below_mount(line.path, "/");
      continue;
    }
    std::string name = directory_name(line.controllers);
    std::string path = std::string(kRoot) + "/" + name;
    if (!same_place(path.c_str(), CGROUP_SUPER_MAGIC)) return std::nullopt;
    if (!whole_hierarchy(path.c_str())) return std::nullopt;
    host.v1.push_back({name, std::string(line.controllers), path, below_mount(line.path, "/")});
  }
  set_layout(&host);
  if (host.layout == Layout::None || host.v1.empty()) return std::nullopt;
  return host;
}

Result<Host> probe(std::string_view proc_cgroup) {
  std::optional<Host> usual = probe_usual_places(own_cgroups(proc_cgroup));
  if (usual) return *std::move(usual);
  std::string mountinfo = TRY_IN("find the cgroup hierarchies", read_file(AT_FDCWD, kMountInfo));
  return host_from(proc_cgroup, mountinfo);
}

}  // namespace

Host host_from(std::string_view self_cgroup, std::string_view mountinfo) {
  std::vector<Mount> mounts = cgroup_mounts(mountinfo);
  Host host;
  const Mount* v2 = find_mount(mounts, "cgroup2", "");
  // A cgroup2 mount over /sys/fs/cgroup hides the v1 mounts below it, which are still in the table.
  bool hides_v1 = v2 != nullptr && v2->path == kRoot;
  for (const Line& line : own_cgroups(self_cgroup)) {
    if (line.controllers.empty()) {
      if (v2 == nullptr) continue;
      host.v2_mount_point = v2->path;
      host.v2_own_path = below_mount(line.path, v2->root);
      continue;
    }
    if (hides_v1) continue;
    const Mount* mount = find_mount(mounts, "cgroup", split(line.controllers, ',')[0]);
    if (mount == nullptr) continue;
    bool usual = std::string_view(mount->path).starts_with(kRoot);
    std::string name =
        usual ? std::string(base_name(mount->path)) : directory_name(line.controllers);
    host.v1.push_back({std::move(name), std::string(line.controllers), mount->path,
                       below_mount(line.path, mount->root)});
  }
  set_layout(&host);
  return host;
}

Result<Host> probe_host() {
  Result<std::string> self = read_file(AT_FDCWD, kSelfCgroup);
  if (!self) {
    if (self.error().errnum == ENOENT) return Host();  // a kernel without cgroups
    return std::move(self).error().in("find the cgroup hierarchies");
  }
  return probe(*self);
}

Result<Host> probe_host_of(pid_t pid) {
  std::string path = format("/proc/%d/cgroup", static_cast<int>(pid));
  std::string cgroups = TRY(read_file(AT_FDCWD, path.c_str()));
  return probe(cgroups);
}

}  // namespace cgroup
