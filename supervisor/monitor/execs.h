// Further programs in the container (`exec`): started by the runtime, looked after here. Each has a
// place of a fixed few and a channel of its own; its record goes to exec/NAME.json in the monitor's
// directory, where the last kRecords stay.
//
//   Free --runtime exec begins--> Starting --it ends--> Running --the process ends--> Ended --output drained--> record, Free
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <array>
#include <span>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "supervisor/monitor/channel.h"
#include "supervisor/monitor/control.h"
#include "supervisor/monitor/runtime.h"
#include "supervisor/protocol/exit_record.h"

namespace monitor {

class Execs {
 public:
  static constexpr size_t kMost = 32, kRecords = 64;
  // What all have in common, from the monitor; `channels` has kMost of them, `first` being the
  // first one's number.
  struct Setting {
    std::string id;
    std::string dir;  // the monitor's
    Runtime runtime;
    int64_t drain_ms, runtime_ms;
    int null_fd;
  };
  Execs(Control* control, std::span<Channel> channels, size_t first)
      : control_(*control), channels_(channels), first_(first) {}

  // Makes the directory exec/; what an earlier monitor left there goes.
  Status open(int dirfd, Setting setting);

  // The client is answered when the runtime is done. An error: nothing was started.
  Status start(size_t client, const Request& request, Fd process);
  Status signal(const std::string& name, int signal);
  // The record, or nothing yet: then the client is answered at the end.
  Result<std::string> record(const std::string& name, size_t client);
  // The channel's number, to attach to or to resize.
  Result<size_t> channel_of(const std::string& name) const;
  std::string list_json() const;

  // Collects what has ended of its own calls and processes. False: a call is under way whose
  // process is not known yet, so a child that nobody knows may not be reaped.
  bool reap();
  bool owns(pid_t pid) const;
  void check_deadlines(int64_t now);
  int64_t next_deadline() const;  // INT64_MAX: none
  void container_ended();         // all are killed
  void abandon();                 // the monitor ends: whoever waits is told
  bool idle() const;

 private:
  enum class State : unsigned char { Free, Starting, Running, Ended };
  struct Session {
    State state = State::Free;
    pid_t call = 0, pid = 0;  // of the runtime; of the process
    Fd pidfd;
    int64_t deadline = 0;  // Starting: of the call. Ended: of the output
    bool timed_out = false;
    protocol::ExecRecord record;
  };

  Result<size_t> place_for(const std::string& name) const;
  Result<size_t> find(const std::string& name) const;
  std::string path(const Session& session, const char* suffix) const;
  Result<pid_t> spawn(size_t index, const Request& request, int process_fd);
  void call_ended(size_t index, const siginfo_t& end);
  Status take_process(Session* session);
  void process_ended(size_t index, const siginfo_t& end);
  void finish(size_t index, bool drained);
  void kill_group(const Session& session);
  void free_place(size_t index);
  void remove_files(const std::string& name);

  Control& control_;
  std::span<Channel> channels_;
  size_t first_;
  Setting setting_;
  Fd dir_;
  std::array<Session, kMost> sessions_;
  std::array<std::string, kRecords> past_;  // whose records are kept
  size_t next_past_ = 0;
};

}  // namespace monitor
