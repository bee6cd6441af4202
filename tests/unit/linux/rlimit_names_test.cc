#include "runtime/linux/rlimit_names.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <set>

namespace sys {
namespace {

TEST(RlimitNames, EveryResourceHasOneNameAndBack) {
  std::set<int> seen;
  for (std::string_view name : known_rlimits()) {
    std::optional<int> resource = rlimit_resource(name);
    ASSERT_TRUE(resource) << name;
    EXPECT_EQ(rlimit_name(*resource), name);
    EXPECT_TRUE(seen.insert(*resource).second) << name;
  }
  // All that the kernel has: 0 to RLIM_NLIMITS - 1.
  EXPECT_EQ(seen.size(), static_cast<size_t>(RLIM_NLIMITS));
  EXPECT_EQ(*seen.rbegin(), static_cast<int>(RLIM_NLIMITS) - 1);
}

TEST(RlimitNames, HaveTheNumbersOfTheHeaders) {
  EXPECT_EQ(rlimit_resource("RLIMIT_NOFILE"), static_cast<int>(RLIMIT_NOFILE));
  EXPECT_EQ(rlimit_resource("RLIMIT_AS"), static_cast<int>(RLIMIT_AS));
  EXPECT_EQ(rlimit_resource("RLIMIT_RTTIME"), static_cast<int>(RLIMIT_RTTIME));
}

TEST(RlimitNames, NonsenseIsNothing) {
  for (const char* wrong : {"", "NOFILE", "rlimit_nofile", "RLIMIT_", "RLIMIT_NOFILES"}) {
    EXPECT_EQ(rlimit_resource(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(rlimit_name(-1), "");
  EXPECT_EQ(rlimit_name(16), "");
}

}  // namespace
}  // namespace sys
