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

bool waited_for(idtype_t type, pid_t pid, int flags, siginfo_t* info) {
  info->si_pid = 0;
  return waitid(type, static_cast<id_t>(pid), info, WEXITED | WNOHANG | flags) == 0 && info->si_pid != 0;
}

}  // namespace

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

Status Monitor::spawn(Call call) {
  std::vector<std::string> args;
  Stdio stdio{null_.get(), null_.get(), runtime_log_.get()};
  switch (call) {
    case Call::None: break;
    case Call::Create:
      args = {"create", "--bundle", options_.bundle, "--pid-file", options_.dir + "/init.pid", options_.id};
      stdio = {options_.interactive ? STDIN_FILENO : null_.get(), out_write_.get(), err_write_.get()};
      break;
    case Call::Start: args = {"start", options_.id}; break;
    case Call::Kill: args = {"kill", "--all", options_.id, "KILL"}; break;
    case Call::Delete:
      args = {"delete", options_.id};
      if (failure_) args.insert(args.begin() + 1, "--force");
      break;
  }
  call_pid_ = TRY(spawn_runtime(options_.runtime, args, stdio));
  call_ = call;
  call_timed_out_ = false;
  call_deadline_ = monotonic_ms() + options_.runtime_ms;
  return {};
}

// --- the loop -----------------------------------------------------------------------------------------------------------

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

// --- the container's life -------------------------------------------------------------------------------------------------

void Monitor::on_created(bool succeeded) {
  out_write_.reset();
  err_write_.reset();
  // Whoever writes to our stdin is to see when the container closes its own. dup2 to a number in use cannot fail here.
  if (options_.interactive) (void)dup2(null_.get(), STDIN_FILENO);
  Status made = succeeded ? Status() : call_failure("create");
  if (made) {
    Result<std::string> text = read_file(dir_.get(), "init.pid", 64);
    int pid = text ? parse_number<int>(trim(*text)).value_or(0) : 0;
    if (pid > 0) init_fd_.reset(sys::pidfd_open(pid));  // our child: the number cannot be another's
    if (!init_fd_) {
      made = Error::make(Code::RuntimeFailed, "the runtime's create left no pid file that names a process");
    } else {
      init_ = pid;
    }
  }
  if (!made) return give_up(made.error());
  state_ = State::Created;
  record_.pid = init_;
  record_.created_at = rfc3339_now();
  oom_ = open_oom_counter(init_);
  if (failure_) return give_up(*failure_);  // a signal came meanwhile
  if (!options_.start) return ready();
  state_ = State::Starting;
  Status started = spawn(Call::Start);
  if (!started) give_up(started.error());
}

void Monitor::on_started(bool succeeded) {
  Status started = succeeded ? Status() : call_failure("start");
  if (started) record_.started_at = rfc3339_now();
  for (size_t i = 0; i < Control::kClients; i++) {
    if (!std::exchange(control_.client(i).awaits_start, false)) continue;
    if (started) {
      control_.reply(i, "ok");
    } else {
      control_.reply(i, started.error());
    }
  }
  if (!started && options_.start) return give_up(started.error());
  if (state_ == State::Starting) state_ = started ? State::Running : State::Created;
  if (int signal = std::exchange(pending_signal_, 0); signal != 0 && state_ == State::Running) signal_init(signal);
  if (started && options_.start) ready();
}

void Monitor::on_exit(const siginfo_t& info) {
  state_ = State::Stopped;
  kill_at_ = 0;
  record_.exited_at = rfc3339_now();
  if (info.si_code == CLD_EXITED) {
    record_.exit_code = info.si_status;
  } else {
    record_.signal = info.si_status;
    record_.core_dumped = info.si_code == CLD_DUMPED;
  }
  record_.oom_kills = read_oom_counter(oom_.get());
  drain_deadline_ = monotonic_ms() + options_.drain_ms;
}

void Monitor::finish() {
  // `start` may have found a program that ended at once; whether it succeeded belongs on record.
  if (call_ != Call::None) return;
  recorded_ = true;
  record_.log_bytes = log_.size();
  record_.lost_bytes = log_.lost_bytes();
  record_.lost_lines = log_.lost_lines();
  std::string json = to_json(record_);
  Status written = write_file_atomic(dir_.get(), "exit.json", json, 0600, Durable::Synced);
  if (!written && !failure_) failure_ = std::move(written).error();
  json.pop_back();
  for (size_t i = 0; i < Control::kClients; i++) {
    if (std::exchange(control_.client(i).awaits_exit, false)) control_.reply(i, "ok " + json);
  }
  siginfo_t info;
  (void)waited_for(P_PID, init_, 0, &info);
  if (!options_.remove && !failure_) {
    over_ = true;
    return;
  }
  Status removing = spawn(Call::Delete);
  if (removing) return;
  if (!failure_) failure_ = removing.error();
  over_ = true;
}

