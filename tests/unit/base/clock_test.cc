#include "base/clock.h"

#include <gtest/gtest.h>
#include <time.h>

#include <cstdlib>

namespace {

TEST(Clock, MonotonicDoesNotGoBack) {
  int64_t before = monotonic_ms();
  EXPECT_GE(monotonic_ms(), before);
}

TEST(Clock, TextIsTheTimeInUtc) {
  setenv("TZ", "America/New_York", 1);
  time_t before = time(nullptr);
  std::string text = rfc3339_now();
  time_t after = time(nullptr);
  ASSERT_EQ(text.size(), std::string("2026-11-24T06:24:15.988057403Z").size());
  EXPECT_EQ(text[19], '.');
  EXPECT_EQ(text.back(), 'Z');
  tm parts = {};
  ASSERT_NE(strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts), nullptr);
  time_t told = timegm(&parts);
  EXPECT_GE(told, before);
  EXPECT_LE(told, after);
}

}  // namespace
