// One hook at a time: spawned with its stdin, stdout and stderr on pipes, watched through a pidfd
// until it exits or its time is up. How it is started: hook_process.cc.

#include "runtime/container/hooks.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/container/hook_process.h"
#include "spec/load.h"

namespace container {
namespace {

constexpr size_t kKeptOutput = 64 << 10;  // of each stream
constexpr int kReadsAtOnce = 64;          // 1 MiB: all that a pipe can hold
constexpr int kDeathMs = 10000;           // after SIGKILL

// The end of what a stream said: the last words before a failure are those that explain it.
struct Output {
  Fd fd;
  std::string text;
  bool cut = false;

  // Takes what is there without waiting for more; closes the pipe at its end. Bounded, or a writer
  // that never rests would keep us here past the deadline.
  Status drain(const char* name) {
    char buffer[16384];
    for (int i = 0; fd && i < kReadsAtOnce; i++) {
      ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return {};
      if (n < 0) return Error::sys("read its %s", name);
      if (n == 0) fd.reset();
      text.append(buffer, static_cast<size_t>(n));
      if (text.size() > 2 * kKeptOutput) shorten();
    }
    return {};
  }
  void shorten() {
    if (text.size() <= kKeptOutput) return;
    cut = true;
    text.erase(0, text.size() - kKeptOutput);
  }
};

struct Conversation {
  HookProcess process;
  std::string_view input;  // not written yet
  Output out, err;
};

Status feed(Conversation* talk) {
  Fd& pipe = talk->process.stdin_pipe;
  while (pipe && !talk->input.empty()) {
    ssize_t n = ::write(pipe.get(), talk->input.data(), talk->input.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return {};
    if (n < 0 && errno == EPIPE) break;  // the hook does not want to know, which is its right
    if (n < 0) return Error::sys("write the state to its stdin");
    talk->input.remove_prefix(static_cast<size_t>(n));
  }
  pipe.reset();
  return {};
}

enum class Ending { Exited, TimedOut, InitDied };

// Whoever else holds the hook's pipes open (a daemon it left behind) is not waited for.
Result<Ending> converse(Conversation* talk, std::optional<int64_t> deadline, int init_pidfd) {
  for (;;) {
    pollfd fds[] = {{talk->process.pidfd.get(), POLLIN, 0},
                    {talk->process.stdin_pipe.get(), POLLOUT, 0},
                    {talk->out.fd.get(), POLLIN, 0},
                    {talk->err.fd.get(), POLLIN, 0},
                    {init_pidfd, POLLIN, 0}};  // poll skips a negative fd
    int wait = -1;
    if (deadline)
      wait = static_cast<int>(std::clamp<int64_t>(*deadline - monotonic_ms(), 0, 1 << 30));
    int ready = ::poll(fds, std::size(fds), wait);
    if (ready < 0 && errno != EINTR) return Error::sys("poll");
    if (ready < 0) continue;
    if (fds[1].revents != 0) TRY(feed(talk));
    TRY(talk->out.drain("stdout"));
    TRY(talk->err.drain("stderr"));
    if (fds[0].revents != 0) return Ending::Exited;
    if (fds[4].revents != 0) return Ending::InitDied;
    if (deadline && monotonic_ms() >= *deadline) return Ending::TimedOut;
  }
}

std::string said(const char* name, Output* output) {
  output->shorten();
  std::string_view text = trim(output->text);
  if (text.empty()) return {};
  return format(", %s: %s%.*s", name, output->cut ? "..." : "", static_cast<int>(text.size()),
                text.data());
}

Status failure(const std::string& how, Conversation* talk) {
  return Error::make(Code::HookFailed, "%s%s%s", how.c_str(), said("stdout", &talk->out).c_str(),
                     said("stderr", &talk->err).c_str());
}

Status end_of(const siginfo_t& end, Conversation* talk) {
  if (end.si_code == CLD_EXITED && end.si_status == 0) return {};
  if (end.si_code == CLD_EXITED) return failure(format("exit status %d", end.si_status), talk);
  return failure(hook_signal(end.si_status), talk);
}

Status run_hook(const spec::Hook& hook, const std::string& state_json, const std::string& bundle,
                int init_pidfd) {
  ScopedHookSignals signals;
  Conversation talk;
  talk.process = TRY(start_hook(hook, bundle));
  talk.input = state_json;
  talk.out.fd = std::move(talk.process.stdout_pipe);
  talk.err.fd = std::move(talk.process.stderr_pipe);
  std::optional<int64_t> deadline;
  if (hook.timeout) deadline = monotonic_ms() + std::min<int64_t>(*hook.timeout, INT32_MAX) * 1000;

  Ending ending = TRY(converse(&talk, deadline, init_pidfd));
  if (ending == Ending::Exited) {
    siginfo_t end = TRY(talk.process.reap());
    TRY(talk.out.drain("stdout"));
    TRY(talk.err.drain("stderr"));
    return end_of(end, &talk);
  }
  TRY(talk.process.kill(kDeathMs));
  if (ending == Ending::InitDied)
    return failure("the container's init was killed while the hook ran", &talk);
  Error error = failure(format("hook ran past specified timeout of %.1fs",
                               static_cast<double>(*hook.timeout)),
                        &talk)
                    .error();
  return std::move(error).with_hint(kLongerTimeout);
}

Status run_nth(const spec::Hook& hook, size_t n, const char* kind, const std::string& json,
               const std::string& bundle, int init_pidfd) {
  Status ran = run_hook(hook, json, bundle, init_pidfd);
  if (ran) return {};
  return std::move(ran)
      .error()
      .in(format("error running %s hook #%zu: '%s'", kind, n, hook.path.c_str()))
      .as(Code::HookFailed)
      .at("hook");
}

}  // namespace

std::string hook_signal(int number) {
  const char* name = sigabbrev_np(number);
  return format("killed by signal %d (SIG%s)", number, name != nullptr ? name : "?");
}

Status run_hooks(const std::vector<spec::Hook>& hooks, const char* kind, const spec::State& state,
                 int init_pidfd) {
  if (hooks.empty()) return {};
  std::string json = spec::to_json(state, false);
  for (size_t i = 0; i < hooks.size(); i++)
    TRY(run_nth(hooks[i], i, kind, json, state.bundle, init_pidfd));
  return {};
}

void run_hooks_or_warn(const std::vector<spec::Hook>& hooks, const char* kind,
                       const spec::State& state) {
  if (hooks.empty()) return;
  std::string json = spec::to_json(state, false);
  for (size_t i = 0; i < hooks.size(); i++) {
    Status ran = run_nth(hooks[i], i, kind, json, state.bundle, -1);
    if (!ran) log_warning("%s, ignoring", ran.error().text().c_str());
  }
}

}  // namespace container
