#include "runtime/cgroup/v2.h"

#include <fcntl.h>

#include <algorithm>

#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/tree.h"

namespace cgroup::v2 {
namespace {

constexpr char kControllers[] = "cgroup.controllers";  // what a cgroup has
constexpr char kSubtree[] = "cgroup.subtree_control";  // what it gives to those below
constexpr char kType[] = "cgroup.type";

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> list;
  for (std::string_view word : split(text, ' ')) {
    if (!trim(word).empty()) list.emplace_back(trim(word));
  }
  return list;
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Controllers that can work on single threads; the others need a cgroup of whole processes
// ("domain").
bool is_threaded(std::string_view controller) {
  return controller == "cpu" || controller == "cpuset" || controller == "perf_event" ||
         controller == "pids";
}

// The cgroups above `path`, from the mount point down: as far up as there is a control file.
std::vector<std::string> ancestors(const std::string& path) {
  std::vector<std::string> list;
  for (std::string at(dir_name(path)); at != "/" && file_exists(at, kSubtree); at = dir_name(at))
    list.push_back(at);
  std::reverse(list.begin(), list.end());
  return list;
}

std::string plus_list(const std::vector<std::string>& controllers) {
  std::string text;
  for (const std::string& controller : controllers)
    text += (text.empty() ? "+" : " +") + controller;
  return text;
}

// Nothing of value is lost when this fails: what is missing at the end is told by check_needed.
Status give_down(const std::string& dir) {
  std::optional<std::string> has = TRY(read_value(dir, kControllers));
  std::optional<std::string> gives = TRY(read_value(dir, kSubtree));
  if (!has || !gives) return {};
  std::vector<std::string> lacking = words(*has);
  std::vector<std::string> given = words(*gives);
  std::erase_if(lacking, [&given](const std::string& name) { return contains(given, name); });
  if (lacking.empty()) return {};
  Status all = write_value(dir, kSubtree, plus_list(lacking));
  if (all) return {};
  int errnum = all.error().errnum;
  log_debug("%s", all.error().text().c_str());
  // EBUSY: there are processes in `dir`. One by one would succeed for the threaded controllers, but
  // turn `dir` into the root of a threaded subtree, which is not ours to do. EACCES and EROFS do
  // not change either.
  if (errnum == EBUSY || is_permission(errnum)) return {};
  for (const std::string& controller : lacking) {
    Status one = write_value(dir, kSubtree, "+" + controller);
    if (!one) log_debug("%s", one.error().text().c_str());
  }
  return {};
}

Error not_available(const std::string& controller) {
  return Error::make(Code::Unsupported,
                     "cgroup v2 controller '%s' is not available, and linux.resources needs it",
                     controller.c_str())
      .with_hint(
          "this kernel does not have it, or it is in use by a v1 hierarchy (see /proc/cgroups), or "
          "the cgroup we run in "
          "was not given it");
}

// Gives `controller` down to `path`, or says why that cannot be: the uppermost cgroup that has it
// and does not give it down.
Status enable(const std::string& path, const std::vector<std::string>& above,
              const std::string& controller) {
  for (const std::string& dir : above) {
    std::string has = TRY(read_required(dir, kControllers));
    if (!has_word(has, controller)) return not_available(controller);
    std::string gives = TRY(read_required(dir, kSubtree));
    if (has_word(gives, controller)) continue;
    Status written = write_value(dir, kSubtree, "+" + controller);
    if (written) continue;
    Error error = std::move(written).error().in("enable cgroup controller '" + controller + "'");
    if (error.errnum == EBUSY) {
      error.hint = "'" + dir +
                   "' has processes of its own, so it cannot give controllers to cgroups below it; "
                   "move them to a "
                   "cgroup below, or choose another linux.cgroupsPath";
    } else if (error.errnum == EACCES || error.errnum == EPERM) {
      error.hint =
          "without root, limits need a cgroup that was delegated to you with that controller";
    }
    return error;
  }
  std::string has = TRY(read_required(path, kControllers));
  if (has_word(has, controller)) return {};
  return not_available(controller);
}

Status check_needed(const std::string& path, const std::vector<std::string>& above,
                    const std::vector<std::string>& needed) {
  if (needed.empty()) return {};
  std::string has = TRY(read_required(path, kControllers));
  for (const std::string& controller : needed) {
    if (!has_word(has, controller)) TRY(enable(path, above, controller));
  }
  return {};
}

// "domain invalid": a cgroup above is threaded, so this one can hold processes only when it is made
// threaded too, and then has no domain controllers (cgroup-v2, "Threads").
Status check_type(const std::string& path, const std::vector<std::string>& needed) {
  std::optional<std::string> type = TRY(read_value(path, kType));
  if (!type || *type == "domain") return {};
  for (const std::string& controller : needed) {
    if (is_threaded(controller)) continue;
    return Error::make(Code::CgroupFailed,
                       "cgroup '%s' is %s, so controller '%s' cannot work in it", path.c_str(),
                       type->c_str(), controller.c_str())
        .with_hint(
            "a cgroup above it has processes of its own, or is threaded; choose another "
            "linux.cgroupsPath");
  }
  if (*type == "domain invalid") return write_value(path, kType, "threaded");
  return {};
}

bool wants_block_io(const spec::BlockIo& io) {
  return io.weight.value_or(0) != 0 || !io.weight_device.empty() || !io.throttle_read_bps.empty() ||
         !io.throttle_write_bps.empty() || !io.throttle_read_iops.empty() ||
         !io.throttle_write_iops.empty();
}

}  // namespace

std::vector<std::string> needed_controllers(const spec::Resources& resources) {
  std::vector<std::string> needed;
  if (const auto& memory = resources.memory) {
    if (memory->limit.value_or(0) != 0 || memory->swap.value_or(0) != 0 ||
        memory->reservation.value_or(0) != 0)
      needed.push_back("memory");
  }
  if (const auto& cpu = resources.cpu) {
    if (cpu->shares.value_or(0) != 0 || cpu->quota.value_or(0) != 0 ||
        cpu->period.value_or(0) != 0 || cpu->burst.value_or(0) != 0 || cpu->idle.value_or(0) != 0)
      needed.push_back("cpu");
    if (!cpu->cpus.empty() || !cpu->mems.empty()) needed.push_back("cpuset");
  }
  if (resources.pids_limit.value_or(-1) >= 0) needed.push_back("pids");
  if (resources.block_io && wants_block_io(*resources.block_io)) needed.push_back("io");
  if (!resources.hugepage_limits.empty()) needed.push_back("hugetlb");
  if (!resources.rdma.empty()) needed.push_back("rdma");
  for (const auto& [name, value] : resources.unified) {
    std::string controller = name.substr(0, name.find('.'));
    if (controller != "cgroup" && controller != name) needed.push_back(controller);
  }
  std::sort(needed.begin(), needed.end());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  return needed;
}

Status need_controllers(const Location& location, const spec::Resources& resources) {
  if (location.dirs.empty()) return {};
  const std::string& path = location.dirs[0].path;
  return check_needed(path, ancestors(path), needed_controllers(resources));
}

Status make_dirs(Location* location, const spec::Resources& resources,
                 std::vector<std::string>* made) {
  if (location->dirs.empty()) return {};
  const std::string path = location->dirs[0].path;
  std::vector<std::string> needed = needed_controllers(resources);
  Result<bool> parents = cgroup::make_dirs(std::string(dir_name(path)), made);
  std::vector<std::string> above = ancestors(path);
  if (parents) {
    for (const std::string& dir : above) TRY(give_down(dir));
  }
  Result<bool> done = parents ? cgroup::make_dirs(path, made) : std::move(parents);
  if (!done && location->best_effort && needed.empty() && is_permission(done.error().errnum)) {
    log_warning("the container gets no cgroup of its own: %s, ignoring",
                done.error().text().c_str());
    location->dirs.clear();
    return {};
  }
  if (!done && location->best_effort && is_permission(done.error().errnum)) {
    return std::move(done).error().with_hint(
        "without root, limits need a cgroup that was delegated to you");
  }
  (void)TRY(std::move(done));
  TRY(check_type(path, needed));
  return check_needed(path, above, needed);
}

}  // namespace cgroup::v2
