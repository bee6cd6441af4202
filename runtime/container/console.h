// The outside of a container's terminal: handing its master to an engine, or being the terminal
// ourselves.
#pragma once

#include <termios.h>

#include <string>

#include "base/error.h"

namespace container {

// Connects to the stream socket at `path` (which may be longer than a socket address) and sends
// `fd` with SCM_RIGHTS and `payload` as the message.
Status send_fd(const std::string& path, int fd, const std::string& payload);
// To --console-socket: the payload is the name of the terminal inside the container.
Status send_console(const std::string& path, int master);

// A copy of our own terminal's settings, restored at the end; the terminal is raw while this lives.
// Nothing where stdin is no terminal.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios original_;
  bool changed_ = false;
};

// The kernel makes each "\n" that a program writes a "\r\n", which our own terminal does anyway if
// we have one; whoever reads our output from a pipe wants what the program wrote. (runc does the
// same, and only in the foreground.)
Status plain_newlines(int master);

// Gives `master` the size of our own terminal, if we have one.
void copy_size(int master);

}  // namespace container
