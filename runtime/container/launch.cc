#include "runtime/container/launch.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/container/enter.h"
#include "runtime/container/fault.h"
#include "runtime/container/for_children.h"
#include "runtime/container/handed.h"
#include "runtime/container/id_map.h"
#include "runtime/container/image.h"
#include "runtime/linux/clone.h"

namespace container {

namespace {

struct Files {
  std::vector<Fd> owned;
  std::vector<int> fds;  // by slot
};

const char* namespace_name(int type) {
  switch (type) {
    case CLONE_NEWNS: return "mount";
    case CLONE_NEWPID: return "pid";
    case CLONE_NEWNET: return "network";
    case CLONE_NEWUTS: return "uts";
    case CLONE_NEWIPC: return "ipc";
    case CLONE_NEWUSER: return "user";
    case CLONE_NEWCGROUP: return "cgroup";
    case CLONE_NEWTIME: return "time";
    default: return "container's";
  }
}

std::string describe(const plan::Namespaces::Join& join) {
  if (join.pidfd >= 0) return "join the container's namespaces";
  return format("join the %s namespace '%s'", namespace_name(join.type), join.path.c_str());
}

Result<Fd> open_namespace(const plan::Namespaces::Join& join) {
  if (join.pidfd >= 0) return Fd(fcntl(join.pidfd, F_DUPFD_CLOEXEC, 3));
  Fd fd(open(join.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return Error::sys("%s", describe(join).c_str()).as(Code::NamespaceFailed);
  int type = ioctl(fd.get(), NS_GET_NSTYPE);
  if (type != join.type) {
    return Error::make(Code::NamespaceFailed, "%s: it is %s namespace", describe(join).c_str(),
                       type < 0 ? "not a" : format("a %s", namespace_name(type)).c_str());
  }
  return fd;
}

// Stacks for the children of enter.cc; guard pages are not needed for code that is all here and bounded.
constexpr size_t kStackSize = 32 * 1024;
alignas(16) char stage1_stack[kStackSize];
alignas(16) char stage2_stack[kStackSize];

// What enter.cc works on, and the files that keep it alive.
struct Entry {
  Enter enter;
  std::vector<Fd> namespace_fds;
  std::vector<EnterJoin> joins;
  std::vector<std::string> join_words;
  Fd report_read, report_write, map_read, map_write;
  cgroup::Cgroup::Entrance cgroup;
  std::vector<int> tasks_fds;
};

Status make_pipe(Fd& read_end, Fd& write_end) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0) return Error::sys("pipe");
  read_end.reset(fds[0]);
  write_end.reset(fds[1]);
  return {};
}

Error enter_error(const EnterReport& report, const Entry& entry) {
  errno = report.error;
  auto fail = [&](const char* what, Code code) { return Error::sys("%s", what).as(code).at("namespaces"); };
  switch (report.point) {
    case EnterPoint::Exec: return fail("start init", Code::Internal);
    case EnterPoint::CloseOnExec: return fail("hand a file over to init", Code::Internal);
    case EnterPoint::Join:
      return fail(entry.join_words[static_cast<size_t>(report.index)].c_str(), Code::NamespaceFailed);
    case EnterPoint::UnshareUser: return fail("create the user namespace", Code::NamespaceFailed);
    case EnterPoint::WaitForMap: return fail("wait for the id maps", Code::NamespaceFailed);
    case EnterPoint::BecomeRoot:
      return fail("become root in the user namespace", Code::NamespaceFailed)
          .with_hint("container id 0 must be mapped in linux.uidMappings and linux.gidMappings");
    case EnterPoint::UnshareTime: return fail("create the time namespace", Code::NamespaceFailed);
    case EnterPoint::TimeOffsets: return fail("linux.timeOffsets: write '/proc/self/timens_offsets'", Code::NamespaceFailed);
    case EnterPoint::CloneInit: return fail("create the namespaces", Code::NamespaceFailed);
    case EnterPoint::JoinCgroup:
      return cgroup::Cgroup::explain_join(report.error, entry.cgroup.names[static_cast<size_t>(report.index)]);
  }
  return fail("enter the namespaces", Code::Internal);
}

Error clone_error(int error, uint64_t flags) {
  errno = error;
  Error out = Error::sys("create the container's process (clone3)").as(Code::NamespaceFailed);
  // The kernel's words for it mislead: clone(2), ERRORS.
  if (error == EPERM && (flags & CLONE_NEWUSER)) {
    return std::move(out).with_hint("user namespaces may be turned off: see kernel.unprivileged_userns_clone and "
                                    "kernel.apparmor_restrict_unprivileged_userns");
  }
  if (error == EPERM) return std::move(out).with_hint("run as root, or in a user namespace ('rt spec --rootless')");
  if (error == ENOSPC || error == EUSERS) {
    return std::move(out).with_hint("a limit on the number of namespaces is reached: see /proc/sys/user/max_*_namespaces");
  }
  if (error == EINVAL) return std::move(out).with_hint("this kernel may lack one of the namespaces in linux.namespaces");
  return out;
}

}  // namespace

namespace {

// Decides between the simple and the two-stage way, and fills `entry`.
Status prepare_entry(const plan::Plan& plan, Entry& entry, uint64_t& flags, PidNamespaceForChildren& pid_namespace) {
  const plan::Namespaces& wanted = plan.namespaces;
  bool new_user = wanted.create & CLONE_NEWUSER;
  bool new_time = wanted.create & CLONE_NEWTIME;
  bool joins_time = false;
  for (const plan::Namespaces::Join& item : wanted.joins) {
    Fd fd = TRY(open_namespace(item));
    int type = item.type;
    joins_time |= (type & CLONE_NEWTIME) != 0;
    // A user namespace comes before the pid namespace that it owns, so then the first stage does both.
    if ((type & CLONE_NEWPID) && !wanted.joins_user) {
      TRY(pid_namespace.enter(fd.get(), describe(item)));
      type &= ~CLONE_NEWPID;
    }
    if (type == 0) continue;
    entry.joins.push_back({fd.get(), type});
    entry.join_words.push_back(describe(item));
    entry.namespace_fds.push_back(std::move(fd));
  }
  Enter& enter = entry.enter;
  enter.joins = entry.joins.data();
  enter.n_joins = entry.joins.size();
  enter.joins_user = wanted.joins_user;
  enter.two_stage = new_time || wanted.joins_user || (new_user && !entry.joins.empty());
  enter.unshare_user = enter.two_stage && new_user;
  enter.wait_for_map = new_user;
  if (new_time) {
    enter.time_offsets = wanted.time_offsets.c_str();
    enter.time_offsets_size = wanted.time_offsets.size();
  }
  // A process that shares memory may not change its time namespace (before 6.3, not even at exec).
  uint64_t share = new_time || joins_time ? 0 : CLONE_VM;
  if (enter.two_stage) {
    enter.stage2_flags = CLONE_PARENT | (share ? CLONE_VM | CLONE_VFORK : 0) |
                         (wanted.create & ~static_cast<uint64_t>(CLONE_NEWUSER | CLONE_NEWTIME));
    enter.stage2_stack_end = stage2_stack + kStackSize;
    flags = joins_time ? 0 : CLONE_VM;
  } else {
    flags = wanted.create | share;
    // Nothing to wait for: the call returns when init runs.
    if (!new_user && share) flags |= CLONE_VFORK;
  }
  bool simple = flags & CLONE_VFORK;
  if (!simple) {
    TRY(make_pipe(entry.report_read, entry.report_write));
    enter.report_fd = entry.report_write.get();
  }
  if (new_user) {
    TRY(make_pipe(entry.map_read, entry.map_write));
    enter.map_fd = entry.map_read.get();
  }
  return {};
}

Result<bool> next_report(Entry& entry, EnterReport& report) {
  ssize_t n;
  do {
    n = read(entry.report_read.get(), &report, sizeof report);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return Error::sys("read from the starting process");
  return n == static_cast<ssize_t>(sizeof report);
}

Status write_maps(const plan::Plan& plan, Entry& entry, pid_t pid) {
  TRY(write_id_maps("linux", pid, plan.namespaces.uid_map, plan.namespaces.gid_map));
  return write_all(entry.map_write.get(), "1", "map pipe");
}

// Ends the first stage, or a child that never became init, before the memory it may share goes out of scope.
struct Reaper {
  pid_t pid = -1;
  ~Reaper() {
    if (pid > 0) {
      (void)kill(pid, SIGKILL);  // our own unreaped child: the number cannot be another's
      (void)waitpid(pid, nullptr, __WALL);
    }
  }
};

// The slow ways: ids to be mapped, a second stage. Returns when init runs; `init_pid` is set if the second stage made it.
Status converse(const plan::Plan& plan, Entry& entry, pid_t pid, int& init_pid) {
  entry.report_write.reset();
  if (entry.enter.wait_for_map && !entry.enter.unshare_user) TRY(write_maps(plan, entry, pid));
  EnterReport report;
  for (;;) {
    bool more = TRY(next_report(entry, report));
    if (!more) break;
    if (report.kind == EnterReport::Failed) return enter_error(report, entry);
    if (report.kind == EnterReport::UserUnshared) TRY(write_maps(plan, entry, pid));
    if (report.kind == EnterReport::Init) init_pid = report.pid;
  }
  if (entry.enter.two_stage && init_pid < 0) {
    return Error::make(Code::InitDied, "the process that makes the namespaces died");
  }
  return {};
}

Status prepare_cgroup(const cgroup::Cgroup& cgroup, Entry& entry) {
  entry.cgroup = TRY(cgroup.entrance());
  for (const Fd& fd : entry.cgroup.tasks) entry.tasks_fds.push_back(fd.get());
  entry.enter.tasks_fds = entry.tasks_fds.data();
  entry.enter.n_tasks_fds = entry.tasks_fds.size();
  return {};
}

bool joins_processes(const plan::Namespaces& namespaces) {
  for (const plan::Namespaces::Join& item : namespaces.joins) {
    if (item.pidfd >= 0 || (item.type & (CLONE_NEWPID | CLONE_NEWUSER))) return true;
  }
  return false;
}

}  // namespace

Result<Child> launch(const plan::Plan& plan, const LaunchOptions& options) {
  Child child;
  child.plan_ = &plan;
  child.own_pid_namespace_ = plan.namespaces.create & CLONE_NEWPID;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return Error::sys("socketpair");
  child.sync_.reset(pair[0]);
  Fd theirs(pair[1]);

  Files files;
  MountNamespaces mount_namespaces;
  for (const plan::Handed& handed : plan.handed) {
    Fd fd = TRY(open_handed(handed, theirs.get(), options.state_dirfd, mount_namespaces));
    files.fds.push_back(fd.get());
    if (handed.kind == plan::Handed::Kind::HookState) {
      child.hook_states_.push_back(Fd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)));
      child.hook_state_status_.push_back(handed.status);
    }
    if (handed.kind == plan::Handed::Kind::HookOutput) child.hook_output_.reset(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
    files.owned.push_back(std::move(fd));
  }
  theirs.reset();

