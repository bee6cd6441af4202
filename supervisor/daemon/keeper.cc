#include "supervisor/daemon/keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pidfd.h"
#include "base/strings.h"

namespace rtd {

namespace {

constexpr int64_t kRuntimeMs = 60000;

}  // namespace

Status Keeper::open() {
  for (const char* name : {"/mon", "/rt"}) {
    std::string path = options_.run_dir + name;
    if (mkdir(path.c_str(), 0700) < 0 && errno != EEXIST)
      return Error::sys("mkdir '%s'", path.c_str());
  }
  TRY(store_.open(options_.state_dir));
  loop_->on_other_exit([this](pid_t pid, Exit exit) { on_other_exit(pid, exit); });
  Store::Loaded loaded = TRY(store_.load());
  for (const std::string& text : loaded.corrupt) {
    log_warning("container %s: moved to corrupt, ignoring", text.c_str());
    journal_->add("corrupt", text.substr(0, text.find(':')), "\"reason\":" + json_quote(text));
  }
  lost_ = !loaded.corrupt.empty();
  std::vector<std::pair<ContainerPtr, State>> found;
  for (Record& record : loaded.records) {
    auto container = std::make_shared<Container>();
    container->state = parse_state(record.state).value_or(State::Failed);
    container->record = std::move(record);
    found.emplace_back(container, container->state);
    containers_[container->record.id] = container;
  }
  for (auto& [container, last] : found) adopt(container, last);
  return {};
}

Result<ContainerPtr> Keeper::find(std::string_view id) const {
  auto exact = containers_.find(id);
  if (exact != containers_.end()) return exact->second;
  auto first = containers_.lower_bound(id);
  int shown = static_cast<int>(std::min<size_t>(id.size(), 128));
  if (id.empty() || first == containers_.end() || !first->first.starts_with(id)) {
    return Error::make(Code::ContainerNotFound, "there is no container '%.*s'", shown, id.data());
  }
  auto second = std::next(first);
  if (second != containers_.end() && second->first.starts_with(id)) {
    return Error::make(Code::Usage, "'%.*s' may be '%s' or '%s'", shown, id.data(),
                       first->first.c_str(), second->first.c_str());
  }
  return first->second;
}

void Keeper::save(const ContainerPtr& container, Durable durable) {
  if (container->removed) return;
  container->record.state = state_name(container->state);
  Status saved = store_.save(container->record, durable);
  // It goes on: what is in memory is right, the monitor has the exit on record, and a full disk may
  // pass.
  if (!saved)
    log_warning("container '%s': %s, ignoring", container->record.id.c_str(),
                saved.error().text().c_str());
}

void Keeper::announce(const Container& container, State from, State to) {
  const Record& record = container.record;
  auto tell = [&](const char* type, const std::string& more = "") {
    journal_->add(type, record.id, more);
  };
  bool ran = from != State::Creating || !record.started_at.empty() ||
             (record.exit && !record.exit->started_at.empty());
  if (from == State::Creating && to != State::Failed) tell("created");
  if (from == State::Creating && (to == State::Running || (to == State::Exited && ran)))
    tell("started");
  switch (to) {
    case State::Creating:
    case State::Created: return;
    case State::Running:
      if (from == State::Created) tell("started");
      if (from == State::Paused) tell("resumed");
      return;
    case State::Paused: return tell("paused");
    case State::Failed: return tell("failed", "\"reason\":" + json_quote(record.error));
    case State::Stuck: return tell("stuck");
    case State::Exited: {
      std::optional<int> status = record.exit ? record.exit->status() : std::nullopt;
      std::string more = status
                             ? format("\"status\":%d", *status)
                             : "\"reason\":" + json_quote(record.exit ? record.exit->reason : "");
      if (record.exit && record.exit->oom_kills.value_or(0) > 0)
        more += ",\"oom_kills\":" + std::to_string(*record.exit->oom_kills);
      return tell("exited", more);
    }
  }
}

void Keeper::set_state(const ContainerPtr& container, State state, Durable durable) {
  if (state != container->state) announce(*container, container->state, state);
  container->state = state;
  save(container, durable);
}

Status Keeper::signal(const Container& container, int number) const {
  if (!container.init) {
    return Error::make(Code::ContainerNotRunning, "the container '%s' is not running",
                       container.record.id.c_str());
  }
  // ESRCH: its end is on the way
  if (sys::pidfd_send_signal(container.init.get(), number) < 0 && errno != ESRCH) {
    return Error::sys("send signal %d to the container '%s'", number, container.record.id.c_str());
  }
  return {};
}

void Keeper::run_runtime(const std::vector<std::string>& args, const std::string& input,
                         std::function<void(Result<Outcome>)> done) {
  std::vector<std::string> command = {options_.runtime, "--root", options_.run_dir + "/rt"};
  command.insert(command.end(), args.begin(), args.end());
  std::string what = args.front();
  Status started = run_program(loop_, command, input, kRuntimeMs, [what, done](Outcome outcome) {
    if (outcome.ok()) return done(std::move(outcome));
    if (outcome.timed_out) {
      return done(Error::make(Code::Timeout,
                              "the runtime's %s did not end within %lld s and was killed",
                              what.c_str(), static_cast<long long>(kRuntimeMs / 1000)));
    }
    std::string_view text = trim(outcome.err);
    done(Error::make(Code::RuntimeFailed, "the runtime's %s: %.*s", what.c_str(),
                     static_cast<int>(text.size()), text.data()));
  });
  if (started) return;
  loop_->after(0, [error = started.error(), done] { done(error); });
}

std::optional<ProcessInfo> parse_process_stat(std::string_view text) {
  size_t name_end = text.rfind(')');  // "pid (name) state ppid ...": the name may hold anything
  if (name_end == std::string_view::npos || name_end + 2 > text.size()) return std::nullopt;
  std::vector<std::string_view> words = split(trim(text.substr(name_end + 2)), ' ');
  if (words.size() < 20) return std::nullopt;
  std::optional<pid_t> parent = parse_number<pid_t>(words[1]);
  std::optional<uint64_t> start = parse_number<uint64_t>(words[19]);
  if (!parent || !start) return std::nullopt;
  return ProcessInfo{*parent, *start};
}

std::optional<ProcessInfo> process_info(pid_t pid) {
  Result<std::string> text =
      read_file(AT_FDCWD, format("/proc/%d/stat", static_cast<int>(pid)).c_str(), 4096);
  if (!text) return std::nullopt;
  return parse_process_stat(*text);
}

}  // namespace rtd
