#include "base/signal_names.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>

#include "base/strings.h"

namespace sys {
namespace {

TEST(SignalNames, EveryNameIsAcceptedInEveryForm) {
  for (std::string_view name : known_signals()) {
    std::optional<int> number = parse_signal(name);
    ASSERT_TRUE(number) << name;
    EXPECT_EQ(parse_signal(name.substr(3)), number);
    EXPECT_EQ(parse_signal(to_lower(name)), number);
    EXPECT_EQ(parse_signal(to_lower(name.substr(3))), number);
    EXPECT_EQ(parse_signal(format("%d", *number)), number);
  }
}

TEST(SignalNames, EveryNumberComesBack) {
  for (int number = 0; number < NSIG; number++) {
    EXPECT_EQ(parse_signal(signal_name(number)), number) << signal_name(number);
  }
}

TEST(SignalNames, AgreeWithTheCLibrary) {
  for (int number = 1; number < SIGSYS; number++) {
    const char* theirs = sigabbrev_np(number);
    ASSERT_NE(theirs, nullptr) << number;
    // The C library shows SIGPOLL for what everyone else calls SIGIO.
    if (number == SIGIO) continue;
    EXPECT_EQ(signal_name(number), std::string("SIG") + theirs);
  }
}

TEST(SignalNames, RealTimeSignalsCountFromTheCLibrarysMinimum) {
  EXPECT_EQ(parse_signal("RTMIN"), 34);
  EXPECT_EQ(parse_signal("SIGRTMIN+3"), 37);
  EXPECT_EQ(parse_signal("rtmax"), 64);
  EXPECT_EQ(parse_signal("RTMAX-1"), 63);
  EXPECT_EQ(parse_signal("RTMIN+30"), 64);
  EXPECT_EQ(signal_name(37), "SIGRTMIN+3");
  EXPECT_EQ(signal_name(33), "33");
}

TEST(SignalNames, NonsenseIsNothing) {
  for (const char* wrong :
       {"", "SIG", "TERMX", "SIGSIGTERM", "-9", "+9", "65", "9 ", "0x9", "4294967305", "RTMIN-1",
        "RTMAX+1", "RTMIN+31", "RTMAX-31", "RTMIN+", "RTMIN+-1", "RTMINX"}) {
    EXPECT_EQ(parse_signal(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace sys
