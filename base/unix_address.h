// The address of a unix socket, whose path may be longer than the 108 bytes the kernel has for it.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace sys {

struct UnixAddress {
  sockaddr_un address = {};
  socklen_t size = 0;
  // what the address goes by way of, if it does; needed until after bind() or connect()
  Fd directory;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

// A path; with a leading '@', the abstract name that follows.
Result<UnixAddress> unix_address(const std::string& path);
// `name` in a directory that is open. `dirfd` is borrowed until after bind() or connect().
UnixAddress unix_address_in(int dirfd, const char* name);

}  // namespace sys
