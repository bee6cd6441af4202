// Messages are bytes, so they can be looked at; the kernel is asked about the loopback device,
// which every namespace has.
#include "runtime/linux/netlink.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

#include "runtime/linux/net_device.h"

namespace sys {
namespace {

TEST(Netlink, AMessageIsHeaderThenAlignedAttributes) {
  ifinfomsg info = {};
  info.ifi_index = 7;
  NetlinkMessage message(RTM_SETLINK, info);
  message.add_text(IFLA_IFNAME, "net0");  // 5 bytes with the NUL: 3 of padding
  message.add_number(IFLA_MTU, 1280);
  std::string bytes = message.bytes(NLM_F_ACK, 42);
  nlmsghdr header;
  memcpy(&header, bytes.data(), sizeof header);
  EXPECT_EQ(header.nlmsg_len, bytes.size());
  EXPECT_EQ(header.nlmsg_type, RTM_SETLINK);
  EXPECT_EQ(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
  EXPECT_EQ(header.nlmsg_seq, 42u);
  EXPECT_EQ(bytes.size(), sizeof header + sizeof info + 12 + 8);
  std::vector<NetlinkAttribute> attributes =
      netlink_attributes(std::string_view(bytes).substr(sizeof header), sizeof info);
  ASSERT_EQ(attributes.size(), 2u);
  EXPECT_EQ(attributes[0].type, IFLA_IFNAME);
  EXPECT_EQ(attributes[0].data, std::string_view("net0\0", 5));
  EXPECT_EQ(attributes[1].type, IFLA_MTU);
  EXPECT_EQ(attributes[1].data.size(), 4u);
}

TEST(Netlink, AttributesThatLieAboutTheirLengthEndTheList) {
  std::string payload(sizeof(ifinfomsg), '\0');
  rtattr header = {8, IFLA_MTU};
  payload.append(reinterpret_cast<const char*>(&header), sizeof header);
  payload.append(4, 'x');
  for (uint16_t length : {uint16_t{0}, uint16_t{3}, uint16_t{200}}) {
    header = {length, IFLA_IFNAME};
    std::string bad = payload;
    bad.append(reinterpret_cast<const char*>(&header), sizeof header);
    EXPECT_EQ(netlink_attributes(bad, sizeof(ifinfomsg)).size(), 1u) << length;
  }
  EXPECT_TRUE(netlink_attributes("", sizeof(ifinfomsg)).empty());
}

TEST(NetDevice, TheLoopbackDeviceIsFoundByNameAndNumber) {
  Result<RouteSocket> socket = RouteSocket::open();
  if (!socket && socket.error().errnum == EPROTONOSUPPORT) GTEST_SKIP() << "no netlink here";
  ASSERT_TRUE(socket) << socket.error().text();
  Result<std::optional<NetLink>> link = find_link(*socket, "lo");
  ASSERT_TRUE(link && *link);
  EXPECT_EQ((*link)->name, "lo");
  EXPECT_TRUE((*link)->loopback);
  Result<std::optional<NetLink>> same = find_link(*socket, (*link)->index);
  ASSERT_TRUE(same && *same);
  EXPECT_EQ((*same)->name, "lo");
  // 127.0.0.1 and ::1 have host scope.
  Result<std::vector<NetAddress>> addresses = permanent_addresses(*socket, (*link)->index);
  ASSERT_TRUE(addresses) << addresses.error().text();
  for (const NetAddress& address : *addresses) EXPECT_NE(address.text(), "127.0.0.1/8");
}

TEST(NetDevice, WhatIsNotThereIsNotAnError) {
  Result<RouteSocket> socket = RouteSocket::open();
  if (!socket) GTEST_SKIP() << "no netlink here";
  Result<std::optional<NetLink>> link = find_link(*socket, "rt-no-such");
  ASSERT_TRUE(link) << link.error().text();
  EXPECT_FALSE(*link);
}

TEST(NetDevice, AddressesHaveAText) {
  NetAddress address;
  address.family = AF_INET;
  address.prefix = 32;
  address.attributes = {{IFA_ADDRESS, std::string("\xc0\x00\x02\x02", 4)},
                        {IFA_LOCAL, std::string("\xc0\x00\x02\x01", 4)}};
  EXPECT_EQ(address.text(), "192.0.2.1/32");
  address.family = AF_INET6;
  address.prefix = 64;
  address.attributes = {{IFA_ADDRESS, std::string(15, '\0') + "\x01"}};
  EXPECT_EQ(address.text(), "::1/64");
}

TEST(NetDevice, LabelsFollowTheName) {
  EXPECT_EQ(renamed_label("eth0:1", "eth0", "net1"), "net1:1");
  EXPECT_EQ(renamed_label("eth0", "eth0", "net1"), "");              // the kernel's own default
  EXPECT_EQ(renamed_label("eth01:1", "eth0", "net1"), "");           // of another device
  EXPECT_EQ(renamed_label("eth0:12", "eth0", "thirteen-long"), "");  // too long
}

}  // namespace
}  // namespace sys
