#include "runtime/linux/netlink.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/io.h"
#include "base/strings.h"

namespace sys {

namespace {

constexpr size_t align(size_t size) {
  return NLMSG_ALIGN(size);
}

void append(std::string& out, const void* data, size_t size) {
  out.append(static_cast<const char*>(data), size);
  out.resize(align(out.size()));
}

// NLM_F_ACK_TLVS: behind the answer's errno and the request's header come attributes, of which one
// is a sentence (4.12).
std::string kernel_words(const nlmsghdr& header, std::string_view payload) {
  if (!(header.nlmsg_flags & NLM_F_ACK_TLVS)) return {};
  for (const NetlinkAttribute& item : netlink_attributes(payload, sizeof(nlmsgerr))) {
    if (item.type == NLMSGERR_ATTR_MSG)
      return std::string(item.data.substr(0, item.data.find('\0')));
  }
  return {};
}

Error answer_error(int number, const std::string& words) {
  errno = number;
  return words.empty() ? Error::sys("netlink") : Error::sys("netlink: %s", words.c_str());
}

}  // namespace

void NetlinkMessage::add(uint16_t attribute, const void* data, size_t size) {
  body_.resize(align(body_.size()));
  rtattr header = {static_cast<unsigned short>(RTA_LENGTH(size)), attribute};
  append(body_, &header, sizeof header);
  append(body_, data, size);
}

std::string NetlinkMessage::bytes(uint16_t flags, uint32_t sequence) const {
  nlmsghdr header = {};
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + body_.size());
  header.nlmsg_type = type_;
  header.nlmsg_flags = static_cast<uint16_t>(flags | NLM_F_REQUEST);
  header.nlmsg_seq = sequence;
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + body_;
}

std::vector<NetlinkAttribute> netlink_attributes(std::string_view payload, size_t header_size) {
  std::vector<NetlinkAttribute> out;
  size_t at = align(header_size);
  while (at + sizeof(rtattr) <= payload.size()) {
    rtattr header;
    memcpy(&header, payload.data() + at, sizeof header);
    if (header.rta_len < sizeof header || at + header.rta_len > payload.size()) break;
    uint16_t type = header.rta_type & static_cast<uint16_t>(NLA_TYPE_MASK);
    out.push_back({type, payload.substr(at + sizeof header, header.rta_len - sizeof header)});
    at += align(header.rta_len);
  }
  return out;
}

Result<RouteSocket> RouteSocket::open() {
  Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return Error::sys("socket (netlink)");
  int on = 1;
  // better words, where the kernel has them
  (void)setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  return RouteSocket(std::move(fd));
}

Result<RouteSocket> RouteSocket::open_in(int netns_fd) {
  Fd own = TRY(open_at(AT_FDCWD, "/proc/self/ns/net", O_RDONLY));
  if (setns(netns_fd, CLONE_NEWNET) < 0) return Error::sys("join the network namespace");
  Result<RouteSocket> socket = open();
  if (setns(own.get(), CLONE_NEWNET) < 0) return Error::sys("return to the network namespace");
  return socket;
}

Result<std::vector<std::string>> RouteSocket::talk(const NetlinkMessage& message, uint16_t flags) {
  std::string request = message.bytes(flags, ++sequence_);
  if (send(fd_.get(), request.data(), request.size(), 0) < 0) return Error::sys("send (netlink)");
  std::vector<std::string> out;
  std::string buffer(64 * 1024, '\0');
  for (;;) {
    ssize_t n = recv(fd_.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::sys("recv (netlink)");
    if (static_cast<size_t>(n) > buffer.size())
      return Error::msg("recv (netlink): an answer of %zd bytes", n);
    std::string_view rest(buffer.data(), static_cast<size_t>(n));
    while (rest.size() >= sizeof(nlmsghdr)) {
      nlmsghdr header;
      memcpy(&header, rest.data(), sizeof header);
      if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest.size())
        return Error::msg("recv (netlink): a bad length");
      std::string_view payload = rest.substr(sizeof header, header.nlmsg_len - sizeof header);
      rest.remove_prefix(std::min(align(header.nlmsg_len), rest.size()));
      if (header.nlmsg_seq != sequence_) continue;  // of a request that was given up
      if (header.nlmsg_flags & NLM_F_DUMP_INTR)
        return answer_error(EINTR, "the list changed while it was read");
      if (header.nlmsg_type == NLMSG_DONE) return out;
      if (header.nlmsg_type != NLMSG_ERROR) {
        out.emplace_back(payload);
        continue;
      }
      int32_t number = -EPROTO;
      if (payload.size() >= sizeof number) memcpy(&number, payload.data(), sizeof number);
      if (number == 0) return out;
      return answer_error(-number, kernel_words(header, payload));
    }
  }
}

Status RouteSocket::request(const NetlinkMessage& message, uint16_t flags) {
  TRY(talk(message, static_cast<uint16_t>(flags | NLM_F_ACK)));
  return {};
}

Result<std::optional<std::string>> RouteSocket::get(const NetlinkMessage& message) {
  Result<std::vector<std::string>> answers = talk(message, NLM_F_ACK);
  if (!answers && answers.error().errnum == ENODEV) return std::optional<std::string>();
  if (!answers) return std::move(answers).error();
  if (answers->size() != 1)
    return Error::msg("netlink: %zu answers instead of one", answers->size());
  return std::optional<std::string>(std::move(answers->front()));
}

Result<std::vector<std::string>> RouteSocket::dump(const NetlinkMessage& message) {
  // Somebody else's change in the middle makes a list incomplete, so it is read again.
  for (int tries = 0;; tries++) {
    Result<std::vector<std::string>> answers = talk(message, NLM_F_DUMP);
    if (answers || answers.error().errnum != EINTR || tries == 10) return answers;
  }
}

}  // namespace sys
