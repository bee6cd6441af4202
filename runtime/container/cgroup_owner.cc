#include "runtime/container/cgroup_owner.h"

#include <algorithm>

#include "base/path.h"
#include "runtime/plan/builder.h"

namespace container {

namespace {

bool mounts_for_writing(const spec::Config& config) {
  return std::any_of(config.mounts.begin(), config.mounts.end(), [](const spec::Mount& mount) {
    bool cgroups = mount.source == "cgroup" && clean_path(mount.destination) == "/sys/fs/cgroup";
    return cgroups &&
           std::find(mount.options.begin(), mount.options.end(), "ro") == mount.options.end();
  });
}

std::optional<uid_t> on_host(const spec::Config& config, uid_t uid) {
  if (!plan::has_namespace(config, spec::NamespaceType::User)) return uid;
  for (const spec::IdMapping& mapping : config.linux_->uid_mappings) {
    uid_t offset = uid - mapping.container_id;
    if (uid >= mapping.container_id && offset < mapping.size) return mapping.host_id + offset;
  }
  return std::nullopt;
}

}  // namespace

std::optional<uid_t> cgroup_owner(const spec::Config& config, const cgroup::Location& location) {
  if (location.layout != cgroup::Layout::Unified || !config.linux_) return std::nullopt;
  if (!plan::creates_namespace(config, spec::NamespaceType::Cgroup) || !mounts_for_writing(config))
    return std::nullopt;
  return on_host(config, config.process ? config.process->user.uid : 0);
}

}  // namespace container
