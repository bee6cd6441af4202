// Cgroup: made, limited, removed. Joining is in join.cc, freezing in freezer.cc, killing in
// kill.cc.

#include "runtime/cgroup/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/cgroup/device_rules.h"
#include "runtime/cgroup/devices.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/freezer.h"
#include "runtime/cgroup/systemd.h"
#include "runtime/cgroup/tree.h"
#include "runtime/cgroup/v1.h"
#include "runtime/cgroup/v2.h"

namespace cgroup {
namespace {

// How long remove() waits for processes that were killed to be gone.
constexpr int64_t kRemoveMs = 5000;

Status refuse_processes(const std::string& dir) {
  std::vector<pid_t> pids;
  TRY(add_pids(dir, &pids));
  if (pids.empty()) return {};
  return Error::make(Code::CgroupFailed,
                     "container's cgroup is not empty: %zu process(es) found in '%s'", pids.size(),
                     dir.c_str())
      .with_hint(
          "another container has the same linux.cgroupsPath, or processes of an earlier one are "
          "left");
}

Status refuse_frozen(const Location& location) {
  bool frozen = TRY(is_frozen(location));
  if (!frozen) return {};
  return Error::make(Code::CgroupFailed,
                     "container's cgroup unexpectedly frozen, or one above it: '%s'",
                     freezer_dir(location)->path.c_str())
      .with_hint("nothing would run in it; thaw it first");
}

// Makes all directories and refuses those in use.
Status make_all(const Location& location, std::vector<std::string>* made,
                std::vector<bool>* fresh) {
  for (const Location::Dir& dir : location.dirs) {
    bool is_new = TRY(make_dirs(dir.path, made));
    if (!is_new) TRY(refuse_processes(dir.path));
    fresh->push_back(is_new);
  }
  return {};
}

// Device rules are always in force, as without any a container that may make device nodes could
// open every disk.
Status set_v1_devices(const Location& location, const std::vector<spec::DeviceRule>& rules,
                      bool fresh) {
  if (location.best_effort && location.find("devices") == nullptr) return {};
  std::string dir = TRY(v1::need(location, "devices", "device rules"));
  TRY_IN("linux.resources.devices", set_device_list(dir, with_default_devices(rules), fresh));
  return {};
}

Status set_v2_devices(const Location& location, const std::vector<spec::DeviceRule>& rules) {
  if (location.dirs.empty()) return {};
  TRY_IN("linux.resources.devices",
         set_device_program(location.dirs[0].path, with_default_devices(rules)));
  return {};
}

Status set_up_v1(const Location& location, const spec::Resources& resources,
                 const std::vector<bool>& fresh) {
  bool devices_fresh = true;
  for (size_t i = 0; i < location.dirs.size(); i++) {
    std::vector<std::string_view> controllers = split(location.dirs[i].controllers, ',');
    auto has = [&controllers](const char* name) {
      return std::find(controllers.begin(), controllers.end(), name) != controllers.end();
    };
    if (has("cpuset")) TRY(v1::init_cpuset(location.dirs[i].path));
    if (has("devices")) devices_fresh = fresh[i];
  }
  TRY(refuse_frozen(location));
  TRY(v1::apply(location, resources));
  return set_v1_devices(location, resources.devices, devices_fresh);
}

Status set_up_v2(const Location& location, const spec::Resources& resources) {
  TRY(refuse_frozen(location));
  TRY(v2::apply(location, resources));
  return set_v2_devices(location, resources.devices);
}

Status check_disabled(const spec::Resources& resources) {
  if (resources == spec::Resources()) return {};
  log_warning("cgroups are disabled, so nothing of linux.resources is in force, ignoring");
  return {};
}

}  // namespace

Result<Cgroup> Cgroup::make(const Location& location, const spec::Resources* resources) {
  static const spec::Resources kNoResources;
  const spec::Resources& wanted = resources != nullptr ? *resources : kNoResources;
  Cgroup cgroup;
  cgroup.location_ = location;
  if (location.manager == Manager::Disabled) {
    TRY(check_disabled(wanted));
    return cgroup;
  }
  std::vector<bool> fresh;
  if (location.manager == Manager::Systemd) {
    TRY(cgroup.start_unit(wanted));
    TRY(v2::need_controllers(cgroup.location_, wanted));
    TRY(set_up_v2(cgroup.location_, wanted));
    cgroup.open_dir();
    return cgroup;
  }
  cgroup.remove_on_destroy_ = true;
  if (location.layout == Layout::Unified) {
    TRY(v2::make_dirs(&cgroup.location_, wanted, &cgroup.made_));
    for (const Location::Dir& dir : cgroup.location_.dirs) TRY(refuse_processes(dir.path));
    TRY(set_up_v2(cgroup.location_, wanted));
  } else {
    TRY(make_all(cgroup.location_, &cgroup.made_, &fresh));
    TRY(set_up_v1(cgroup.location_, wanted, fresh));
  }
  cgroup.open_dir();
  return cgroup;
}

// Whether it is ours to stop is known when it was started: a unit of that name may be another
// container's.
Status Cgroup::start_unit(const spec::Resources& wanted) {
  bool is_scope = !location_.unit.ends_with(".slice");
  if (is_scope) placeholder_ = TRY(Placeholder::start());
  TRY(systemd::start_unit(location_, wanted, placeholder_.pid()));
  remove_on_destroy_ = true;
  return {};
}

void Cgroup::keep() {
  remove_on_destroy_ = false;
}

Cgroup Cgroup::open(const Location& location) {
  Cgroup cgroup;
  cgroup.location_ = location;
  cgroup.open_dir();
  return cgroup;
}

void Cgroup::open_dir() {
  const Location::Dir* v2 = location_.find("");
  if (v2 == nullptr) return;
  // Not there: gone, and -1 says so.
  dir_fd_.reset(::open(v2->path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

Cgroup::Cgroup(Cgroup&& other) noexcept
    : location_(std::move(other.location_)),
      dir_fd_(std::move(other.dir_fd_)),
      placeholder_(std::move(other.placeholder_)),
      made_(std::move(other.made_)),
      remove_on_destroy_(std::exchange(other.remove_on_destroy_, false)) {}

Cgroup& Cgroup::operator=(Cgroup&& other) noexcept {
  if (this == &other) return *this;
  destroy();
  location_ = std::move(other.location_);
  dir_fd_ = std::move(other.dir_fd_);
  placeholder_ = std::move(other.placeholder_);
  made_ = std::move(other.made_);
  remove_on_destroy_ = std::exchange(other.remove_on_destroy_, false);
  return *this;
}

Cgroup::~Cgroup() {
  destroy();
}

// Only what make() made: a directory that was there before stays, and so does a parent that others
// use by now. In the container's own directories may be cgroups that its first process made.
void Cgroup::destroy() {
  placeholder_.end();
  if (!std::exchange(remove_on_destroy_, false)) return;
  if (location_.manager == Manager::Systemd) {
    Status removed = remove();
    if (!removed) log_warning("%s, ignoring", removed.error().text().c_str());
    return;
  }
  int64_t deadline = monotonic_ms() + kRemoveMs;
  for (const Location::Dir& dir : location_.dirs) {
    if (std::find(made_.begin(), made_.end(), dir.path) == made_.end()) continue;
    Status removed = remove_tree(dir.path, deadline);
    if (!removed) log_warning("%s, ignoring", removed.error().text().c_str());
  }
  remove_made(made_);
}

Status Cgroup::apply(const spec::Resources& resources) const {
  if (location_.manager == Manager::Disabled) return check_disabled(resources);
  if (location_.layout == Layout::Unified) {
    if (location_.manager == Manager::Systemd) TRY(systemd::set_properties(location_, resources));
    TRY(v2::need_controllers(location_, resources));
    TRY(v2::apply(location_, resources));
    if (resources.devices.empty()) return {};
    return set_v2_devices(location_, resources.devices);
  }
  TRY(v1::apply(location_, resources));
  if (resources.devices.empty()) return {};
  return set_v1_devices(location_, resources.devices, false);
}

bool Cgroup::exists() const {
  return std::any_of(location_.dirs.begin(), location_.dirs.end(), [](const Location::Dir& dir) {
    return ::access(dir.path.c_str(), F_OK) == 0;
  });
}

// From every hierarchy: on v1 a process that may can leave one and stay in the others.
Result<std::vector<pid_t>> Cgroup::pids() const {
  std::vector<pid_t> pids;
  for (const Location::Dir& dir : location_.dirs) TRY(add_pids(dir.path, &pids));
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

Status Cgroup::remove() {
  int64_t deadline = monotonic_ms() + kRemoveMs;
  Status result;
  // Before the directories: stopping ends what is left in them. A scope goes by itself when its
  // last process does.
  if (location_.manager == Manager::Systemd && exists()) result = systemd::stop_unit(location_);
  // All are tried, so that what can go goes; the first that could not is told.
  for (const Location::Dir& dir : location_.dirs) {
    Status removed = remove_tree(dir.path, deadline);
    if (!removed && result) result = std::move(removed);
  }
  if (result) remove_on_destroy_ = false;
  return result;
}

}  // namespace cgroup
