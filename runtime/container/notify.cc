#include "runtime/container/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/unix_address.h"

namespace container {

namespace {

constexpr char kDirectory[] = "notify";
constexpr char kSocketInState[] = "notify/notify.sock";
constexpr char kDirectoryInside[] = "/run/notify";
constexpr char kSocketInside[] = "/run/notify/notify.sock";
constexpr int kBarrierMs = 30000;
constexpr size_t kMaxMessage = 4096;  // as in systemd, NOTIFY_BUFFER_MAX

std::string host_socket() {
  const char* value = getenv("NOTIFY_SOCKET");
  return value == nullptr ? "" : value;
}

bool has_mount_namespace(const spec::Config& config) {
  if (!config.linux_) return false;
  const std::vector<spec::Namespace>& all = config.linux_->namespaces;
  return std::any_of(all.begin(), all.end(), [](const spec::Namespace& item) {
    return item.type == spec::NamespaceType::Mount;
  });
}

// `passed_fd`: goes along, or -1.
Status send_to_host(const std::string& host, std::string_view text, int passed_fd = -1) {
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return Error::sys("socket");
  timeval patience = {5, 0};  // for a manager whose queue is full
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sys::UnixAddress address = TRY(sys::unix_address(host));
  iovec part = {const_cast<char*>(text.data()), text.size()};
  msghdr packet = {};
  packet.msg_name = &address.address;
  packet.msg_namelen = address.size;
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (passed_fd >= 0) {
    packet.msg_control = control;
    packet.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&packet);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &passed_fd, sizeof passed_fd);
  }
  if (sendmsg(fd.get(), &packet, MSG_NOSIGNAL) < 0) return Error::sys("send to '%s'", host.c_str());
  return {};
}

// sd_notify_barrier(3): the manager closes the descriptor once it has read all that came before.
// Before we go, because it tells who sent a message by looking the sender up.
Status wait_for_host(const std::string& host) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return Error::sys("pipe");
  Fd read_end(ends[0]), write_end(ends[1]);
  TRY(send_to_host(host, "BARRIER=1", write_end.get()));
  write_end.reset();
  pollfd closed = {read_end.get(), 0, 0};
  int n;
  do {
    n = poll(&closed, 1, kBarrierMs);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return Error::sys("poll");
  if (n == 0)
    return Error::make(Code::Timeout, "no answer to BARRIER=1 within %d s", kBarrierMs / 1000);
  return {};
}

void warn(const Status& status) {
  if (!status) log_warning("NOTIFY_SOCKET: %s, ignoring", status.error().text().c_str());
}

// Nothing: there was none after all. Descriptors that came along are closed, which is also the
// answer to a BARRIER=1 of the container's: all before it has been sent on.
Result<std::optional<std::string>> receive(int socket_fd) {
  std::string text(kMaxMessage, '\0');
  iovec part = {text.data(), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
  msghdr packet = {};
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  packet.msg_control = control;
  packet.msg_controllen = sizeof control;
  ssize_t n = recvmsg(socket_fd, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::optional<std::string>();
  if (n < 0) return Error::sys("receive a notification");
  for (cmsghdr* header = CMSG_FIRSTHDR(&packet); header != nullptr;
       header = CMSG_NXTHDR(&packet, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = 0; at + sizeof(int) <= header->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
      int fd;
      memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
      Fd close_it(fd);
    }
  }
  text.resize(static_cast<size_t>(n));
  return std::optional<std::string>(std::move(text));
}

}  // namespace

bool add_notify_socket(spec::Config& config, const std::string& state_dir) {
  if (host_socket().empty() || !config.process) return false;
  if (!has_mount_namespace(config)) {
    log_warning(
        "NOTIFY_SOCKET: a container without a mount namespace cannot be given one, ignoring");
    return false;
  }
  spec::Mount mount;
  mount.destination = kDirectoryInside;
  mount.type = "bind";
  mount.source = state_dir + "/" + kDirectory;
  mount.options = {"bind", "nosuid", "noexec", "nodev", "ro"};
  config.mounts.push_back(std::move(mount));
  config.process->env.push_back(std::string("NOTIFY_SOCKET=") + kSocketInside);
  return true;
}

Status make_notify_directory(int state_dirfd) {
  if (mkdirat(state_dirfd, kDirectory, 0755) < 0) return Error::sys("mkdir '%s'", kDirectory);
  // whatever the umask
  if (fchmodat(state_dirfd, kDirectory, 0755, 0) < 0) return Error::sys("chmod '%s'", kDirectory);
  return {};
}

Result<std::optional<NotifyProxy>> NotifyProxy::open(int state_dirfd) {
  std::string host = host_socket();
  if (host.empty()) return std::optional<NotifyProxy>();
  Fd directory(openat(state_dirfd, kDirectory, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory && errno == ENOENT) return std::optional<NotifyProxy>();
  if (!directory) return Error::sys("open '%s'", kDirectory);
  Fd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_fd) return Error::sys("socket");
  // of a start that was cut off; bind() tells if it is still there
  (void)unlinkat(state_dirfd, kSocketInState, 0);
  sys::UnixAddress address = sys::unix_address_in(state_dirfd, kSocketInState);
  if (bind(socket_fd.get(), address.get(), address.size) < 0)
    return Error::sys("bind '%s'", kSocketInState);
  // The program may be any user.
  if (fchmodat(state_dirfd, kSocketInState, 0777, 0) < 0)
    return Error::sys("chmod '%s'", kSocketInState);
  return std::optional<NotifyProxy>(NotifyProxy(std::move(socket_fd), std::move(host)));
}

Status NotifyProxy::pass_until_ready(pid_t main_pid, int pidfd) {
  for (;;) {
    pollfd items[2] = {{socket_.get(), POLLIN, 0}, {pidfd, POLLIN, 0}};
    if (poll(items, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return Error::sys("poll");
    }
    if (items[0].revents == 0) return {};  // it has ended, and had no more to say
    std::optional<std::string> message = TRY(receive(socket_.get()));
    if (!message) continue;
    Notification notification = filter_notification(*message);
    if (!notification.ready) {
      if (!notification.text.empty()) warn(send_to_host(host_, notification.text));
      continue;
    }
    Status sent =
        send_to_host(host_, notification.text + format("MAINPID=%d\n", static_cast<int>(main_pid)));
    if (sent) sent = wait_for_host(host_);
    warn(sent);
    return {};
  }
}

void NotifyProxy::pass_one() {
  Result<std::optional<std::string>> message = receive(socket_.get());
  if (!message) return warn(std::move(message).error());
  if (!*message) return;
  Notification notification = filter_notification(**message);
  if (!notification.text.empty()) warn(send_to_host(host_, notification.text));
}

Notification filter_notification(std::string_view message) {
  // MONOTONIC_USEC goes with RELOADING=1.
  static constexpr std::string_view kPassed[] = {"READY",    "RELOADING", "MONOTONIC_USEC",
                                                 "STOPPING", "STATUS",    "ERRNO",
                                                 "BUSERROR", "WATCHDOG"};
  Notification out;
  for (std::string_view line : split(message, '\n')) {
    std::string_view name = line.substr(0, line.find('='));
    if (name.size() == line.size() ||
        std::find(std::begin(kPassed), std::end(kPassed), name) == std::end(kPassed))
      continue;
    out.ready |= line == "READY=1";
    out.text += line;
    out.text += '\n';
  }
  return out;
}

}  // namespace container
