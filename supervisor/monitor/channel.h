// The stdio of one process of the container, from the monitor's side: pipes, or the master of a
// terminal.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/fd.h"

namespace monitor {

// Where a runtime sends the master of the terminal it made (--console-socket). Bound in a
// directory; the file goes with it.
class ConsoleSocket {
 public:
  ConsoleSocket() = default;
  ConsoleSocket(const ConsoleSocket&) = delete;
  ConsoleSocket& operator=(ConsoleSocket&& other) noexcept {
    close();
    dirfd_ = std::exchange(other.dirfd_, -1);
    name_ = std::move(other.name_);
    fd_ = std::move(other.fd_);
    return *this;
  }
  ~ConsoleSocket() { close(); }

  Status listen(int dirfd, const std::string& name);  // `dirfd` is borrowed until close()
  // What was sent, by a runtime whose call has ended: it does not wait. An error if that is no
  // terminal, or nothing.
  Result<Fd> receive();
  void close();
  // How another process names it: short, whatever the directory is called.
  std::string path() const;

 private:
  int dirfd_ = -1;
  std::string name_;
  Fd fd_;
};

struct Channel {
  bool terminal = false;
  Fd in;  // where input goes; none: there is none, or it was closed
  // what is read; of a terminal `out` is the master, and `err` none
  Fd out, err;
  Fd child_in, child_out, child_err;  // what the runtime's call is given; closed once it ended
  uint16_t columns = 0, rows = 0;     // what a terminal is to have, once there is one
  // keeps a terminal whole while no process has it open; closed at the process's end, to see that
  // of its output
  Fd slave;
  ConsoleSocket console;
  // until the runtime's call has ended: what is printed waits for the clients that are to come
  bool quiet = false;
  bool held = false;     // a client that is to miss nothing has no room: nothing is read
  bool stalled = false;  // the process does not take its input: none is read from clients

  // Pipes for output and, if there is to be input, for that. All of ours are non-blocking.
  Status open_pipes(bool input);
  // The runtime is to be given `name` in the directory as --console-socket.
  // With `errors` what the runtime itself writes to stderr is read from `err`.
  Status open_terminal(int dirfd, const std::string& name, bool errors = false);
  // After the runtime's call: the child's ends are closed; `succeeded`: a terminal, if one was
  // asked for, is taken over.
  Status call_ended(bool succeeded);
  // Of a terminal; the foreground process gets WINCH. One that is yet to come will have that size.
  Status resize(uint16_t columns, uint16_t rows);
  void close_input();  // of a pipe; a terminal has no end of input
  bool drained() const { return !out && !err; }
};

}  // namespace monitor
