#include "supervisor/daemon/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/log.h"

namespace rtd {

using protocol::error_named;
using protocol::error_text;

// The answers of a batch go out together, when the last one is there.
struct Server::Batch {
  size_t missing = 0;
  std::string text;
};

void Responder::result(std::string_view json, std::vector<Fd> fds) {
  send_(id_.empty() ? "" : protocol::result_text(id_, json), std::move(fds));
}

void Responder::fail(const Error& error) {
  send_(id_.empty() ? "" : error_text(id_, error), {});
}

void Server::listen(Fd listener) {
  listener_ = std::move(listener);
  loop_->watch(listener_.get(), EPOLLIN, [this](uint32_t) { accept(); });
}

void Server::accept() {
  for (int i = 0; i < 64; i++) {  // then others have their turn
    Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd) {
      admit(std::move(fd));
      continue;
    }
    // the listener stays readable: do not spin until descriptors are free
    if (errno == EMFILE || errno == ENFILE) {
      loop_->change(listener_.get(), 0);
      loop_->after(100, [this] { loop_->change(listener_.get(), EPOLLIN); });
    }
    return;
  }
}

void Server::admit(Fd fd) {
  auto connection = std::make_unique<Connection>();
  connection->fd = std::move(fd);
  Result<Peer> peer = identify(connection->fd.get(), access_);
  uint64_t serial = ++last_serial_;
  int number = connection->fd.get();
  if (peer && connections_of(peer->uid) >= kMaxConnectionsOfUser) {
    peer = Error::make(Code::LimitReached, "user %u has %zu connections already", peer->uid,
                       kMaxConnectionsOfUser);
  }
  if (connections_.size() >= kMaxConnections) {
    peer =
        Error::make(Code::LimitReached, "there are %zu connections already", connections_.size());
  }
  if (peer) {
    connection->peer = *peer;
    connection->events = EPOLLIN;
  } else {
    queue(connection.get(), error_text("null", peer.error()), {});
    (void)flush(connection.get());
    return;
  }
  connections_[serial] = std::move(connection);
  loop_->watch(number, EPOLLIN, [this, serial](uint32_t events) { on_ready(serial, events); });
}

size_t Server::connections_of(uid_t uid) const {
  size_t count = 0;
  for (const auto& [serial, connection] : connections_)
    count += connection->peer.uid == uid ? 1 : 0;
  return count;
}

Server::Connection* Server::find(uint64_t serial) {
  auto found = connections_.find(serial);
  return found == connections_.end() ? nullptr : found->second.get();
}

void Server::on_ready(uint64_t serial, uint32_t events) {
  Connection* connection = find(serial);
  if (connection == nullptr) return;
  bool ended = false;
  if ((events & EPOLLIN) != 0 && !full(*connection)) ended = !read_some(connection);
  take_lines(serial, connection);
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) ended = true;
  // A client that has shut down its writing side may still read what it asked for; EPOLLIN would
  // not stop, so it is let go once everything is answered.
  if (ended) {
    connection->closing = true;
    if (connection->in_flight == 0 && !flush(connection)) return drop(serial);
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return drop(serial);
  }
  settle(serial, connection);
}

bool Server::read_some(Connection* connection) {
  char buffer[16 << 10];
  // descriptors that come along are dropped by the kernel
  ssize_t n = read(connection->fd.get(), buffer, sizeof buffer);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n > 0) connection->in.append(buffer, static_cast<size_t>(n));
  return n > 0;
}

void Server::take_lines(uint64_t serial, Connection* connection) {
  std::string& in = connection->in;
  size_t start = 0;
  while (!full(*connection) && connection->strikes < 3) {
    size_t end = in.find('\n', start);
    if (end == std::string::npos) break;
    std::string line = in.substr(start, end - start);  // a copy: what is parsed points into it
    start = end + 1;
    if (std::exchange(connection->skipping, false)) continue;
    take_line(serial, connection, line);
  }
  in.erase(0, start);
  if (in.size() > protocol::kMaxLine && in.find('\n') == std::string::npos) {
    if (!std::exchange(connection->skipping, true)) {
      strike(
          connection, error_named("LIMIT"),
          Error::make(Code::LimitReached, "a message has at most %zu bytes", protocol::kMaxLine));
    }
    in.clear();
  }
  if (in.empty()) std::string().swap(in);  // an idle client keeps no buffer
}

void Server::strike(Connection* connection, const protocol::ErrorName& name, const Error& error) {
  queue(connection, error_text("null", name, error), {});
  if (++connection->strikes >= 3) connection->closing = true;
}

void Server::take_line(uint64_t serial, Connection* connection, std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  if (line.size() > protocol::kMaxLine) {
    return strike(
        connection, error_named("LIMIT"),
        Error::make(Code::LimitReached, "a message has at most %zu bytes", protocol::kMaxLine));
  }
  Result<spec::JsonDocument> document = spec::JsonDocument::parse(line, "request");
  if (!document) return strike(connection, error_named("PARSE_ERROR"), document.error());
  connection->strikes = 0;
  protocol::Message message = protocol::read_message(*document);
  std::shared_ptr<Batch> batch;
  if (message.batch) {
    batch = std::make_shared<Batch>();
    batch->missing = message.items.size();
  }
  for (protocol::Item& item : message.items) take_item(serial, connection, std::move(item), batch);
}

