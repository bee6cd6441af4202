// Containers from before the daemon's start, or that a monitor has just made: what is really there,
// by the monitor, by its exit record, or by the process itself.
#include <fcntl.h>
#include <sys/file.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pidfd.h"
#include "base/strings.h"
#include "supervisor/daemon/keeper.h"
#include "supervisor/daemon/restart_policy.h"

namespace rtd {

namespace {

constexpr int64_t kStatusMs = 5000;
constexpr int64_t kPollMs = 50;
constexpr int kStartingTries = 40;  // that a monitor which was just started may take to listen
// that it may take to have the container made: the runtime has a minute for each call
constexpr int kCreatingTries = 2400;

LastExit unknown_exit(const char* reason) {
  LastExit exit;
  exit.exited_at = rfc3339_now();
  exit.reason = reason;
  return exit;
}

}  // namespace

void Keeper::adopt(const ContainerPtr& container, State last) {
  Record& record = container->record;
  bool live = container->alive() || last == State::Creating;
  if (live && record.boot_id != options_.boot_id) {
    container->leftover = true;
    ended(container, unknown_exit("the machine was restarted"));
    return;
  }
  if (!live) {
    RestartPolicy policy = parse_restart_policy(record.restart).value_or(RestartPolicy::No);
    container->leftover = true;
    if (starts_with_daemon(policy, record.stopped_by_user, false)) {
      record.stopped_by_user = false;
      container->restart_timer = loop_->after(0, [this, container] { restart_now(container); });
    } else {
      after_end(container);  // it may have ended just before the daemon did
    }
    return;
  }
  enqueue(
      loop_, container,
      [this, container](Done finish) { await_monitor(container, 0, std::move(finish)); },
      [](const Status&) {});
}

void Keeper::look_up(const ContainerPtr& container, std::function<void(Result<std::string>)> done) {
  ask_monitor(loop_, monitor_dir(*container), "status", kStatusMs, std::move(done));
}

void Keeper::await_monitor(const ContainerPtr& container, int tries, Done done) {
  look_up(container, [this, container, tries, done](Result<std::string> status) {
    bool creating = container->state == State::Creating;
    bool unfinished = status && (status->find("\"state\":\"creating\"") != std::string::npos ||
                                 status->find("\"state\":\"starting\"") != std::string::npos);
    if (status && !unfinished) {
      follow(container, *status);
      return done({});
    }
    if (!status && take_exit_file(container)) return done({});
    if ((unfinished && tries < kCreatingTries) || (!status && creating && tries < kStartingTries)) {
      loop_->after(kPollMs,
                   [this, container, tries, done] { await_monitor(container, tries + 1, done); });
      return;
    }
    container->leftover = true;
    Record& record = container->record;
    Fd init = record.pid > 0 ? Fd(sys::pidfd_open(record.pid)) : Fd();
    std::optional<ProcessInfo> process = init ? process_info(record.pid) : std::nullopt;
    // looked up after the pidfd was opened, so it is that process's
    if (process && process->start == record.pid_start) {
      log_warning("container '%s' has lost its monitor; what it prints is lost", record.id.c_str());
      container->init = std::move(init);
      watch_init(container);
    } else if (creating) {
      fail(container,
           Error::make(Code::Cancelled, "the daemon ended while the container was being made"));
    } else {
      ended(container,
            unknown_exit("the daemon and the monitor were killed, and the container ended unseen"));
    }
    done({});
  });
}

// Takes up a container whose monitor has answered: `status_json` is that answer.
void Keeper::follow(const ContainerPtr& container, const std::string& status_json) {
  Result<spec::JsonDocument> document =
      spec::JsonDocument::parse(status_json, "the monitor's status");
  Result<std::string> state =
      document ? document->root().get<std::string>("state") : Result<std::string>(document.error());
  Result<int32_t> pid = document ? document->root().get<int32_t>("pid", 0) : Result<int32_t>(0);
  Record& record = container->record;
  if (!state || !pid)
    return fail(container, Error::make(Code::RuntimeFailed, "the monitor's status is none: %s",
                                       status_json.c_str()));
  bool paused = container->state == State::Paused;
  State before = container->state;
  container->state = *state == "created" ? State::Created : paused ? State::Paused : State::Running;
  if (container->state != before) announce(*container, before, container->state);
  if (!watch_end(container)) {
    if (!take_exit_file(container)) ended(container, unknown_exit("the monitor was killed"));
    return;
  }
  container->init.reset(sys::pidfd_open(*pid));
  std::optional<ProcessInfo> process = process_info(*pid);
  bool its_own = process && process->parent == container->monitor->monitor_pid();
  if (!its_own) container->init.reset();  // it has ended: the record is on its way
  record.pid = *pid;
  record.pid_start = its_own ? process->start : 0;
  if (container->state == State::Running && record.started_at.empty())
    record.started_at = rfc3339_now();
  if (container->state == State::Running) container->running_since_ms = monotonic_ms();
  save(container, Durable::Written);
}

bool Keeper::watch_end(const ContainerPtr& container) {
  std::weak_ptr<Container> weak = container;
  MonitorLink::Handlers handlers;
  handlers.reply = [this, weak](Result<std::string> reply) {
    ContainerPtr alive = weak.lock();
    if (!alive) return;
    Result<LastExit> exit = reply ? parse_exit_record(*reply) : Result<LastExit>(reply.error());
    if (exit) return ended(alive, std::move(*exit));
    log_warning("container '%s': %s", alive->record.id.c_str(), exit.error().text().c_str());
    ended(alive, unknown_exit("the monitor's record could not be read"));
  };
  handlers.gone = [this, weak] {
    if (ContainerPtr alive = weak.lock()) on_monitor_gone(alive.get());
  };
  Result<std::unique_ptr<MonitorLink>> link =
      MonitorLink::connect(loop_, monitor_dir(*container), "wait", std::move(handlers));
  if (!link || !*link) return false;
  container->monitor = std::move(*link);
  return true;
}

bool Keeper::take_exit_file(const ContainerPtr& container) {
  Result<std::string> text =
      read_file(AT_FDCWD, (monitor_dir(*container) + "/exit.json").c_str(), 1 << 16);
  if (!text) return false;
  Result<LastExit> exit = parse_exit_record(*text);
  if (!exit) return false;
  ended(container, std::move(*exit));
  return true;
}

bool Keeper::monitor_runs(const Container& container) const {
  Result<Fd> lock = open_at(AT_FDCWD, (monitor_dir(container) + "/lock").c_str(), O_RDWR);
  return lock && flock(lock->get(), LOCK_EX | LOCK_NB) < 0;
}

}  // namespace rtd
