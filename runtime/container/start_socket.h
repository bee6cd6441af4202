// <state dir>/start.sock: how `rt start` tells a waiting init to go on, and hears whether the
// program runs. Better than a fifo: the outcome of everything up to and including execve comes
// back, so `start` reports it and poststart hooks run only when it is true.
#pragma once

#include "base/error.h"
#include "base/fd.h"

namespace container {

Result<Fd> make_start_socket(int state_dirfd);     // bound and listening; for init
Result<Fd> connect_start_socket(int state_dirfd);  // ECONNREFUSED: init listens no longer

}  // namespace container