void Server::take_item(uint64_t serial, Connection* connection, protocol::Item item,
                       const std::shared_ptr<Batch>& batch) {
  connection->in_flight++;
  if (!item.reply.empty()) return answer(serial, batch, std::move(item.reply), {});
  const protocol::Request& request = item.request;
  Responder respond(request.id, [this, serial, batch](std::string text, std::vector<Fd> fds) {
    answer(serial, batch, std::move(text), std::move(fds));
  });
  const protocol::Method* method = protocol::find_method(request.method);
  if (method == nullptr) {
    Error error = protocol::unknown_method(request.method);
    std::string text =
        request.id.empty() ? "" : error_text(request.id, error_named("METHOD_NOT_FOUND"), error);
    return answer(serial, batch, std::move(text), {});
  }
  if (connection->peer.role < method->role) {
    return respond.fail(Error::make(
        Code::PermissionDenied, "%s is for the role %s, and user %u has the role %s", method->name,
        role_name(method->role), connection->peer.uid, role_name(connection->peer.role)));
  }
  Status right;
  if (request.params) {
    right = protocol::check(*request.params, method->params);
  } else {
    for (const protocol::Field& field : method->params) {
      if (!right || !field.required) continue;
      right = Error::make(Code::Usage, "the parameter '%s' is missing", field.name);
    }
  }
  if (!right) return respond.fail(right.error());
  handler_(Call{*method, request.params, connection->peer, serial}, std::move(respond));
}

void Server::answer(uint64_t serial, const std::shared_ptr<Batch>& batch, std::string text,
                    std::vector<Fd> fds) {
  Connection* connection = find(serial);
  if (connection == nullptr) return;
  connection->in_flight--;
  if (batch) {
    if (!text.empty()) batch->text += (batch->text.empty() ? "[" : ",") + text;
    if (--batch->missing > 0) return;
    text = batch->text.empty() ? "" : batch->text + "]";
  }
  if (!text.empty()) queue(connection, std::move(text), std::move(fds));
  // Sent from the loop, never from here: a handler that goes on after its answer must find the
  // connection as it was.
  if ((connection->events & EPOLLOUT) == 0) {
    connection->events |= EPOLLOUT;
    loop_->change(connection->fd.get(), connection->events);
  }
}

void Server::queue(Connection* connection, std::string text, std::vector<Fd> fds) {
  text += '\n';
  connection->queued += text.size();
  connection->out.push_back({std::move(text), std::move(fds)});
}

bool Server::flush(Connection* connection) {
  while (!connection->out.empty()) {
    Chunk& chunk = connection->out.front();
    iovec piece{chunk.text.data() + connection->sent, chunk.text.size() - connection->sent};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 64)];
    if (!chunk.fds.empty()) {
      size_t bytes = sizeof(int) * chunk.fds.size();
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(bytes);
      memset(control, 0, sizeof control);
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(bytes);
      for (size_t i = 0; i < chunk.fds.size(); i++) {
        int fd = chunk.fds[i].get();
        memcpy(CMSG_DATA(header) + i * sizeof(int), &fd, sizeof fd);
      }
    }
    ssize_t n = sendmsg(connection->fd.get(), &message, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    chunk.fds.clear();
    connection->sent += static_cast<size_t>(n);
    connection->queued -= static_cast<size_t>(n);
    if (connection->sent < chunk.text.size()) return true;
    connection->sent = 0;
    connection->out.pop_front();
  }
  return true;
}

// After anything has happened on a connection: sends, and sees to it that the loop tells of what
// can happen next.
void Server::settle(uint64_t serial, Connection* connection) {
  if (!flush(connection)) return drop(serial);
  if (connection->out.empty()) {
    std::vector<std::function<void()>> drained = std::move(connection->drained);
    connection->drained.clear();
    for (auto& call : drained) call();
    if (!connection->in.empty()) take_lines(serial, connection);  // what waited for room
    if (connection->closing && connection->in_flight == 0 && connection->out.empty())
      return drop(serial);
  }
  uint32_t events = 0;
  if (!connection->closing && !full(*connection)) events |= EPOLLIN;
  if (!connection->out.empty()) events |= EPOLLOUT;
  if (events == connection->events) return;
  connection->events = events;
  loop_->change(connection->fd.get(), events);
}

void Server::drop(uint64_t serial) {
  auto node = connections_.extract(serial);
  if (!node) return;
  loop_->forget(node.mapped()->fd.get());
  for (auto& call : node.mapped()->gone) call();
}

void Server::close_all() {
  if (listener_) loop_->forget(listener_.get());
  listener_.reset();
  while (!connections_.empty()) {
    auto first = connections_.begin();
    (void)flush(first->second.get());  // it goes either way
    drop(first->first);
  }
}

bool Server::notify(uint64_t serial, std::string text) {
  Connection* connection = find(serial);
  if (connection == nullptr) return false;
  queue(connection, std::move(text), {});
  if ((connection->events & EPOLLOUT) == 0) {
    connection->events |= EPOLLOUT;
    loop_->change(connection->fd.get(), connection->events);
  }
  return true;
}

size_t Server::queued(uint64_t serial) const {
  auto found = connections_.find(serial);
  return found == connections_.end() ? 0 : found->second->queued;
}

void Server::on_gone(uint64_t serial, std::function<void()> call) {
  if (Connection* connection = find(serial)) connection->gone.push_back(std::move(call));
}

void Server::on_drained(uint64_t serial, std::function<void()> call) {
  if (Connection* connection = find(serial)) connection->drained.push_back(std::move(call));
}

}  // namespace rtd
