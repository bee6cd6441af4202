// `rt update`: other limits for a container that lives.
//
// All or nothing: what was written before a value that is refused is taken back, and the saved
// configuration says what is in force, so that the next update can build on it.

#include <fcntl.h>

#include <utility>

#include "base/io.h"
#include "base/log.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/cgroup/snapshot.h"
#include "runtime/container/container.h"
#include "runtime/container/open.h"
#include "runtime/container/update_merge.h"
#include "spec/load.h"

namespace container {
namespace {

using spec::ContainerStatus;

Status check_alive(ContainerStatus status) {
  if (status == ContainerStatus::Created || status == ContainerStatus::Running ||
      status == ContainerStatus::Paused)
    return {};
  return Error::make(Code::ContainerNotRunning, "container not running")
      .with_hint(std::string("it is ") + spec::status_name(status));
}

Status check_has_cgroup(const cgroup::Cgroup& cgroup) {
  if (cgroup.exists()) return {};
  return Error::make(Code::Unsupported,
                     "the container has no cgroup, so it has no limits to change")
      .with_hint(
          "it was created with --cgroup-manager disabled, or by a user who may not make cgroups");
}

Result<spec::Config> saved_config(const StateDir& dir) {
  std::string text = TRY_IN(dir.path(), read_file(dir.fd(), kConfigFile, 64 << 20));
  std::string name = dir.path() + "/" + kConfigFile;
  return spec::parse_config(text, name.c_str());
}

// systemd has the values too, so it gets the old ones before the files do.
void roll_back(const cgroup::Cgroup& cgroup, const cgroup::Snapshot& before,
               spec::Resources previous) {
  previous.devices.clear();
  Status undone;
  if (cgroup.location().manager == cgroup::Manager::Systemd) undone = cgroup.apply(previous);
  Status restored = before.restore();
  if (undone) undone = std::move(restored);
  if (!undone) log_warning("taking the update back: %s, ignoring", undone.error().text().c_str());
}

bool changes(const spec::IntelRdt& rdt) {
  return !rdt.l3_cache_schema.empty() || !rdt.mem_bw_schema.empty();
}

Status check_rdt(const Record& record, const spec::IntelRdt& change) {
  if (!changes(change) || !record.rdt.group.empty()) return {};
  return Error::make(Code::Unsupported,
                     "the container has no linux.intelRdt, so it has no schema to change");
}

Status change_rdt(const Record& record, const spec::IntelRdt& change, spec::Config* config) {
  TRY_IN("linux.intelRdt", write_rdt(record.rdt, change.l3_cache_schema, change.mem_bw_schema));
  if (!config->linux_->intel_rdt) config->linux_->intel_rdt.emplace();
  spec::IntelRdt& remembered = *config->linux_->intel_rdt;
  if (!change.l3_cache_schema.empty()) remembered.l3_cache_schema = change.l3_cache_schema;
  if (!change.mem_bw_schema.empty()) remembered.mem_bw_schema = change.mem_bw_schema;
  return {};
}

}  // namespace

Status update(const Globals& globals, const std::string& id, const spec::Resources& resources,
              const spec::IntelRdt& rdt) {
  Opened opened = TRY(open_container_locked(globals, id));
  TRY(check_alive(opened.status));
  cgroup::Cgroup cgroup = cgroup::Cgroup::open(opened.record.cgroup);
  TRY(check_has_cgroup(cgroup));
  TRY(check_rdt(opened.record, rdt));
  spec::Config config = TRY(saved_config(opened.dir));
  if (!config.linux_) config.linux_.emplace();
  const spec::Resources previous = config.linux_->resources.value_or(spec::Resources());

  bool unified = cgroup.location().layout == cgroup::Layout::Unified;
  ResourceChange change = merge_update(previous, resources, unified);
  cgroup::Snapshot before = TRY(cgroup::Snapshot::take(cgroup.location(), change.apply));
  Status done = cgroup.apply(change.apply);
  // Last of what is written: one value that is refused is refused as a whole.
  if (done && changes(rdt)) done = change_rdt(opened.record, rdt, &config);
  if (done && (change.remember != previous || changes(rdt))) {
    config.linux_->resources = std::move(change.remember);
    done = write_file_atomic(opened.dir.fd(), kConfigFile, spec::to_json(config, false), 0600);
  }
  if (!done) roll_back(cgroup, before, previous);
  return done;
}

}  // namespace container
