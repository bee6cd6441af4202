// Where the cgroup of a unit is. Talking to systemd is in systemd_unit.cc, limits as properties in
// systemd_properties.cc.

#include "runtime/cgroup/systemd.h"

#include <unistd.h>

#include <algorithm>

#include "base/strings.h"

namespace cgroup {
namespace {

constexpr size_t kLongestUnitName = 255;
constexpr std::string_view kSlice = ".slice";
constexpr std::string_view kScope = ".scope";

// systemd.unit(5). No '/', so no name leads out of its directory.
bool is_unit_name(std::string_view name) {
  constexpr std::string_view kOthers = ":-_.\\@";
  auto allowed = [kOthers](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kLongestUnitName && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), allowed);
}

Error bad_unit(const std::string& name) {
  return Error::make(Code::ConfigInvalid, "linux.cgroupsPath: '%s' is no name of a systemd unit",
                     name.c_str())
      .with_hint("letters, digits and \":-_.\\@\", at most 255 bytes");
}

}  // namespace

Result<std::string> expand_slice(const std::string& slice) {
  if (slice == "-.slice") return std::string();
  std::string_view stem = slice;
  if (!slice.ends_with(kSlice) || !is_unit_name(slice)) return bad_unit(slice);
  stem.remove_suffix(kSlice.size());
  std::string path, prefix;
  for (std::string_view part : split(stem, '-')) {
    if (part.empty()) return bad_unit(slice);  // "-a", "a-", "a--b"
    prefix += (prefix.empty() ? "" : "-") + std::string(part);
    path += "/" + prefix + std::string(kSlice);
  }
  if (path.empty()) return bad_unit(slice);
  return path;
}

Result<Location> locate_unit(const Host& host, const LocateOptions& options,
                             const std::string& manager_cgroup) {
  std::string slice = manager_cgroup.empty() ? "system.slice" : "user.slice";
  std::string prefix = "rt", name = options.id;
  if (!options.cgroups_path.empty()) {
    std::vector<std::string_view> parts = split(options.cgroups_path, ':');
    if (parts.size() != 3)
      return Error::make(Code::ConfigInvalid,
                         "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd "
                         "cgroups, got \"%s\" instead",
                         options.cgroups_path.c_str())
          .with_hint("a path needs --cgroup-manager cgroupfs");
    if (!parts[0].empty()) slice = parts[0];
    prefix = parts[1];
    name = parts[2];
  }
  if (slice == "-") slice = "-.slice";
  std::string above = TRY(expand_slice(slice));
  Location location;
  location.properties = systemd::property_annotations(options.annotations);
  dbus::Writer unused;  // so that a bad one is told before anything is made
  TRY(systemd::add_annotations(location.properties, &unused));
  location.manager = Manager::Systemd;
  location.layout = host.layout;
  if (name.ends_with(kSlice)) {
    location.unit = name;
    std::string path = TRY(expand_slice(name));
    location.dirs.push_back({"", host.v2_mount_point + manager_cgroup + path});
    return location;
  }
  location.unit = (prefix.empty() ? "" : prefix + "-") + name + std::string(kScope);
  if (name.empty() || !is_unit_name(location.unit)) return bad_unit(location.unit);
  location.dirs.push_back({"", host.v2_mount_point + manager_cgroup + above + "/" + location.unit});
  return location;
}

}  // namespace cgroup
