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
  bool by_parent = false;  // opened before the namespaces exist
};
MountBindArgs bind_args(Builder& builder, const BindStep& bind, const Target& target);

void copy_propagation(uint32_t (&out)[4], const MountOptions& options);
void set_attributes(MountAttr& attr, MountAttr& rec_attr, const MountOptions& options);
bool has_parameter(const std::vector<FsParameter>& parameters, std::string_view key);
Address fs_params(Builder& builder, const std::vector<FsParameter>& parameters);  // FsParam[]

Status add_cgroup_mount(Builder& builder, const CreateInput& input, const MountOptions& options,
                        const std::string& destination);

}  // namespace plan
