// Each file in tests/data/configs/invalid is refused with exactly the message in the .err beside
// it.
#include "spec/validate.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "spec/load.h"
#include "tests/unit/spec/data.h"

namespace spec {
namespace {

// "process-*" is for exec --process, "resources-*" for update --resources, the rest is config.json.
Status parse_by_name(const std::string& name, const std::string& text) {
  if (name.starts_with("process-")) {
    TRY(parse_process(text, name.c_str()));
  } else if (name.starts_with("resources-")) {
    TRY(parse_resources(text, name.c_str()));
  } else {
    TRY(parse_config(text, name.c_str()));
  }
  return {};
}

TEST(InvalidConfigs, AreRefusedWithPlaceAndReason) {
  std::vector<std::string> names = list_data("configs/invalid", ".json");
  EXPECT_GE(names.size(), 140u);
  EXPECT_EQ(list_data("configs/invalid", ".err").size(), names.size());
  for (const std::string& name : names) {
    Status status = parse_by_name(name, read_data("configs/invalid/" + name));
    ASSERT_FALSE(status) << name << " was accepted";
    EXPECT_EQ(status.error().text() + "\n", read_data("configs/invalid/" + name + ".err"));
    bool unsupported = name.starts_with("unsupported-");
    EXPECT_EQ(status.error().code, unsupported ? Code::Unsupported : Code::ConfigInvalid) << name;
  }
}

TEST(Validate, NamesThePointerWhereThereIsNoText) {
  Process process;
  process.cwd = "tmp";
  process.args = {"sh"};
  Status status = validate(process);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what, "/cwd: must be an absolute path, not \"tmp\"");
  EXPECT_EQ(status.error().code, Code::ConfigInvalid);
  process.cwd = "/tmp";
  EXPECT_TRUE(validate(process));

  Config config;
  config.oci_version = "1.3.0";
  status = validate(config);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what, "the required property 'root' is missing");
}

TEST(Validate, CutsOffLongTextsAndEscapesThem) {
  Process process;
  process.cwd = "x\n\x1b" + std::string(1000, 'y');
  Status status = validate(process);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what,
            "/cwd: must be an absolute path, not \"x\\n\\u001b" + std::string(77, 'y') + "...\"");
}

// The boundaries of ranges, on their good side; the bad side is in the files.
TEST(Validate, AcceptsTheLastValueOfEachRange) {
  Process process;
  process.cwd = "/";
  process.args = {""};
  for (int adj : {-1000, 1000}) {
    process.oom_score_adj = adj;
    EXPECT_TRUE(validate(process)) << adj;
  }
  Scheduler& scheduler = process.scheduler.emplace();
  for (int nice : {-20, 19}) {
    scheduler.nice = nice;
    EXPECT_TRUE(validate(process)) << nice;
  }
  scheduler.policy = SchedulerPolicy::Fifo;
  for (int priority : {1, 99}) {
    scheduler.priority = priority;
    EXPECT_TRUE(validate(process)) << priority;
  }
  scheduler = Scheduler();
  scheduler.policy = SchedulerPolicy::Deadline;
  scheduler.runtime = 1024;
  scheduler.deadline = 1024;
  EXPECT_TRUE(validate(process));  // without a period: as long as the deadline
  scheduler.period = 1024;
  EXPECT_TRUE(validate(process));
  scheduler = Scheduler();
  scheduler.policy = SchedulerPolicy::Deadline;
  scheduler.flags = {SchedulerFlag::KeepParams};
  EXPECT_TRUE(validate(process));
  process.io_priority.emplace().priority = 7;
  EXPECT_TRUE(validate(process));
  process.terminal = true;
  process.console_size = ConsoleSize{.height = 65535, .width = 0};
  EXPECT_TRUE(validate(process));
  process.terminal = false;  // then it MUST be ignored
  process.console_size->height = 65536;
  EXPECT_TRUE(validate(process));
}