void Monitor::stop(const Request& request) {
  if (state_ == State::Running || state_ == State::Starting) {
    if (state_ == State::Running) signal_init(request.signal);
    if (state_ == State::Starting) pending_signal_ = request.signal;
    kill_at_ = monotonic_ms() + request.grace_ms;
  } else if (state_ != State::Stopped) {
    kill_all();  // what waits to be started has no handler for any other signal
  }
}

// By the runtime, which knows the container's other processes and thaws a paused one: on cgroup v1 a frozen process does not
// die of a signal.
void Monitor::kill_all() {
  if (call_ == Call::None && spawn(Call::Kill)) return;
  signal_init(SIGKILL);
}

void Monitor::give_up(Error error) {
  if (!failure_) failure_ = std::move(error);
  if (call_ == Call::Create) {
    (void)kill(-call_pid_, SIGKILL);
  } else if (init_ != 0) {
    signal_init(SIGKILL);
  } else if (call_ == Call::None) {
    // `create` failed or was killed, maybe half way. What there is of the container goes; usually there is none.
    Status removing = spawn(Call::Delete);
    if (!removing) over_ = true;
  }
}

void Monitor::ready() {
  if (!*ready_) return;
  (void)write_all(ready_->get(), "ok", "the parent");  // it may have gone; the container has not
  ready_->reset();
}

Status Monitor::call_failure(const char* what) {
  if (call_timed_out_) {
    return Error::make(Code::Timeout, "the runtime's %s did not end within %lld ms and was killed", what,
                       static_cast<long long>(options_.runtime_ms));
  }
  Result<std::string> log = read_file(dir_.get(), "runtime.log");
  std::string reason = log ? last_error(*log) : "";
  if (reason.empty()) return Error::make(Code::RuntimeFailed, "the runtime's %s ended with status %d", what, call_status_);
  return Error::make(Code::RuntimeFailed, "the runtime's %s: %s", what, reason.c_str());
}

void Monitor::signal_init(int signal) {
  if (init_fd_) (void)sys::pidfd_send_signal(init_fd_.get(), signal);  // ESRCH: its end is on the way
}

// --- requests ---------------------------------------------------------------------------------------------------------------

void Monitor::on_request(size_t client, const Request& request) {
  Status done;
  switch (request.verb) {
    case Verb::Start:
      if (state_ != State::Created || failure_) {
        done = Error::make(Code::ContainerState, "the container is not waiting to be started");
        break;
      }
      done = spawn(Call::Start);
      if (!done) break;
      state_ = State::Starting;
      control_.client(client).awaits_start = true;
      return;
    case Verb::Signal:
      if (init_ == 0 || state_ == State::Stopped) {
        done = Error::make(Code::ContainerNotRunning, "the container has no process");
      } else if (sys::pidfd_send_signal(init_fd_.get(), request.signal) < 0) {
        done = Error::sys("send signal %d to process %d", request.signal, static_cast<int>(init_));
      }
      break;
    case Verb::Rotate: done = log_.rotate(); break;
    case Verb::Reopen: done = log_.reopen(); break;
    case Verb::Status: return control_.reply(client, "ok " + status_json());
    case Verb::Stop:
      if (state_ == State::Creating) {
        done = Error::make(Code::ContainerState, "the container is still being created");
        break;
      }
      stop(request);
      [[fallthrough]];
    case Verb::Wait:
      if (!recorded_) {
        control_.client(client).awaits_exit = true;
        return;
      }
      std::string json = to_json(record_);
      json.pop_back();
      return control_.reply(client, "ok " + json);
  }
  if (done) {
    control_.reply(client, "ok");
  } else {
    control_.reply(client, done.error());
  }
}

std::string Monitor::status_json() const {
  static constexpr const char* kNames[] = {"creating", "created", "starting", "running", "stopped"};
  return "{\"id\":" + json_quote(options_.id) + ",\"state\":\"" + kNames[static_cast<size_t>(state_)] +
         "\",\"pid\":" + std::to_string(init_) + ",\"log\":{\"bytes\":" + std::to_string(log_.size()) +
         ",\"lostBytes\":" + std::to_string(log_.lost_bytes()) + ",\"lostLines\":" + std::to_string(log_.lost_lines()) +
         "}}";
}

}  // namespace monitor
