#include "runtime/cgroup/snapshot.h"

#include <algorithm>

#include "base/strings.h"
#include "runtime/cgroup/files.h"

namespace cgroup {
namespace {

constexpr char kOomControl[] = "memory.oom_control";

constexpr const char* kV1Cpu[] = {"cpu.shares",       "cpu.cfs_period_us", "cpu.cfs_quota_us",
                                  "cpu.cfs_burst_us", "cpu.idle",          "cpu.rt_period_us",
                                  "cpu.rt_runtime_us"};
constexpr const char* kV1Memory[] = {"memory.limit_in_bytes",      "memory.memsw.limit_in_bytes",
                                     "memory.soft_limit_in_bytes", kOomControl,
                                     "memory.swappiness",          "memory.use_hierarchy"};
constexpr const char* kV1Block[] = {"blkio.weight", "blkio.bfq.weight", "blkio.leaf_weight"};
constexpr const char* kCpuset[] = {"cpuset.cpus", "cpuset.mems"};
constexpr const char* kV2Cpu[] = {"cpu.weight", "cpu.max", "cpu.max.burst", "cpu.idle"};
constexpr const char* kV2Memory[] = {"memory.max", "memory.swap.max", "memory.low"};

// A line for each device, and what takes one away.
struct Keyed {
  const char* name;
  const char* gone;
};
constexpr Keyed kV1Devices[] = {
    {"blkio.weight_device", "0"},
    {"blkio.leaf_weight_device", "0"},
    {"blkio.bfq.weight_device", "default"},
    {"blkio.throttle.read_bps_device", "0"},
    {"blkio.throttle.write_bps_device", "0"},
    {"blkio.throttle.read_iops_device", "0"},
    {"blkio.throttle.write_iops_device", "0"},
};
constexpr Keyed kV2Devices[] = {
    {"io.max", "rbps=max wbps=max riops=max wiops=max"},
    {"io.weight", "default"},
    {"io.bfq.weight", "default"},
};
constexpr Keyed kRdma = {"rdma.max", nullptr};                  // lists every device
constexpr Keyed kInterfaces = {"net_prio.ifpriomap", nullptr};  // and every interface

std::string_view key_of(std::string_view line) {
  return line.substr(0, line.find(' '));
}

// "oom_kill_disable 1\nunder_oom 0\n...": what is written is the first number alone.
std::string oom_kill_disable(const std::string& text) {
  std::string_view first = split(text, '\n')[0];
  return std::string(first.substr(first.rfind(' ') + 1));
}

// Files that are no limits, or are not written as they are read.
bool is_control_file(std::string_view name) {
  return name.starts_with("cgroup.") && !name.starts_with("cgroup.max.");
}

}  // namespace

std::vector<std::string> lines_back(std::string_view before, std::string_view now,
                                    const char* gone) {
  std::vector<std::string_view> old_lines = split(before, '\n');
  std::vector<std::string_view> new_lines = split(now, '\n');
  std::vector<std::string> writes;
  if (gone != nullptr) {
    for (std::string_view line : new_lines) {
      if (line.empty()) continue;
      bool known = std::any_of(
          old_lines.begin(), old_lines.end(),
          [line](std::string_view old_line) { return key_of(old_line) == key_of(line); });
      if (!known) writes.push_back(std::string(key_of(line)) + " " + gone);
    }
  }
  for (std::string_view line : old_lines) {
    if (line.empty()) continue;
    if (std::find(new_lines.begin(), new_lines.end(), line) == new_lines.end())
      writes.emplace_back(line);
  }
  return writes;
}

// Collects the files. A file or a controller that is not there is left out: what is not there is
// not written either.
class SnapshotTaker {
 public:
  SnapshotTaker(const Location& location, Snapshot* out) : location_(location), out_(out) {}

  Status whole(const char* controller, const std::string& name) {
    return add(controller, {"", name, Snapshot::Form::Whole, nullptr, ""});
  }
  template <size_t N>
  Status whole(const char* controller, const char* const (&names)[N]) {
    for (const char* name : names) TRY(whole(controller, std::string(name)));
    return {};
  }
  Status lines(const char* controller, const Keyed& file) {
    return add(controller, {"", file.name, Snapshot::Form::Lines, file.gone, ""});
  }
  template <size_t N>
  Status lines(const char* controller, const Keyed (&files)[N]) {
    for (const Keyed& file : files) TRY(lines(controller, file));
    return {};
  }
  Status hugepages(const char* controller, const char* suffix,
                   const std::vector<spec::HugepageLimit>& limits) {
    for (const spec::HugepageLimit& limit : limits) {
      if (limit.page_size.find('/') != std::string::npos) continue;  // apply() will refuse it
      TRY(whole(controller, "hugetlb." + limit.page_size + "." + suffix));
      TRY(whole(controller, "hugetlb." + limit.page_size + ".rsvd." + suffix));
    }
    return {};
  }
  // A file that is in a table is read as it says, and once.
  Status unified(const std::string& name) {
    if (name.find('/') != std::string::npos || is_control_file(name)) return {};
    for (const Keyed& file : kV2Devices) {
      if (name == file.name) return lines("", file);
    }
    if (name == kRdma.name) return lines("", kRdma);
    return whole("", name);
  }

