#include "supervisor/monitor/monitor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pidfd.h"
#include "base/strings.h"
#include "supervisor/monitor/waited_for.h"

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
  // a log may be a pipe; spawn_runtime() undoes this for the runtime
  (void)::signal(SIGPIPE, SIG_IGN);
  Fd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return Error::sys("signalfd");
  return fd;
}

}  // namespace

Result<protocol::ExitRecord> Monitor::run(Fd* ready) {
  ready_ = ready;
  spare_from_oom();
  TRY(take_dir());
  TRY(log_.open(options_.log));
  if (options_.journal) TRY(journal_.open(*options_.journal));
  TRY(control_.listen(dir_.get(), "control"));
  signals_ = TRY(open_signals());
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return Error::sys("prctl PR_SET_CHILD_SUBREAPER");
  record_.id = options_.id;
  Status created = begin();
  if (created) {
    while (!over_) poll_once();
  }
  (void)unlinkat(dir_.get(), "control", 0);  // the lock says who serves it, not the file
  if (!created) return created.error();
  if (failure_) return *failure_;
  return record_;
}

// An engine that will attach to an exec says when it has, so that nothing of it is missed.
Status Monitor::begin() {
  if (!options_.adopt.empty()) return adopt();
  TRY(open_channel());
  if (conmon_ != nullptr) TRY(conmon_->open());
  if (conmon_ == nullptr || conmon_->start_pipe() < 0) return spawn(Call::Create);
  conmon_->announce_attach();
  return {};
}

Status Monitor::take_dir() {
  const char* path = options_.dir.c_str();
  if (mkdir(path, 0700) < 0 && errno != EEXIST) return Error::sys("mkdir '%s'", path);
  dir_ = TRY(open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  lock_ = TRY(open_at(dir_.get(), "lock", O_RDWR | O_CREAT, 0600));
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK) return Error::sys("lock '%s'", path);
    return Error::make(Code::Busy, "another monitor runs in '%s'", path)
        .with_hint("give each container a --dir of its own");
  }
  for (const char* old : {"exit.json", "init.pid", "life", "runtime.log"}) {
    if (options_.adopt.empty()) (void)unlinkat(dir_.get(), old, 0);
  }
  if (options_.pid_file.empty()) options_.pid_file = options_.dir + "/init.pid";
  runtime_log_ = TRY(open_at(dir_.get(), "runtime.log", O_WRONLY | O_CREAT | O_APPEND, 0600));
  null_ = TRY(open_at(AT_FDCWD, "/dev/null", O_RDWR));
  if (conmon_ == nullptr) options_.runtime.log = options_.dir + "/runtime.log";
  return execs_.open(dir_.get(), {options_.id, options_.dir, options_.runtime, options_.drain_ms,
                                  options_.runtime_ms, null_.get()});
}

Status Monitor::open_channel() {
  // An engine reads the runtime's own words, from stderr; so they may not go to the log.
  channels_[kInit].quiet = conmon_ != nullptr;
  if (options_.terminal)
    return channels_[kInit].open_terminal(dir_.get(), "console", conmon_ != nullptr);
  return channels_[kInit].open_pipes(options_.input == Options::Input::Open);
}

struct Monitor::PollSet {
  static constexpr size_t kMost = 3 * kChannels + Control::kClients + 3 + 5;
  using Handler = void (Monitor::*)(size_t index, short events);
  pollfd fds[kMost];
  Handler handlers[kMost];
  size_t indexes[kMost];
  size_t used = 0;

  void add(const Fd& fd, short events, Handler handler, size_t index = 0) {
    add(fd.get(), events, handler, index);
  }
  void add(int fd, short events, Handler handler, size_t index) {
    if (fd < 0) return;
    fds[used] = {fd, events, 0};
    handlers[used] = handler;
    indexes[used++] = index;
  }
};

void Monitor::poll_once() {
  PollSet set;
  // Who connected before the container was started, as an engine's client does, is to see what it
  // printed at once.
  if (conmon_ != nullptr)
    set.add(conmon_->attach_listener(), POLLIN, &Monitor::on_engine_client, 0);
  set.add(control_.listener(), POLLIN, &Monitor::on_connect, 0);
  // Output next: what a process wrote before it ended is in the pipe before its SIGCHLD is sent.
  for (size_t i = 0; i < kChannels; i++) add_channel(&set, i);
  if (adopted_) set.add(init_fd_, POLLIN, &Monitor::on_adopted_end);
  set.add(signals_, POLLIN, &Monitor::on_signals);
  for (size_t i = 0; i < Control::kClients; i++) add_client(&set, i);
  if (conmon_ != nullptr) {
    set.add(conmon_->start_pipe(), POLLIN, &Monitor::on_engine_word, 0);
    set.add(conmon_->ctl(), POLLIN, &Monitor::on_engine_line, 0);
    set.add(conmon_->winsz(), POLLIN, &Monitor::on_engine_line, 1);
    set.add(conmon_->notify(), POLLIN, &Monitor::on_engine_notify, 0);
  }
  if (poll(set.fds, set.used, poll_timeout()) < 0) return;  // EINTR
  for (size_t i = 0; i < set.used; i++) {
    if (set.fds[i].revents != 0) (this->*set.handlers[i])(set.indexes[i], set.fds[i].revents);
  }
  if (!channels_[kInit].in && !std::exchange(input_told_, true))
    control_.tell_holders("input-closed");
  check_deadlines();
}

void Monitor::add_channel(PollSet* set, size_t index) {
  const Channel& channel = channels_[index];
  if (!channel.held && !channel.quiet) {
    set->add(channel.out, POLLIN, &Monitor::on_output, index);
    set->add(channel.err, POLLIN, &Monitor::on_errors, index);
  }
  if (channel.stalled) set->add(channel.in, POLLOUT, &Monitor::on_input_room, index);
}

