// Create and start: the intent goes to disk, then a monitor has the runtime make the container.
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "supervisor/daemon/keeper.h"

namespace rtd {

namespace {

// What the monitor may take: each of its calls of the runtime has its own limit of a minute.
constexpr int64_t kLaunchMs = 150000;
constexpr int64_t kStartMs = 70000;

Result<bool> wants_terminal(const std::string& config) {
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(config, "config.json"));
  std::optional<spec::JsonValue> process = document.root().find("process");
  if (!process) return false;
  return process->get<bool>("terminal", false);
}

// Whether it was for the program that nothing came of the start: then clients end with 127 or 126,
// as a shell does. By the runtime's log; rt's has codes, of the others' words these have not
// changed in years.
Code cause_of(std::string_view runtime_log, std::string_view message) {
  auto says = [&](std::string_view words) {
    return runtime_log.find(words) != std::string_view::npos ||
           message.find(words) != std::string_view::npos;
  };
  if (says("code=exec-not-found") || says("executable file not found") || says("executable file `"))
    return Code::ExecNotFound;
  if (says("code=exec-failed")) return Code::ExecFailed;
  return Code::RuntimeFailed;
}

}  // namespace

Result<ContainerPtr> Keeper::create(Wanted wanted, Done done) {
  Record& record = wanted.record;
  TRY(check_id(record.id));
  std::string config = wanted.config;
  if (config.empty()) {
    config = TRY(read_file(AT_FDCWD, (record.bundle + "/config.json").c_str()));
  } else {
    record.bundle = store_.dir_of(record.id);
  }
  record.terminal = TRY(wants_terminal(config));
  TRY(store_.make(record.id));
  record.created_at = rfc3339_now();
  record.boot_id = options_.boot_id;
  record.state = state_name(State::Creating);
  Status written;
  if (!wanted.config.empty()) {
    Result<Fd> dir = open_at(AT_FDCWD, record.bundle.c_str(), O_RDONLY | O_DIRECTORY);
    written = dir ? write_file_atomic(dir->get(), "config.json", config, 0600, Durable::Synced)
                  : Status(dir.error());
  }
  if (written) written = store_.save(record, Durable::Synced);
  if (!written) {
    (void)store_.remove(record.id);  // the error that counts is on its way
    return written.error();
  }
  auto container = std::make_shared<Container>();
  container->record = std::move(record);
  containers_[container->record.id] = container;
  bool start = wanted.start;
  enqueue(
      loop_, container,
      [this, container, start](Done finish) { launch(container, start, std::move(finish)); },
      [this, container, done](Status status) {
        // A container that could not be made is none: the client has the reason.
        if (status) return done(std::move(status));
        remove_now(container, [done, status](const Status&) { done(status); });
      });
  return container;
}

std::vector<std::string> Keeper::monitor_command(const Container& container, bool start) const {
  const Record& record = container.record;
  std::vector<std::string> command = {options_.monitor, "--detach", "--remove"};
  auto add = [&](const char* flag, const std::string& value) {
    command.insert(command.end(), {flag, value});
  };
  add("--dir", monitor_dir(container));
  add("--bundle", record.bundle);
  add("--runtime", options_.runtime);
  add("--root", options_.run_dir + "/rt");
  add("--log", log_path(container));
  add("--log-format", record.log_format);
  add("--log-max-size", std::to_string(record.log_max_size));
  add("--log-max-files", std::to_string(record.log_max_files));
  if (start) command.push_back("--start");
  if (record.terminal) command.push_back("--terminal");
  if (record.input) command.push_back("--stdin");
  command.insert(command.end(), {"--", record.id});
  return command;
}

void Keeper::launch(const ContainerPtr& container, bool start, Done done) {
  if (monitor_runs(*container)) {  // that of the last run has yet to have the runtime delete it
    loop_->after(10, [this, container, start, done] { launch(container, start, done); });
    return;
  }
  if (std::exchange(container->leftover, false)) {
    run_runtime({"delete", "--force", container->record.id}, "",
                [this, container, start, done](Result<Outcome> deleted) {
                  if (deleted) return launch(container, start, done);
                  fail(container, deleted.error());
                  done(deleted.error());
                });
    return;
  }
  Record& record = container->record;
  record.pid = 0;
  record.pid_start = 0;
  record.boot_id = options_.boot_id;
  record.started_at.clear();
  record.error.clear();
  set_state(container, State::Creating, Durable::Written);
  Status running = run_program(
      loop_, monitor_command(*container, start), "", kLaunchMs,
      [this, container, done](Outcome outcome) { on_launched(container, outcome, done); });
  if (running) return;
  fail(container, running.error());
  loop_->after(0, [done, running] { done(running); });
}

Error Keeper::launch_error(const Container& container, const Outcome& outcome) const {
  if (outcome.timed_out)
    return Error::make(Code::Timeout,
                       "the monitor did not get the container ready in time and was killed");
  std::string_view text = trim(outcome.err);
  std::string_view message = text.substr(0, text.find('\n'));
  constexpr std::string_view kProgram = "rtmon: ";
  if (message.starts_with(kProgram)) message.remove_prefix(kProgram.size());
  if (message.empty()) message = "the monitor ended without a word";
  Result<std::string> log = read_file(AT_FDCWD, (monitor_dir(container) + "/runtime.log").c_str());
  return Error::make(cause_of(log ? *log : "", message), "%.*s", static_cast<int>(message.size()),
                     message.data());
}

void Keeper::on_launched(const ContainerPtr& container, const Outcome& outcome, Done done) {
  if (!outcome.ok()) {
    Error error = launch_error(*container, outcome);
    fail(container, error);
    return done(error);
  }
  look_up(container, [this, container, done](Result<std::string> status) {
    if (status) {
      follow(container, *status);
    } else if (!take_exit_file(container)) {  // it may have run and ended before we looked
      fail(container, status.error());
      return done(status.error());
    }
    done({});
  });
}

void Keeper::start(const ContainerPtr& container, Done done) {
  loop_->cancel(std::exchange(container->restart_timer, 0));
  enqueue(
      loop_, container,
      [this, container](Done finish) {
        container->record.stopped_by_user = false;
        switch (container->state) {
          case State::Created: return start_created(container, std::move(finish));
          case State::Exited:
          case State::Failed:
            container->record.restarts = 0;
            return launch(container, true, std::move(finish));
          case State::Running: return finish({});  // as Docker: it is as it should be
          case State::Creating:
          case State::Paused:
          case State::Stuck: break;
        }
        finish(Error::make(Code::ContainerState, "the container '%s' is %s",
                           container->record.id.c_str(), state_name(container->state)));
      },
      std::move(done));
}

void Keeper::start_created(const ContainerPtr& container, Done done) {
  ask_monitor(loop_, monitor_dir(*container), "start", kStartMs,
              [this, container, done](Result<std::string> reply) {
                if (!reply) {
                  Result<std::string> log =
                      read_file(AT_FDCWD, (monitor_dir(*container) + "/runtime.log").c_str());
                  Error error = reply.error();
                  if (error.code == Code::RuntimeFailed)
                    error.code = cause_of(log ? *log : "", error.what);
                  container->record.error = error.text();
                  return done(error);
                }
                container->record.started_at = rfc3339_now();
                container->running_since_ms = monotonic_ms();
                if (container->state == State::Created)
                  set_state(container, State::Running, Durable::Written);
                done({});
              });
}

}  // namespace rtd
