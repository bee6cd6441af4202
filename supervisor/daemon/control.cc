// What is done to a container that is there: stop, kill, pause, resume, restart, remove.
#include <fcntl.h>
#include <signal.h>

#include "base/log.h"
#include "base/remove_tree.h"
#include "base/signal_names.h"
#include "base/strings.h"
#include "supervisor/daemon/keeper.h"

namespace rtd {

namespace {

// from KILL to the end; beyond that something in the kernel holds it
constexpr int64_t kDyingMs = 10000;

Error wrong_state(const Container& container) {
  return Error::make(Code::ContainerState, "the container '%s' is %s", container.record.id.c_str(),
                     state_name(container.state));
}

// Something that ends once, by the first of several ways.
struct Once {
  Loop* loop;
  Done done;
  Loop::TimerId timer = 0;
  void finish(Status status) {
    if (!done) return;
    loop->cancel(timer);
    Done call = std::move(done);
    done = nullptr;
    call(std::move(status));
  }
};

}  // namespace

// By the runtime, which knows all processes of the container and thaws a paused one: on cgroup v1 a
// frozen process does not die of a signal. If that fails the first process is killed, and with a
// pid namespace all others with it.
void Keeper::kill_all(const ContainerPtr& container, Done done) {
  run_runtime({"kill", "--all", container->record.id, "KILL"}, "",
              [this, container, done](Result<Outcome> outcome) {
                if (!outcome)
                  (void)signal(*container, SIGKILL);  // not running: then its end is on the way
                done({});
              });
}

// Not by way of the monitor: one that hangs must not keep a container from being stopped.
void Keeper::stop_now(const ContainerPtr& container, int number, int64_t timeout_ms, Done done) {
  if (!container->alive()) return done({});
  container->record.stopped_by_user = true;
  save(container, Durable::Synced);
  auto once = std::make_shared<Once>(Once{loop_, std::move(done)});
  container->on_end.push_back([once] { once->finish({}); });
  auto kill = [this, container, once] {
    kill_all(container, [this, container, once](const Status&) {
      if (!once->done) return;
      once->timer = loop_->after(kDyingMs, [this, container, once] {
        if (!container->alive()) return;
        set_state(container, State::Stuck, Durable::Synced);
        once->finish(Error::make(Code::Timeout, "the container '%s' was killed and does not end",
                                 container->record.id.c_str())
                         .with_hint("a process that waits in the kernel cannot be killed; it is "
                                    "watched until it ends"));
      });
    });
  };
  if (container->state == State::Created || container->state == State::Stuck) return kill();
  Status sent = signal(*container, number);
  if (!sent) log_warning("%s, ignoring", sent.error().text().c_str());
  once->timer = loop_->after(timeout_ms, kill);
}

void Keeper::stop(const ContainerPtr& container, std::optional<int> number,
                  std::optional<int64_t> timeout_ms, Done done) {
  loop_->cancel(std::exchange(container->restart_timer, 0));
  if (!container->record.stopped_by_user) {
    container->record.stopped_by_user = true;  // also for one that waits to be restarted
    save(container, Durable::Synced);
  }
  int by = number.value_or(sys::parse_signal(container->record.stop_signal).value_or(SIGTERM));
  int64_t grace = timeout_ms.value_or(container->record.stop_timeout_ms);
  enqueue(
      loop_, container,
      [this, container, by, grace](Done finish) {
        stop_now(container, by, grace, std::move(finish));
      },
      std::move(done));
}

Status Keeper::kill(const ContainerPtr& container, int number) {
  TRY(signal(*container, number));
  if (number == SIGKILL || number == sys::parse_signal(container->record.stop_signal)) {
    // as Docker: whoever kills a container does not want it back
    container->record.stopped_by_user = true;
    save(container, Durable::Synced);
  }
  return {};
}

void Keeper::freeze(const ContainerPtr& container, bool pause, Done done) {
  if (container->state != (pause ? State::Running : State::Paused))
    return done(wrong_state(*container));
  run_runtime({pause ? "pause" : "resume", container->record.id}, "",
              [this, container, pause, done](Result<Outcome> outcome) {
                if (!outcome) return done(outcome.error());
                if (container->alive())
                  set_state(container, pause ? State::Paused : State::Running, Durable::Written);
                done({});
              });
}

void Keeper::pause(const ContainerPtr& container, Done done) {
  enqueue(
      loop_, container,
      [this, container](Done finish) { freeze(container, true, std::move(finish)); },
      std::move(done));
}

void Keeper::resume(const ContainerPtr& container, Done done) {
  enqueue(
      loop_, container,
      [this, container](Done finish) { freeze(container, false, std::move(finish)); },
      std::move(done));
}

void Keeper::restart(const ContainerPtr& container, std::optional<int64_t> timeout_ms, Done done) {
  loop_->cancel(std::exchange(container->restart_timer, 0));
  int by = sys::parse_signal(container->record.stop_signal).value_or(SIGTERM);
  int64_t grace = timeout_ms.value_or(container->record.stop_timeout_ms);
  enqueue(
      loop_, container,
      [this, container, by, grace](Done finish) {
        container->ended_by_job = true;
        stop_now(container, by, grace, [this, container, finish](Status stopped) {
          if (!stopped) {
            container->ended_by_job = false;
            return finish(std::move(stopped));
          }
          container->record.stopped_by_user = false;
          container->record.restarts = 0;
          launch(container, true, [container, finish](Status started) {
            container->ended_by_job = false;
            finish(std::move(started));
          });
        });
      },
      std::move(done));
}

void Keeper::remove(const ContainerPtr& container, bool force, Done done) {
  loop_->cancel(std::exchange(container->restart_timer, 0));
  enqueue(
      loop_, container,
      [this, container, force](Done finish) {
        if (container->removed) return finish({});
        if (container->alive() && container->state != State::Created && !force) {
          return finish(wrong_state(*container).with_hint("stop it first, or remove it by force"));
        }
        container->ended_by_job = true;
        auto go_on = [this, container, finish](Status stopped) {
          if (stopped) return remove_now(container, finish);
          container->ended_by_job = false;
          finish(std::move(stopped));
        };
        if (!container->alive()) return go_on({});
        stop_now(container, SIGKILL, 0, go_on);
      },
      std::move(done));
}

void Keeper::remove_now(const ContainerPtr& container, Done done) {
  if (container->removed) return done({});
  if (monitor_runs(*container)) {
    // it has the runtime delete the container first
    loop_->after(20, [this, container, done] { remove_now(container, done); });
    return;
  }
  run_runtime({"delete", "--force", container->record.id}, "",
              [this, container, done](Result<Outcome> outcome) {
                if (!outcome) return done(outcome.error());
                container->removed = true;
                loop_->cancel(std::exchange(container->restart_timer, 0));
                Status removed = remove_tree(AT_FDCWD, monitor_dir(*container).c_str(), nullptr);
                if (removed) removed = store_.remove(container->record.id);
                containers_.erase(container->record.id);
                journal_->add("removed", container->record.id, "");
                done(std::move(removed));
              });
}

void Keeper::wait(const ContainerPtr& container, std::function<void()> done) {
  bool over = container->state == State::Exited || container->state == State::Failed;
  if (over && container->restart_timer == 0) return done();
  container->on_end.push_back(std::move(done));
}

}  // namespace rtd
