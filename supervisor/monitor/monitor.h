// One container's monitor, a state machine around one poll(2) loop:
//
//   Creating --runtime create ends--> Created --start--> Starting --runtime start ends--> Running
//        any of the last three --init ends--> Stopped --output drained--> exit.json --> [runtime delete] --> end
//
// It is the subreaper below which the runtime makes the container, so init becomes its child when
// `create` ends: the exit status comes from waitid(2) and nowhere else. At most one call of the
// runtime is under way, each with a deadline.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "supervisor/monitor/channel.h"
#include "supervisor/monitor/conmon.h"
#include "supervisor/monitor/control.h"
#include "supervisor/monitor/execs.h"
#include "supervisor/monitor/journal_log.h"
#include "supervisor/monitor/log_writer.h"
#include "supervisor/monitor/runtime.h"
#include "supervisor/protocol/exit_record.h"

namespace monitor {

struct Options {
  std::string id;
  std::string bundle;  // absolute
  std::string dir;     // absolute: control, exit.json, init.pid, runtime.log, lock
  Runtime runtime;
  LogOptions log;
  std::optional<JournalOptions> journal;  // beside it
  bool start = false;                     // at once
  // no container is made: which handles of one came with us, from descriptor 3 on (adopt.cc)
  std::string adopt;
  // as the configuration says: its stdio is a terminal that the runtime makes
  bool terminal = false;
  // What the container reads. Open: what attached clients send.
  enum class Input : unsigned char { None, Ours, Open } input = Input::None;
  bool remove = false;  // `runtime delete` at the end
  int64_t drain_ms = 2000;
  int64_t runtime_ms = 60000;  // what one call of the runtime may take
  // For engines, by way of conmon's command line:
  std::optional<ConmonSetting> conmon;
  std::string pid_file;                  // instead of init.pid in `dir`
  std::string exec_process;              // no container is made: this file's program is run in it
  std::string restore_from;              // the container is not created but restored
  std::vector<std::string> create_opts;  // for that call of the runtime
  int64_t timeout_ms = 0;                // the container is killed after that time; 0: never
};

class Monitor {
 public:
  // `conmon`: whose engine is told what; borrowed, may be null.
  explicit Monitor(const Options& options, Conmon* conmon = nullptr)
      : options_(options), conmon_(conmon) {}
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Takes the directory, makes the container and stays until it is over. "ok" is written to
  // `ready`, if it is open, and it is closed, when the container is created (with Options::start:
  // started). An error before that means that none is left.
  Result<protocol::ExitRecord> run(Fd* ready);

 private:
  enum class State : unsigned char { Creating, Created, Starting, Running, Stopped };
  enum class Call : unsigned char { None, Create, Start, Kill, Delete };

  Status take_dir();
  Status begin();
  // adopt.cc
  Status adopt();
  Status take_handles();
  Status write_life();
  void on_adopted_end(size_t, short);
  Status hand_over(size_t client);
  Status open_channel();
  std::vector<std::string> create_args() const;
  Status spawn(Call call);

  // What one round of the loop waits for: a descriptor, and who is told of which events.
  struct PollSet;
  void poll_once();
  void add_channel(PollSet* set, size_t index);
  void add_client(PollSet* set, size_t index);
  int poll_timeout() const;
  void check_deadlines();

  void on_signals(size_t, short);
  void on_output(size_t channel, short);
  void on_errors(size_t channel, short);
  void on_input_room(size_t channel, short);
  void on_client(size_t index, short events);
  void on_connect(size_t, short);
  void on_engine_client(size_t, short);
  void on_engine_word(size_t, short);
  void on_engine_notify(size_t, short);
  void on_engine_line(size_t winsz, short);
  void reap();
  bool reap_call();
  void on_created(bool succeeded);
  void on_started(bool succeeded);
  void on_exit(const siginfo_t& info);
  void pump(size_t channel, Fd* fd, Stream stream);
  void on_request(size_t client, const Request& request, Fd file);
  Result<size_t> channel_of(const Request& request) const;
  Status start_exec(size_t client, const Request& request, Fd file);

  Status attach(size_t client, const Request& request);
  void stop(const Request& request);
  void kill_all();
  void give_up(Error error);  // the container is to go, and run() to return this error
  void finish();
  void ready();
  Status call_failure(const char* what);
  std::string status_json() const;
  void signal_init(int signal);

  Options options_;
  Conmon* conmon_;
  Fd* ready_ = nullptr;
  State state_ = State::Creating;
  Fd dir_, lock_, signals_, null_, runtime_log_;
  static constexpr size_t kInit = 0, kFirstExec = 1, kChannels = kFirstExec + Execs::kMost;
  std::array<Channel, kChannels> channels_;
  Control control_;
  LogWriter log_;
  JournalLog journal_;
  Execs execs_{&control_, std::span(channels_).subspan(kFirstExec), kFirstExec};

  Call call_ = Call::None;
  pid_t call_pid_ = 0;
  int64_t call_deadline_ = 0;
  int call_status_ = 0;  // as of waitpid
  bool call_timed_out_ = false;

  pid_t init_ = 0;
  Fd init_fd_, oom_;
  int64_t drain_deadline_ = 0;
  int pending_signal_ = 0;  // came while `start` was under way; 0: none
  int64_t kill_at_ = 0;     // of a stop under way; 0: none
  protocol::ExitRecord record_;
  bool recorded_ = false;
  bool timed_out_ = false;
  bool adopted_ = false;  // init is not our child, and has yet to end
  bool input_told_ = false;
  bool over_ = false;
  std::optional<Error> failure_;
};

}  // namespace monitor
