#include "runtime/container/home.h"

#include <gtest/gtest.h>

namespace container {
namespace {

constexpr char kPasswd[] =
    "root:x:0:0:root:/root:/bin/sh\n"
    "short:x:7\n"
    "alice:x:1000:1000::/home/alice:/bin/sh\n"
    "twin:x:1000:1000::/home/twin:/bin/sh\n"
    "nohome:x:5:5:::/bin/sh\n"
    "last:x:6:6::/last:";

TEST(Home, IsThatOfTheFirstEntryWithTheUid) {
  EXPECT_EQ(home_in_passwd(kPasswd, 0), "/root");
  EXPECT_EQ(home_in_passwd(kPasswd, 1000), "/home/alice");
  EXPECT_EQ(home_in_passwd(kPasswd, 6), "/last");  // without a final newline
}

TEST(Home, IsTheRootWhereThereIsNone) {
  EXPECT_EQ(home_in_passwd(kPasswd, 4242), "/");
  EXPECT_EQ(home_in_passwd(kPasswd, 5), "/");
  EXPECT_EQ(home_in_passwd("", 0), "/");
}

TEST(Home, HostileTextIsNoHome) {
  EXPECT_EQ(home_in_passwd("x:x:99999999999999999999:0::/a:", 0), "/");
  EXPECT_EQ(home_in_passwd("x:x: 0:0::/a:", 0), "/");
  EXPECT_EQ(home_in_passwd("x:x:-1:0::/a:", 4294967295u), "/");
  EXPECT_EQ(home_in_passwd(std::string_view("x:x:0:0::/a\0b:", 14), 0), "/");
}

}  // namespace
}  // namespace container
