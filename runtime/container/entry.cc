#include "runtime/container/entry.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/container/id_map.h"

namespace container {

namespace {

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

alignas(16) char stage2_stack[kEntryStackSize];

Status make_pipe(Fd& read_end, Fd& write_end) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0) return Error::sys("pipe");
  read_end.reset(fds[0]);
  write_end.reset(fds[1]);
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

}  // namespace

Error entry_error(const EnterReport& report, const Entry& entry) {
  errno = report.error;
  auto fail = [&](const char* what, Code code) {
    return Error::sys("%s", what).as(code).at("namespaces");
  };
  switch (report.point) {
    case EnterPoint::Exec: {
      Error error =
          fail("start init", report.error == ENOMEM ? Code::CgroupFailed : Code::Internal);
      if (report.error == ENOMEM)
        error.hint =
            "linux.resources.memory.limit leaves no room for the container's first process";
      return error;
    }
    case EnterPoint::CloseOnExec: return fail("hand a file over to init", Code::Internal);
    case EnterPoint::Join:
      return fail(entry.join_words[static_cast<size_t>(report.index)].c_str(),
                  Code::NamespaceFailed);
    case EnterPoint::UnshareUser: return fail("create the user namespace", Code::NamespaceFailed);
    case EnterPoint::WaitForMap: return fail("wait for the id maps", Code::NamespaceFailed);
    case EnterPoint::BecomeRoot:
      return fail("become root in the user namespace", Code::NamespaceFailed)
          .with_hint("container id 0 must be mapped in linux.uidMappings and linux.gidMappings");
    case EnterPoint::UnshareTime: return fail("create the time namespace", Code::NamespaceFailed);
    case EnterPoint::TimeOffsets:
      return fail("linux.timeOffsets: write '/proc/self/timens_offsets'", Code::NamespaceFailed);
    case EnterPoint::CloneInit: return fail("create the namespaces", Code::NamespaceFailed);
    case EnterPoint::JoinCgroup:
      return cgroup::Cgroup::explain_join(report.error,
                                          entry.cgroup.names[static_cast<size_t>(report.index)]);
  }
  return fail("enter the namespaces", Code::Internal);
}

Status prepare_entry(const plan::Plan& plan, Entry& entry, PidNamespaceForChildren& pid_namespace) {
  const plan::Namespaces& wanted = plan.namespaces;
  bool new_user = wanted.create & CLONE_NEWUSER;
  bool new_time = wanted.create & CLONE_NEWTIME;
  bool joins_time = false;
  for (const plan::Namespaces::Join& item : wanted.joins) {
    Fd fd = TRY(open_namespace(item));
    int type = item.type;
    joins_time |= (type & CLONE_NEWTIME) != 0;
    // A user namespace comes before the pid namespace that it owns, so then the first stage does
    // both.
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
    enter.stage2_stack_end = stage2_stack + kEntryStackSize;
    entry.clone_flags = joins_time ? 0 : CLONE_VM;
  } else {
    entry.clone_flags = wanted.create | share;
    // Nothing to wait for: the call returns when init runs.
    if (!new_user && share) entry.clone_flags |= CLONE_VFORK;
  }
  bool simple = entry.clone_flags & CLONE_VFORK;
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

Status follow_entry(const plan::Plan& plan, Entry& entry, pid_t pid, int& init_pid) {
  entry.report_write.reset();
  if (entry.enter.wait_for_map && !entry.enter.unshare_user) TRY(write_maps(plan, entry, pid));
  EnterReport report;
  for (;;) {
    bool more = TRY(next_report(entry, report));
    if (!more) break;
    if (report.kind == EnterReport::Failed) return entry_error(report, entry);
    if (report.kind == EnterReport::UserUnshared) TRY(write_maps(plan, entry, pid));
    if (report.kind == EnterReport::Init) init_pid = report.pid;
  }
  if (entry.enter.two_stage && init_pid < 0) {
    return Error::make(Code::InitDied, "the process that makes the namespaces died");
  }
  return {};
}

}  // namespace container
