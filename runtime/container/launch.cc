#include "runtime/container/launch.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pidfd.h"
#include "base/strings.h"
#include "runtime/container/entry.h"
#include "runtime/container/fault.h"
#include "runtime/container/handed.h"
#include "runtime/container/id_map.h"
#include "runtime/container/image.h"
#include "runtime/linux/clone.h"

namespace container {

namespace {

Error clone_error(int error, uint64_t flags) {
  errno = error;
  Error out = Error::sys("create the container's process (clone3)").as(Code::NamespaceFailed);
  // The kernel's words for it mislead: clone(2), ERRORS.
  if (error == EPERM && (flags & CLONE_NEWUSER)) {
    return std::move(out).with_hint(
        "user namespaces may be turned off: see kernel.unprivileged_userns_clone and "
        "kernel.apparmor_restrict_unprivileged_userns");
  }
  if (error == EPERM)
    return std::move(out).with_hint("run as root, or in a user namespace ('rt spec --rootless')");
  if (error == ENOSPC || error == EUSERS) {
    return std::move(out).with_hint(
        "a limit on the number of namespaces is reached: see /proc/sys/user/max_*_namespaces");
  }
  if (error == EINVAL)
    return std::move(out).with_hint(
        "this kernel may lack one of the namespaces in linux.namespaces");
  return out;
}

alignas(16) char stage1_stack[kEntryStackSize];

// Ends the first stage, or a child that never became init, before the memory it may share goes out
// of scope.
struct Reaper {
  pid_t pid = -1;
  ~Reaper() {
    if (pid > 0) {
      (void)kill(pid, SIGKILL);  // our own unreaped child: the number cannot be another's
      (void)waitpid(pid, nullptr, __WALL);
    }
  }
};

bool joins_processes(const plan::Namespaces& namespaces) {
  for (const plan::Namespaces::Join& item : namespaces.joins) {
    if (item.pidfd >= 0 || (item.type & (CLONE_NEWPID | CLONE_NEWUSER))) return true;
  }
  return false;
}

}  // namespace

// One launch, in the order of its functions. What it changes about this process for the child's
// sake is undone at its end.
class Launcher {
 public:
  Launcher(const plan::Plan& plan, const LaunchOptions& options, Child& child)
      : plan_(plan), options_(options), child_(child) {}

  // The descriptors that init gets, by slot.
  Status open_files() {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
      return Error::sys("socketpair");
    child_.sync_.reset(pair[0]);
    Fd theirs(pair[1]);
    MountNamespaces mount_namespaces;
    for (const plan::Handed& handed : plan_.handed) {
      Result<Fd> opened = open_handed(handed, theirs.get(), options_.state_dirfd, mount_namespaces);
      if (!opened) return with_descriptors(std::move(opened).error());
      Fd fd = *std::move(opened);
      fds_.push_back(fd.get());
      if (handed.kind == plan::Handed::Kind::HookState) {
        child_.hook_states_.push_back(Fd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)));
        child_.hook_state_status_.push_back(handed.status);
      }
      if (handed.kind == plan::Handed::Kind::HookOutput)
        child_.hook_output_.reset(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
      owned_.push_back(std::move(fd));
    }
    return {};
  }

  Status make_image() {
    plan::Encoding encoding;
    encoding.fds = fds_;
    encoding.timing = options_.timing;
    encoding.fault_step = fault_step();
    encoding.fault_errno = fault_errno();
    image_ = TRY(make_init_image(plan::encode(plan_, encoding)));
    return {};
  }

  Status prepare() {
    TRY(prepare_entry(plan_, entry_, pid_namespace_));
    keep_ = fds_;
    for (int fd = 3; fd < 3 + plan_.preserve_fds; fd++) keep_.push_back(fd);
    Enter& enter = entry_.enter;
    static const char* const kArgv[] = {plan::kInitName, nullptr};
    enter.first_fd = 3 + plan_.preserve_fds;
    enter.init_fd = image_.get();
    enter.argv = kArgv;
    enter.keep_fds = keep_.data();
    enter.n_keep_fds = keep_.size();
    // Not with two stages: the second has left the user namespace that owns the cgroup, and the
    // first shall not be in it, as a pids limit counts whatever is there. settle(), then.
    if (options_.cgroup != nullptr && !enter.two_stage) TRY(prepare_cgroup(*options_.cgroup));
    if (plan_.oom_score_adj) TRY(oom_score_.set(*plan_.oom_score_adj));
    if (!plan_.initial_cpus.empty()) TRY(affinity_.set(plan_.initial_cpus));
    // Before a child of ours, with our memory, is seen by what runs in the namespaces it joins
    // (CVE-2016-9962).
    if (joins_processes(plan_.namespaces)) prctl(PR_SET_DUMPABLE, 0);
    return {};
  }

