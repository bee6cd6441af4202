// `rt mounts`: a mount more, or less, in a container that lives.
//
// A source is opened, and a file system made, as the host has it; only then rt itself joins the
// container's mount namespace, where it does nothing but resolve the destination inside the
// container's root and attach, or detach, by descriptor. The container cannot see rt there, as it
// stays in its own PID namespace.

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/io.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/container/container.h"
#include "runtime/container/handed_mount.h"
#include "runtime/container/open.h"
#include "runtime/linux/mount_api.h"
#include "runtime/plan/compile.h"
#include "runtime/plan/mount_options.h"
#include "spec/load.h"

namespace container {
namespace {

// These show the namespaces of who makes them, which would be the host's.
constexpr const char* kViews[] = {"proc", "sysfs", "cgroup", "cgroup2", "mqueue", "devpts"};

// Ready to be attached.
struct Ready {
  std::string destination;
  Fd mount;
  bool directory = true;
  std::vector<unsigned long> propagation;
};

Status check_options(const spec::Mount& mount, const plan::MountOptions& options) {
  const char* unfit = options.remount                                ? "remount"
                      : options.tmpcopyup                            ? "tmpcopyup"
                      : options.mount2_only                          ? "iversion, silent or acl"
                      : options.idmap || !mount.uid_mappings.empty() ? "idmap"
                      : options.copy_symlink                         ? "copy-symlink"
                                                                     : nullptr;
  if (unfit != nullptr)
    return Error::make(Code::Unsupported, "%s: not for a mount of a container that lives", unfit);
  if (options.bind) return {};
  if (mount.type.empty() || mount.type == "none") {
    return Error::make(Code::ConfigInvalid, "no type, and not a bind mount")
        .with_hint("add \"bind\" or \"rbind\" to its options, or a type");
  }
  for (const char* view : kViews) {
    if (mount.type == view) {
      return Error::make(Code::Unsupported,
                         "type '%s': it would show the host's, not the container's", view)
          .with_hint("have it in config.json when the container is created");
    }
  }
  return {};
}

Status set_attributes(int mount_fd, uint64_t set, uint64_t clear, bool recursive) {
  if (set == 0 && clear == 0) return {};
  if (sys::set_mount_attributes(mount_fd, set, clear, 0, recursive) == 0) return {};
  Error error = Error::sys("set the attributes of the mount").as(Code::MountFailed);
  if (error.errnum == ENOSYS) error.hint = "mounts of a living container need Linux 5.12";
  return error;
}

Result<Ready> prepare(const spec::Mount& mount, const std::string& bundle,
                      const std::optional<plan::FsParameter>& label) {
  plan::MountOptions options = TRY(plan::parse_mount_options(mount.options));
  TRY(check_options(mount, options));
  Ready ready;
  ready.destination = join_path("/", mount.destination);
  if (ready.destination == "/")
    return Error::make(Code::ConfigInvalid,
                       "'/' cannot be a mount destination: it is the container's root");
  plan::Handed handed = {
      options.bind ? plan::Handed::Kind::MountSource : plan::Handed::Kind::MountNew,
      options.bind ? join_path(bundle, mount.source) : mount.type, options.rbind,
      options.src_nofollow};
  if (!options.bind) {
    handed.parameters = plan::fs_parameters(options, mount.type);
    if (label) handed.parameters.push_back(*label);
    handed.parameters.insert(handed.parameters.begin(),
                             {"source", mount.source.empty() ? mount.type : mount.source});
  }
  MountNamespaces none;
  ready.mount = TRY(make_handed_mount(handed, none));
  struct stat info;
  if (::fstat(ready.mount.get(), &info) < 0) return Error::sys("stat the mount");
  ready.directory = S_ISDIR(info.st_mode);
  TRY(set_attributes(ready.mount.get(), options.attr_set, options.attr_clear, false));
  TRY(set_attributes(ready.mount.get(), options.rec_attr_set, options.rec_attr_clear, true));
  // What the host mounts later is not the container's, unless it was asked for.
  ready.propagation = options.propagation;
  if (ready.propagation.empty()) ready.propagation.push_back(MS_PRIVATE | MS_REC);
  return ready;
}

Fd open_inside(int root, const std::string& path, uint64_t flags) {
  open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

// The mountpoint, made with its parents if it is missing. Each part is looked up from the root
// anew, with the links of the container resolved in it; what is made is made in a directory that
// was opened that way.
Result<Fd> mountpoint(int root, const std::string& path, bool directory) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    bool last = end == std::string::npos;
    std::string part = path.substr(0, end);
    Fd fd = open_inside(root, part, O_PATH);
    if (!fd && errno != ENOENT)
      return Error::sys("open '%s' in the container", part.c_str()).as(Code::MountFailed);
    if (!fd) {
      Fd parent = open_inside(root, std::string(dir_name(part)), O_PATH | O_DIRECTORY);
      if (!parent)
        return Error::sys("open '%s' in the container", std::string(dir_name(part)).c_str())
            .as(Code::MountFailed);
      std::string name(base_name(part));
      int made = directory || !last ? ::mkdirat(parent.get(), name.c_str(), 0755)
                                    : ::mknodat(parent.get(), name.c_str(), S_IFREG | 0644, 0);
      if (made < 0 && errno != EEXIST)
        return Error::sys("make '%s' in the container", part.c_str()).as(Code::MountFailed);
      fd = open_inside(root, part, O_PATH);
      if (!fd) return Error::sys("open '%s' in the container", part.c_str()).as(Code::MountFailed);
    }
    if (last) return fd;
  }
}

// By the name in a directory that was resolved in the container's root, and not through a link.
Status detach(int root, const std::string& path) {
  std::string directory(dir_name(path)), name(base_name(path));
  Fd parent = open_inside(root, directory, O_PATH | O_DIRECTORY);
  if (!parent)
    return Error::sys("open '%s' in the container", directory.c_str()).as(Code::MountFailed);
  if (::fchdir(parent.get()) < 0)
    return Error::sys("enter '%s' in the container", directory.c_str());
  if (::umount2(name.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return {};
  Error error = Error::sys("unmount '%s' in the container", path.c_str()).as(Code::MountFailed);
  if (error.errnum == EINVAL) error.hint = "nothing is mounted there";
  return error;
}

// After attaching, as what is attached to a shared mount becomes shared.
Status set_propagation(const Ready& ready) {
  for (unsigned long flags : ready.propagation) {
    bool recursive = (flags & MS_REC) != 0;
    if (sys::set_mount_attributes(ready.mount.get(), 0, 0,
                                  flags & ~static_cast<unsigned long>(MS_REC), recursive) == 0)
      continue;
    return Error::sys("set the propagation of '%s'", ready.destination.c_str())
        .as(Code::MountFailed);
  }
  return {};
}

Status attach(int root, const Ready& ready) {
  Fd target = TRY(mountpoint(root, ready.destination, ready.directory));
  if (sys::move_mount(ready.mount.get(), target.get()) < 0) {
    Error error = Error::sys("mount on '%s' in the container", ready.destination.c_str())
                      .as(Code::MountFailed);
    if (error.errnum == EINVAL || error.errnum == ENOTDIR)
      error.hint = "a directory goes on a directory, and a file on a file";
    return error;
  }
  Status set = set_propagation(ready);
  if (!set) (void)detach(root, ready.destination);
  return set;
}

// Whether there is a container to change, and not the caller's own mounts.
Status check_state(const Opened& opened) {
  if (opened.status == spec::ContainerStatus::Creating)
    return Error::make(Code::ContainerState, "container is still being created");
  if (opened.status == spec::ContainerStatus::Stopped)
    return Error::make(Code::ContainerNotRunning, "container not running");
  struct stat ours, theirs;
  std::string path = format("/proc/%d/ns/mnt", static_cast<int>(opened.record.init.pid));
  if (::stat("/proc/self/ns/mnt", &ours) < 0 || ::stat(path.c_str(), &theirs) < 0)
    return Error::sys("stat '%s'", path.c_str());
  if (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev) return {};
  return Error::make(Code::Unsupported,
                     "the container has no mount namespace of its own: its mounts are the host's");
}

// Joins the container's mount namespace, for good; the value is its root.
Result<Fd> enter(const Record& record) {
  std::optional<Fd> process = TRY(open_process(record.init));
  if (!process) return Error::make(Code::ContainerNotRunning, "container not running");
  if (::setns(process->get(), CLONE_NEWNS) < 0) {
    return Error::sys("join the container's mount namespace")
        .as(Code::NamespaceFailed)
        .with_hint("mounts of a living container take root");
  }
  return open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
}

}  // namespace

Status add_mounts(const Globals& globals, const std::string& id,
                  const std::vector<spec::Mount>& mounts) {
  Opened opened = TRY(open_container_locked(globals, id));
  TRY(check_state(opened));
  std::string text = TRY(read_file(opened.dir.fd(), kConfigFile, 64 << 20));
  spec::Config config = TRY(spec::parse_config(text, kConfigFile));
  std::optional<plan::FsParameter> label = TRY(plan::mount_label(config, plan::probe_host_facts()));
  std::vector<Ready> ready;
  for (size_t i = 0; i < mounts.size(); i++)
    ready.push_back(
        TRY_IN(format("mounts[%zu]", i), prepare(mounts[i], opened.record.bundle, label)));
  Fd root = TRY(enter(opened.record));
  for (size_t i = 0; i < ready.size(); i++) {
    Status attached = attach(root.get(), ready[i]);
    if (attached) continue;
    Error error = std::move(attached).error().in(format("mounts[%zu]", i));
    // all or none; one that is gone already is no loss
    while (i-- > 0) (void)detach(root.get(), ready[i].destination);
    return error;
  }
  return {};
}

Status remove_mounts(const Globals& globals, const std::string& id,
                     const std::vector<spec::Mount>& mounts) {
  Opened opened = TRY(open_container_locked(globals, id));
  TRY(check_state(opened));
  Fd root = TRY(enter(opened.record));
  for (size_t i = mounts.size(); i-- > 0;) {
    std::string path = join_path("/", mounts[i].destination);
    if (path == "/")
      return Error::make(Code::ConfigInvalid, "mounts[%zu]: '/' is the container's root, and stays",
                         i);
    TRY_IN(format("mounts[%zu]", i), detach(root.get(), path));
  }
  return {};
}

}  // namespace container
