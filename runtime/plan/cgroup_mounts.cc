// A mount of type "cgroup": the container's own view of the control groups. On v2 one cgroup2
// mount; on v1 a tmpfs with one mount for each hierarchy and links for joint controllers ("cpu" ->
// "cpu,cpuacct"), which is what programs look for.
#include <sys/mount.h>

#include "base/path.h"
#include "base/strings.h"
#include "runtime/plan/mount_steps.h"

namespace plan {

namespace {

Target directory(Builder& builder, const std::string& path) {
  return {builder.arena().text(path), TargetKind::Directory, kTargetRefuseProc};
}

void add_v2(Builder& builder, const CreateInput& input, const MountOptions& options,
            const std::string& destination) {
  MountNewArgs args = {};
  args.target = directory(builder, destination);
  args.fs_type = builder.arena().text("cgroup2");
  std::vector<FsParameter> parameters = {{"source", "cgroup"}};
  args.params = fs_params(builder, parameters);
  args.n_params = 1;
  args.attr = options.attr_set;
  // Without a cgroup namespace of its own a user namespace may not mount cgroup2; it sees its
  // directory of the host's then.
  if (const cgroup::Location::Dir* dir = input.cgroup.find(""); dir != nullptr) {
    args.fallback = builder.arena().text(dir->path);
  } else if (!input.cgroup_host.v2_mount_point.empty()) {
    args.fallback = builder.arena().text(input.cgroup_host.v2_mount_point);
  }
  copy_propagation(args.propagation, options);
  builder.add(Op::MountNew, format("mount 'cgroup2' on '%s'", destination.c_str())).args.mount_new =
      args;
}

void add_v1_tmpfs(Builder& builder, const MountOptions& options, const std::string& destination,
                  const std::optional<FsParameter>& label) {
  MountNewArgs args = {};
  args.target = directory(builder, destination);
  args.fs_type = builder.arena().text("tmpfs");
  std::vector<FsParameter> parameters = {{"source", "tmpfs"}, {"mode", "755"}};
  if (label) parameters.push_back(*label);
  args.params = fs_params(builder, parameters);
  args.n_params = static_cast<uint32_t>(parameters.size());
  // the directories come first
  args.attr = options.attr_set & ~static_cast<uint64_t>(MOUNT_ATTR_RDONLY);
  copy_propagation(args.propagation, options);
  builder.add(Op::MountNew, format("mount 'tmpfs' for cgroups on '%s'", destination.c_str()))
      .args.mount_new = args;
}

// With a cgroup namespace: a new mount of the hierarchy, which shows it from the container's cgroup
// down.
void add_v1_new(Builder& builder, const MountOptions& options, const cgroup::Hierarchy& hierarchy,
                const std::string& path) {
  std::vector<FsParameter> parameters = {{"source", "cgroup"}};
  for (std::string_view controller : split(hierarchy.controllers, ',')) {
    size_t equals = controller.find('=');
    if (equals != std::string_view::npos) {
      parameters.push_back({"none", {}});
      parameters.push_back(
          {std::string(controller.substr(0, equals)), std::string(controller.substr(equals + 1))});
    } else {
      parameters.push_back({std::string(controller), {}});
    }
  }
  MountNewArgs args = {};
  args.target = directory(builder, path);
  args.fs_type = builder.arena().text("cgroup");
  args.params = fs_params(builder, parameters);
  args.n_params = static_cast<uint32_t>(parameters.size());
  args.attr = options.attr_set;
  builder
      .add(Op::MountNew,
           format("mount cgroup '%s' on '%s'", hierarchy.controllers.c_str(), path.c_str()))
      .args.mount_new = args;
}

void add_v1_bind(Builder& builder, const CreateInput& input, const MountOptions& options,
                 const cgroup::Hierarchy& hierarchy, const std::string& path) {
  // Without a cgroup of its own in this hierarchy it is in ours. (own_path is empty when ours lies
  // outside the mount.)
  const cgroup::Location::Dir* own = input.cgroup.find(hierarchy.controllers);
  BindStep bind;
  bind.source = own != nullptr ? own->path : clean_path(hierarchy.mount_point + hierarchy.own_path);
  MountBindArgs args = bind_args(builder, bind, directory(builder, path));
  args.attr.set = options.attr_set;
  args.attr.clear =
      options.attr_set & MOUNT_ATTR__ATIME ? static_cast<uint64_t>(MOUNT_ATTR__ATIME) : 0;
  builder.add(Op::MountBind, format("bind cgroup '%s' on '%s'", bind.source.c_str(), path.c_str()))
      .args.mount_bind = args;
}

Status add_v1(Builder& builder, const CreateInput& input, const MountOptions& options,
              const std::string& destination) {
  std::optional<FsParameter> label = TRY(mount_label(input.config, input.host));
  add_v1_tmpfs(builder, options, destination, label);
  bool own_namespace = has_namespace(input.config, spec::NamespaceType::Cgroup);
  for (const cgroup::Hierarchy& hierarchy : input.cgroup_host.v1) {
    std::string path = destination + "/" + hierarchy.name;
    if (own_namespace) {
      add_v1_new(builder, options, hierarchy, path);
    } else {
      add_v1_bind(builder, input, options, hierarchy, path);
    }
    if (hierarchy.name.find(',') == std::string::npos) continue;
    for (std::string_view controller : split(hierarchy.name, ',')) {
      std::string link = destination + "/" + std::string(controller);
      SymlinkArgs args = {builder.arena().text(link), builder.arena().text(hierarchy.name), 0};
      builder.add(Op::Symlink, format("link '%s' to '%s'", link.c_str(), hierarchy.name.c_str()))
          .args.symlink = args;
    }
  }
  if (!(options.attr_set & MOUNT_ATTR_RDONLY)) return {};
  MountSetArgs args = {};
  args.target = {builder.arena().text(destination), TargetKind::Any, kTargetRefuseProc};
  args.attr.set = MOUNT_ATTR_RDONLY;
  builder.add(Op::MountSet, format("make '%s' read-only", destination.c_str())).args.mount_set =
      args;
  return {};
}

}  // namespace

Status add_cgroup_mount(Builder& builder, const CreateInput& input, const MountOptions& options,
                        const std::string& destination) {
  switch (input.cgroup_host.layout) {
    case cgroup::Layout::Unified: add_v2(builder, input, options, destination); return {};
    case cgroup::Layout::V1:
    case cgroup::Layout::Hybrid: return add_v1(builder, input, options, destination);
    case cgroup::Layout::None: break;
  }
  return Error::make(Code::Unsupported,
                     "a cgroup mount, but no cgroup file system is mounted on this machine");
}

}  // namespace plan
