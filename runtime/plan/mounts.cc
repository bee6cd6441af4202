// config.md, "Mounts": each entry becomes a step, in the order of the list.
#include <sys/mount.h>

#include <algorithm>

#include "base/log.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/plan/mount_steps.h"

namespace plan {

namespace {

// Files of procfs that other programs (lxcfs) give a container's view of. Anything else over a part
// of /proc could make the runtime's own writes, or the checks of others, look at a forgery
// (CVE-2019-16884).
constexpr const char* kProcFiles[] = {
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/uptime",
    "/proc/loadavg",
    "/proc/slabinfo",
    "/proc/sys/kernel/ns_last_pid",
    "/proc/sys/crypto/fips_enabled",
};

// An entry of the list, read.
struct Entry {
  const std::string& where;  // "mounts[3]"
  const spec::Mount& mount;
  const MountOptions& options;
  const Target& target;
  const std::string& destination;  // absolute
  const std::optional<MountIdMap>& id_map;
};

// Labels of the kernel's own views are the policy's business.
bool takes_label(const std::string& type) {
  return type != "proc" && type != "sysfs" && type != "cgroup" && type != "cgroup2" &&
         type != "mqueue";
}

// linux.mountLabel, for a new file system whose own options have no label.
Status add_mount_label(Builder& builder, const CreateInput& input, const Entry& entry,
                       std::vector<FsParameter>* parameters, MountNewArgs* args) {
  std::optional<FsParameter> label = TRY(mount_label(input.config, input.host));
  if (!label) return {};
  // One mqueue belongs to the IPC namespace, however often it is mounted: only its directory can
  // have a label.
  if (entry.mount.type == "mqueue") args->label = builder.arena().text(*label->value);
  bool labelled = std::any_of(parameters->begin(), parameters->end(), [](const FsParameter& item) {
    return item.key.ends_with("context");
  });
  if (labelled || !takes_label(entry.mount.type)) return {};
  parameters->push_back(*label);
  if (args->flags & kMountLegacy) {
    std::string data = entry.options.legacy_data;
    data +=
        format("%s%s=\"%s\"", data.empty() ? "" : ",", label->key.c_str(), label->value->c_str());
    args->legacy_data = builder.arena().text(data);
  }
  return {};
}

bool is_kernel_view(const std::string& type) {
  return type == "proc" || type == "sysfs";
}

Result<uint32_t> target_flags(const spec::Mount& mount, const MountOptions& options,
                              const std::string& destination) {
  uint32_t flags = options.dest_nofollow ? static_cast<uint32_t>(kTargetNoFollow) : 0;
  if (is_kernel_view(mount.type) && !options.bind) return flags | kTargetNoSymlinks;
  if (destination == "/proc") {
    if (options.remount) return flags | kTargetNoSymlinks;
    std::string source = clean_path(mount.source);
    if (options.bind && (source == "/proc" || source.starts_with("/proc/")))
      return flags | kTargetNoSymlinks;
    return Error::make(Code::ConfigInvalid, "only procfs can be mounted on /proc, not '%s'",
                       mount.source.c_str());
  }
  if (destination.starts_with("/proc/")) {
    bool known = std::find(std::begin(kProcFiles), std::end(kProcFiles), destination) !=
                 std::end(kProcFiles);
    if (!known) {
      return Error::make(Code::ConfigInvalid, "'%s' cannot be mounted because it is inside /proc",
                         destination.c_str());
    }
    return flags;
  }
  return flags | kTargetRefuseProc;
}

// What can stand in for a file system that a user namespace may not mount, because the namespace it
// shows is not its own.
const char* fallback_source(const spec::Mount& mount) {
  if (mount.type == "proc") return "/proc";
  if (mount.type == "sysfs") return "/sys";
  if (mount.type == "mqueue") return "/dev/mqueue";
  return nullptr;
}

// Words of a mount's step that is id-mapped.
const char* mapped_text(const std::optional<MountIdMap>& map) {
  return !map ? "" : map->tree ? ", with the ids of the tree mapped" : ", with its ids mapped";
}

// Hands the mount over ready made, or has init map it.
Status map_new(Builder& builder, const CreateInput& input, const Entry& entry,
               std::vector<FsParameter> parameters, MountNewArgs& args) {
  if (!entry.id_map) return {};
  if (entry.id_map->tree) args.flags |= kMountMapTree;
  if (!maps_in_parent(input)) {
    args.userns_slot = static_cast<int16_t>(TRY(add_id_map(builder, *entry.id_map)));
    return {};
  }
  Handed handed = {Handed::Kind::MountNew, entry.mount.type};
  handed.parameters = std::move(parameters);
  handed.id_map = entry.id_map;
  handed.where = entry.where;
  args.source_slot = static_cast<int16_t>(builder.hand(std::move(handed)));
  return {};
}

Status add_new(Builder& builder, const CreateInput& input, const Entry& entry) {
  const auto& [where, mount, options, target, destination, id_map] = entry;
  MountNewArgs args = {};
  args.target = target;
  args.fs_type = builder.arena().text(mount.type);
  args.attr =
      (options.attr_set | options.rec_attr_set) & ~(options.rec_attr_clear & ~options.rec_attr_set);
  copy_propagation(args.propagation, options);
  std::string source = mount.source.empty() ? mount.type : mount.source;
  std::vector<FsParameter> parameters = fs_parameters(options, mount.type);
  if (options.tmpcopyup && mount.type == "tmpfs") args.flags |= kMountCopyUp;
  if (mount.type == "tmpfs" && !has_parameter(parameters, "mode")) args.flags |= kMountModeOfTarget;
  if (options.mount2_only) {
    args.flags |= kMountLegacy;
    args.source = builder.arena().text(source);
    args.legacy_flags = options.legacy_flags;
    args.legacy_data = options.legacy_data.empty() ? 0 : builder.arena().text(options.legacy_data);
  }
  TRY(add_mount_label(builder, input, entry, &parameters, &args));
  parameters.insert(parameters.begin(), {"source", source});
  args.params = fs_params(builder, parameters);
  args.n_params = static_cast<uint32_t>(parameters.size());
  TRY(map_new(builder, input, entry, parameters, args));
  const char* fallback = fallback_source(mount);
  if (fallback != nullptr && !id_map && has_namespace(input.config, spec::NamespaceType::User)) {
    args.fallback = builder.arena().text(fallback);
  }
  std::string words =
      format("mount '%s' on '%s'%s", mount.type.c_str(), destination.c_str(), mapped_text(id_map));
  builder.add(Op::MountNew, std::move(words)).args.mount_new = args;
  return {};
}

void add_remount(Builder& builder, const Entry& entry) {
  const auto& [where, mount, options, target, destination, id_map] = entry;
  MountSetArgs args = {};
  args.target = target;
  set_attributes(args.attr, args.rec_attr, options);
  copy_propagation(args.propagation, options);
  if (!options.bind) {
    std::vector<FsParameter> parameters = fs_parameters(options, mount.type);
    args.reconfigure = parameters.empty() ? 0 : 1;
    args.params = fs_params(builder, parameters);
    args.n_params = static_cast<uint32_t>(parameters.size());
  }
  builder.add(Op::MountSet, format("remount '%s'", destination.c_str())).args.mount_set = args;
}

// A bind mount has its source's attributes if its options name none; if they name one, the others
// are off, as mount(2) with MS_REMOUNT has it and engines have come to expect. A user namespace
// locks most of what the source has.
uint64_t unspecified_attributes(const MountOptions& options, bool user_namespace) {
  if (options.attr_set == 0 && options.attr_clear == 0) return 0;
  uint64_t all = MOUNT_ATTR_NOSYMFOLLOW;
  if (!user_namespace)
    all |= MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  return all & ~options.attr_set;
}

Status add_bind(Builder& builder, const CreateInput& input, const Entry& entry) {
  const auto& [where, mount, options, target, destination, id_map] = entry;
  if (mount.source.empty()) return Error::make(Code::ConfigInvalid, "a bind mount needs a source");
  BindStep bind;
  bind.source = join_path(input.bundle, mount.source);
  bind.recursive = options.rbind;
  bind.no_follow = options.src_nofollow;
  bind.copy_symlink = options.copy_symlink;
  // Root of a new user namespace may lack the right to reach the source; the caller has it.
  bind.by_parent = !bind.copy_symlink &&
                   ((builder.plan().namespaces.create & CLONE_NEWUSER) != 0 || id_map) &&
                   input.host.may_clone_mounts;
  bind.where = where;
  if (maps_in_parent(input)) bind.id_map = id_map;
  MountBindArgs args = bind_args(builder, bind, target);
  if (id_map && !maps_in_parent(input)) {
    args.userns_slot = static_cast<int16_t>(TRY(add_id_map(builder, *id_map)));
    if (id_map->tree) args.flags |= kMountMapTree;
  }
  set_attributes(args.attr, args.rec_attr, options);
  args.attr.clear |=
      unspecified_attributes(options, has_namespace(input.config, spec::NamespaceType::User));
  copy_propagation(args.propagation, options);
  std::string words =
      format("bind '%s' on '%s'%s", bind.source.c_str(), destination.c_str(), mapped_text(id_map));
  builder.add(Op::MountBind, std::move(words)).args.mount_bind = args;
  return {};
}

// /dev is still to be filled: add_pivot() makes it read-only.
void leave_writable(MountOptions& options) {
  options.attr_set &= ~static_cast<uint64_t>(MOUNT_ATTR_RDONLY);
  options.rec_attr_set &= ~static_cast<uint64_t>(MOUNT_ATTR_RDONLY);
  options.superblock_read_only.reset();
}

Status add_mount(Builder& builder, const CreateInput& input, const std::string& where,
                 const spec::Mount& mount) {
  MountOptions options = TRY(parse_mount_options(mount.options));
  std::string destination = join_path("/", mount.destination);
  if (!is_absolute(mount.destination)) {
    log_warning("mount destination '%s' is not absolute: taken as '%s'", mount.destination.c_str(),
                destination.c_str());
  }
  if (destination == "/")
    return Error::make(Code::ConfigInvalid, "'/' cannot be a mount destination: it is root.path");
  if (destination == "/dev") leave_writable(options);
  std::optional<MountIdMap> id_map =
      TRY(mount_id_map(input, builder.plan().namespaces, mount, options));
  uint32_t flags = TRY(target_flags(mount, options, destination));
  Target target = {builder.arena().text(destination), TargetKind::Directory, flags};
  Entry entry = {where, mount, options, target, destination, id_map};
  if (options.remount) {
    add_remount(builder, entry);
    return {};
  }
  if (options.bind) return add_bind(builder, input, entry);
  if (mount.type.empty() || mount.type == "none") {
    return Error::make(Code::ConfigInvalid, "no type, and not a bind mount")
        .with_hint("add \"bind\" or \"rbind\" to its options, or a type");
  }
  // "cgroup" is what the host has; "cgroup2" where that is v1 asks for a v2 hierarchy beside it.
  bool of_host = mount.type == "cgroup2" && input.cgroup_host.layout == cgroup::Layout::Unified;
  if (mount.type == "cgroup" || of_host) {
    if (id_map)
      return Error::make(Code::Unsupported, "idmap: a cgroup file system cannot be id-mapped");
    return add_cgroup_mount(builder, input, options, destination);
  }
  return add_new(builder, input, entry);
}

}  // namespace

void copy_propagation(uint32_t (&out)[4], const MountOptions& options) {
  // Only the last four can matter, and the last of each kind decides.
  size_t n = options.propagation.size();
  size_t start = n > 4 ? n - 4 : 0;
  for (size_t i = start; i < n; i++) out[i - start] = static_cast<uint32_t>(options.propagation[i]);
}

void set_attributes(MountAttr& attr, MountAttr& rec_attr, const MountOptions& options) {
  attr.set = options.attr_set;
  attr.clear = options.attr_clear;
  rec_attr.set = options.rec_attr_set;
  rec_attr.clear = options.rec_attr_clear;
}

bool has_parameter(const std::vector<FsParameter>& parameters, std::string_view key) {
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const FsParameter& item) { return item.key == key; });
}

