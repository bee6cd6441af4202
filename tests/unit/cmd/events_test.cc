// events: its flags, the lengths of time they take, and the JSON it writes.

#include <gtest/gtest.h>

#include "runtime/cmd/duration.h"
#include "runtime/cmd/use_json.h"
#include "tests/unit/cmd/fake_container.h"

namespace cmd {
namespace {

TEST(Duration, Units) {
  EXPECT_EQ(parse_duration("0"), 0);
  EXPECT_EQ(parse_duration("5s"), 5000000000);
  EXPECT_EQ(parse_duration("100ms"), 100000000);
  EXPECT_EQ(parse_duration("1us"), 1000);
  EXPECT_EQ(parse_duration("1\u00b5s"), 1000);
  EXPECT_EQ(parse_duration("7ns"), 7);
  EXPECT_EQ(parse_duration("1m30s"), 90000000000);
  EXPECT_EQ(parse_duration("1.5h"), 5400000000000);
  EXPECT_EQ(parse_duration(".5s"), 500000000);
  EXPECT_EQ(parse_duration("1.s"), 1000000000);
  EXPECT_EQ(parse_duration("0.0000000019s"), 1);
  EXPECT_EQ(parse_duration("-1s"), -1000000000);
  EXPECT_EQ(parse_duration("+1s"), 1000000000);
  EXPECT_EQ(parse_duration("9223372036854775807ns"), INT64_MAX);
}

TEST(Duration, WhatIsNone) {
  for (const char* text :
       {"", "5", "s", ".s", "1x", "1 s", " 1s", "1s ", "1s5", "1,5s", "--1s", "1h-1m",
        "9223372036854775808ns", "99999999999999999999s", "3000000h", "5S"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Events, IntervalAndItsDefault) {
  ASSERT_TRUE(rt({"events", "web"}).ok);
  EXPECT_EQ(fake().called, "events");
  EXPECT_EQ(fake().id, "web");
  EXPECT_EQ(fake().interval_ms, 5000);
  ASSERT_TRUE(rt({"events", "--interval=100ms", "web"}).ok);  // as go-runc writes it
  EXPECT_EQ(fake().interval_ms, 100);
  ASSERT_TRUE(rt({"events", "--interval", "1ns", "web"}).ok);
  EXPECT_EQ(fake().interval_ms, 1);
}

TEST(Events, IntervalsThatAreNone) {
  for (const char* text : {"0", "0s", "-1s"}) {
    Outcome outcome = rt({"events", "--interval", text, "web"});
    EXPECT_FALSE(outcome.ok) << text;
    EXPECT_NE(outcome.error.text().find("must be greater than 0"), std::string::npos)
        << outcome.error.text();
  }
  Outcome outcome = rt({"events", "--interval", "5", "web"});
  EXPECT_EQ(outcome.error.code, Code::Usage);
  EXPECT_NE(outcome.error.text().find("'5'"), std::string::npos);
  EXPECT_EQ(fake().called, "");
}

TEST(Events, StatsIsOneLine) {
  Outcome outcome = rt({"events", "--stats", "web"});
  ASSERT_TRUE(outcome.ok) << outcome.error.text();
  EXPECT_EQ(fake().called, "use");
  EXPECT_EQ(
      outcome.out,
      "{\"type\":\"stats\",\"id\":\"web\",\"data\":{"
      "\"cpu\":{\"usage\":{\"kernel\":0,\"user\":0},\"throttling\":{}},"
      "\"cpuset\":{\"cpu_exclusive\":0,\"mem_hardwall\":0,\"mem_exclusive\":0,\"memory_migrate\":0,"
      "\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,\"sched_load_"
      "balance\":0,"
      "\"sched_relax_domain_level\":0},"
      "\"memory\":{\"usage\":{\"limit\":0,\"failcnt\":0},\"swap\":{\"limit\":0,\"failcnt\":0},"
      "\"kernel\":{\"limit\":0,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":0}},"
      "\"pids\":{},\"blkio\":{},\"hugetlb\":{},\"intel_rdt\":{},\"network_interfaces\":null}}\n");
}

TEST(Events, LinesAsTheyCome) {
  Outcome outcome = rt({"events", "web"});
  ASSERT_TRUE(outcome.ok) << outcome.error.text();
  EXPECT_TRUE(outcome.out.ends_with("}\n{\"type\":\"oom\",\"id\":\"web\"}\n")) << outcome.out;
}

TEST(Events, EveryNumber) {
  container::Use use;
  cgroup::Pressure pressure{{{1, 50, 1234}, 5}, {{0, 100, 10}, 6}};
  use.cgroup.cpu = {.total = 9,
                    .kernel = 1,
                    .user = 2,
                    .throttled_time = 3,
                    .percpu = {4, 5},
                    .percpu_kernel = {1, 0},
                    .percpu_user = {3, 5},
                    .periods = 6,
                    .throttled_periods = 7,
                    .pressure = pressure};
  use.cgroup.cpuset.cpus = {0, 2};
  use.cgroup.cpuset.mems = {0};
  use.cgroup.cpuset.sched_relax_domain_level = -1;
  use.cgroup.memory.cache = 8;
  use.cgroup.memory.usage = {UINT64_MAX, 2, 3, 4};
  use.cgroup.memory.raw = {{"anon", 0}, {"file", 7}};
  use.cgroup.pids = 3;
  use.cgroup.pids_limit = 9;
  use.cgroup.block.service_bytes = {{8, 0, "Read", 1}, {0, 1, "", 0}};
  use.cgroup.block.queued = {{1, 2, "Total", 3}};
  use.cgroup.hugepages = {{"2MB", 1, 2, 3}};
  use.interfaces = {{"eth0", {1, 2, 3, 4}, {5, 6, 7, 8}}};
  std::string text = event_json("web", &use);
  for (const char* part :
       {"\"usage\":{\"total\":9,\"percpu\":[4,5],\"percpu_kernel\":[1,0],\"percpu_user\":[3,5],"
        "\"kernel\":1,\"user\":2}",
        "\"throttling\":{\"periods\":6,\"throttledPeriods\":7,\"throttledTime\":3}",
        "\"psi\":{\"some\":{\"avg10\":0.01,\"avg60\":0.5,\"avg300\":12.34,\"total\":5},"
        "\"full\":{\"avg10\":0,\"avg60\":1,\"avg300\":0.1,\"total\":6}}",
        "\"cpuset\":{\"cpus\":[0,2],\"cpu_exclusive\":0,\"mems\":[0],",
        "\"sched_relax_domain_level\":-1}",
        "\"memory\":{\"cache\":8,\"usage\":{\"limit\":18446744073709551615,\"usage\":2,\"max\":3,"
        "\"failcnt\":4},",
        "\"raw\":{\"anon\":0,\"file\":7}", "\"pids\":{\"current\":3,\"limit\":9}",
        "\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":1},{\"minor\":1}]",
        "\"ioQueueRecursive\":[{\"major\":1,\"minor\":2,\"op\":\"Total\",\"value\":3}]",
        "\"hugetlb\":{\"2MB\":{\"usage\":1,\"max\":2,\"failcnt\":3}}",
        "\"network_interfaces\":[{\"Name\":\"eth0\",\"RxBytes\":1,\"RxPackets\":2,\"RxErrors\":3,"
        "\"RxDropped\":4,"
        "\"TxBytes\":5,\"TxPackets\":6,\"TxErrors\":7,\"TxDropped\":8}]"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin " << text;
  }
}

}  // namespace
}  // namespace cmd
