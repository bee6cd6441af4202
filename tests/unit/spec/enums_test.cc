#include "spec/enums.h"

#include <gtest/gtest.h>

#include <set>

namespace spec {
namespace {

template <class E>
class Enums : public testing::Test {};
using AllEnums =
    testing::Types<SchedulerPolicy, SchedulerFlag, IoPriorityClass, NamespaceType, MemoryPolicyMode,
                   MemoryPolicyFlag, PersonalityDomain, SeccompAction, SeccompArch, SeccompFlag,
                   SeccompOperator, RootfsPropagation, ContainerStatus>;
TYPED_TEST_SUITE(Enums, AllEnums);

TYPED_TEST(Enums, NamesAndValuesLeadToEachOther) {
  std::set<std::string_view> seen;
  int index = 0;
  for (const EnumName& entry : enum_names<TypeParam>()) {
    EXPECT_EQ(entry.value, index++);
    EXPECT_EQ(enum_name(static_cast<TypeParam>(entry.value)), entry.name);
    EXPECT_EQ(enum_value<TypeParam>(entry.name), static_cast<TypeParam>(entry.value));
    EXPECT_TRUE(seen.insert(entry.name).second) << entry.name;
    EXPECT_EQ(entry.name.data()[entry.name.size()], '\0');  // used as C strings in messages
  }
  EXPECT_GE(seen.size(), 2u);
}

TYPED_TEST(Enums, OtherTextsHaveNoValue) {
  EXPECT_FALSE(enum_value<TypeParam>("nonsense"));
  std::string name(enum_names<TypeParam>().back().name);
  EXPECT_FALSE(enum_value<TypeParam>(name + "x"));
  EXPECT_FALSE(enum_value<TypeParam>(name.substr(0, name.size() - 1)));
  name[0] ^= 0x20;  // the other case
  EXPECT_FALSE(enum_value<TypeParam>(name));
}

TEST(EnumMessages, AMisspeltNameGetsTheNearest) {
  EXPECT_EQ(unknown_enum_value(enum_names<SeccompAction>(), "SCMP_ACT_ALOW"),
            "unknown value \"SCMP_ACT_ALOW\", did you mean \"SCMP_ACT_ALLOW\"?");
  EXPECT_EQ(
      unknown_enum_value(enum_names<NamespaceType>(), "net"),
      "unknown value \"net\", expected one of mount, pid, network, uts, ipc, user, cgroup, time");
}

TEST(EnumMessages, AnEmptyNameIsNotOffered) {
  EXPECT_EQ(unknown_enum_value(enum_names<RootfsPropagation>(), "q"),
            "unknown value \"q\", expected one of private, shared, slave, unbindable, rprivate, "
            "rshared, rslave, runbindable");
  EXPECT_EQ(all_enum_names<RootfsPropagation>().size(), 8u);
}

TEST(StatusName, IsTheSpecsWord) {
  EXPECT_STREQ(status_name(ContainerStatus::Paused), "paused");
}

}  // namespace
}  // namespace spec
