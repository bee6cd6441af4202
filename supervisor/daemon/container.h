// One container as the daemon sees it.
//
//   creating --> created --start--> running <--pause, resume--> paused
//       |            \______________ ___________/                        (stuck: it was killed and does not die)
//       v                           v
//     failed                     exited --restart policy, start--> creating
//
// What changes it (create, start, stop, ...) goes through its own queue, one at a time: a container
// that hangs delays no other.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/daemon/monitor_link.h"
#include "supervisor/daemon/record.h"

namespace rtd {

enum class State : unsigned char { Creating, Created, Running, Paused, Exited, Failed, Stuck };
const char* state_name(State state);
std::optional<State> parse_state(std::string_view name);

using Done = std::function<void(Status)>;

struct Container {
  Record record;  // as on disk, but for `state`, which is written from the one below
  State state = State::Creating;
  bool removed = false;

  std::unique_ptr<MonitorLink> monitor;  // waits for the end; none: there is no monitor
  // pidfd of the container's first process, while that is known to live
  Fd init;
  int64_t running_since_ms = 0;  // 0: since before the daemon's start
  bool leftover = false;         // the runtime may still know it: nobody has seen its end through
  // a job ends it and decides what follows: no restart policy, no automatic removal
  bool ended_by_job = false;
  Loop::TimerId restart_timer = 0;

  // Each is called once, when that happens next.
  std::vector<std::function<void()>> on_end;           // it has exited, and that is on record
  std::vector<std::function<void()>> on_monitor_gone;  // and the runtime has nothing of it any more

  struct Job {
    std::function<void(Done)> run;
    Done done;
  };
  std::deque<Job> jobs;
  bool busy = false;

  bool alive() const {
    return state == State::Created || state == State::Running || state == State::Paused ||
           state == State::Stuck;
  }
};
using ContainerPtr = std::shared_ptr<Container>;

// Runs `job` when those before it are over; it calls the Done it is given exactly once, which also
// calls `done`.
void enqueue(Loop* loop, const ContainerPtr& container, std::function<void(Done)> job, Done done);

}  // namespace rtd
