// Attached clients: output to them, input from them, and none that is slow, silent or gone holds up
// what it should not.
//
// Nothing is buffered here. Output waits in the client's socket and is dropped, and counted, when
// that is full. Input waits there too: a packet is looked at (MSG_PEEK) until the process has taken
// all of it.
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "supervisor/monitor/control.h"

namespace monitor {

namespace {

constexpr char kOut = 2, kErr = 3, kMissed = 4, kEnd = 5;
constexpr size_t kPlainPacket = 8 << 10;
constexpr int kLargeBuffer = 4 << 20;

}  // namespace

size_t Control::attached(size_t channel) const {
  return static_cast<size_t>(std::count_if(clients_.begin(), clients_.end(), [&](const Client& c) {
    return c.fd && c.channel == channel;
  }));
}

void Control::attach(size_t index, size_t channel, bool waits, bool once) {
  Client& client = clients_[index];
  client.channel = channel;
  client.waits = waits;
  client.ends_input = once ? Client::EndsInput::Leaving : Client::EndsInput::Shutdown;
}

void Control::accept_plain(Fd fd, size_t channel, Client::EndsInput ends_input) {
  Client* client = free_place();
  if (!fd || client == nullptr) return;  // one too many sees the end of the connection
  client->fd = std::move(fd);
  client->channel = channel;
  client->waits = client->plain = true;
  client->ends_input = ends_input;
}

// A socket is writable when three quarters of its buffer are free, which is more than one reading
// of output takes.
bool Control::holds(size_t channel) const {
  for (const Client& client : clients_) {
    if (!client.fd || client.channel != channel || !client.waits) continue;
    pollfd writable = {client.fd.get(), POLLOUT, 0};
    if (poll(&writable, 1, 0) == 0) return true;
  }
  return false;
}

bool Control::send_packet(Client& client, char kind, std::string_view data) {
  // iovec's type; not written to
  iovec parts[] = {{&kind, 1}, {const_cast<char*>(data.data()), data.size()}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  if (sendmsg(client.fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return true;
  // Of one that is gone input() takes leave, once all it sent before is passed on.
  return errno == EPIPE || errno == ECONNRESET;
}

void Control::output(size_t channel, Stream stream, std::string_view data) {
  char kind = stream == Stream::Stdout ? kOut : kErr;
  for (Client& client : clients_) {
    for (std::string_view rest = data; client.fd && client.channel == channel && !rest.empty();) {
      std::string_view part = rest.substr(0, client.plain ? kPlainPacket : kMaxPacket);
      rest.remove_prefix(part.size());
      if (client.plain) client.missed = 0;  // there is no word for it
      if (client.missed != 0 && send_packet(client, kMissed, std::to_string(client.missed)))
        client.missed = 0;
      if (client.missed != 0 || !send_packet(client, kind, part)) client.missed += part.size();
    }
  }
}

void Control::widen(size_t channel) {
  for (Client& client : clients_) {
    if (!client.fd || client.channel != channel) continue;
    client.waits = false;
    if (setsockopt(client.fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kLargeBuffer,
                   sizeof kLargeBuffer) < 0) {
      // Not root: up to the machine's limit. What has no room is counted.
      (void)setsockopt(client.fd.get(), SOL_SOCKET, SO_SNDBUF, &kLargeBuffer, sizeof kLargeBuffer);
    }
  }
}

void Control::end(size_t channel, std::string_view record) {
  for (Client& client : clients_) {
    if (!client.fd || client.channel != channel) continue;
    if (client.missed != 0 && !client.plain)
      (void)send_packet(client, kMissed, std::to_string(client.missed));
    // one that has no room sees the end of the connection, and can ask again
    if (!client.plain) (void)send_packet(client, kEnd, record);
    // Closing with packets unread would put an error in front of what the client has yet to read.
    (void)shutdown(client.fd.get(), SHUT_RD);
    char rest;
    while (recv(client.fd.get(), &rest, sizeof rest, MSG_DONTWAIT) > 0) {
    }
    client = Client();
  }
}

void Control::input(size_t index, short events, Channel* channel) {
  Client& client = clients_[index];
  if ((events & POLLIN) != 0 && !client.input_over) {
    static char packet[kMaxPacket];
    ssize_t n = recv(client.fd.get(), packet, sizeof packet, MSG_PEEK | MSG_DONTWAIT);
    // ECONNRESET: it left without reading all output. That is said once; what it sent before is
    // still there.
    if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET)) return;
    if (n > 0) {
      std::string_view rest(packet, static_cast<size_t>(n));
      rest.remove_prefix(std::min(client.passed_on, rest.size()));
      ssize_t taken = 0;
      while (channel->in && !rest.empty() &&
             (taken = write(channel->in.get(), rest.data(), rest.size())) > 0) {
        client.passed_on += static_cast<size_t>(taken);
        rest.remove_prefix(static_cast<size_t>(taken));
      }
      if (taken < 0 && errno == EINTR) return;
      if (taken < 0 && errno == EAGAIN) {
        channel->stalled = true;
        return;
      }
      // the process closed its own: what comes for it has no reader
      if (taken < 0) channel->close_input();
      client.passed_on = 0;
      (void)recv(client.fd.get(), packet, 0, MSG_DONTWAIT);  // done with this one
      return;
    }
    if (n == 0 && (events & (POLLRDHUP | POLLHUP)) == 0) {  // an empty packet
      (void)recv(client.fd.get(), packet, 0, MSG_DONTWAIT);
      return;
    }
    client.input_over = true;
    bool gone = n < 0 || (events & POLLHUP) != 0;
    if (!gone && client.ends_input == Client::EndsInput::Shutdown) channel->close_input();
    if (client.ends_input == Client::EndsInput::Leaving) channel->close_input();
  }
  if ((events & (POLLHUP | POLLERR)) == 0) return;
  if (client.ends_input == Client::EndsInput::Leaving) channel->close_input();
  client = Client();
}

}  // namespace monitor
