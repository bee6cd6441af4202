#include "runtime/container/make.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/container/cgroup_owner.h"
#include "runtime/container/container.h"
#include "runtime/container/fault.h"
#include "runtime/container/hooks.h"
#include "runtime/container/notify.h"
#include "runtime/plan/builder.h"
#include "spec/load.h"

namespace container {

namespace {

// A symbolic link could be pointed elsewhere between this look and its use.
Result<std::string> find_rootfs(const spec::Config& config, const std::string& bundle) {
  if (!config.root) return Error::make(Code::ConfigInvalid, "root: missing");
  std::string path = join_path(bundle, config.root->path);
  struct stat info;
  if (lstat(path.c_str(), &info) < 0) {
    return Error::sys("root.path: invalid rootfs: stat %s", path.c_str())
        .as(Code::BundleInvalid)
        .with_hint("root.path of config.json names the directory with the container's files");
  }
  if (S_ISLNK(info.st_mode)) {
    return Error::make(Code::BundleInvalid,
                       "root.path: invalid rootfs: '%s' is not an absolute path, or a symlink",
                       path.c_str());
  }
  if (!S_ISDIR(info.st_mode)) {
    return Error::make(Code::BundleInvalid, "root.path: invalid rootfs: '%s' is not a directory",
                       path.c_str());
  }
  return path;
}

// The hooks of the runtime namespace.
Status run_runtime_hooks(const Blueprint& blueprint, int init_pidfd) {
  if (!blueprint.config.hooks) return {};
  const spec::Hooks& hooks = *blueprint.config.hooks;
  spec::State state = state_of(blueprint.record, spec::ContainerStatus::Creating);
  TRY(run_hooks(hooks.prestart, "prestart", state, init_pidfd));
  return run_hooks(hooks.create_runtime, "createRuntime", state, init_pidfd);
}

bool notifies(const spec::Seccomp& seccomp) {
  auto notify = [](const spec::SeccompRule& rule) {
    return rule.action == spec::SeccompAction::Notify;
  };
  return seccomp.default_action == spec::SeccompAction::Notify ||
         std::any_of(seccomp.syscalls.begin(), seccomp.syscalls.end(), notify);
}

// The filter is loaded as late as can be, so a missing agent would only show in `start`.
Status check_agent(const spec::Config& config) {
  if (!config.linux_ || !config.linux_->seccomp || !notifies(*config.linux_->seccomp)) return {};
  const std::string& path = config.linux_->seccomp->listener_path;
  if (access(path.c_str(), F_OK) == 0) return {};
  return Error::sys("linux.seccomp.listenerPath: failed to connect with seccomp agent '%s'",
                    path.c_str())
      .as(Code::SecurityFailed)
      .with_hint("the seccomp agent must listen on that socket before the container is created");
}

bool has_runtime_hooks(const spec::Config& config) {
  return config.hooks && (!config.hooks->prestart.empty() || !config.hooks->create_runtime.empty());
}

}  // namespace

Result<std::string> read_config(const CreateOptions& options) {
  std::string path =
      options.config_file.empty() ? options.bundle + "/config.json" : options.config_file;
  // a fifo without a writer would block
  Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat kind;
  if (file && fstat(file.get(), &kind) == 0 && !S_ISREG(kind.st_mode)) {
    return Error::make(Code::BundleInvalid, "open '%s': not a regular file", path.c_str());
  }
  if (file) return read_fd(file.get(), path.c_str(), 64 << 20);
  Error error = Error::sys("open '%s'", path.c_str()).as(Code::BundleInvalid);
  if (error.errnum == ENOENT) {
    struct stat info;
    bool bundle_there = stat(options.bundle.c_str(), &info) == 0;
    error.hint = bundle_there ? "a bundle is a directory with a config.json ('rt spec' writes one) "
                                "and a root file system"
                              : format("there is no directory '%s'", options.bundle.c_str());
  }
  return error;
}

// sd_listen_fds(3): what is meant for another process, which left its environment to us, is not
// ours to pass on.
static int listen_fds() {
  const char* text = getenv("LISTEN_FDS");
  if (text == nullptr) return 0;
  const char* pid = getenv("LISTEN_PID");
  if (pid != nullptr && parse_number<pid_t>(pid) != getpid()) return 0;
  return std::max(0, parse_number<int>(text).value_or(0));
}

Result<int> inherited_fds(int preserve_fds) {
  int64_t n = int64_t{listen_fds()} + preserve_fds;
  for (int fd = 3; fd < 3 + n; fd++) {  // ends early: no process has as many as an int can count
    if (fcntl(fd, F_GETFD) < 0) {
      return Error::sys("unable to stat preserved-fd %d (of %lld)", fd - 3,
                        static_cast<long long>(n))
          .as(Code::Usage);
    }
  }
  return static_cast<int>(n);
}

void add_listen_environment(spec::Process& process) {
  int n = listen_fds();
  if (n == 0) return;
  process.env.push_back(format("LISTEN_FDS=%d", n));
  process.env.push_back("LISTEN_PID=");  // init adds the number
  const char* names = getenv("LISTEN_FDNAMES");
  if (names != nullptr) process.env.push_back(std::string("LISTEN_FDNAMES=") + names);
}

spec::State state_of(const Record& record, spec::ContainerStatus status) {
  spec::State state;
  state.oci_version = record.oci_version;
  state.id = record.id;
  state.status = status;
  state.pid = status == spec::ContainerStatus::Stopped ? 0 : record.init.pid;
  state.bundle = record.bundle;
  state.annotations = record.annotations;
  return state;
}

Status check_console(const CreateOptions& options, const std::optional<spec::Process>& process) {
  bool terminal = process && process->terminal;
  if (terminal && options.detach && options.console_socket.empty()) {
    return Error::make(Code::Usage,
                       "cannot allocate tty if rt will detach without setting console socket")
        .with_hint("give --console-socket, or set process.terminal to false");
  }
  if (!options.console_socket.empty() && !(terminal && options.detach)) {
    return Error::make(Code::Usage,
                       "cannot use console socket if rt will not detach or allocate tty");
  }
  return {};
}

Result<Blueprint> draw(const Globals& globals, const CreateOptions& options, bool wait_for_start) {
  TRY(check_id(options.id));
  Blueprint out;
  out.config_text = TRY(read_config(options));
  out.config = TRY(spec::parse_config(out.config_text, "config.json"));
  std::string rootfs = TRY(find_rootfs(out.config, options.bundle));

  cgroup::Host host = TRY(cgroup::probe_host());
  plan::HostFacts facts = plan::probe_host_facts();
  Record& record = out.record;
  record.rootless = facts.euid != 0;
  cgroup::LocateOptions where;
  where.manager = globals.cgroup_manager;
  where.id = options.id;
  where.cgroups_path = out.config.linux_ ? out.config.linux_->cgroups_path : std::string();
  where.annotations = out.config.annotations;
  where.rootless = record.rootless || facts.in_user_namespace;
  record.cgroup = TRY(cgroup::locate(host, where));

  if (out.config.process) add_listen_environment(*out.config.process);
  out.notify = add_notify_socket(out.config, globals.root + "/" + options.id);
  plan::CreateInput input = {out.config,
                             options.id,
                             options.bundle,
                             rootfs,
                             host,
                             record.cgroup,
                             facts,
                             options.no_pivot,
                             options.no_new_keyring,
                             wait_for_start,
                             options.preserve_fds};
  out.plan = TRY(plan::compile_create(input));
  TRY(check_agent(out.config));

  record.id = options.id;
  record.oci_version = out.config.oci_version;
  record.bundle = options.bundle;
  record.rootfs = rootfs;
  record.created = rfc3339_now();
  record.creating = true;
  record.private_pid_namespace = plan::creates_namespace(out.config, spec::NamespaceType::Pid);
  record.annotations = out.config.annotations;
  if (out.config.linux_ && out.config.linux_->intel_rdt) {
    std::string resctrl = TRY(find_resctrl());
    record.rdt = TRY(locate_rdt(*out.config.linux_->intel_rdt, options.id, resctrl));
  }
  return out;
}

// What a plan may be drawn without.
static Status check_rights(const Blueprint& blueprint) {
  if (!blueprint.record.rootless || (blueprint.plan.namespaces.create & CLONE_NEWUSER)) return {};
  return Error::make(Code::PermissionDenied,
                     "a container without a user namespace of its own needs root")
      .with_hint("run as root, or write a config for an ordinary user with 'rt spec --rootless'");
}

Result<Made> make_container(const Globals& globals, const CreateOptions& options,
                            Blueprint& blueprint) {
  Record& record = blueprint.record;
  TRY(check_rights(blueprint));
  if (!record.cgroup.left_out.empty()) {
    log_warning("not every cgroup of the container can be made: no permission for '%s', ignoring",
                record.cgroup.left_out.c_str());
  }
  StateDir dir = TRY(StateDir::make(globals.root, options.id));
  TRY(dir.lock());
  TRY(fault_point("state"));
  TRY_IN(dir.path(), write_file_atomic(dir.fd(), kConfigFile, blueprint.config_text, 0600));
  // Before there is anything else to clean up, so that `delete --force` knows where to look if we
  // are killed from here on.
  TRY(dir.save(record));
  if (blueprint.notify) TRY(make_notify_directory(dir.fd()));
  TRY(fault_point("saved"));
  const spec::Resources* resources = blueprint.config.linux_ && blueprint.config.linux_->resources
                                         ? &*blueprint.config.linux_->resources
                                         : nullptr;
  cgroup::Cgroup cgroup = TRY(cgroup::Cgroup::make(record.cgroup, resources));
  std::optional<uid_t> owner = cgroup_owner(blueprint.config, record.cgroup);
  if (owner) TRY(cgroup.give_to(*owner));
  TRY(fault_point("cgroup"));
  std::optional<RdtGroups> rdt;
  if (!record.rdt.group.empty()) {
    rdt.emplace(
        TRY_IN("linux.intelRdt", RdtGroups::make(record.rdt, *blueprint.config.linux_->intel_rdt)));
  }
  RootMount root_mount;
  if (blueprint.plan.mounts_in_runtime_namespace) {
    root_mount = TRY(RootMount::prepare(record.rootfs));
    record.root_mount = root_mount.id();
    TRY(dir.save(record));
    TRY(root_mount.attach());
    TRY(fault_point("root-mount"));
  }

  LaunchOptions how;
  how.state_dirfd = dir.fd();
  how.cgroup = &cgroup;
  how.timing = !globals.timing_file.empty();
  Child child = TRY(launch(blueprint.plan, how));  // namespaces exist; init waits for go
  TRY(fault_point("launched"));
  cgroup.settle();
  TRY_IN("linux.intelRdt", join_rdt(record.rdt, child.pid()));
  NetDevices net_devices = TRY(NetDevices::move(blueprint.plan.net_devices, child.pid()));
  TRY(fault_point("net-devices"));
  record.init = TRY(ref_of(child.pid()));
  spec::State creating = state_of(record, spec::ContainerStatus::Creating);
  TRY(child.give_state(creating));
  if (blueprint.config.linux_ && blueprint.config.linux_->seccomp)
    child.set_agent(&*blueprint.config.linux_->seccomp, creating);
  TRY(fault_point("joined"));
  TRY(child.go());
  if (has_runtime_hooks(blueprint.config)) {
    TRY(child.run_until(plan::SyncPoint::Hooks));  // root file system mounted, not yet entered
    TRY(dir.save(record));                         // hooks may ask for the state
    TRY(run_runtime_hooks(blueprint, child.pidfd()));
    TRY(child.go());
  }
  TRY(child.run_until(plan::SyncPoint::Created));
  TRY(fault_point("created"));
  return Made{std::move(dir),         std::move(cgroup),     std::move(rdt),
              std::move(net_devices), std::move(root_mount), std::move(child)};
}

void Made::keep() {
  child.release();
  cgroup.keep();
  if (rdt) rdt->keep();
  net_devices.keep();
  root_mount.keep();
  dir.keep();
}

void run_poststop_after_failure(const Blueprint& blueprint, const Error& error) {
  // The container of that name is another one, and lives.
  if (error.code == Code::ContainerExists || !blueprint.config.hooks) return;
  run_hooks_or_warn(blueprint.config.hooks->poststop, "poststop",
                    state_of(blueprint.record, spec::ContainerStatus::Stopped));
}

// No newline: containerd reads it with strconv.Atoi.
Result<PidFile> PidFile::write(const std::string& path, pid_t pid) {
  PidFile file;
  if (path.empty()) return file;
  TRY_IN("--pid-file", write_file_atomic(AT_FDCWD, path.c_str(), std::to_string(pid), 0644));
  file.path_ = path;
  return file;
}

PidFile::~PidFile() {
  if (!path_.empty() && unlink(path_.c_str()) < 0 && errno != ENOENT)
    log_warning("--pid-file: %s, ignoring",
                Error::sys("remove '%s'", path_.c_str()).text().c_str());
}

Status write_timing(const Globals& globals, const std::string& lines) {
  if (globals.timing_file.empty()) return {};
  Fd fd = TRY_IN("--timing", open_at(AT_FDCWD, globals.timing_file.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644));
  return write_all(fd.get(), lines, globals.timing_file.c_str());
}

}  // namespace container
