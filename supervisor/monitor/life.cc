// The container's life: what each end of a runtime call and the end of init lead to.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

#include "base/clock.h"
#include "base/io.h"
#include "base/pidfd.h"
#include "base/strings.h"
#include "supervisor/monitor/monitor.h"
#include "supervisor/monitor/oom.h"
#include "supervisor/monitor/waited_for.h"

namespace monitor {

Status Monitor::spawn(Call call) {
  std::vector<std::string> args;
  Descriptors stdio{null_.get(), null_.get(), runtime_log_.get()};
  switch (call) {
    case Call::None: break;
    case Call::Create:
      args = create_args();
      if (options_.input == Options::Input::Ours) stdio.in = STDIN_FILENO;
      if (const Channel& channel = channels_[kInit]; !channel.terminal) {
        if (channel.child_in) stdio.in = channel.child_in.get();
        stdio.out = channel.child_out.get();
      }
      if (channels_[kInit].child_err) stdio.err = channels_[kInit].child_err.get();
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

std::vector<std::string> Monitor::create_args() const {
  std::vector<std::string> args;
  if (!options_.exec_process.empty()) {
    args = {"exec", "--detach", "--process", options_.exec_process};
    if (options_.terminal) args.push_back("--tty");
  } else if (!options_.restore_from.empty()) {
    args = {"restore",       "--detach",     "--bundle",
            options_.bundle, "--image-path", options_.restore_from,
            "--work-path",   options_.bundle};
  } else {
    args = {"create", "--bundle", options_.bundle};
  }
  args.insert(args.end(), {"--pid-file", options_.pid_file});
  args.insert(args.end(), options_.create_opts.begin(), options_.create_opts.end());
  if (options_.terminal)
    args.insert(args.end(), {"--console-socket", channels_[kInit].console.path()});
  args.push_back(options_.id);
  return args;
}

void Monitor::on_created(bool succeeded) {
  Status channel_ready = channels_[kInit].call_ended(succeeded);
  channels_[kInit].quiet = false;
  // Whoever writes to our stdin is to see when the container closes its own. dup2 to a number in
  // use cannot fail here.
  if (options_.input == Options::Input::Ours) (void)dup2(null_.get(), STDIN_FILENO);
  Status made = succeeded ? Status() : call_failure("create");
  if (made) {
    Result<std::string> text = read_file(AT_FDCWD, options_.pid_file.c_str(), 64);
    int pid = text ? parse_number<int>(trim(*text)).value_or(0) : 0;
    if (pid > 0) init_fd_.reset(sys::pidfd_open(pid));  // our child: the number cannot be another's
    if (!init_fd_) {
      made = Error::make(Code::RuntimeFailed,
                         "the runtime's create left no pid file that names a process");
    } else {
      init_ = pid;
    }
  }
  if (made && !channel_ready) made = std::move(channel_ready);
  if (!made) return give_up(made.error());
  state_ = State::Created;
  record_.pid = init_;
  record_.created_at = rfc3339_now();
  oom_ = open_oom_counter(init_);
  if (failure_) return give_up(*failure_);  // a signal came meanwhile
  Status noted = write_life();
  if (!noted) return give_up(noted.error());
  if (conmon_ != nullptr) {
    conmon_->created(init_);
    state_ = State::Running;  // or about to: an engine has the runtime start it, past us
    if (options_.timeout_ms != 0) kill_at_ = monotonic_ms() + options_.timeout_ms;
    return;
  }
  if (!options_.start) return ready();
  state_ = State::Starting;
  Status started = spawn(Call::Start);
  if (!started) give_up(started.error());
}

void Monitor::on_started(bool succeeded) {
  Status started = succeeded ? Status() : call_failure("start");
  if (started) record_.started_at = rfc3339_now();
  // Without it a successor could not say when; the container would be as well.
  if (started) (void)!write_life();
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
  if (int signal = std::exchange(pending_signal_, 0); signal != 0 && state_ == State::Running)
    signal_init(signal);
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
  Channel& channel = channels_[kInit];
  channel.slave.reset();
  channel.held = false;
  control_.widen(kInit);
  execs_.container_ended();
}

void Monitor::finish() {
  // `start` may have found a program that ended at once; whether it succeeded belongs on record.
  if (call_ != Call::None) return;
  recorded_ = true;
  record_.log_bytes = log_.size();
  record_.lost_bytes = log_.lost_bytes();
  record_.lost_lines = log_.lost_lines() + journal_.lost_lines();
  std::string json = to_json(record_);
  Status written = write_file_atomic(dir_.get(), "exit.json", json, 0600, Durable::Synced);
  if (!written && !failure_) failure_ = std::move(written).error();
  json.pop_back();
  for (size_t i = 0; i < Control::kClients; i++) {
    if (std::exchange(control_.client(i).awaits_exit, false)) control_.reply(i, "ok " + json);
  }
  control_.end(kInit, json);
  execs_.abandon();
  Status told = conmon_ != nullptr ? conmon_->ended(record_, timed_out_) : Status();
  if (!told && !failure_) failure_ = std::move(told).error();
  siginfo_t info;
  (void)waited_for(P_PID, init_, 0, &info);
  // An engine, and whoever has an exec run, keep the container to themselves.
  if (conmon_ != nullptr || (!options_.remove && !failure_)) {
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

// By the runtime, which knows the container's other processes and thaws a paused one: on cgroup v1
// a frozen process does not die of a signal.
void Monitor::kill_all() {
  if (!options_.exec_process.empty()) {
    // not reaped yet, so the number is still its own
    if (getpgid(init_) == init_) (void)kill(-init_, SIGKILL);
    return signal_init(SIGKILL);
  }
  if (call_ == Call::None && spawn(Call::Kill)) return;
  signal_init(SIGKILL);
}

void Monitor::give_up(Error error) {
  if (!failure_) failure_ = std::move(error);
  if (call_ == Call::Create) {
    (void)kill(-call_pid_, SIGKILL);
  } else if (init_ != 0) {
    signal_init(SIGKILL);
  } else if (call_ == Call::None && conmon_ != nullptr) {
    over_ = true;  // the engine deletes what there is
  } else if (call_ == Call::None) {
    // `create` failed or was killed, maybe half way. What there is of the container goes; usually
    // there is none.
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
    return Error::make(Code::Timeout, "the runtime's %s did not end within %lld ms and was killed",
                       what, static_cast<long long>(options_.runtime_ms));
  }
  if (conmon_ != nullptr && channels_[kInit].err) {
    char words[8 << 10];
    ssize_t n = read(channels_[kInit].err.get(), words, sizeof words);
    if (n > 0) return Error::make(Code::RuntimeFailed, "%.*s", static_cast<int>(n), words);
  }
  return monitor::call_failure(what, dir_.get(), "runtime.log", call_status_);
}

void Monitor::signal_init(int signal) {
  // ESRCH: its end is on the way
  if (init_fd_) (void)sys::pidfd_send_signal(init_fd_.get(), signal);
}

}  // namespace monitor
