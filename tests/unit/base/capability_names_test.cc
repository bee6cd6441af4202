#include "base/capability_names.h"

#include <cap-ng.h>
#include <gtest/gtest.h>
#include <linux/capability.h>

#include <cstdio>

#include "base/strings.h"

namespace sys {
namespace {

TEST(CapabilityNames, GoBothWays) {
  std::vector<std::string_view> names = known_capabilities();
  ASSERT_GE(names.size(), 41U);
  for (size_t i = 0; i < names.size(); i++) {
    EXPECT_EQ(capability_number(names[i]), static_cast<int>(i)) << names[i];
    EXPECT_EQ(capability_name(static_cast<int>(i)), names[i]);
  }
}

TEST(CapabilityNames, HaveTheNumbersOfTheKernelHeaders) {
  EXPECT_EQ(capability_number("CAP_CHOWN"), CAP_CHOWN);
  EXPECT_EQ(capability_number("CAP_NET_BIND_SERVICE"), CAP_NET_BIND_SERVICE);
  EXPECT_EQ(capability_number("CAP_SYS_ADMIN"), CAP_SYS_ADMIN);
  EXPECT_EQ(capability_number("CAP_SETFCAP"), CAP_SETFCAP);
  EXPECT_EQ(capability_number("CAP_SYSLOG"), CAP_SYSLOG);
  EXPECT_EQ(capability_number("CAP_AUDIT_READ"), CAP_AUDIT_READ);
  EXPECT_EQ(capability_number("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
}

TEST(CapabilityNames, AgreeWithLibcapNg) {
  for (int i = 0; i <= CAP_LAST_CAP; i++) {
    const char* theirs = capng_capability_to_name(static_cast<unsigned>(i));
    ASSERT_NE(theirs, nullptr) << i;
    EXPECT_EQ(capability_name(i), "CAP_" + to_upper(theirs));
  }
}

TEST(CapabilityNames, OnlyTheSpecsSpellingCounts) {
  for (const char* wrong : {"CHOWN", "cap_chown", "CAP_chown", "CAP_", "", "CAP_CHOWN ", "0"}) {
    EXPECT_EQ(capability_number(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(capability_name(-1), "");
  EXPECT_EQ(capability_name(64), "");
}

TEST(CapabilityNames, LastIsWhatProcSays) {
  FILE* file = fopen("/proc/sys/kernel/cap_last_cap", "re");
  if (!file) GTEST_SKIP() << "no /proc/sys/kernel/cap_last_cap";
  int last = -1;
  int read = fscanf(file, "%d", &last);
  fclose(file);
  ASSERT_EQ(read, 1);
  EXPECT_EQ(last_capability(), last);
}

}  // namespace
}  // namespace sys