  plan::Encoding encoding;
  encoding.fds = files.fds;
  encoding.timing = options.timing;
  encoding.fault_step = fault_step();
  encoding.fault_errno = fault_errno();
  Fd image = TRY(make_init_image(plan::encode(plan, encoding)));

  Entry entry;
  uint64_t flags = 0;
  PidNamespaceForChildren pid_namespace;
  TRY(prepare_entry(plan, entry, flags, pid_namespace));
  static const char* const kArgv[] = {"rt:[init]", nullptr};
  std::vector<int> keep = files.fds;
  for (int fd = 3; fd < 3 + plan.preserve_fds; fd++) keep.push_back(fd);
  entry.enter.first_fd = 3 + plan.preserve_fds;
  entry.enter.init_fd = image.get();
  entry.enter.argv = kArgv;
  entry.enter.keep_fds = keep.data();
  entry.enter.n_keep_fds = keep.size();
  // Not with two stages: the second has left the user namespace that owns the cgroup, and the first shall not be in it, as
  // a pids limit counts whatever is there. join() below, then.
  if (options.cgroup != nullptr && !entry.enter.two_stage) TRY(prepare_cgroup(*options.cgroup, entry));
  OomScoreForChildren oom_score;
  if (plan.oom_score_adj) TRY(oom_score.set(*plan.oom_score_adj));
  AffinityForChildren affinity;
  if (!plan.initial_cpus.empty()) TRY(affinity.set(plan.initial_cpus));
  // Before a child of ours, with our memory, is seen by what runs in the namespaces it joins (CVE-2016-9962).
  if (joins_processes(plan.namespaces)) prctl(PR_SET_DUMPABLE, 0);

