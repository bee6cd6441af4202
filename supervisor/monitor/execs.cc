#include "supervisor/monitor/execs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pidfd.h"
#include "base/strings.h"
#include "supervisor/monitor/waited_for.h"

namespace monitor {

namespace {

constexpr const char* kSuffixes[] = {"json", "pid", "log"};

bool valid_name(const std::string& name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !name.empty() && name.size() <= 64 && name[0] != '.' &&
         name.find_first_not_of(kAllowed) == std::string::npos;
}

Status empty_directory(int dirfd) {
  Fd copy = TRY(open_at(dirfd, ".", O_RDONLY | O_DIRECTORY));
  OpenDir entries(fdopendir(copy.get()));
  if (!entries) return Error::sys("list 'exec'");
  copy.release();
  // "." and ".." are directories
  while (const dirent* entry = readdir(entries.get())) (void)unlinkat(dirfd, entry->d_name, 0);
  return {};
}

}  // namespace

Status Execs::open(int dirfd, Setting setting) {
  setting_ = std::move(setting);
  if (mkdirat(dirfd, "exec", 0700) < 0 && errno != EEXIST)
    return Error::sys("mkdir 'exec' in '%s'", setting_.dir.c_str());
  dir_ = TRY(open_at(dirfd, "exec", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  return empty_directory(dir_.get());
}

std::string Execs::path(const Session& session, const char* suffix) const {
  return setting_.dir + "/exec/" + session.record.name + "." + suffix;
}

Result<size_t> Execs::find(const std::string& name) const {
  for (size_t i = 0; i < kMost; i++) {
    if (sessions_[i].state != State::Free && sessions_[i].record.name == name) return i;
  }
  return Error::make(Code::ContainerNotRunning, "no exec '%s' runs", name.c_str());
}

Result<size_t> Execs::place_for(const std::string& name) const {
  if (!valid_name(name)) {
    return Error::make(
        Code::Usage,
        "exec: expected a name of letters, digits and _-. of at most 64, not beginning with a dot");
  }
  if (find(name)) return Error::make(Code::ContainerExists, "exec '%s' runs already", name.c_str());
  auto free = std::find_if(sessions_.begin(), sessions_.end(),
                           [](const Session& s) { return s.state == State::Free; });
  if (free == sessions_.end())
    return Error::make(Code::LimitReached, "exec: %zu run already", kMost);
  return static_cast<size_t>(free - sessions_.begin());
}

// --- its beginning
// --------------------------------------------------------------------------------------------------------

Status Execs::start(size_t client, const Request& request, Fd process) {
  size_t index = TRY(place_for(request.name));
  if (!process)
    return Error::make(
        Code::Usage,
        "exec: expected one descriptor, of a file with the process (as in config.json)");
  for (std::string& name : past_) {
    if (name == request.name) name.clear();
  }
  remove_files(request.name);
  Channel& channel = channels_[index];
  Session& session = sessions_[index];
  session.record.id = setting_.id;
  session.record.name = request.name;
  Status opened = request.terminal ? channel.open_terminal(dir_.get(), request.name + ".console")
                                   : channel.open_pipes(request.input);
  Result<pid_t> call =
      opened ? spawn(index, request, process.get()) : Result<pid_t>(opened.error());
  if (!call) {
    free_place(index);
    return call.error();
  }
  session.call = *call;
  session.deadline = monotonic_ms() + setting_.runtime_ms;
  session.state = State::Starting;
  channel.quiet = true;
  control_.await_exec(client, first_ + index, request);
  return {};
}

Result<pid_t> Execs::spawn(size_t index, const Request& request, int process_fd) {
  const Session& session = sessions_[index];
  const Channel& channel = channels_[index];
  Runtime runtime = setting_.runtime;
  runtime.log = path(session, "log");
  std::vector<std::string> args = {
      "exec", "--detach", "--pid-file", path(session, "pid"), "--process", "/proc/self/fd/3"};
  if (request.terminal)
    args.insert(args.end(), {"--tty", "--console-socket", channel.console.path()});
  args.push_back(setting_.id);
  Descriptors stdio = {setting_.null_fd, setting_.null_fd, setting_.null_fd, process_fd};
  if (channel.child_in) stdio.in = channel.child_in.get();
  if (!request.terminal) {
    stdio.out = channel.child_out.get();
    stdio.err = channel.child_err.get();
  }
  return spawn_runtime(runtime, args, stdio);
}

void Execs::call_ended(size_t index, const siginfo_t& end) {
  Session& session = sessions_[index];
  bool succeeded = end.si_code == CLD_EXITED && end.si_status == 0;
  session.call = 0;
  channels_[index].quiet = false;
  Status started = channels_[index].call_ended(succeeded);
  if (!succeeded) {
    started = session.timed_out
                  ? Error::make(Code::Timeout,
                                "the runtime's exec did not end within %lld ms and was killed",
                                static_cast<long long>(setting_.runtime_ms))
                  : call_failure("exec", dir_.get(), (session.record.name + ".log").c_str(),
                                 end.si_status);
  }
  Status taken = succeeded ? take_process(&session) : Status();
  if (started && !taken) started = std::move(taken);
  if (!started) {
    if (session.pidfd) kill_group(session);
    control_.exec_started(first_ + index, started.error());
    return free_place(index);
  }
  session.state = State::Running;
  session.record.started_at = rfc3339_now();
  control_.exec_started(
      first_ + index,
      format("ok {\"pid\":%d,\"terminal\":%s,\"input\":%s}", static_cast<int>(session.pid),
             channels_[index].terminal ? "true" : "false", channels_[index].in ? "true" : "false"));
}

Status Execs::take_process(Session* session) {
  Result<std::string> text = read_file(dir_.get(), (session->record.name + ".pid").c_str(), 64);
  int pid = text ? parse_number<int>(trim(*text)).value_or(0) : 0;
  // our child, not reaped: the number cannot be another's
  if (pid > 0) session->pidfd.reset(sys::pidfd_open(pid));
  if (!session->pidfd)
    return Error::make(Code::RuntimeFailed,
                       "the runtime's exec left no pid file that names a process");
  session->pid = pid;
  session->record.pid = pid;
  return {};
}

// --- requests
// -------------------------------------------------------------------------------------------------------------

Status Execs::signal(const std::string& name, int signal) {
  const Session& session = sessions_[TRY(find(name))];
  if (session.state != State::Running) {
    return Error::make(Code::ContainerNotRunning, "exec '%s' has no process to signal",
                       name.c_str());
  }
  if (signal == SIGKILL) {
    kill_group(session);
  } else if (sys::pidfd_send_signal(session.pidfd.get(), signal) < 0) {
    return Error::sys("send signal %d to exec '%s'", signal, name.c_str());
  }
  return {};
}

// The process and those it started that stayed in its group. Until it is reaped its number is its
// own, and its group's.
void Execs::kill_group(const Session& session) {
  if (getpgid(session.pid) == session.pid) (void)kill(-session.pid, SIGKILL);
  (void)sys::pidfd_send_signal(session.pidfd.get(), SIGKILL);  // ESRCH: its end is on the way
}

Result<std::string> Execs::record(const std::string& name, size_t client) {
  if (Result<size_t> running = find(name)) {
    control_.await_exec_end(client, first_ + *running);
    return std::string();
  }
  if (!valid_name(name)) return find(name).error();
  Result<std::string> text = read_file(dir_.get(), (name + ".json").c_str());
  if (!text)
    return Error::make(Code::ContainerNotRunning, "no exec '%s' runs or is on record",
                       name.c_str());
  return std::string(trim(*text));
}

Result<size_t> Execs::channel_of(const std::string& name) const {
  size_t index = TRY(find(name));
  if (sessions_[index].state == State::Starting)
    return Error::make(Code::Busy, "exec '%s' is being started", name.c_str());
  if (sessions_[index].state == State::Ended)
    return Error::make(Code::ContainerNotRunning, "exec '%s' has ended", name.c_str());
  return first_ + index;
}

std::string Execs::list_json() const {
  static constexpr const char* kNames[] = {"", "starting", "running", "ended"};
  std::string json = "[";
  for (size_t i = 0; i < kMost; i++) {
    const Session& session = sessions_[i];
    if (session.state == State::Free) continue;
    if (json.size() > 1) json += ",";
    json += "{\"exec\":" + json_quote(session.record.name) +
            format(",\"state\":\"%s\",\"pid\":%d,\"terminal\":%s,\"clients\":%zu}",
                   kNames[static_cast<size_t>(session.state)], static_cast<int>(session.pid),
                   channels_[i].terminal ? "true" : "false", control_.attached(first_ + i));
  }
  return json + "]";
}

// --- its end
// ----------------------------------------------------------------------------------------------------------------

bool Execs::reap() {
  bool all_known = true;
  for (size_t i = 0; i < kMost; i++) {
    Session& session = sessions_[i];
    siginfo_t end;
    if (session.state == State::Starting) {
      if (!waited_for(P_PID, session.call, 0, &end)) {
        all_known = false;
        continue;
      }
      call_ended(i, end);
    }
    // At once, not when its output is drained: a pid namespace does not end before this process is
    // reaped.
    if (session.state == State::Running && waited_for(P_PID, session.pid, 0, &end))
      process_ended(i, end);
  }
  return all_known;
}

bool Execs::owns(pid_t pid) const {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [&](const Session& s) { return s.call == pid || s.pid == pid; });
}

void Execs::process_ended(size_t index, const siginfo_t& end) {
  Session& session = sessions_[index];
  session.state = State::Ended;
  session.pid = 0;
  session.pidfd.reset();
  session.record.exited_at = rfc3339_now();
  (end.si_code == CLD_EXITED ? session.record.exit_code : session.record.signal) = end.si_status;
  session.record.core_dumped = end.si_code == CLD_DUMPED;
  session.deadline = monotonic_ms() + setting_.drain_ms;
  Channel& channel = channels_[index];
  channel.slave.reset();
  channel.held = false;
  control_.widen(first_ + index);
}

void Execs::check_deadlines(int64_t now) {
  for (size_t i = 0; i < kMost; i++) {
    Session& session = sessions_[i];
    if (session.state == State::Starting && now >= session.deadline) {
      session.timed_out = true;
      (void)kill(-session.call, SIGKILL);  // not reaped yet, so the number is still its own
      session.deadline = now + setting_.runtime_ms;
    }
    if (session.state != State::Ended) continue;
    bool drained = channels_[i].drained();
    if (drained || now >= session.deadline) finish(i, drained);
  }
}

int64_t Execs::next_deadline() const {
  int64_t next = INT64_MAX;
  for (const Session& session : sessions_) {
    if (session.state == State::Starting || session.state == State::Ended)
      next = std::min(next, session.deadline);
  }
  return next;
}

void Execs::finish(size_t index, bool drained) {
  protocol::ExecRecord& record = sessions_[index].record;
  record.drained = drained;
  std::string json = to_json(record);
  // Not synced: it means nothing after the machine's next start.
  Status written = write_file_atomic(dir_.get(), (record.name + ".json").c_str(), json, 0600);
  json.pop_back();
  std::string& oldest = past_[next_past_];
  if (!oldest.empty()) remove_files(oldest);
  oldest = record.name;
  next_past_ = (next_past_ + 1) % kRecords;
  // Whoever waits has the record from here. Only who asks later misses one that could not be
  // written, and is told so.
  if (!written) remove_files(record.name);
  control_.exec_ended(first_ + index, json);
  free_place(index);
}

void Execs::container_ended() {
  for (const Session& session : sessions_) {
    if (session.state == State::Starting) (void)kill(-session.call, SIGKILL);
    if (session.state == State::Running) kill_group(session);
  }
}

void Execs::abandon() {
  for (size_t i = 0; i < kMost; i++) {
    if (sessions_[i].state == State::Free) continue;
    control_.exec_lost(
        first_ + i,
        Error::make(Code::InitDied, "the container ended, and how exec '%s' did is not known",
                    sessions_[i].record.name.c_str()));
    free_place(i);
  }
}

bool Execs::idle() const {
  return std::all_of(sessions_.begin(), sessions_.end(),
                     [](const Session& s) { return s.state == State::Free; });
}

void Execs::free_place(size_t index) {
  for (const char* suffix : {"pid", "log"})
    (void)unlinkat(dir_.get(), (sessions_[index].record.name + "." + suffix).c_str(), 0);
  sessions_[index] = Session();
  channels_[index] = Channel();
}

void Execs::remove_files(const std::string& name) {
  for (const char* suffix : kSuffixes) (void)unlinkat(dir_.get(), (name + "." + suffix).c_str(), 0);
}

}  // namespace monitor
