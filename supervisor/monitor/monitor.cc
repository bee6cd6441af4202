#include "supervisor/monitor/monitor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pidfd.h"
#include "base/strings.h"
#include "supervisor/monitor/oom.h"

namespace monitor {

namespace {

// Passed on to the container's first process.
constexpr int kForwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

Result<Fd> open_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (int signal : kForwarded) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  (void)::signal(SIGPIPE, SIG_IGN);  // a log may be a pipe; spawn_runtime() undoes this for the runtime
  Fd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return Error::sys("signalfd");
  return fd;
}

Status make_pipe(Fd* read_end, Fd* write_end) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0) return Error::sys("pipe");
  read_end->reset(fds[0]);
  write_end->reset(fds[1]);
  // The write end stays blocking: its file description is the container's.
  if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0) return Error::sys("pipe: fcntl");
  return {};
}

}  // namespace

bool waited_for(idtype_t type, pid_t pid, int flags, siginfo_t* info) {
  info->si_pid = 0;
  return waitid(type, static_cast<id_t>(pid), info, WEXITED | WNOHANG | flags) == 0 && info->si_pid != 0;
}

Result<protocol::ExitRecord> Monitor::run(Fd* ready) {
  ready_ = ready;
  TRY(take_dir());
  TRY(log_.open(options_.log));
  TRY(control_.listen(dir_.get(), "control"));
  signals_ = TRY(open_signals());
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return Error::sys("prctl PR_SET_CHILD_SUBREAPER");
  TRY(make_pipes());
  record_.id = options_.id;
  Status created = spawn(Call::Create);
  if (created) {
    while (!over_) poll_once();
  }
  (void)unlinkat(dir_.get(), "control", 0);  // the lock says who serves it, not the file
  if (!created) return created.error();
  if (failure_) return *failure_;
  return record_;
}

Status Monitor::take_dir() {
  const char* path = options_.dir.c_str();
  if (mkdir(path, 0700) < 0 && errno != EEXIST) return Error::sys("mkdir '%s'", path);
  dir_ = TRY(open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  lock_ = TRY(open_at(dir_.get(), "lock", O_RDWR | O_CREAT, 0600));
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK) return Error::sys("lock '%s'", path);
    return Error::make(Code::Busy, "another monitor runs in '%s'", path).with_hint("give each container a --dir of its own");
  }
  for (const char* old : {"exit.json", "init.pid", "runtime.log"}) (void)unlinkat(dir_.get(), old, 0);
  runtime_log_ = TRY(open_at(dir_.get(), "runtime.log", O_WRONLY | O_CREAT | O_APPEND, 0600));
  null_ = TRY(open_at(AT_FDCWD, "/dev/null", O_RDWR));
  options_.runtime.log = options_.dir + "/runtime.log";
  return {};
}

Status Monitor::make_pipes() {
  TRY(make_pipe(&out_, &out_write_));
  return make_pipe(&err_, &err_write_);
}

void Monitor::poll_once() {
  constexpr size_t kFixed = 4;
  pollfd fds[kFixed + Control::kClients] = {
      {signals_.get(), POLLIN, 0}, {control_.listener(), POLLIN, 0}, {out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}};
  for (size_t i = 0; i < Control::kClients; i++) fds[kFixed + i] = {control_.client(i).fd.get(), POLLIN, 0};
  if (poll(fds, std::size(fds), poll_timeout()) < 0) return;  // EINTR
  // Output first: what a process wrote before it ended is in the pipe before its SIGCHLD is sent.
  if (fds[2].revents != 0) pump(&out_, Stream::Stdout);
  if (fds[3].revents != 0) pump(&err_, Stream::Stderr);
  if (fds[0].revents != 0) on_signals();
  for (size_t i = 0; i < Control::kClients; i++) {
    if (fds[kFixed + i].revents == 0) continue;
    std::optional<Result<Request>> request = control_.receive(i);
    if (!request) continue;
    if (*request) {
      on_request(i, **request);
    } else {
      control_.reply(i, request->error());
    }
  }
  if (fds[1].revents != 0) control_.accept();
  check_deadlines();
}

int Monitor::poll_timeout() const {
  int64_t next = INT64_MAX;
  if (call_ != Call::None) next = call_deadline_;
  if (call_ == Call::None && state_ == State::Stopped && !recorded_) next = drain_deadline_;
  if (kill_at_ != 0) next = std::min(next, kill_at_);
  if (next == INT64_MAX) return -1;
  return static_cast<int>(std::clamp<int64_t>(next - monotonic_ms(), 0, 60000));
}

void Monitor::check_deadlines() {
  int64_t now = monotonic_ms();
  if (call_ != Call::None && now >= call_deadline_) {
    call_timed_out_ = true;
    (void)kill(-call_pid_, SIGKILL);  // the group: its hooks, too. Not reaped yet, so the number is still its own.
    call_deadline_ = now + options_.runtime_ms;
  }
  if (kill_at_ != 0 && now >= kill_at_) {
    kill_at_ = 0;
    kill_all();
  }
  if (state_ != State::Stopped || recorded_) return;
  bool drained = !out_ && !err_;
  if (drained || now >= drain_deadline_) {
    record_.drained = drained;
    finish();
  }
}

void Monitor::pump(Fd* fd, Stream stream) {
  static char buffer[64 << 10];
  ssize_t n = read(fd->get(), buffer, sizeof buffer);
  if (n > 0) return log_.write(stream, std::string_view(buffer, static_cast<size_t>(n)), Moment::now());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  fd->reset();
}

void Monitor::on_signals() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGCHLD) continue;
    if (state_ == State::Running) {
      signal_init(signal);
    } else if (state_ == State::Starting) {
      pending_signal_ = signal;  // the program may run already, or not yet be there to get it
    } else if (state_ != State::Stopped) {
      give_up(Error::make(Code::Cancelled, "stopped by a signal before the container ran"));
    }
  }
  reap();
}

void Monitor::reap() {
  if (call_ != Call::None && !reap_call()) return;  // a child nobody knows may be the init that `create` has yet to name
  siginfo_t info;
  if (init_ != 0 && state_ != State::Stopped && waited_for(P_PID, init_, WNOWAIT, &info)) on_exit(info);
  // Orphans of the container end up here when it has no pid namespace. init stays a zombie until its end is on record.
  while (waited_for(P_ALL, 0, WNOWAIT, &info) && info.si_pid != init_ && info.si_pid != call_pid_) {
    (void)waited_for(P_PID, info.si_pid, 0, &info);
  }
}

// Whether the call under way, if any, leaves the other children to be looked at.
bool Monitor::reap_call() {
  siginfo_t info;
  if (!waited_for(P_PID, call_pid_, 0, &info)) return call_ != Call::Create;
  call_status_ = info.si_status;
  bool succeeded = info.si_code == CLD_EXITED && info.si_status == 0;
  if (info.si_code != CLD_EXITED) call_status_ = 128 + info.si_status;
  call_pid_ = 0;
  Call ended = std::exchange(call_, Call::None);
  if (ended == Call::Create) on_created(succeeded);
  if (ended == Call::Start) on_started(succeeded);
  if (ended == Call::Kill && !succeeded) signal_init(SIGKILL);
  if (ended == Call::Delete) {
    Status removed = succeeded ? Status() : call_failure("delete");
    if (!removed && !failure_) failure_ = removed.error();
    over_ = true;
  }
  return true;
}

}  // namespace monitor
