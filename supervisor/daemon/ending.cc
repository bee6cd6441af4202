// How a run ends: by the monitor's record, by the kernel if the monitor was killed, or not known.
// And what follows.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/process_exit.h"
#include "base/strings.h"
#include "supervisor/daemon/keeper.h"
#include "supervisor/daemon/restart_policy.h"

namespace rtd {

namespace {

LastExit exit_of(const Record& record, Exit exit) {
  LastExit last;
  if (exit.signal != 0) {
    last.signal = exit.signal;
    last.core_dumped = exit.core_dumped;
  } else {
    last.code = exit.status;
  }
  last.started_at = record.started_at;
  last.exited_at = rfc3339_now();
  last.reason = "the monitor was killed before the container ended";
  return last;
}

void call_all(std::vector<std::function<void()>>* calls) {
  std::vector<std::function<void()>> now = std::move(*calls);
  calls->clear();
  for (auto& call : now) call();
}

}  // namespace

void Keeper::ended(const ContainerPtr& container, LastExit exit) {
  if (!container->alive() && container->state != State::Creating) return;
  if (container->init) loop_->forget(container->init.get());  // if it was watched
  container->init.reset();
  Record& record = container->record;
  if (exit.started_at.empty()) exit.started_at = record.started_at;
  record.exit = std::move(exit);
  record.pid = 0;
  record.pid_start = 0;
  set_state(container, State::Exited, Durable::Synced);
  (void)unlink((monitor_dir(*container) + "/exit.json").c_str());  // taken over
  call_all(&container->on_end);
  if (!container->monitor) after_end(container);
}

void Keeper::fail(const ContainerPtr& container, const Error& error) {
  container->record.error = error.text();
  container->record.pid = 0;
  set_state(container, State::Failed, Durable::Synced);
  call_all(&container->on_end);
}

void Keeper::on_monitor_gone(Container* gone) {
  auto found = containers_.find(gone->record.id);
  if (found == containers_.end()) return;
  ContainerPtr container = found->second;
  container->monitor.reset();
  if (!container->alive()) return after_end(container);
  if (take_exit_file(container)) return;  // it was killed between writing that and telling us
  journal_->add("monitor-lost", container->record.id, "");
  log_warning("container '%s': its monitor was killed; what it prints from here on is lost",
              container->record.id.c_str());
  container->leftover = true;
  watch_init(container);
}

// Without a monitor the first process is our child (rtd is the subreaper above the monitor), or
// somebody else's if the monitor was started by an earlier daemon. Either way the kernel says when
// it ends, and how: to the parent, or since Linux 6.15 to whoever holds a pidfd.
void Keeper::watch_init(const ContainerPtr& container) {
  if (!container->init) {
    LastExit unknown;
    unknown.exited_at = rfc3339_now();
    unknown.reason = "the monitor was killed, and the container ended unseen";
    return ended(container, std::move(unknown));
  }
  loop_->watch(container->init.get(), EPOLLIN, [this, container](uint32_t) {
    siginfo_t info;
    info.si_pid = 0;
    Exit exit;
    bool known =
        waitid(P_PIDFD, static_cast<id_t>(container->init.get()), &info, WEXITED | WNOHANG) == 0 &&
        info.si_pid != 0;
    if (known) {
      exit = exit_from(info);
    } else if (Result<std::optional<int>> status =
                   sys::wait_for_exit(container->init.get(), container->record.pid);
               status && *status) {
      known = true;
      exit.status = WIFEXITED(**status) ? WEXITSTATUS(**status) : 0;
      exit.signal = WIFSIGNALED(**status) ? WTERMSIG(**status) : 0;
      exit.core_dumped = WIFSIGNALED(**status) && WCOREDUMP(**status);
    }
    LastExit last = exit_of(container->record, exit);
    if (!known) {
      last.code.reset();
      last.reason = "the monitor was killed, and this kernel tells the status to nobody else";
    }
    ended(container, std::move(last));
  });
}

void Keeper::on_other_exit(pid_t pid, Exit exit) {
  for (auto& [id, container] : containers_) {
    if (!container->alive() || container->record.pid != pid) continue;
    ContainerPtr keep = container;
    keep->monitor.reset();  // dead, or its child would not be ours
    keep->leftover = true;
    return ended(keep, exit_of(keep->record, exit));
  }
}

// Nothing of the run is left, but for what a killed monitor could not have the runtime remove.
void Keeper::after_end(const ContainerPtr& container) {
  call_all(&container->on_monitor_gone);
  if (container->removed || container->ended_by_job) return;
  std::optional<int> status =
      container->record.exit ? container->record.exit->status() : std::nullopt;
  schedule_restart(container, status != 0);
  if (container->restart_timer == 0 && container->record.remove)
    remove_now(container, [](const Status&) {});
}

void Keeper::schedule_restart(const ContainerPtr& container, bool failed) {
  Record& record = container->record;
  bool unknown = container->running_since_ms == 0;  // it ran before this daemon did
  if (unknown || monotonic_ms() - container->running_since_ms >= kGoodRunMs) record.restarts = 0;
  RestartPolicy policy = parse_restart_policy(record.restart).value_or(RestartPolicy::No);
  std::optional<int64_t> delay =
      restart_delay(policy, record.restart_max, {failed, record.stopped_by_user, record.restarts});
  if (!delay) return;
  journal_->add("restarting", record.id,
                format("\"delay_ms\":%lld", static_cast<long long>(*delay)));
  container->restart_timer = loop_->after(*delay, [this, container] { restart_now(container); });
}

void Keeper::restart_now(const ContainerPtr& container) {
  enqueue(
      loop_, container,
      [this, container](Done finish) {
        container->restart_timer = 0;
        bool still = !container->removed && !container->record.stopped_by_user &&
                     (container->state == State::Exited || container->state == State::Failed);
        if (!still) return finish({});
        container->record.restarts++;
        launch(container, true, std::move(finish));
      },
      [this, container](const Status& status) {
        if (status || container->removed) return;
        log_warning("container '%s': %s, ignoring", container->record.id.c_str(),
                    status.error().text().c_str());
        // it did not run at all, so the count goes on
        container->running_since_ms = monotonic_ms();
        schedule_restart(container, true);
      });
}

}  // namespace rtd
