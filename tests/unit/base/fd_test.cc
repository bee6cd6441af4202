#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace {

int open_null() {
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}
bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

TEST(Fd, IsEmptyByDefault) {
  Fd fd;
  EXPECT_FALSE(fd);
  EXPECT_EQ(fd.get(), -1);
}

TEST(Fd, DescriptorZeroCounts) {
  Fd fd(0);
  EXPECT_TRUE(fd);
  EXPECT_EQ(fd.release(), 0);
}

TEST(Fd, ClosesAtTheEndOfItsLife) {
  int number;
  {
    Fd fd(open_null());
    number = fd.get();
    ASSERT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, ReleaseGivesItAway) {
  int number;
  {
    Fd fd(open_null());
    number = fd.release();
    EXPECT_FALSE(fd);
  }
  EXPECT_TRUE(is_open(number));
  Fd owner(number);
}

TEST(Fd, MoveConstructionLeavesTheOtherEmpty) {
  Fd first(open_null());
  int number = first.get();
  Fd second(std::move(first));
  EXPECT_EQ(second.get(), number);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_TRUE(is_open(number));
}

TEST(Fd, MoveAssignmentClosesWhatItHeld) {
  Fd first(open_null());
  Fd second(open_null());
  int held = second.get();
  int moved = first.get();
  second = std::move(first);
  EXPECT_EQ(second.get(), moved);
  EXPECT_FALSE(is_open(held));
  EXPECT_TRUE(is_open(moved));
}

TEST(Fd, MoveToItselfKeepsItOpen) {
  Fd fd(open_null());
  int number = fd.get();
  Fd& same = fd;
  fd = std::move(same);
  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(Fd, ResetClosesAndTakesAnother) {
  Fd fd(open_null());
  int first = fd.get();
  int second = open_null();
  fd.reset(second);
  EXPECT_FALSE(is_open(first));
  EXPECT_EQ(fd.get(), second);
  fd.reset();
  EXPECT_FALSE(is_open(second));
  EXPECT_FALSE(fd);
}

}  // namespace