void Monitor::add_client(PollSet* set, size_t index) {
  const Control::Client& client = control_.client(index);
  if (client.channel == Control::kNone)
    return set->add(client.fd, POLLIN, &Monitor::on_client, index);
  const Channel& channel = channels_[client.channel];
  bool awaits_room = channel.held && client.waits;
  if (channel.stalled && !awaits_room) return;  // its end is seen when its input has been taken
  bool reads = !channel.stalled && !client.input_over;
  int events = (reads ? POLLIN | POLLRDHUP : 0) | (awaits_room ? POLLOUT : 0);
  set->add(client.fd, static_cast<short>(events), &Monitor::on_client, index);
}

void Monitor::on_output(size_t channel, short) {
  pump(channel, &channels_[channel].out, Stream::Stdout);
}

void Monitor::on_errors(size_t channel, short) {
  pump(channel, &channels_[channel].err, Stream::Stderr);
}

void Monitor::on_input_room(size_t channel, short) {
  channels_[channel].stalled = false;
}

void Monitor::on_connect(size_t, short) {
  control_.accept();
}

void Monitor::on_engine_client(size_t, short) {
  using EndsInput = Control::Client::EndsInput;
  control_.accept_plain(
      conmon_->accept(), kInit,
      conmon_->setting().leave_stdin_open ? EndsInput::Never : EndsInput::Leaving);
}

void Monitor::on_engine_word(size_t, short) {
  conmon_->started();
  Status begun = spawn(Call::Create);
  if (!begun) give_up(begun.error());
}

void Monitor::on_engine_notify(size_t, short) {
  conmon_->relay_notify();
}

void Monitor::on_engine_line(size_t winsz, short) {
  for (const ControlLine& line :
       conmon_->read_fifo(winsz != 0 ? conmon_->winsz() : conmon_->ctl())) {
    // There is nobody to tell of a failure.
    if (line.kind == ControlLine::Kind::Resize)
      (void)!channels_[kInit].resize(line.columns, line.rows);
    if (line.kind == ControlLine::Kind::Reopen) (void)!log_.reopen();
  }
}

void Monitor::on_client(size_t index, short events) {
  Control::Client& client = control_.client(index);
  if (!client.fd) return;  // let go in this round
  if (client.channel != Control::kNone) {
    Channel& channel = channels_[client.channel];
    // on_output() looks again
    if ((events & (POLLOUT | POLLHUP | POLLERR)) != 0) channel.held = false;
    if (!channel.stalled) control_.input(index, events, &channel);
    return;
  }
  Fd file;
  std::optional<Result<Request>> request = control_.receive(index, &file);
  if (!request) return;
  if (*request) {
    on_request(index, **request, std::move(file));
  } else {
    control_.reply(index, request->error());
  }
}

int Monitor::poll_timeout() const {
  int64_t next = INT64_MAX;
  if (call_ != Call::None) next = call_deadline_;
  if (call_ == Call::None && state_ == State::Stopped && !recorded_) next = drain_deadline_;
  if (kill_at_ != 0) next = std::min(next, kill_at_);
  next = std::min(next, execs_.next_deadline());
  if (next == INT64_MAX) return -1;
  return static_cast<int>(std::clamp<int64_t>(next - monotonic_ms(), 0, 60000));
}

void Monitor::check_deadlines() {
  int64_t now = monotonic_ms();
  execs_.check_deadlines(now);
  if (call_ != Call::None && now >= call_deadline_) {
    call_timed_out_ = true;
    // the group: its hooks, too. Not reaped yet, so the number is still its own.
    (void)kill(-call_pid_, SIGKILL);
    call_deadline_ = now + options_.runtime_ms;
  }
  if (kill_at_ != 0 && now >= kill_at_) {
    kill_at_ = 0;
    timed_out_ = options_.timeout_ms != 0;
    kill_all();
  }
  if (state_ != State::Stopped || recorded_) return;
  bool drained = channels_[kInit].drained();
  if ((drained && execs_.idle()) || now >= drain_deadline_) {
    record_.drained = drained;
    finish();
  }
}

void Monitor::pump(size_t channel, Fd* fd, Stream stream) {
  static char buffer[64 << 10];
  size_t most = sizeof buffer;
  if (control_.attached(channel) != 0) {
    most = Control::kMaxPacket;
    channels_[channel].held = control_.holds(channel);
    if (channels_[channel].held) return;
  }
  ssize_t n = read(fd->get(), buffer, most);
  if (n > 0) {
    std::string_view data(buffer, static_cast<size_t>(n));
    if (channel == kInit) log_.write(stream, data, Moment::now());
    if (channel == kInit) journal_.write(stream, data);
    return control_.output(channel, stream, data);
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  fd->reset();  // the end; of a terminal that is EIO
}

void Monitor::on_signals(size_t, short) {
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
  bool execs_known = execs_.reap();
  // a child nobody knows may be the init that `create` has yet to name
  if (call_ != Call::None && !reap_call()) return;
  siginfo_t info;
  if (init_ != 0 && state_ != State::Stopped && waited_for(P_PID, init_, WNOWAIT, &info))
    on_exit(info);
  if (!execs_known) return;
  // Orphans of the container end up here when it has no pid namespace. init stays a zombie until
  // its end is on record.
  while (waited_for(P_ALL, 0, WNOWAIT, &info) && info.si_pid != init_ && info.si_pid != call_pid_ &&
         !execs_.owns(info.si_pid)) {
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
