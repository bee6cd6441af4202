#include "runtime/cgroup/check.h"

#include <unistd.h>

#include "base/path.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/v2.h"

namespace cgroup {
namespace {

// `path`, or the closest directory above it that is there.
std::string existing(std::string path) {
  while (path != "/" && ::access(path.c_str(), F_OK) != 0) path = dir_name(path);
  return path;
}

std::vector<std::string> needed_on_v1(const spec::Resources& resources) {
  std::vector<std::string> needed;
  for (std::string& name : v2::needed_controllers(resources))
    needed.push_back(name == "io" ? "blkio" : std::move(name));
  if (resources.network && resources.network->class_id) needed.emplace_back("net_cls");
  if (resources.network && !resources.network->priorities.empty()) needed.emplace_back("net_prio");
  return needed;
}

// What the closest cgroup that is there can give to those below it.
Result<std::vector<std::string>> missing_on_v2(const Location& location,
                                               const spec::Resources& resources) {
  std::vector<std::string> missing;
  const Location::Dir* dir = location.find("");
  if (dir == nullptr) return v2::needed_controllers(resources);
  std::optional<std::string> has = TRY(read_value(existing(dir->path), "cgroup.controllers"));
  for (std::string& name : v2::needed_controllers(resources)) {
    if (!has || !has_word(*has, name)) missing.push_back(std::move(name));
  }
  return missing;
}

}  // namespace

Result<std::vector<std::string>> missing_controllers(const Location& location,
                                                     const spec::Resources& resources) {
  if (location.layout == Layout::Unified) return missing_on_v2(location, resources);
  std::vector<std::string> missing;
  for (std::string& name : needed_on_v1(resources)) {
    if (location.find(name) == nullptr) missing.push_back(std::move(name));
  }
  return missing;
}

std::optional<std::string> closed_directory(const Location& location) {
  if (location.manager != Manager::Fs) return std::nullopt;
  for (const Location::Dir& dir : location.dirs) {
    std::string parent = existing(dir.path);
    if (::access(parent.c_str(), W_OK) != 0) return parent;
  }
  return std::nullopt;
}

}  // namespace cgroup
