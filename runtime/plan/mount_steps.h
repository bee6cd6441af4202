// Shared by mounts.cc and cgroup_mounts.cc: from parsed options to the arguments of steps.
#pragma once

#include <linux/sched.h>

#include "runtime/plan/builder.h"
#include "runtime/plan/mount_options.h"

namespace plan {

struct BindStep {
  std::string source;
  bool recursive = false;
  bool no_follow = false;
  bool copy_symlink = false;  // not with by_parent
  bool by_parent = false;     // opened before the namespaces exist
  std::optional<MountIdMap> id_map = {};
  std::string where = {};  // for errors of the parent: "mounts[3]"
};
MountBindArgs bind_args(Builder& builder, const BindStep& bind, const Target& target);

void copy_propagation(uint32_t (&out)[4], const MountOptions& options);
void set_attributes(MountAttr& attr, MountAttr& rec_attr, const MountOptions& options);
bool has_parameter(const std::vector<FsParameter>& parameters, std::string_view key);
Address fs_params(Builder& builder, const std::vector<FsParameter>& parameters);  // FsParam[]

// id_mapped_mounts.cc. What config.json wants of the mount, if anything: from the mount's own
// mappings, the value of its option, or the container's user namespace.
Result<std::optional<MountIdMap>> mount_id_map(const CreateInput& input,
                                               const Namespaces& namespaces,
                                               const spec::Mount& mount,
                                               const MountOptions& options);
// Whether the parent can give a mount its ids: it has to have all rights over the file system, so
// not without root.
inline bool maps_in_parent(const CreateInput& input) {
  return input.host.euid == 0;
}
// A step that makes the user namespace for it; the slot it will be in. In a new user namespace of
// ours, where init is root.
Result<int> add_id_map(Builder& builder, const MountIdMap& map);

Status add_cgroup_mount(Builder& builder, const CreateInput& input, const MountOptions& options,
                        const std::string& destination);

}  // namespace plan
