// linux.intelRdt on a directory that stands in for resctrl.

#include "runtime/container/intel_rdt.h"

#include <sys/stat.h>

#include "tests/unit/container/fixture.h"

namespace container {
namespace {

class IntelRdtTest : public testing::Test {
 protected:
  // The kernel puts these files into each new group; here the test does, where a group has to be
  // there.
  void group(const std::string& name, const std::string& schemata) {
    ASSERT_EQ(mkdir(at(name).c_str(), 0755), 0);
    write_text(at(name + "/schemata"), schemata);
    write_text(at(name + "/tasks"), "");
  }
  std::string at(const std::string& name) const { return root_.path() + "/" + name; }
  Result<RdtLocation> locate(const spec::IntelRdt& rdt) const {
    return locate_rdt(rdt, "web", root_.path());
  }
  RdtLocation located(const spec::IntelRdt& rdt) const {
    Result<RdtLocation> location = locate(rdt);
    EXPECT_TRUE(location) << location.error().text();
    return location ? *location : RdtLocation();
  }

  TempDir root_;
};

TEST_F(IntelRdtTest, WithoutAClosIdTheGroupIsNamedAfterTheContainerAndItsOwn) {
  spec::IntelRdt rdt;
  rdt.enable_monitoring = true;
  RdtLocation location = located(rdt);
  EXPECT_EQ(location, (RdtLocation{at("web"), true, at("web/mon_groups/web")}));
  group("web", "");
  EXPECT_EQ(locate(rdt).error().code, Code::ContainerExists);
}

TEST_F(IntelRdtTest, TheDefaultClassIsTheRoot) {
  spec::IntelRdt rdt;
  rdt.clos_id = "/";
  EXPECT_EQ(located(rdt), (RdtLocation{root_.path(), false, ""}));
}

TEST_F(IntelRdtTest, AClosIdWithoutValuesHasToBeThere) {
  spec::IntelRdt rdt;
  rdt.clos_id = "gold";
  EXPECT_EQ(locate(rdt).error().code, Code::ConfigInvalid);
  group("gold", "L3:0=f\n");
  EXPECT_EQ(located(rdt), (RdtLocation{at("gold"), false, ""}));
  Result<RdtGroups> made = RdtGroups::make(located(rdt), rdt);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(read_text(at("gold/schemata")), "L3:0=f\n");  // never written
  EXPECT_TRUE(join_rdt(located(rdt), 42));
  EXPECT_EQ(read_text(at("gold/tasks")), "42");
  EXPECT_TRUE(remove_rdt(located(rdt)));
  EXPECT_TRUE(exists(at("gold")));
}

TEST_F(IntelRdtTest, AGroupThatIsThereMustHaveTheValues) {
  group("gold", "    L3:0=0000f;1=000ff\n    MB:0= 50;1=100\n");
  spec::IntelRdt rdt;
  rdt.clos_id = "gold";
  rdt.l3_cache_schema = "L3:0=f";
  rdt.mem_bw_schema = "MB:0=50";
  rdt.schemata = {"L3:1=FF"};
  EXPECT_TRUE(RdtGroups::make(located(rdt), rdt));
  rdt.schemata = {"L3:1=f"};
  Result<RdtGroups> refused = RdtGroups::make(located(rdt), rdt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::ConfigInvalid);
  EXPECT_NE(refused.error().hint.find("L3:0=0000f;1=000ff"), std::string::npos)
      << refused.error().hint;
}

TEST_F(IntelRdtTest, WhatWasMadeIsRemovedUnlessKept) {
  spec::IntelRdt rdt;
  {
    Result<RdtGroups> made = RdtGroups::make(located(rdt), rdt);
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_TRUE(exists(at("web")));
  }
  EXPECT_FALSE(exists(at("web")));
  RdtLocation location = located(rdt);
  {
    Result<RdtGroups> made = RdtGroups::make(location, rdt);
    ASSERT_TRUE(made);
    made->keep();
  }
  EXPECT_TRUE(exists(at("web")));
  EXPECT_TRUE(remove_rdt(location));
  EXPECT_FALSE(exists(at("web")));
  EXPECT_TRUE(remove_rdt(location));  // again
}

TEST_F(IntelRdtTest, AValueThatIsRefusedIsInTheKernelsWordsAndLeavesNothing) {
  ASSERT_EQ(mkdir(at("info").c_str(), 0755), 0);
  write_text(at("info/last_cmd_status"), "Invalid input\n");
  spec::IntelRdt rdt;
  rdt.l3_cache_schema = "L3:0=0";  // there is no file schemata to be written: as good as refused
  Result<RdtGroups> made = RdtGroups::make(located(rdt), rdt);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().hint.find("Invalid input"), std::string::npos) << made.error().text();
  EXPECT_FALSE(exists(at("web")));
}

TEST_F(IntelRdtTest, ValuesAreWrittenInTheirOrder) {
  group("gold", "");
  RdtLocation location = {at("gold"), false, ""};
  EXPECT_TRUE(write_rdt(location, "L3:0=f", "MB:0=50"));
  EXPECT_EQ(read_text(at("gold/schemata")), "L3:0=f\nMB:0=50\n");
  EXPECT_TRUE(write_rdt(location, "", ""));
}

TEST(Schemata, ValuesAreCompared) {
  EXPECT_TRUE(schemata_have("L3:0=ff;1=f0\n", ""));
  EXPECT_TRUE(schemata_have("L3:0=ff;1=f0\n", "L3:1=F0\nL3: 0=00ff"));
  EXPECT_FALSE(schemata_have("L3:0=ff;1=f0\n", "L3:2=f0"));
  EXPECT_FALSE(schemata_have("L3:0=ff\n", "L3CODE:0=ff"));
  EXPECT_FALSE(schemata_have("L3:0=ff\n", "nonsense"));
  EXPECT_TRUE(schemata_have("L3:0=0\n", "L3:0=000"));
}

TEST(FindResctrl, NotMountedIsSaidSo) {
  Result<std::string> root = find_resctrl();
  if (root) GTEST_SKIP() << "resctrl is mounted here";
  EXPECT_EQ(root.error().code, Code::Unsupported);
  EXPECT_NE(root.error().text().find("not enabled"), std::string::npos);
}

}  // namespace
}  // namespace container
