// The v1 list against two independent models: what the rules mean, and what the kernel does with
// the lines written to it.

#include "runtime/cgroup/device_rules.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/cgroup/device_model.h"
#include "tests/unit/cgroup/fake_tree.h"

namespace cgroup {
namespace {

spec::DeviceRule rule(bool allow, char type, int64_t major, int64_t minor, const char* access) {
  return {allow, type, major, minor, access};
}
const spec::DeviceRule kDenyAll = {false, 'a', std::nullopt, std::nullopt, "rwm"};
const spec::DeviceRule kAllowAll = {true, 'a', std::nullopt, std::nullopt, ""};

std::vector<std::string> texts(const std::vector<DeviceList::Line>& lines) {
  std::vector<std::string> out;
  for (const DeviceList::Line& line : lines) out.push_back((line.allow ? "+" : "-") + line.text);
  return out;
}

DeviceList list_of(const std::vector<spec::DeviceRule>& rules) {
  Result<DeviceList> list = DeviceList::from_rules(rules);
  EXPECT_TRUE(list) << list.error().text();
  return list ? *list : DeviceList();
}

TEST(DeviceRules, AccessBothWays) {
  EXPECT_EQ(access_bits(""), kAllAccess);
  for (unsigned bits = 1; bits <= kAllAccess; bits++)
    EXPECT_EQ(access_bits(access_text(bits)), bits);
  EXPECT_EQ(access_text(kAllAccess), "rwm");
}

TEST(DeviceRules, NoRulesDenyAllButTheDefaults) {
  DeviceList list = list_of(with_default_devices({}));
  EXPECT_FALSE(list.default_allow);
  EXPECT_EQ(list.exceptions.size(), 11u);
  EXPECT_EQ((list.exceptions.at({'c', 1, 3})), kAllAccess);
  EXPECT_EQ((list.exceptions.at({'b', kAnyNumber, kAnyNumber})), static_cast<unsigned>(kMknod));
}

TEST(DeviceRules, FreshListGetsTheDefaultFirst) {
  DeviceList inherited;
  inherited.default_allow = true;
  DeviceList target =
      list_of({kDenyAll, rule(true, 'c', 10, 229, "rw"), rule(true, 'b', 8, kAnyNumber, "r")});
  EXPECT_EQ(texts(inherited.lines_to(target)),
            (std::vector<std::string>{"-a", "+b 8:* r", "+c 10:229 rw"}));
}

TEST(DeviceRules, AllowAllThenExceptions) {
  DeviceList target = list_of({kAllowAll, rule(false, 'b', 8, 0, "w")});
  EXPECT_EQ(texts(DeviceList().lines_to(target)), (std::vector<std::string>{"+a", "-b 8:0 w"}));
}

TEST(DeviceRules, UpdateWritesTheDifferenceAllowsFirst) {
  DeviceList before = list_of({rule(true, 'c', 1, 3, "rwm"), rule(true, 'c', 1, 5, "rw")});
  DeviceList after = list_of({rule(true, 'c', 1, 3, "r"), rule(true, 'c', 1, 9, "rwm")});
  EXPECT_EQ(texts(before.lines_to(after)),
            (std::vector<std::string>{"+c 1:9 rwm", "-c 1:3 wm", "-c 1:5 rw"}));
  EXPECT_TRUE(after.lines_to(after).empty());
}

TEST(DeviceRules, AllTypesWithNumbersAreTwoExceptions) {
  DeviceList list = list_of({rule(true, 'a', 8, kAnyNumber, "m")});
  EXPECT_EQ(texts(DeviceList().lines_to(list)), (std::vector<std::string>{"+b 8:* m", "+c 8:* m"}));
}

TEST(DeviceRules, DenyOfWiderTakesAwayNarrower) {
  DeviceList list = list_of(
      {rule(true, 'c', 1, 3, "rwm"), rule(true, 'c', 5, 1, "rw"), rule(false, 'c', 1, -1, "rw")});
  EXPECT_EQ(texts(DeviceList().lines_to(list)),
            (std::vector<std::string>{"+c 1:3 m", "+c 5:1 rw"}));
}

TEST(DeviceRules, HoleInAWiderRuleIsAnError) {
  Error error = error_of(
      DeviceList::from_rules({rule(true, 'c', -1, -1, "rwm"), rule(false, 'c', 1, 3, "w")}));
  EXPECT_EQ(error.code, Code::Unsupported);
  EXPECT_EQ(error.what, "cgroup v1 cannot deny 'c 1:3 w' again after it allowed 'c *:* rwm'");
  EXPECT_FALSE(DeviceList::from_rules({rule(true, 'c', 1, -1, "r"), rule(false, 'c', -1, 3, "r")}));
  // Other access: no hole.
  EXPECT_TRUE(DeviceList::from_rules({rule(true, 'c', -1, -1, "m"), rule(false, 'c', 1, 3, "rw")}));
}

TEST(DeviceRules, ParsesTheKernelsList) {
  Result<DeviceList> list = DeviceList::parse("c 1:3 rwm\nb *:* m\nc 136:* rw\n");
  ASSERT_OK(list);
  EXPECT_EQ(*list, list_of({rule(true, 'b', -1, -1, "m"), rule(true, 'c', 1, 3, ""),
                            rule(true, 'c', 136, -1, "rw")}));
  EXPECT_TRUE(DeviceList::parse("a *:* rwm\n")->default_allow);
  EXPECT_FALSE(DeviceList::parse("")->default_allow);
  for (const char* bad : {"c 1 rwm", "c 1:x rwm", "c 1:3", "cc 1:3 rwm", "c -1:3 r"})
    EXPECT_FALSE(DeviceList::parse(bad)) << bad;
}

// Random rules, random requests: where the list can express the rules, it must mean the same.
TEST(DeviceRules, ListMeansWhatTheRulesMean) {
  std::mt19937 random(1);
  int expressible = 0;
  for (int round = 0; round < 4000; round++) {
    std::vector<spec::DeviceRule> rules = model::random_rules(random, 6);
    Result<DeviceList> list = DeviceList::from_rules(rules);
    if (!list) continue;
    expressible++;
    model::KernelList kernel;
    kernel.allow_by_default = random() % 2 != 0;
    DeviceList before;
    before.default_allow = kernel.allow_by_default;
    for (const DeviceList::Line& line : before.lines_to(*list))
      ASSERT_TRUE(kernel.write(line.allow, line.text)) << line.text;
    for (const model::Request& request : model::all_requests()) {
      // The kernel wants one exception that covers all that is asked, so only single kinds compare.
      if ((request.access & (request.access - 1)) != 0) continue;
      ASSERT_EQ(kernel.allows(request), model::allows(rules, request))
          << model::text_of(rules) << " for " << model::text_of(request);
    }
  }
  EXPECT_GT(expressible, 1000);
}

// From any list to any other, in place.
TEST(DeviceRules, TransitionsEndAtTheTarget) {
  std::mt19937 random(2);
  int compared = 0;
  for (int round = 0; round < 4000; round++) {
    Result<DeviceList> from = DeviceList::from_rules(model::random_rules(random, 5));
    Result<DeviceList> to = DeviceList::from_rules(model::random_rules(random, 5));
    if (!from || !to) continue;
    compared++;
    model::KernelList kernel;
    for (const DeviceList::Line& line : DeviceList().lines_to(*from))
      ASSERT_TRUE(kernel.write(line.allow, line.text));
    for (const DeviceList::Line& line : from->lines_to(*to)) {
      ASSERT_TRUE(kernel.write(line.allow, line.text));
      for (const model::Request& request : model::all_requests()) {
        bool in_both = from->default_allow == to->default_allow &&
                       (request.access & (request.access - 1)) == 0 &&
                       model::allowed_by(*from, request) && model::allowed_by(*to, request);
        if (!in_both) continue;
        ASSERT_TRUE(kernel.allows(request)) << "denied for a moment: " << model::text_of(request);
      }
    }
    EXPECT_EQ(kernel.allow_by_default, to->default_allow);
    EXPECT_EQ(kernel.exceptions, to->exceptions);
  }
  EXPECT_GT(compared, 500);
}

}  // namespace
}  // namespace cgroup
