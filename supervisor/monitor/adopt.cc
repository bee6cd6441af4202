// Taking over from a monitor that was killed. Its caller held what counts (the request `handles`):
// the container's output, input or terminal, and a pidfd of its first process. So the container
// never saw a broken pipe, and what it printed meanwhile is in it.
//
// It is not a child of this monitor; how it ended the kernel tells by the pidfd
// (base/process_exit.h), or nobody.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/process_exit.h"
#include "base/strings.h"
#include "supervisor/monitor/monitor.h"
#include "supervisor/monitor/oom.h"

namespace monitor {

namespace {

constexpr int kFirst = 3;  // the first descriptor that is handed over

// The process of a pidfd; 0 if it is gone. An error if that is no pidfd.
Result<pid_t> process_of(int pidfd) {
  std::string text = TRY(read_file(AT_FDCWD, format("/proc/self/fdinfo/%d", pidfd).c_str()));
  for (std::string_view line : split(text, '\n')) {
    if (!line.starts_with("Pid:")) continue;
    return std::max(parse_number<int>(trim(line.substr(4))).value_or(0), 0);
  }
  return Error::make(Code::Usage, "--adopt: descriptor %d is no pidfd", pidfd);
}

Result<Fd> take(int number) {
  if (fcntl(number, F_SETFD, FD_CLOEXEC) < 0) return Error::sys("--adopt: descriptor %d", number);
  return Fd(number);
}

}  // namespace

// "PID CREATED [STARTED]": what a successor cannot know otherwise. Not synced: neither it nor the
// container outlives the machine.
Status Monitor::write_life() {
  std::string text = format("%d %s %s\n", static_cast<int>(init_), record_.created_at.c_str(),
                            record_.started_at.c_str());
  return write_file_atomic(dir_.get(), "life", text, 0600);
}

Status Monitor::take_handles() {
  Channel& channel = channels_[kInit];
  channel.terminal = options_.terminal;
  int number = kFirst;
  for (std::string_view name : split(options_.adopt, ',')) {
    Fd* place = name == "init"  ? &init_fd_
                : name == "out" ? &channel.out
                : name == "err" ? &channel.err
                : name == "in"  ? &channel.in
                                : nullptr;
    if (place == nullptr || *place)
      return Error::make(Code::Usage, "--adopt: expected init, out, err and in, each once at most");
    *place = TRY(take(number++));
  }
  if (!init_fd_ || !channel.out)
    return Error::make(Code::Usage, "--adopt: init and out are needed");
  return {};
}

Status Monitor::adopt() {
  TRY(take_handles());
  if (faccessat(dir_.get(), "exit.json", F_OK, 0) == 0) {
    return Error::make(Code::ContainerNotRunning,
                       "--adopt: the container has ended, and is on record");
  }
  std::string life = TRY_IN("--adopt", read_file(dir_.get(), "life", 256));
  std::vector<std::string_view> words = split(trim(life), ' ');
  init_ = parse_number<int>(words[0]).value_or(0);
  pid_t now = TRY(process_of(init_fd_.get()));
  if (init_ <= 0 || words.size() < 2 || (now != 0 && now != init_)) {
    return Error::make(Code::Usage,
                       "--adopt: the pidfd is not that of the container's first process");
  }
  Channel& channel = channels_[kInit];
  if (channel.terminal) {
    channel.slave.reset(ioctl(channel.out.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!channel.slave) return Error::sys("--adopt: the terminal's other end");
  }
  record_.pid = init_;
  record_.created_at = std::string(words[1]);
  if (words.size() > 2) record_.started_at = std::string(words[2]);
  state_ = words.size() > 2 ? State::Running : State::Created;
  oom_ = open_oom_counter(init_);
  adopted_ = true;
  ready();
  return {};
}

void Monitor::on_adopted_end(size_t, short) {
  Result<std::optional<int>> status = sys::wait_for_exit(init_fd_.get(), init_);
  adopted_ = false;
  siginfo_t end = {};
  end.si_code = CLD_EXITED;
  if (!status || !*status) {
    record_.unknown = true;
  } else if (WIFSIGNALED(**status)) {
    end.si_code = WCOREDUMP(**status) ? CLD_DUMPED : CLD_KILLED;
    end.si_status = WTERMSIG(**status);
  } else {
    end.si_status = WEXITSTATUS(**status);
  }
  on_exit(end);
}

// What a successor needs, with the reply; the connection is told when the input is closed, for
// whoever holds its other descriptor has to close it, too.
Status Monitor::hand_over(size_t client) {
  if (!init_fd_ || state_ == State::Stopped)
    return Error::make(Code::ContainerNotRunning, "the container has no process");
  const Channel& channel = channels_[kInit];
  std::string names = "\"init\"";
  std::vector<int> fds = {init_fd_.get()};
  auto add = [&](const char* name, const Fd& fd) {
    if (!fd) return;
    names += format(",\"%s\"", name);
    fds.push_back(fd.get());
  };
  add("out", channel.out);
  add("err", channel.err);
  add("in", channel.in);
  control_.reply_with(client, "ok {\"handles\":[" + names + "]}", fds);
  return {};
}

}  // namespace monitor
