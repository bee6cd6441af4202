#include "runtime/container/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>

#include "runtime/linux/clone.h"
#include "runtime/linux/raw_syscall.h"

namespace container {

namespace {

using raw::arg;
using raw::call;

void tell(Enter& enter, const EnterReport& report) {
  enter.report = report;
  if (enter.report_fd >= 0) call(SYS_write, enter.report_fd, arg(&report), sizeof report);
}

[[noreturn]] void give_up(Enter& enter, EnterPoint point, long error, int index = 0) {
  tell(enter, {EnterReport::Failed, point, static_cast<int>(-error), index, 0});
  for (;;) call(SYS_exit_group, 127);
}

// Whatever the caller of rt left open without meaning it for us: an engine waits for the end of
// pipes that init must not hold. CLOSE_RANGE_CLOEXEC came with Linux 5.11.
void close_others_on_exec(const Enter& enter) {
  constexpr unsigned kCloseOnExec = 4;
  if (call(SYS_close_range, enter.first_fd, ~0u, kCloseOnExec) == 0) return;
  for (int fd = enter.first_fd; fd < 4096; fd++) call(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
}

void join_cgroups(Enter& enter) {
  for (size_t i = 0; i < enter.n_tasks_fds; i++) {
    long error = call(SYS_write, enter.tasks_fds[i], arg("0"), 1);
    if (error < 0) give_up(enter, EnterPoint::JoinCgroup, error, static_cast<int>(i));
  }
}

[[noreturn]] void become_init(Enter& enter) {
  join_cgroups(enter);
  close_others_on_exec(enter);
  for (size_t i = 0; i < enter.n_keep_fds; i++) {
    long error = call(SYS_fcntl, enter.keep_fds[i], F_SETFD, 0);
    if (error < 0) give_up(enter, EnterPoint::CloseOnExec, error);
  }
  const char* no_environment = nullptr;
  long error = call(SYS_execveat, enter.init_fd, arg(""), arg(enter.argv), arg(&no_environment),
                    AT_EMPTY_PATH);
  give_up(enter, EnterPoint::Exec, error);
}

// Those that are not the user namespace. As nsenter(1): first with the rights we came with; what is
// refused belongs to the user namespace that will be joined, so it is tried again after it.
void join(Enter& enter, bool* joined, bool last_try) {
  for (size_t i = 0; i < enter.n_joins; i++) {
    const EnterJoin& item = enter.joins[i];
    if (joined[i] || item.type == CLONE_NEWUSER) continue;
    long error = call(SYS_setns, item.fd, item.type);
    joined[i] = error == 0;
    bool later = !last_try && (error == -EPERM || error == -EINVAL);
    if (error < 0 && !later) give_up(enter, EnterPoint::Join, error, static_cast<int>(i));
  }
}

void join_user(Enter& enter) {
  for (size_t i = 0; i < enter.n_joins; i++) {
    if (enter.joins[i].type != CLONE_NEWUSER) continue;
    long error = call(SYS_setns, enter.joins[i].fd, CLONE_NEWUSER);
    if (error < 0) give_up(enter, EnterPoint::Join, error, static_cast<int>(i));
  }
}

// Root of the user namespace: execve gives a process its full capabilities only if it is.
void become_root(Enter& enter) {
  long error = call(SYS_setresgid, 0, 0, 0);
  if (error == 0) error = call(SYS_setresuid, 0, 0, 0);
  if (error < 0) give_up(enter, EnterPoint::BecomeRoot, error);
}

void wait_for_map(Enter& enter) {
  char byte;
  long n;
  do {
    n = call(SYS_read, enter.map_fd, arg(&byte), 1);
  } while (n == -EINTR);
  if (n != 1) give_up(enter, EnterPoint::WaitForMap, n < 0 ? n : -EPIPE);
  become_root(enter);
}

// Before there is a new user: to root of a user namespace the files of a process that is not
// dumpable are another's.
long open_time_offsets(Enter& enter) {
  if (enter.time_offsets == nullptr || enter.time_offsets_size == 0) return -1;
  long fd = call(SYS_openat, AT_FDCWD, arg("/proc/self/timens_offsets"), O_WRONLY | O_CLOEXEC);
  if (fd < 0) give_up(enter, EnterPoint::TimeOffsets, fd);
  return fd;
}

void make_time_namespace(Enter& enter, long fd) {
  long error = call(SYS_unshare, CLONE_NEWTIME);
  if (error < 0) give_up(enter, EnterPoint::UnshareTime, error);
  if (enter.time_offsets_size == 0) return;
  // Only before the first process enters it (time_namespaces(7)); that will be init.
  error = call(SYS_write, fd, arg(enter.time_offsets), static_cast<long>(enter.time_offsets_size));
  if (error < 0) give_up(enter, EnterPoint::TimeOffsets, error);
  call(SYS_close, fd);
}

[[noreturn]] void stage2_main(void* argument) {
  Enter& enter = *static_cast<Enter*>(argument);
  // What stage 1 waited for is done; this side's memory may be a copy.
  become_init(enter);
}

[[noreturn]] void clone_init(Enter& enter) {
  sys::CloneRequest request;
  request.flags = enter.stage2_flags;
  request.child = stage2_main;
  request.argument = &enter;
  sys::CloneResult result = sys::clone_raw(request, enter.stage2_stack_end);
  if (result.pid < 0) give_up(enter, EnterPoint::CloneInit, result.pid);
  tell(enter, {EnterReport::Init, EnterPoint::Exec, 0, 0, result.pid});
  for (;;) call(SYS_exit_group, 0);
}

}  // namespace

void enter_main(void* argument) {
  Enter& enter = *static_cast<Enter*>(argument);
  bool joined[16] = {};
  long time_offsets = open_time_offsets(enter);
  join(enter, joined, !enter.joins_user);
  if (enter.unshare_user) {
    long error = call(SYS_unshare, CLONE_NEWUSER);
    if (error < 0) give_up(enter, EnterPoint::UnshareUser, error);
    tell(enter, {EnterReport::UserUnshared, EnterPoint::UnshareUser, 0, 0, 0});
  }
  if (enter.joins_user) {
    join_user(enter);
    become_root(enter);
    join(enter, joined, true);
  }
  if (enter.wait_for_map) wait_for_map(enter);
  if (enter.time_offsets != nullptr) make_time_namespace(enter, time_offsets);
  if (enter.two_stage) clone_init(enter);
  become_init(enter);
}

}  // namespace container
