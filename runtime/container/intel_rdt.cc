#include "runtime/container/intel_rdt.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/io.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/linux/mount_info.h"

namespace container {
namespace {

bool is_directory(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// In the order that config-linux.md demands.
std::string lines_of(const spec::IntelRdt& rdt) {
  std::vector<std::string> lines;
  if (!rdt.l3_cache_schema.empty()) lines.push_back(rdt.l3_cache_schema);
  if (!rdt.mem_bw_schema.empty()) lines.push_back(rdt.mem_bw_schema);
  lines.insert(lines.end(), rdt.schemata.begin(), rdt.schemata.end());
  return join(lines, "\n");
}

// "/sys/fs/resctrl/web" -> what the kernel says about the last thing that went wrong: "ok" if
// nothing.
std::string kernels_words(const std::string& group) {
  for (std::string_view dir = group; dir.size() > 1; dir = dir_name(dir)) {
    Result<std::string> words =
        read_file(AT_FDCWD, (std::string(dir) + "/info/last_cmd_status").c_str());
    if (words) return trim(*words) == "ok" ? "" : std::string(trim(*words));
  }
  return "";
}

Error explain(Error error, const std::string& group) {
  std::string words = kernels_words(group);
  if (!words.empty()) error.hint = "the kernel says: " + words;
  return std::move(error).as(Code::System);
}

Status write_schemata(const std::string& group, const std::string& lines) {
  if (lines.empty()) return {};
  Status written = write_kernel_file(AT_FDCWD, (group + "/schemata").c_str(), lines + "\n");
  if (!written) return explain(std::move(written).error(), group);
  return {};
}

Status make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0) return {};
  Error error = explain(Error::sys("make the group '%s'", path.c_str()), path);
  if (error.errnum == ENOSPC)
    error.hint = "the CPU has no more of them: remove one that is not needed";
  return error;
}

Status remove_directory(const std::string& path) {
  if (path.empty() || ::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
  return Error::sys("remove the group '%s'", path.c_str());
}

std::string one_line(std::string_view text) {
  std::string out(trim(text));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

// "0=00ff" -> {"0", "ff"}: masks are hexadecimal, and padded as the kernel likes.
std::pair<std::string_view, std::string> domain_of(std::string_view text) {
  size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {trim(text), ""};
  std::string value = to_lower(trim(text.substr(equals + 1)));
  size_t first = value.find_first_not_of('0');
  if (!value.empty()) value.erase(0, std::min(first, value.size() - 1));
  return {trim(text.substr(0, equals)), std::move(value)};
}

// The domains of resource `name` in the text of a schemata file.
std::vector<std::pair<std::string_view, std::string>> domains_of(std::string_view schemata,
                                                                 std::string_view name) {
  std::vector<std::pair<std::string_view, std::string>> out;
  for (std::string_view line : split(schemata, '\n')) {
    size_t colon = line.find(':');
    if (colon == std::string_view::npos || trim(line.substr(0, colon)) != name) continue;
    for (std::string_view part : split(line.substr(colon + 1), ';')) out.push_back(domain_of(part));
  }
  return out;
}

}  // namespace

bool schemata_have(std::string_view schemata, std::string_view wanted) {
  for (std::string_view line : split(wanted, '\n')) {
    if (trim(line).empty()) continue;
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    auto there = domains_of(schemata, trim(line.substr(0, colon)));
    for (std::string_view part : split(line.substr(colon + 1), ';')) {
      if (std::find(there.begin(), there.end(), domain_of(part)) == there.end()) return false;
    }
  }
  return true;
}

Result<std::string> find_resctrl() {
  std::vector<sys::MountInfo> mounts = TRY(sys::read_mount_info());
  for (const sys::MountInfo& mount : mounts) {
    if (mount.type == "resctrl") return mount.path;
  }
  return Error::make(Code::Unsupported,
                     "linux.intelRdt: Intel RDT is not enabled: no resctrl file system is mounted")
      .with_hint(
          "'mount -t resctrl resctrl /sys/fs/resctrl', where the CPU and the kernel have it; or "
          "take it out of config.json");
}

Result<RdtLocation> locate_rdt(const spec::IntelRdt& rdt, const std::string& id,
                               const std::string& root) {
  RdtLocation location;
  bool own = rdt.clos_id.empty();
  location.group = rdt.clos_id == "/" ? root : root + "/" + (own ? id : rdt.clos_id);
  location.remove_group = own;
  if (rdt.enable_monitoring) location.monitor = location.group + "/mon_groups/" + id;
  bool there = is_directory(location.group);
  if (own && there) {
    return Error::make(Code::ContainerExists, "linux.intelRdt: there is a group '%s' already",
                       location.group.c_str())
        .with_hint("remove it, or give it as linux.intelRdt.closID to use it");
  }
  if (!own && !there && lines_of(rdt).empty()) {
    return Error::make(Code::ConfigInvalid,
                       "linux.intelRdt.closID: there is no group '%s', and nothing to make one of",
                       location.group.c_str())
        .with_hint("make it first, or give l3CacheSchema, memBwSchema or schemata");
  }
  return location;
}

Result<RdtGroups> RdtGroups::make(const RdtLocation& location, const spec::IntelRdt& rdt) {
  RdtGroups groups;
  std::string lines = lines_of(rdt);
  if (is_directory(location.group)) {
    std::string has = TRY(read_file(AT_FDCWD, (location.group + "/schemata").c_str()));
    if (!schemata_have(has, lines)) {
      return Error::make(Code::ConfigInvalid, "the group '%s' has other values than are wanted",
                         location.group.c_str())
          .with_hint("it has: " + one_line(has));
    }
  } else {
    TRY(make_directory(location.group));
    groups.made_group_ = location.group;
    TRY(write_schemata(location.group, lines));
  }
  if (!location.monitor.empty()) {
    TRY(make_directory(location.monitor));
    groups.made_monitor_ = location.monitor;
  }
  return groups;
}

RdtGroups::RdtGroups(RdtGroups&& other) noexcept
    : made_group_(std::exchange(other.made_group_, {})),
      made_monitor_(std::exchange(other.made_monitor_, {})) {}

RdtGroups::~RdtGroups() {
  (void)remove_directory(made_monitor_);  // on the way of an error that says more
  (void)remove_directory(made_group_);
}

// The monitoring group takes only processes of the group it is in.
Status join_rdt(const RdtLocation& location, pid_t pid) {
  for (const std::string* dir : {&location.group, &location.monitor}) {
    if (dir->empty()) continue;
    Status written = write_kernel_file(AT_FDCWD, (*dir + "/tasks").c_str(), std::to_string(pid));
    if (!written) return explain(std::move(written).error(), *dir);
  }
  return {};
}

Status remove_rdt(const RdtLocation& location) {
  TRY(remove_directory(location.monitor));
  if (!location.remove_group) return {};
  return remove_directory(location.group);
}

Status write_rdt(const RdtLocation& location, const std::string& l3_cache_schema,
                 const std::string& mem_bw_schema) {
  spec::IntelRdt changed;
  changed.l3_cache_schema = l3_cache_schema;
  changed.mem_bw_schema = mem_bw_schema;
  return write_schemata(location.group, lines_of(changed));
}

}  // namespace container