 private:
  Status add(const char* controller, Snapshot::File file) {
    const Location::Dir* dir = location_.find(controller);
    if (dir == nullptr) return {};
    for (const Snapshot::File& other : out_->files_) {
      if (other.dir == dir->path && other.name == file.name) return {};
    }
    file.dir = dir->path;
    if (!file_exists(file.dir, file.name.c_str())) return {};
    Result<std::string> text = Snapshot::current(file);
    // Some files can only be written (memory.reclaim): there is nothing to go back to.
    if (!text && (text.error().errnum == EINVAL || text.error().errnum == EACCES)) return {};
    file.text = TRY(std::move(text));
    bool many = file.form == Snapshot::Form::Whole && file.text.find('\n') != std::string::npos;
    if (many) file.form = Snapshot::Form::Lines;
    out_->files_.push_back(std::move(file));
    return {};
  }

  const Location& location_;
  Snapshot* out_;
};

namespace {

Status take_v1(SnapshotTaker& taker, const spec::Resources& resources) {
  if (resources.cpu) {
    TRY(taker.whole("cpu", kV1Cpu));
    TRY(taker.whole("cpuset", kCpuset));
  }
  if (resources.memory) TRY(taker.whole("memory", kV1Memory));
  if (resources.pids_limit) TRY(taker.whole("pids", "pids.max"));
  if (resources.block_io) {
    TRY(taker.whole("blkio", kV1Block));
    TRY(taker.lines("blkio", kV1Devices));
  }
  TRY(taker.hugepages("hugetlb", "limit_in_bytes", resources.hugepage_limits));
  if (resources.network) {
    TRY(taker.whole("net_cls", "net_cls.classid"));
    TRY(taker.lines("net_prio", kInterfaces));
  }
  if (!resources.rdma.empty()) TRY(taker.lines("rdma", kRdma));
  return {};
}

Status take_v2(SnapshotTaker& taker, const spec::Resources& resources) {
  if (resources.cpu) {
    TRY(taker.whole("", kV2Cpu));
    TRY(taker.whole("", kCpuset));
  }
  if (resources.memory) TRY(taker.whole("", kV2Memory));
  if (resources.pids_limit) TRY(taker.whole("", "pids.max"));
  if (resources.block_io) TRY(taker.lines("", kV2Devices));
  TRY(taker.hugepages("", "max", resources.hugepage_limits));
  if (!resources.rdma.empty()) TRY(taker.lines("", kRdma));
  for (const auto& [name, value] : resources.unified) TRY(taker.unified(name));
  return {};
}

}  // namespace

Result<Snapshot> Snapshot::take(const Location& location, const spec::Resources& resources) {
  Snapshot snapshot;
  SnapshotTaker taker(location, &snapshot);
  bool unified = location.layout == Layout::Unified;
  TRY(unified ? take_v2(taker, resources) : take_v1(taker, resources));
  return snapshot;
}

Result<std::string> Snapshot::current(const File& file) {
  std::string text = TRY(read_required(file.dir, file.name.c_str()));
  if (file.name == kOomControl) return oom_kill_disable(text);
  return text;
}

Status Snapshot::put_back(const File& file) {
  std::string now = TRY(current(file));
  if (now == file.text) return {};
  // No value at all is written as a line end: a write of nothing does not reach the file.
  if (file.form == Form::Whole)
    return write_value(file.dir, file.name.c_str(), file.text.empty() ? "\n" : file.text);
  for (const std::string& line : lines_back(file.text, now, file.gone))
    TRY(write_value(file.dir, file.name.c_str(), line));
  return {};
}

// Which value must go before which depends on where they come from (limit and memsw, quota and
// period, idle and shares). So all are tried until a round brings nothing more.
Status Snapshot::restore() const {
  for (size_t left = files_.size() + 1;;) {
    size_t refused = 0;
    Status first;
    for (const File& file : files_) {
      Status done = put_back(file);
      if (done) continue;
      refused++;
      if (first) first = std::move(done);
    }
    if (refused == 0 || refused >= left) return first;
    left = refused;
  }
}

}  // namespace cgroup
