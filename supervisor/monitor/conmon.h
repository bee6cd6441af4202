// The monitor as conmon: what podman and CRI-O expect beside a container (or one program run in it)
// besides its output.
//
//   pipes, named in the environment by number      _OCI_SYNCPIPE: {"data": PID} or {"data": -1, "message": WHY}; of an exec, its exit
//                                                  status later. _OCI_STARTPIPE: nothing begins before something comes from it;
//                                                  with --exec-attach a second time, after {"data": 0} to _OCI_ATTACHPIPE.
//   BUNDLE/attach                                  SOCK_SEQPACKET; 2 or 3 and up to 8 KiB of output a packet, input the other way
//   BUNDLE/ctl                                     a FIFO: "1 ROWS COLUMNS" resizes, "2 0 0" reopens the log
//   BUNDLE/winsz                                   a FIFO: "ROWS COLUMNS"
//   EXIT-DIR/CID, PERSIST-DIR/exit                 the exit status, as a shell would see it; -1 after --timeout
//   BUNDLE/notify/notify.sock                      see notify_relay.h
//   BUNDLE/oom, PERSIST-DIR/oom                    there if a process was killed for want of memory
//
// With API version 0 "data" is called "pid", or "exit_code" of an exec, whose pid is not told.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "supervisor/monitor/notify_relay.h"
#include "supervisor/protocol/exit_record.h"

namespace monitor {

struct ConmonSetting {
  std::string cid, cuuid, bundle;
  std::string exit_dir, persist_dir, socket_dir;  // may be empty
  std::string conmon_pid_file;
  std::vector<std::string> exit_command;
  int exit_delay = 0;  // seconds
  int api_version = 0;
  std::string sdnotify_socket;  // the engine's; empty: none
  bool exec = false, exec_attach = false;
  bool full_attach = false;  // no link in socket_dir
  bool leave_stdin_open = false;
  bool sync = false;  // stay the caller's child
};

// "1 24 80\n2 0 0\n": what has come through ctl or winsz so far, line by line.
struct ControlLine {
  enum class Kind : unsigned char { Resize, Reopen } kind;
  uint16_t rows = 0, columns = 0;
};
// Takes the first whole line off `text`, whatever it says. Nothing: there is no whole line, or
// (`*text` is shorter) none that counts.
std::optional<ControlLine> take_control_line(std::string* text, bool winsz);

class Conmon {
 public:
  explicit Conmon(const ConmonSetting& setting) : setting_(setting) {}

  // In the process that was started: takes over what came with it, and waits for the word to begin.
  Status take_environment();
  Status open();           // socket and FIFOs
  void announce_attach();  // with --exec-attach; start_pipe() then gets readable
  int attach_listener() const { return attach_.get(); }
  int ctl() const { return ctl_.get(); }
  int winsz() const { return winsz_.get(); }
  int notify() const { return notify_.fd(); }
  void relay_notify() { notify_.relay(); }
  int start_pipe() const { return start_.get(); }
  void started() { start_.reset(); }
  Fd accept();
  // What came through one of the FIFOs; the rest of a line waits for more.
  std::vector<ControlLine> read_fifo(int fd);

  void created(pid_t pid);
  void failed(const Error& error);
  Status ended(const protocol::ExitRecord& record, bool timed_out);
  void run_exit_command();  // and waits for it

  const ConmonSetting& setting() const { return setting_; }

 private:
  void tell(Fd* pipe, int data, std::string_view message);
  Status make_fifo(const char* name, Fd* fd);

  ConmonSetting setting_;
  Fd bundle_, sync_, start_, attach_pipe_, attach_, ctl_, winsz_;
  Fd ctl_writer_, winsz_writer_;  // so that a writer's leaving is no end
  NotifyRelay notify_;
  std::string ctl_text_, winsz_text_;
  // what the engine holds open by way of us, until the container's end
  std::vector<int> inherited_;
};

// rtmon called conmon: the whole of it.
int conmon_main(std::span<char* const> args);

}  // namespace monitor