  sys::CloneRequest request;
  request.flags = flags;
  request.cgroup_fd = entry.cgroup.clone_into;
  request.child = enter_main;
  request.argument = &entry.enter;
  sys::CloneResult result = sys::clone_raw(request, stage1_stack + kStackSize);
  if (result.pid < 0) return clone_error(-result.pid, flags);
  Reaper first{result.pid};
  Fd first_pidfd(result.pidfd);

  if (!(flags & CLONE_VFORK)) {
    TRY(converse(plan, entry, result.pid, child.pid_));
  } else if (entry.enter.report.error != 0) {  // with vfork it runs init by now, or its report is in our memory
    return enter_error(entry.enter.report, entry);
  }
  if (entry.enter.two_stage) {
    // Our child, not waited for: the number is still its own.
    child.pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, child.pid_, 0)));
    if (!child.pidfd_) return Error::sys("pidfd_open");
  } else {
    first.pid = -1;
    child.pid_ = result.pid;
    child.pidfd_ = std::move(first_pidfd);
  }
  // Without clone3 (a kernel or a sandbox that does not know it) nobody is born in a cgroup either.
  bool born_elsewhere = entry.enter.two_stage || (entry.cgroup.clone_into >= 0 && !result.in_cgroup);
  if (options.cgroup != nullptr && born_elsewhere) TRY(options.cgroup->join(child.pid_));
  if ((plan.namespaces.create & CLONE_NEWUSER) || plan.namespaces.joins_user) raise_hard_limits(child.pid_, plan.rlimits);
  return child;
}

}  // namespace container