  // When this returns init runs.
  Status clone() {
    sys::CloneRequest request;
    request.flags = entry_.clone_flags;
    request.cgroup_fd = entry_.cgroup.clone_into;
    request.child = enter_main;
    request.argument = &entry_.enter;
    sys::CloneResult result = sys::clone_raw(request, stage1_stack + kEntryStackSize);
    // A cgroup that has no room for another process (pids.max of 0, or reached: EAGAIN) takes one
    // that is moved, and settle() has the words for whatever else a cgroup may have against it. A
    // failure of another kind comes again.
    if (result.pid < 0 && request.cgroup_fd >= 0) {
      request.cgroup_fd = -1;
      result = sys::clone_raw(request, stage1_stack + kEntryStackSize);
    }
    if (result.pid < 0) return clone_error(-result.pid, request.flags);
    first_.pid = result.pid;
    in_cgroup_ = result.in_cgroup;
    Fd pidfd(result.pidfd);
    if (!(request.flags & CLONE_VFORK)) {
      TRY(follow_entry(plan_, entry_, result.pid, child_.pid_));
      // with vfork it runs init by now, or its report is in our memory
    } else if (entry_.enter.report.error != 0) {
      return entry_error(entry_.enter.report, entry_);
    }
    if (entry_.enter.two_stage) {
      // Our child, not waited for: the number is still its own.
      child_.pidfd_.reset(sys::pidfd_open(child_.pid_));
      if (!child_.pidfd_) return Error::sys("pidfd_open");
    } else {
      first_.pid = -1;
      child_.pid_ = result.pid;
      child_.pidfd_ = std::move(pidfd);
    }
    return {};
  }

  Status settle() {
    // Without clone3 (a kernel or a sandbox that does not know it) nobody is born in a cgroup
    // either.
    bool born_elsewhere = entry_.enter.two_stage || (entry_.cgroup.clone_into >= 0 && !in_cgroup_);
    if (options_.cgroup != nullptr && born_elsewhere) TRY(options_.cgroup->join(child_.pid_));
    const plan::Namespaces& namespaces = plan_.namespaces;
    if ((namespaces.create & CLONE_NEWUSER) || namespaces.joins_user)
      raise_hard_limits(child_.pid_, plan_.rlimits);
    return {};
  }

 private:
  Error with_descriptors(Error error) const {
    if (error.errnum != EMFILE) return error;
    return std::move(error).with_hint(
        format("it takes %zu descriptors: raise the caller's limit ('ulimit -n')",
               plan_.handed.size() + kOthers));
  }

  Status prepare_cgroup(const cgroup::Cgroup& cgroup) {
    entry_.cgroup = TRY(cgroup.entrance());
    for (const Fd& fd : entry_.cgroup.tasks) entry_.tasks_fds.push_back(fd.get());
    entry_.enter.tasks_fds = entry_.tasks_fds.data();
    entry_.enter.n_tasks_fds = entry_.tasks_fds.size();
    return {};
  }

  static constexpr size_t kOthers = 32;  // state, cgroups, pipes

  const plan::Plan& plan_;
  const LaunchOptions& options_;
  Child& child_;
  std::vector<Fd> owned_;
  std::vector<int> fds_, keep_;  // by slot; what survives the way to init
  Fd image_;
  Entry entry_;
  PidNamespaceForChildren pid_namespace_;
  OomScoreForChildren oom_score_;
  AffinityForChildren affinity_;
  bool in_cgroup_ = false;
  Reaper first_;  // goes before the memory above, which its process may share
};

Result<Child> launch(const plan::Plan& plan, const LaunchOptions& options) {
  Child child;
  child.plan_ = &plan;
  child.own_pid_namespace_ = plan.namespaces.create & CLONE_NEWPID;
  Launcher launcher(plan, options, child);
  TRY(launcher.open_files());
  TRY(launcher.make_image());
  TRY(launcher.prepare());
  TRY(launcher.clone());
  TRY(launcher.settle());
  return child;
}

}  // namespace container
