#include "runtime/linux/net_device.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/strings.h"

namespace sys {

namespace {

ifinfomsg device(int index) {
  ifinfomsg info = {};
  info.ifi_family = AF_UNSPEC;
  info.ifi_index = index;
  return info;
}

Result<std::optional<NetLink>> ask(RouteSocket& socket, const NetlinkMessage& message) {
  std::optional<std::string> answer = TRY(socket.get(message));
  if (!answer) return std::optional<NetLink>();
  ifinfomsg info;
  if (answer->size() < sizeof info) return Error::msg("netlink: a short answer");
  memcpy(&info, answer->data(), sizeof info);
  NetLink link;
  link.index = info.ifi_index;
  link.up = info.ifi_flags & IFF_UP;
  link.loopback = info.ifi_flags & IFF_LOOPBACK;
  for (const NetlinkAttribute& item : netlink_attributes(*answer, sizeof info)) {
    if (item.type == IFLA_IFNAME)
      link.name = std::string(item.data.substr(0, item.data.find('\0')));
  }
  return std::optional<NetLink>(std::move(link));
}

// Those that RTM_NEWADDR takes; the others are the kernel's own notes (tentative, secondary,
// permanent).
constexpr uint32_t kFlags = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
                            IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN | IFA_F_OPTIMISTIC;
// IFA_RT_PRIORITY (4.18) and IFA_PROTO (5.18) are not in older headers.
constexpr uint16_t kAttributes[] = {IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, 9 /* IFA_RT_PRIORITY */,
                                    11 /* IFA_PROTO */};

std::optional<NetAddress> read_address(const std::string& payload, int index) {
  ifaddrmsg info;
  if (payload.size() < sizeof info) return std::nullopt;
  memcpy(&info, payload.data(), sizeof info);
  if (info.ifa_index != static_cast<uint32_t>(index) || info.ifa_scope != RT_SCOPE_UNIVERSE)
    return std::nullopt;
  NetAddress address;
  address.family = info.ifa_family;
  address.prefix = info.ifa_prefixlen;
  uint32_t flags = info.ifa_flags;
  for (const NetlinkAttribute& item : netlink_attributes(payload, sizeof info)) {
    if (item.type == IFA_FLAGS && item.data.size() == sizeof flags)
      memcpy(&flags, item.data.data(), sizeof flags);
    if (item.type == IFA_LABEL)
      address.label = std::string(item.data.substr(0, item.data.find('\0')));
    bool keep = std::find(std::begin(kAttributes), std::end(kAttributes), item.type) !=
                std::end(kAttributes);
    if (keep) address.attributes.push_back({item.type, std::string(item.data)});
  }
  if (!(flags & IFA_F_PERMANENT)) return std::nullopt;
  address.flags = flags & kFlags;
  return address;
}

}  // namespace

Result<std::optional<NetLink>> find_link(RouteSocket& socket, const std::string& name) {
  NetlinkMessage message(RTM_GETLINK, device(0));
  message.add_text(IFLA_IFNAME, name);
  return ask(socket, message);
}

Result<std::optional<NetLink>> find_link(RouteSocket& socket, int index) {
  return ask(socket, NetlinkMessage(RTM_GETLINK, device(index)));
}

Status move_link(RouteSocket& socket, int index, int netns_fd, const std::string& name) {
  NetlinkMessage message(RTM_SETLINK, device(index));
  message.add_number(IFLA_NET_NS_FD, static_cast<uint32_t>(netns_fd));
  message.add_text(IFLA_IFNAME, name);
  return socket.request(message);
}

Status rename_link(RouteSocket& socket, int index, const std::string& name) {
  NetlinkMessage message(RTM_SETLINK, device(index));
  message.add_text(IFLA_IFNAME, name);
  return socket.request(message);
}

Status set_link_up(RouteSocket& socket, int index) {
  ifinfomsg info = device(index);
  info.ifi_flags = info.ifi_change = IFF_UP;
  return socket.request(NetlinkMessage(RTM_SETLINK, info));
}

std::string NetAddress::text() const {
  char text[INET6_ADDRSTRLEN] = "?";
  const std::string* bytes = nullptr;
  for (const Attribute& item : attributes) {
    // Of a point-to-point link IFA_ADDRESS is the other end's.
    if (item.type == IFA_LOCAL || (item.type == IFA_ADDRESS && bytes == nullptr))
      bytes = &item.data;
  }
  size_t size = family == AF_INET6 ? 16 : 4;
  if (bytes != nullptr && bytes->size() == size)
    (void)inet_ntop(family, bytes->data(), text, sizeof text);
  return format("%s/%u", text, prefix);
}

Result<std::vector<NetAddress>> permanent_addresses(RouteSocket& socket, int index) {
  ifaddrmsg info = {};
  info.ifa_family = AF_UNSPEC;
  std::vector<std::string> answers = TRY(socket.dump(NetlinkMessage(RTM_GETADDR, info)));
  std::vector<NetAddress> out;
  for (const std::string& payload : answers) {
    std::optional<NetAddress> address = read_address(payload, index);
    if (address) out.push_back(std::move(*address));
  }
  return out;
}

Status add_address(RouteSocket& socket, int index, const NetAddress& address) {
  ifaddrmsg info = {};
  info.ifa_family = address.family;
  info.ifa_prefixlen = address.prefix;
  info.ifa_scope = RT_SCOPE_UNIVERSE;
  info.ifa_index = static_cast<uint32_t>(index);
  NetlinkMessage message(RTM_NEWADDR, info);
  message.add_number(IFA_FLAGS, address.flags);
  for (const NetAddress::Attribute& item : address.attributes)
    message.add(item.type, item.data.data(), item.data.size());
  if (!address.label.empty()) message.add_text(IFA_LABEL, address.label);
  return socket.request(message, NLM_F_CREATE | NLM_F_EXCL);
}

std::string renamed_label(const std::string& label, const std::string& old_name,
                          const std::string& new_name) {
  if (!label.starts_with(old_name + ":")) return {};
  std::string renamed = new_name + label.substr(old_name.size());
  return renamed.size() < IFNAMSIZ ? renamed : "";
}

}  // namespace sys
