// The keeper of containers: all of them, and what can be done with one. Nothing here knows of
// clients.
//
// keeper.cc    the set: finding, listing, saving      launch.cc   create and start
// ending.cc    how a run ends, and what follows       control.cc  stop, kill, pause, resume, remove
// adopt.cc     containers from before the daemon's start
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "supervisor/daemon/container.h"
#include "supervisor/daemon/journal.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/daemon/process.h"
#include "supervisor/daemon/store.h"

namespace rtd {

struct KeeperOptions {
  std::string run_dir;    // of this boot: monitors' directories, the runtime's root
  std::string state_dir;  // outlives boots
  std::string runtime, monitor;
  std::string boot_id;
};

// A container that is to be.
struct Wanted {
  Record record;       // what the client chose; the rest is filled in
  std::string config;  // its config.json; empty: record.bundle names a bundle
  bool start = false;
};

class Keeper {
 public:
  Keeper(Loop* loop, Journal* journal, KeeperOptions options)
      : loop_(loop), journal_(journal), options_(std::move(options)) {}

  // Reads what is on disk and takes up every container that is still there.
  Status open();

  // By id, or by the beginning of one if no other begins so.
  Result<ContainerPtr> find(std::string_view id) const;
  const std::map<std::string, ContainerPtr, std::less<>>& all() const { return containers_; }
  bool lost_something() const { return lost_; }  // a file was corrupt

  Result<ContainerPtr> create(Wanted wanted, Done done);
  void start(const ContainerPtr& container, Done done);
  void stop(const ContainerPtr& container, std::optional<int> signal,
            std::optional<int64_t> timeout_ms, Done done);
  void restart(const ContainerPtr& container, std::optional<int64_t> timeout_ms, Done done);
  Status kill(const ContainerPtr& container, int signal);
  void pause(const ContainerPtr& container, Done done);
  void resume(const ContainerPtr& container, Done done);
  void remove(const ContainerPtr& container, bool force, Done done);
  // `done` is called when the container has no process (at once, if it has none and nothing is
  // about to start it).
  void wait(const ContainerPtr& container, std::function<void()> done);

  std::string monitor_dir(const Container& container) const {
    return options_.run_dir + "/mon/" + container.record.id;
  }
  std::string log_path(const Container& container) const {
    return store_.dir_of(container.record.id) + "/log";
  }
  // A child that nobody waits for: perhaps the first process of a container whose monitor was
  // killed.
  void on_other_exit(pid_t pid, Exit exit);

 private:
  // launch.cc
  void launch(const ContainerPtr& container, bool start, Done done);
  void on_launched(const ContainerPtr& container, const Outcome& outcome, Done done);
  void start_created(const ContainerPtr& container, Done done);
  std::vector<std::string> monitor_command(const Container& container, bool start) const;
  Error launch_error(const Container& container, const Outcome& outcome) const;
  // adopt.cc
  void adopt(const ContainerPtr& container, State last);
  void look_up(const ContainerPtr& container, std::function<void(Result<std::string>)> done);
  void follow(const ContainerPtr& container, const std::string& status_json);
  bool watch_end(const ContainerPtr& container);
  bool take_exit_file(const ContainerPtr& container);
  void await_monitor(const ContainerPtr& container, int tries, Done done);
  bool monitor_runs(const Container& container) const;
  void watch_init(const ContainerPtr& container);
  // ending.cc
  void on_monitor_gone(Container* container);
  void ended(const ContainerPtr& container, LastExit exit);
  void after_end(const ContainerPtr& container);
  void schedule_restart(const ContainerPtr& container, bool failed);
  void restart_now(const ContainerPtr& container);
  void fail(const ContainerPtr& container, const Error& error);
  // control.cc
  void stop_now(const ContainerPtr& container, int signal, int64_t timeout_ms, Done done);
  void kill_all(const ContainerPtr& container, Done done);
  void remove_now(const ContainerPtr& container, Done done);
  void freeze(const ContainerPtr& container, bool pause, Done done);

  // Tells of the way from one state to the next, in the order: created, started, exited; removed.
  void announce(const Container& container, State from, State to);
  void set_state(const ContainerPtr& container, State state, Durable durable);
  void save(const ContainerPtr& container, Durable durable);
  Status signal(const Container& container, int signal) const;
  void run_runtime(const std::vector<std::string>& args, const std::string& input,
                   std::function<void(Result<Outcome>)> done);

  Loop* loop_;
  Journal* journal_;
  KeeperOptions options_;
  Store store_;
  std::map<std::string, ContainerPtr, std::less<>> containers_;
  bool lost_ = false;
};

// Which process has this number: its start time in /proc/PID/stat, and its parent.
struct ProcessInfo {
  pid_t parent = 0;
  uint64_t start = 0;
};
std::optional<ProcessInfo> process_info(pid_t pid);
std::optional<ProcessInfo> parse_process_stat(std::string_view text);

}  // namespace rtd
