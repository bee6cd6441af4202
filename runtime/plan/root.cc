// The root file system: bound, filled, entered. config.md, "Root"; config-linux.md, "Rootfs Mount
// Propagation", "Masked Paths", "Readonly Paths".
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "base/strings.h"
#include "runtime/plan/builder.h"
#include "runtime/plan/mount_steps.h"

namespace plan {

static uint32_t propagation_flags(spec::RootfsPropagation value) {
  switch (value) {
    case spec::RootfsPropagation::Unset: return 0;
    case spec::RootfsPropagation::Private: return MS_PRIVATE;
    case spec::RootfsPropagation::Shared: return MS_SHARED;
    case spec::RootfsPropagation::Slave: return MS_SLAVE;
    case spec::RootfsPropagation::Unbindable: return MS_UNBINDABLE;
    case spec::RootfsPropagation::Rprivate: return MS_PRIVATE | MS_REC;
    case spec::RootfsPropagation::Rshared: return MS_SHARED | MS_REC;
    case spec::RootfsPropagation::Rslave: return MS_SLAVE | MS_REC;
    case spec::RootfsPropagation::Runbindable: return MS_UNBINDABLE | MS_REC;
  }
  return 0;
}

static spec::RootfsPropagation propagation_of(const CreateInput& input) {
  return input.config.linux_ ? input.config.linux_->rootfs_propagation
                             : spec::RootfsPropagation::Unset;
}

// The whole tree of the new mount namespace. Unbindable would make the rootfs itself impossible to
// clone, so before the pivot it is as private.
static uint32_t tree_propagation(spec::RootfsPropagation value) {
  uint32_t flags = propagation_flags(value);
  if (flags == 0) return MS_SLAVE | MS_REC;
  if (flags & MS_UNBINDABLE) return MS_PRIVATE | MS_REC;
  return flags | MS_REC;
}

void add_root(Builder& builder, const CreateInput& input) {
  builder.phase("rootfs", Code::BundleInvalid);
  builder.source("root.path");
  Plan& plan = builder.plan();
  plan.root_slot = builder.new_slot();
  if (!has_namespace(input.config, spec::NamespaceType::Mount)) {
    // config-linux.md: what is not listed is inherited. Nothing is done to the propagation of the
    // host's mounts.
    plan.mounts_in_runtime_namespace =
        !input.config.mounts.empty() || (input.config.root && input.config.root->readonly);
    builder.call(format("open the rootfs '%s'", input.rootfs.c_str()), SYS_openat,
                 {num(AT_FDCWD), builder.text(input.rootfs), num(O_PATH | O_DIRECTORY | O_CLOEXEC)},
                 {.result_slot = plan.root_slot});
    return;
  }
  RootArgs& args =
      builder.add(Op::OpenRoot, format("prepare the rootfs '%s'", input.rootfs.c_str())).args.root;
  args = {};
  args.path = builder.arena().text(input.rootfs);
  args.slot = static_cast<int16_t>(plan.root_slot);
  args.parent_propagation = tree_propagation(propagation_of(input));
}

Status add_masks(Builder& builder, const CreateInput& input) {
  if (!input.config.linux_) return {};
  bool any =
      !input.config.linux_->masked_paths.empty() || !input.config.linux_->readonly_paths.empty();
  if (any && !has_namespace(input.config, spec::NamespaceType::Mount)) {
    return Error::make(Code::ConfigInvalid,
                       "linux.maskedPaths, readonlyPaths: need a mount namespace")
        .with_hint("add {\"type\": \"mount\"} to linux.namespaces");
  }
  builder.phase("masks", Code::MountFailed);
  std::optional<FsParameter> label = TRY(mount_label(input.config, input.host));
  Address context = label ? fs_params(builder, {*label}) : 0;
  auto add_all = [&](const spec::Strings& paths, Op op, const char* property, const char* verb) {
    for (size_t i = 0; i < paths.size(); i++) {
      builder.source(format("linux.%s[%zu]", property, i));
      PathArgs& args = builder.add(op, format("%s '%s'", verb, paths[i].c_str())).args.path;
      args = {builder.arena().text(paths[i]), 0, op == Op::Mask ? context : 0};
    }
  };
  add_all(input.config.linux_->readonly_paths, Op::Readonly, "readonlyPaths", "make read-only");
  add_all(input.config.linux_->masked_paths, Op::Mask, "maskedPaths", "mask");
  builder.source("");
  return {};
}

static void add_pivot_root(Builder& builder) {
  int root = builder.plan().root_slot;
  int old_root = builder.new_slot();
  // pivot_root(".", ".") stacks the old root on the new one, so no directory is needed for it:
  // pivot_root(2), NOTES.
  builder.call("open the old root", SYS_openat,
               {num(AT_FDCWD), builder.text("/"), num(O_PATH | O_DIRECTORY | O_CLOEXEC)},
               {.result_slot = old_root});
  builder.call("enter the rootfs", SYS_fchdir, {slot_arg(root)});
  builder.call("pivot_root into the rootfs", SYS_pivot_root,
               {builder.text("."), builder.text(".")});
  builder.call("enter the old root", SYS_fchdir, {slot_arg(old_root)});
  // So that the unmount below does not travel to the host.
  builder.call("make the old root a slave", SYS_mount,
               {num(0), builder.text("."), num(0), num(MS_SLAVE | MS_REC), num(0)});
  builder.call("detach the old root", SYS_umount2, {builder.text("."), num(MNT_DETACH)});
  builder.call("enter the new root", SYS_chdir, {builder.text("/")});
  builder.call("close the old root", SYS_close, {slot_arg(old_root)});
}

static void add_readonly(Builder& builder, const char* what, const char* path) {
  MountSetArgs& args = builder.add(Op::MountSet, what).args.mount_set;
  args = {};
  args.target = {builder.arena().text(path), TargetKind::Any, 0};
  args.attr.set = MOUNT_ATTR_RDONLY;
}

void add_pivot(Builder& builder, const CreateInput& input) {
  builder.phase("pivot", Code::MountFailed);
  if (!has_namespace(input.config, spec::NamespaceType::Mount)) {
    builder.call("enter the rootfs", SYS_fchdir, {slot_arg(builder.plan().root_slot)});
    builder.call("chroot into the rootfs", SYS_chroot, {builder.text(".")});
    // then / is no mount of the container's
    if (!builder.plan().mounts_in_runtime_namespace) return;
  } else if (input.no_pivot) {
    builder.add(Op::MoveRoot, "move the rootfs to / (--no-pivot)");
  } else {
    add_pivot_root(builder);
  }
  uint32_t propagation = propagation_flags(propagation_of(input));
  if (propagation != 0) {
    builder.source("linux.rootfsPropagation");
    builder.call("set the propagation of the root", SYS_mount,
                 {num(0), builder.text("/"), num(0), num(propagation), num(0)});
  }
  if (dev_is_readonly(input.config)) {
    builder.source("mounts");
    add_readonly(builder, "make /dev read-only", "/dev");
  }
  if (input.config.root && input.config.root->readonly) {
    builder.source("root.readonly");
    add_readonly(builder, "make the root read-only", "/");
  }
  builder.source("");
}

}  // namespace plan
