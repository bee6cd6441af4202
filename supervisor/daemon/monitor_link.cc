#include "supervisor/daemon/monitor_link.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/strings.h"
#include "base/unix_address.h"

namespace rtd {

Result<std::string> read_reply(std::string_view packet) {
  if (packet == "ok") return std::string();
  if (packet.starts_with("ok ")) return std::string(packet.substr(3));
  if (!packet.starts_with("error "))
    return Error::make(Code::Internal, "the monitor gave a reply that is none");
  packet.remove_prefix(6);
  size_t space = packet.find(' ');
  std::string_view name = packet.substr(0, space),
                   text = space == std::string_view::npos ? "" : packet.substr(space + 1);
  Code code = Code::RuntimeFailed;
  for (int i = 0; i <= static_cast<int>(Code::EventsGone); i++) {
    if (name == code_name(static_cast<Code>(i))) code = static_cast<Code>(i);
  }
  return Error::make(code, "%.*s", static_cast<int>(text.size()), text.data());
}

Result<std::unique_ptr<MonitorLink>> MonitorLink::connect(Loop* loop, const std::string& dir,
                                                          const std::string& request,
                                                          Handlers handlers) {
  Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::sys("socket");
  sys::UnixAddress address = TRY(sys::unix_address(dir + "/control"));
  if (::connect(fd.get(), address.get(), address.size) < 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::unique_ptr<MonitorLink>();
    return Error::sys("connect to the monitor in '%s'", dir.c_str());
  }
  if (send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    if (errno == EPIPE || errno == ECONNRESET) return std::unique_ptr<MonitorLink>();
    return Error::sys("ask the monitor in '%s'", dir.c_str());
  }
  std::unique_ptr<MonitorLink> link(new MonitorLink(loop, std::move(fd), std::move(handlers)));
  MonitorLink* raw = link.get();
  loop->watch(raw->fd_.get(), EPOLLIN, [raw](uint32_t) { raw->on_ready(); });
  return link;
}

MonitorLink::~MonitorLink() {
  if (fd_) loop_->forget(fd_.get());
}

Fd MonitorLink::take() {
  loop_->forget(fd_.get());
  return std::move(fd_);
}

pid_t MonitorLink::monitor_pid() const {
  ucred credentials;
  socklen_t size = sizeof credentials;
  return getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials.pid
                                                                                  : 0;
}

void MonitorLink::on_ready() {
  char packet[8192];
  ssize_t n = recv(fd_.get(), packet, sizeof packet, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0) {
    // Moved out: the handler may destroy this link, and with it the function that is running.
    std::function<void(Result<std::string>)> reply = std::move(handlers_.reply);
    handlers_.reply = nullptr;
    if (reply) reply(read_reply({packet, static_cast<size_t>(n)}));
    return;
  }
  loop_->forget(fd_.get());
  fd_.reset();
  std::function<void()> gone = std::move(handlers_.gone);
  if (gone) gone();
}

void ask_monitor(Loop* loop, const std::string& dir, const std::string& request, int64_t ms,
                 std::function<void(Result<std::string>)> done) {
  struct Asking {
    std::unique_ptr<MonitorLink> link;
    Loop::TimerId timer = 0;
    std::function<void(Result<std::string>)> done;
  };
  auto asking = std::make_shared<Asking>();
  asking->done = std::move(done);
  // `asking` lives as long as the timer, which is cancelled by whichever end comes first.
  auto finish = [loop, weak = std::weak_ptr<Asking>(asking)](Result<std::string> result) {
    std::shared_ptr<Asking> keep = weak.lock();
    if (!keep || !keep->done) return;
    loop->cancel(keep->timer);
    auto call = std::move(keep->done);
    keep->done = nullptr;
    call(std::move(result));
  };
  MonitorLink::Handlers handlers{
      finish, [finish] { finish(Error::make(Code::RuntimeFailed, "the monitor has ended")); }};
  Result<std::unique_ptr<MonitorLink>> link =
      MonitorLink::connect(loop, dir, request, std::move(handlers));
  if (link && *link) asking->link = std::move(*link);
  Status failed = !link ? Status(link.error())
                  : asking->link
                      ? Status()
                      : Error::make(Code::ContainerNotRunning, "the container has no monitor");
  asking->timer = loop->after(failed ? ms : 0, [asking, finish, failed, ms] {
    finish(failed ? Error::make(Code::Timeout, "the monitor did not answer within %lld ms",
                                static_cast<long long>(ms))
                  : failed.error());
  });
}

}  // namespace rtd