Address fs_params(Builder& builder, const std::vector<FsParameter>& parameters) {
  std::vector<FsParam> out;
  for (const FsParameter& item : parameters) {
    Address value = item.value ? builder.arena().text(*item.value) : 0;
    out.push_back({builder.arena().text(item.key), value});
  }
  return builder.arena().list(out);
}

MountBindArgs bind_args(Builder& builder, const BindStep& bind, const Target& target) {
  MountBindArgs args = {};
  args.target = target;
  args.flags = (bind.recursive ? static_cast<uint32_t>(kMountRecursive) : 0) |
               (bind.no_follow ? static_cast<uint32_t>(kMountSourceNoFollow) : 0) |
               (bind.copy_symlink ? static_cast<uint32_t>(kMountCopySymlink) : 0);
  if (bind.by_parent) {
    Handed handed = {Handed::Kind::MountSource, bind.source, bind.recursive, bind.no_follow};
    handed.id_map = bind.id_map;
    handed.where = bind.where;
    args.source_slot = static_cast<int16_t>(builder.hand(std::move(handed)));
  } else {
    args.source = builder.arena().text(bind.source);
  }
  return args;
}

bool dev_is_readonly(const spec::Config& config) {
  bool readonly = false;
  for (const spec::Mount& mount : config.mounts) {
    if (join_path("/", mount.destination) != "/dev") continue;
    Result<MountOptions> options = parse_mount_options(mount.options);
    uint64_t set = options ? options->attr_set | options->rec_attr_set : 0;
    uint64_t cleared = options ? options->attr_clear | options->rec_attr_clear : 0;
    bool changes = !options || !options->remount || ((set | cleared) & MOUNT_ATTR_RDONLY);
    if (changes) readonly = set & MOUNT_ATTR_RDONLY;
  }
  return readonly;
}

Status add_mounts(Builder& builder, const CreateInput& input) {
  builder.phase("mounts", Code::MountFailed);
  // Those of a container without a mount namespace are made in the runtime's, which only its own
  // user namespace may do.
  bool inherits = !has_namespace(input.config, spec::NamespaceType::Mount);
  if (inherits && !input.config.mounts.empty() &&
      has_namespace(input.config, spec::NamespaceType::User)) {
    return Error::make(
               Code::ConfigInvalid,
               "mounts: cannot be made without a mount namespace from within a user namespace")
        .with_hint("add {\"type\": \"mount\"} to linux.namespaces");
  }
  for (size_t i = 0; i < input.config.mounts.size(); i++) {
    std::string where = format("mounts[%zu]", i);
    builder.source(where);
    TRY_IN(where, add_mount(builder, input, where, input.config.mounts[i]));
  }
  builder.source("");
  return {};
}

}  // namespace plan
