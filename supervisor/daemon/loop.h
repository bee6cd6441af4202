// The daemon's one event loop: descriptors, timers, children and signals, each with what is to be
// called. Single-threaded.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/fd.h"

namespace rtd {

// How a child ended.
struct Exit {
  int status = 0;  // of exit(), if signal is 0
  int signal = 0;
  bool core_dumped = false;
};

Exit exit_from(const siginfo_t& info);  // of waitid(2)

class Loop {
 public:
  using Ready = std::function<void(uint32_t events)>;  // EPOLLIN ...
  using TimerId = uint64_t;                            // never 0

  // Blocks SIGCHLD, SIGTERM, SIGINT and SIGHUP for the process, and ignores SIGPIPE.
  Status open();

  void watch(int fd, uint32_t events, Ready ready);
  void change(int fd, uint32_t events);
  void forget(int fd);  // before it is closed

  TimerId after(int64_t ms, std::function<void()> call);
  void cancel(TimerId id);  // one that is over, or 0, does no harm

  // Called once, when the child `pid` was reaped.
  void on_exit(pid_t pid, std::function<void(Exit)> call) { children_[pid] = std::move(call); }
  // For children nobody asked about: rtd is a subreaper, so the container of a monitor that was
  // killed becomes its child.
  void on_other_exit(std::function<void(pid_t, Exit)> call) { other_exit_ = std::move(call); }
  void on_signal(std::function<void(int)> call) { on_signal_ = std::move(call); }

  void run();  // until stop()
  void stop() { stopped_ = true; }

 private:
  struct Watch {
    uint32_t generation;
    Ready ready;
  };
  void read_signals();
  void reap();
  void run_timers();
  int timeout() const;

  Fd epoll_, signals_;
  // tells a descriptor from an earlier one of the same number, of which events are pending
  uint32_t generation_ = 0;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
  std::map<std::pair<int64_t, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, int64_t> deadlines_;
  TimerId last_timer_ = 0;
  std::unordered_map<pid_t, std::function<void(Exit)>> children_;
  std::function<void(pid_t, Exit)> other_exit_;
  std::function<void(int)> on_signal_;
  bool stopped_ = false;
};

}  // namespace rtd
