#include "runtime/container/start_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "base/strings.h"
#include "runtime/container/record.h"

namespace container {

// Through /proc, because the path of a state directory may not fit into the 108 bytes of sun_path.
static sockaddr_un address_in(int state_dirfd) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::string path = format("/proc/self/fd/%d/%s", state_dirfd, kStartSocket);
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

static Result<Fd> make_socket() {
  Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) return Error::sys("socket");
  return fd;
}

Result<Fd> make_start_socket(int state_dirfd) {
  Fd fd = TRY(make_socket());
  sockaddr_un address = address_in(state_dirfd);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return Error::sys("bind '%s'", kStartSocket);
  if (listen(fd.get(), 1) < 0) return Error::sys("listen on '%s'", kStartSocket);
  return fd;
}

Result<Fd> connect_start_socket(int state_dirfd) {
  Fd fd = TRY(make_socket());
  sockaddr_un address = address_in(state_dirfd);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    return Error::sys("connect to '%s'", kStartSocket);
  }
  return fd;
}

}  // namespace container
