#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/pidfd.h"
#include "base/strings.h"
#include "runtime/container/channel.h"
#include "runtime/container/explain.h"
#include "runtime/container/fault.h"
#include "runtime/container/home.h"
#include "runtime/container/launch.h"
#include "runtime/container/seccomp_agent.h"
#include "spec/load.h"

namespace container {

Child::Child(Child&& other) noexcept
    : plan_(other.plan_),
      pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      sync_(std::move(other.sync_)),
      console_(std::move(other.console_)),
      hook_states_(std::move(other.hook_states_)),
      hook_state_status_(std::move(other.hook_state_status_)),
      hook_output_(std::move(other.hook_output_)),
      own_pid_namespace_(other.own_pid_namespace_),
      seccomp_(other.seccomp_),
      agent_state_(std::move(other.agent_state_)),
      timing_(std::move(other.timing_)) {}

Child::~Child() {
  if (pid_ < 0) return;
  sync_.reset();
  (void)sys::pidfd_send_signal(pidfd_.get(), SIGKILL);  // gone already is as good
  siginfo_t info;
  while (waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) < 0 && errno == EINTR) {
  }
}

void Child::release() {
  pid_ = -1;
}

Status Child::go() {
  Status sent = send_packet(sync_.get(), plan::Kind::Go);
  if (sent || sent.error().errnum != EPIPE) return sent;
  return serve(false, plan::SyncPoint::Created);  // it is gone; its last words say why
}

// The pid that the process itself sees: the innermost of NSpid.
static Result<int> inner_pid(pid_t pid) {
  std::string path = format("/proc/%d/status", pid);
  std::string status = TRY(read_file(AT_FDCWD, path.c_str()));
  size_t at = status.find("\nNSpid:");
  if (at == std::string::npos) return pid;
  std::string_view line = std::string_view(status).substr(at + 7);
  line = trim(line.substr(0, line.find('\n')));
  std::optional<int> value = parse_number<int>(line.substr(line.find_last_of(" \t") + 1));
  return value.value_or(pid);
}

Status Child::give_state(spec::State state) {
  if (hook_states_.empty()) return {};
  state.pid = own_pid_namespace_ ? 1 : TRY(inner_pid(pid_));
  for (size_t i = 0; i < hook_states_.size(); i++) {
    state.status = hook_state_status_[i];
    TRY(write_all(hook_states_[i].get(), spec::to_json(state, false), "hook state"));
    if (fcntl(hook_states_[i].get(), F_ADD_SEALS,
              F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
      return Error::sys("seal the hook state");
    }
  }
  return {};
}

// The file is the image's: anything may be in it, and anything may be it.
Status Child::answer_home(Fd passwd) {
  std::string home = "/";
  struct stat info;
  if (passwd && fstat(passwd.get(), &info) == 0 && S_ISREG(info.st_mode)) {
    Result<std::string> text = read_fd(passwd.get(), "/etc/passwd", 4 << 20);
    if (!text) log_warning("HOME: %s: taken as '/', ignoring", text.error().text().c_str());
    if (text) home = home_in_passwd(*text, plan_->home_uid);
  }
  if (home.size() >= plan::kMaxText) home = "/";
  return send_packet(sync_.get(), plan::Kind::Text, home);
}

Error Child::died() const {
  siginfo_t info = {};
  // Left for the destructor, or the caller, to reap.
  (void)waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOWAIT);
  if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) {
    Error error =
        Error::make(Code::InitDied, "container init was killed by signal %d", info.si_status);
    if (info.si_status == SIGKILL)
      error.hint = "possibly out of memory: is the memory limit too low?";
    return std::move(error).at("init");
  }
  return Error::make(Code::InitDied, "container init died (exit status %d)", info.si_status)
      .with_hint(kMuteInit)
      .at("init");
}

Error Child::explain(const plan::Message& message, const std::string& text) const {
  std::string output;
  if (hook_output_) {
    (void)lseek(hook_output_.get(), 0, SEEK_SET);
    Result<std::string> read = read_fd(hook_output_.get(), "hook output", 64 << 10);
    if (read) output = *read;
  }
  return explain_step(*plan_, message.step, message.value, text, output);
}

static std::string timing_line(const plan::Plan& plan, const plan::Message& message) {
  if (message.step >= plan.info.size()) return {};
  const plan::StepInfo& info = plan.info[message.step];
  return format("{\"step\":%u,\"phase\":%s,\"what\":%s,\"source\":%s,\"ns\":%llu}\n", message.step,
                json_quote(info.phase).c_str(), json_quote(info.what).c_str(),
                json_quote(info.source).c_str(),
                static_cast<unsigned long long>(message.nanoseconds));
}

Status Child::take_file(int tag, Fd file) {
  switch (static_cast<plan::FileTag>(tag)) {
    case plan::FileTag::Passwd: return answer_home(std::move(file));
    case plan::FileTag::Console: console_ = std::move(file); return {};
    case plan::FileTag::SeccompListener:
      if (seccomp_ == nullptr) break;
      return send_listener(*seccomp_, agent_state_, pid_, file.get());
  }
  return Error::msg("init sent a file of unknown kind %d", tag);
}

Status Child::serve(bool until_exec, plan::SyncPoint point) {
  for (;;) {
    std::optional<Packet> packet = TRY(receive_packet(sync_.get()));
    if (!packet) {
      if (until_exec && !died_as_init(pid_)) return {};
      return died();
    }
    const plan::Message& message = packet->message;
    switch (message.kind) {
      case plan::Kind::Failed: return explain(message, packet->text);
      case plan::Kind::Timing: timing_ += timing_line(*plan_, message); break;
      case plan::Kind::Stopped: die_of_fault();
      case plan::Kind::Reached:
        if (!until_exec && message.value == static_cast<int32_t>(point)) return {};
        return Error::msg("init reached point %d out of order", message.value);
      case plan::Kind::File: TRY(take_file(message.value, std::move(packet->file))); break;
      default: return Error::msg("init sent an unknown message");
    }
  }
}

Status Child::run_until(plan::SyncPoint point) {
  return serve(false, point);
}
Status Child::run_until_exec() {
  return serve(true, plan::SyncPoint::Created);
}

}  // namespace container
