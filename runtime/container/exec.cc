// `rt exec`: another process in a running container.
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/io.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/container/console.h"
#include "runtime/container/container.h"
#include "runtime/container/exec_process.h"
#include "runtime/container/foreground.h"
#include "runtime/container/launch.h"
#include "runtime/container/make.h"
#include "runtime/container/open.h"
#include "runtime/plan/builder.h"
#include "spec/load.h"

namespace container {

namespace {

Status check_state(const Opened& opened, const ExecOptions& options) {
  switch (opened.status) {
    case spec::ContainerStatus::Created:
    case spec::ContainerStatus::Running: return {};
    case spec::ContainerStatus::Paused:
      if (options.ignore_paused) return {};
      return Error::make(Code::ContainerState,
                         "cannot exec in a paused container (use --ignore-paused to override)");
    case spec::ContainerStatus::Creating:
      return Error::make(Code::ContainerState, "cannot exec in a container that is being created");
    case spec::ContainerStatus::Stopped: break;
  }
  return Error::make(Code::ContainerNotRunning, "cannot exec in a stopped container");
}

// Whether the process shares a namespace with us, for which setns() would be refused or pointless.
bool same_namespace(pid_t pid, const char* name) {
  struct stat own, theirs;
  std::string own_path = format("/proc/self/ns/%s", name);
  std::string their_path = format("/proc/%d/ns/%s", pid, name);
  if (stat(own_path.c_str(), &own) < 0 || stat(their_path.c_str(), &theirs) < 0) return false;
  return own.st_ino == theirs.st_ino && own.st_dev == theirs.st_dev;
}

struct Joined {
  spec::NamespaceType type;
  int flag;
};
constexpr Joined kJoined[] = {
    {spec::NamespaceType::Mount, CLONE_NEWNS},    {spec::NamespaceType::Pid, CLONE_NEWPID},
    {spec::NamespaceType::Network, CLONE_NEWNET}, {spec::NamespaceType::Uts, CLONE_NEWUTS},
    {spec::NamespaceType::Ipc, CLONE_NEWIPC},     {spec::NamespaceType::Cgroup, CLONE_NEWCGROUP},
    {spec::NamespaceType::Time, CLONE_NEWTIME},
};

// One descriptor joins them all at once. The user namespace is told apart: it has to be entered
// before its pid namespace.
std::vector<plan::Namespaces::Join> joins_of(const spec::Config& config, const Record& record,
                                             int pidfd) {
  int flags = 0;
  for (const Joined& item : kJoined) {
    if (plan::has_namespace(config, item.type)) flags |= item.flag;
  }
  std::vector<plan::Namespaces::Join> out;
  bool user = plan::has_namespace(config, spec::NamespaceType::User) &&
              !same_namespace(record.init.pid, "user");
  if (user) out.push_back({"", CLONE_NEWUSER, pidfd});
  if (flags != 0) out.push_back({"", flags, pidfd});
  return out;
}

// --cgroup: "PATH" for all hierarchies (v2: the one), or "CONTROLLER[,CONTROLLER]:PATH" for one of
// v1. Below the container's.
Result<cgroup::Location> sub_cgroup(cgroup::Location location, const spec::Strings& wanted) {
  for (const std::string& text : wanted) {
    size_t colon = text.find(':');
    std::string path = colon == std::string::npos ? text : text.substr(colon + 1);
    std::string clean = clean_path("/" + path);
    if (path.find("..") != std::string::npos) {
      return Error::make(Code::Usage,
                         "--cgroup: bad sub cgroup path '%s': it must not contain '..'",
                         text.c_str());
    }
    bool found = false;
    for (cgroup::Location::Dir& dir : location.dirs) {
      bool meant = colon == std::string::npos;
      for (std::string_view controller :
           split(std::string_view(text).substr(0, colon == std::string::npos ? 0 : colon), ',')) {
        std::vector<std::string_view> own = split(dir.controllers, ',');
        meant |= !controller.empty() && std::find(own.begin(), own.end(), controller) != own.end();
      }
      if (meant) dir.path = clean == "/" ? dir.path : dir.path + clean;
      found |= meant;
    }
    if (!found)
      return Error::make(Code::Usage,
                         "--cgroup: unknown controller in '%s': no cgroup hierarchy has it",
                         text.c_str());
  }
  for (const cgroup::Location::Dir& dir : location.dirs) {
    if (!wanted.empty() && access(dir.path.c_str(), F_OK) < 0) {
      return Error::sys("--cgroup: '%s'", dir.path.c_str()).as(Code::CgroupFailed);
    }
  }
  return location;
}

// What init has for "/". The number is looked at again once it is open: by then it could be another
// process's.
Result<Fd> open_container_root(const ProcessRef& init) {
  Fd root = TRY(open_at(AT_FDCWD, format("/proc/%d/root", init.pid).c_str(), O_PATH | O_DIRECTORY));
  if (!TRY(open_process(init)))
    return Error::make(Code::ContainerNotRunning, "cannot exec in a stopped container");
  return root;
}

struct Prepared {
  Opened opened;
  spec::Config config;
  spec::Process process;
  Fd init_pidfd;
  Fd root;  // of a container that is in the runtime's mount namespace
  cgroup::Location cgroup;
};

Result<Prepared> prepare(const Globals& globals, const ExecOptions& options) {
  Prepared out = {TRY(open_container(globals, options.id)), {}, {}, Fd(), Fd(), {}};
  TRY(check_state(out.opened, options));
  std::string text = TRY(read_file(out.opened.dir.fd(), kConfigFile, 64 << 20));
  out.config = TRY(spec::parse_config(text, kConfigFile));
  out.process = TRY(exec_process(out.config, options));
  add_listen_environment(out.process);
  CreateOptions terminal;
  terminal.console_socket = options.console_socket;
  terminal.detach = options.detach;
  TRY(check_console(terminal, out.process));
  std::optional<Fd> pidfd = TRY(open_process(out.opened.record.init));
  if (!pidfd) return Error::make(Code::ContainerNotRunning, "cannot exec in a stopped container");
  out.init_pidfd = std::move(*pidfd);
  if (!plan::has_namespace(out.config, spec::NamespaceType::Mount)) {
    out.root = TRY(open_container_root(out.opened.record.init));
  }
  const cgroup::Location& own = out.opened.record.cgroup;
  out.cgroup = TRY(options.cgroups.empty() ? cgroup::beside(own, out.opened.record.init.pid)
                                           : sub_cgroup(own, options.cgroups));
  // A user may be in a cgroup from which there is no way into that of the container: a login
  // session, for one.
  out.cgroup.best_effort = out.opened.record.rootless;
  return out;
}

Result<plan::Plan> compile(const Prepared& prepared, const ExecOptions& options) {
  plan::ExecInput input = {.config = prepared.config,
                           .process = prepared.process,
                           .id = options.id,
                           .joins = {},
                           .host = {}};
  input.joins = joins_of(prepared.config, prepared.opened.record, prepared.init_pidfd.get());
  input.joins_user = !input.joins.empty() && input.joins.front().type == CLONE_NEWUSER;
  if (prepared.root) input.root = format("/proc/self/fd/%d", prepared.root.get());
  input.host = plan::probe_host_facts();
  input.preserve_fds = options.preserve_fds;
  bool one_gid = prepared.config.linux_ && prepared.config.linux_->gid_mappings.size() == 1 &&
                 prepared.config.linux_->gid_mappings[0].size == 1;
  input.may_set_groups = !(prepared.opened.record.rootless && one_gid);
  return plan::compile_exec(input);
}

// When this returns the program runs.
Result<Child> start_process(const Globals& globals, const Prepared& prepared,
                            const plan::Plan& plan, const ExecOptions& options) {
  cgroup::Cgroup cgroup = cgroup::Cgroup::open(prepared.cgroup);
  LaunchOptions how;
  how.cgroup = &cgroup;
  how.timing = !globals.timing_file.empty();
  Child child = TRY(launch(plan, how));
  TRY_IN("linux.intelRdt", join_rdt(prepared.opened.record.rdt, child.pid()));
  if (prepared.config.linux_ && prepared.config.linux_->seccomp) {
    child.set_agent(&*prepared.config.linux_->seccomp,
                    state_of(prepared.opened.record, prepared.opened.status));
  }
  TRY(child.go());
  TRY(child.run_until(plan::SyncPoint::Created));
  if (!options.console_socket.empty()) TRY(send_console(options.console_socket, child.console()));
  if (!options.pidfd_socket.empty())
    TRY_IN("--pidfd-socket", send_fd(options.pidfd_socket, child.pidfd(), "setns"));
  PidFile pid_file = TRY(PidFile::write(options.pid_file, child.pid()));
  if (!options.detach && child.console() >= 0) {  // before the program asks, or writes
    copy_size(child.console());
    TRY(plain_newlines(child.console()));
  }
  TRY(child.go());
  TRY(child.run_until_exec());
  TRY(write_timing(globals, child.timing()));
  pid_file.keep();
  return child;
}

Result<int> exec_in(const Globals& globals, const ExecOptions& given) {
  ExecOptions options = given;
  options.preserve_fds = TRY(inherited_fds(given.preserve_fds));
  std::optional<Foreground> foreground;
  if (!options.detach) foreground.emplace();
  Prepared prepared = TRY(prepare(globals, options));
  plan::Plan plan = TRY(compile(prepared, options));
  Child child = TRY(start_process(globals, prepared, plan, options));
  if (options.detach) {
    child.release();
    return 0;
  }
  Result<int> status = foreground->wait(child.pid(), child.pidfd(), child.take_console());
  child.release();
  return status;
}

}  // namespace

Result<int> exec(const Globals& globals, const ExecOptions& options) {
  Result<int> status = exec_in(globals, options);
  if (status) return status;
  return std::move(status).error().in("exec failed").at("exec");
}

}  // namespace container
