#include "runtime/linux/net_counters.h"

#include <gtest/gtest.h>

namespace sys {
namespace {

constexpr char kTitles[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n";

TEST(NetCounters, InterfacesButLoopback) {
  std::string text = std::string(kTitles) +
                     "    lo:     100       1    0    0    0     0          0         0      100   "
                     "    1    0    0    0     0       0          0\n"
                     "  eth0: 1296 13 2 3 4 5 6 7 8096 18 12 13 14 15 16 17\n"
                     "a:b:5 1 2 3 0 0 0 0 6 7 8 9 0 0 0 0\n";
  std::vector<NetCounters> found = parse_net_counters(text);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "eth0");
  EXPECT_EQ(found[0].received, (NetCounters::Direction{1296, 13, 2, 3}));
  EXPECT_EQ(found[0].sent, (NetCounters::Direction{8096, 18, 12, 13}));
  EXPECT_EQ(found[1].name, "a:b");
  EXPECT_EQ(found[1].received.bytes, 5u);
  EXPECT_EQ(found[1].sent, (NetCounters::Direction{6, 7, 8, 9}));
}

TEST(NetCounters, LinesOfAnotherForm) {
  EXPECT_TRUE(parse_net_counters("").empty());
  EXPECT_TRUE(parse_net_counters(kTitles).empty());
  EXPECT_TRUE(parse_net_counters("eth0: 1 2 3\neth1 1 2\n").empty());
}

}  // namespace
}  // namespace sys
