#include "runtime/container/start_socket.h"

#include <sys/stat.h>

#include "base/unix_address.h"
#include "runtime/container/record.h"

namespace container {

static Result<Fd> make_socket() {
  Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) return Error::sys("socket");
  return fd;
}

Result<Fd> make_start_socket(int state_dirfd) {
  Fd fd = TRY(make_socket());
  sys::UnixAddress address = sys::unix_address_in(state_dirfd, kStartSocket);
  // bind() makes the file with this mode, less the umask: whoever may connect decides when the
  // container starts.
  if (fchmod(fd.get(), 0600) < 0) return Error::sys("chmod of the start socket");
  if (bind(fd.get(), address.get(), address.size) < 0) return Error::sys("bind '%s'", kStartSocket);
  if (listen(fd.get(), 1) < 0) return Error::sys("listen on '%s'", kStartSocket);
  return fd;
}

Result<Fd> connect_start_socket(int state_dirfd) {
  Fd fd = TRY(make_socket());
  sys::UnixAddress address = sys::unix_address_in(state_dirfd, kStartSocket);
  if (connect(fd.get(), address.get(), address.size) < 0) {
    return Error::sys("connect to '%s'", kStartSocket);
  }
  return fd;
}

}  // namespace container
