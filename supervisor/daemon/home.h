// The daemon's directory and its socket: one daemon serves a directory.
#pragma once

#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace rtd {

struct Home {
  Fd dir;   // searchable by all, so that those whom the socket admits reach it
  Fd lock;  // held as long as this is
};

// Makes the directory if need be and locks it. Code::Busy if another daemon has it.
Result<Home> take_home(const std::string& path);

// A listening socket at `path` (in the directory `dirfd`, if it is a bare name); one that nobody
// serves is replaced: the caller holds the lock. `open_to_groups`: anybody may connect, and gets
// the role that his groups give, if any; else only the daemon's own user and root can.
Result<Fd> listen_at(int dirfd, const std::string& path, bool open_to_groups);

// The socket that systemd, or whoever speaks its protocol (LISTEN_PID, LISTEN_FDS), opened for this
// process: descriptor 3. No descriptor if there is none. The variables are removed, so that no
// child takes them for its own.
Result<Fd> inherited_listener();

// "READY=1" and such, to $NOTIFY_SOCKET; nothing where that is not set. What fails is logged and
// passed over.
void notify_manager(const std::string& text);

}  // namespace rtd
