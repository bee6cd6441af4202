#include "supervisor/daemon/home.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/unix_address.h"

namespace rtd {

namespace {

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START

}  // namespace

Result<Home> take_home(const std::string& path) {
  if (mkdir(path.c_str(), 0711) < 0 && errno != EEXIST)
    return Error::sys("mkdir '%s'", path.c_str());
  Home home;
  home.dir = TRY(open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY));
  home.lock = TRY(open_at(home.dir.get(), "lock", O_RDWR | O_CREAT, 0600));
  if (flock(home.lock.get(), LOCK_EX | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK) return Error::sys("lock '%s'", path.c_str());
    return Error::make(Code::Busy, "another rtd serves '%s'", path.c_str())
        .with_hint("give each daemon a --dir of its own");
  }
  return home;
}

Result<Fd> listen_at(int dirfd, const std::string& path, bool open_to_groups) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::sys("socket");
  bool bare = path.find('/') == std::string::npos;
  sys::UnixAddress address =
      bare ? sys::unix_address_in(dirfd, path.c_str()) : TRY(sys::unix_address(path));
  (void)unlinkat(dirfd, path.c_str(), 0);
  // bind() makes the file so
  if (fchmod(fd.get(), open_to_groups ? 0666 : 0600) < 0) return Error::sys("socket: chmod");
  mode_t mask = umask(0);
  int bound = bind(fd.get(), address.get(), address.size);
  umask(mask);
  if (bound < 0) return Error::sys("bind '%s'", path.c_str());
  if (::listen(fd.get(), SOMAXCONN) < 0) return Error::sys("listen '%s'", path.c_str());
  return fd;
}

Result<Fd> inherited_listener() {
  const char* pid_text = getenv("LISTEN_PID");
  const char* count_text = getenv("LISTEN_FDS");
  bool ours =
      pid_text != nullptr && count_text != nullptr && parse_number<pid_t>(pid_text) == getpid();
  std::optional<int> count = ours ? parse_number<int>(count_text) : 0;
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(name);
  if (!ours || count == 0) return Fd();
  if (count != 1)
    return Error::make(
        Code::Usage,
        "expected one socket from the service manager, got LISTEN_FDS of another number");
  Fd fd(kFirstInherited);
  int kind = 0, listening = 0;
  socklen_t size = sizeof kind;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &kind, &size) < 0)
    return Error::sys("the inherited descriptor 3");
  size = sizeof listening;
  // 0 stays, and is refused below
  (void)getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
  if (kind != SOCK_STREAM || listening == 0) {
    return Error::make(Code::Usage, "the inherited descriptor 3 is no listening stream socket");
  }
  if (fcntl(fd.get(), F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd.get(), F_SETFL, O_NONBLOCK) < 0)
    return Error::sys("fcntl");
  return fd;
}

void notify_manager(const std::string& text) {
  const char* path = getenv("NOTIFY_SOCKET");
  if (path == nullptr || *path == '\0') return;
  Result<sys::UnixAddress> address = sys::unix_address(path);
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  bool sent =
      fd && address &&
      sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL, address->get(), address->size) >= 0;
  if (!sent)
    log_warning("cannot tell the service manager at '%s' '%s', ignoring", path, text.c_str());
}

}  // namespace rtd