TEST(Validate, KnowsSemanticVersions) {
  Config config;
  config.root.emplace().path = "rootfs";
  for (const char* good : {"1.0.0", "1.3.0", "1.99.4", "1.0.2-dev", "1.2.0-rc.1", "1.0.0-rc5",
                           "1.0.0+x.7", "1.0.0-0a.b-c+001", "0.5.0-dev"}) {
    config.oci_version = good;
    EXPECT_TRUE(validate(config)) << good;
  }
  for (const char* bad :
       {"", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.x", "1.0.-1", "01.0.0", "1.0.0-", "1.0.0-a..b",
        "1.0.0-01", "1.0.0+", "1.0.0+a_b", " 1.0.0", "1.0.0 "}) {
    config.oci_version = bad;
    Status status = validate(config);
    ASSERT_FALSE(status) << bad;
    EXPECT_EQ(status.error().code, Code::ConfigInvalid) << bad;
  }
  config.oci_version = "2.0.0-rc.1";
  Status status = validate(config);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::Unsupported);
}

TEST(Validate, ListsOfNumbersMayHaveBlanksAndEmptyItems) {
  Process process;
  process.cwd = "/";
  process.args = {"sh"};
  ExecCpuAffinity& affinity = process.exec_cpu_affinity.emplace();
  for (const char* good : {"", "0", "0-3,7", " 0 - 3 , 7 ", "1,,2", ",", "5-5", "4294967295"}) {
    affinity.final = good;
    EXPECT_TRUE(validate(process)) << good;
  }
  for (const char* bad : {"-", "-1", "1-", "3-1", "1-2-3", "a", "1;2", "4294967296", "0x1"}) {
    affinity.final = bad;
    EXPECT_FALSE(validate(process)) << bad;
  }
}

TEST(Validate, SysctlNamesMayUseDotsOrSlashes) {
  Config config;
  config.oci_version = "1.0.0";
  config.root.emplace().path = "rootfs";
  Linux& platform = config.linux_.emplace();
  for (const char* good : {"net.ipv4.ip_forward", "net/ipv4/conf/eno2.100/rp_filter",
                           "net.ipv4.conf.eno2/100.rp_filter", "a"}) {
    platform.sysctl = {{good, "1"}};
    EXPECT_TRUE(validate(config)) << good;
  }
  for (const char* bad :
       {"", ".", "/", ".a", "a.", "/a", "a/", "a..b", "a//b", "a./b", "../a", "a/../b", "a/./b"}) {
    platform.sysctl = {{bad, "1"}};
    EXPECT_FALSE(validate(config)) << bad;
  }
}

TEST(Validate, HugePageSizesAreTheKernelsNames) {
  Resources resources;
  for (const char* good : {"64KB", "2MB", "1GB", "1024MB"}) {
    resources.hugepage_limits = {{.page_size = good, .limit = 1}};
    EXPECT_TRUE(validate(resources)) << good;
  }
  for (const char* bad : {"", "B", "MB", "2M", "02MB", "0MB", "2 MB", "2mb", "2TB", "-2MB"}) {
    resources.hugepage_limits = {{.page_size = bad, .limit = 1}};
    EXPECT_FALSE(validate(resources)) << bad;
  }
}

TEST(Validate, TheWholeIdRangeCanBeMapped) {
  Config config;
  config.oci_version = "1.0.0";
  config.root.emplace().path = "rootfs";
  Linux& platform = config.linux_.emplace();
  platform.namespaces = {{.type = NamespaceType::User, .path = ""}};
  platform.uid_mappings = {
      {.container_id = 0, .host_id = 0, .size = UINT32_MAX}};  // as in the initial namespace
  EXPECT_TRUE(validate(config));
  platform.uid_mappings[0].container_id = 1;
  EXPECT_FALSE(validate(config));
}

TEST(Validate, MountsMayUseTheContainersMapping) {
  Config config;
  config.oci_version = "1.0.0";
  config.root.emplace().path = "rootfs";
  Mount& mount = config.mounts.emplace_back();
  mount.destination = "/a";
  mount.options = {"bind", "ridmap"};
  EXPECT_FALSE(validate(config));
  config.linux_.emplace().namespaces = {{.type = NamespaceType::User, .path = ""}};
  EXPECT_TRUE(validate(config));
}

}  // namespace
}  // namespace spec
