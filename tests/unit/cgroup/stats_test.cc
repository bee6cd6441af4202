// What a cgroup has used, read from fake trees of both versions.

#include "runtime/cgroup/stats.h"

#include <gtest/gtest.h>

#include "runtime/cgroup/oom.h"
#include "runtime/cgroup/stats_files.h"
#include "tests/unit/cgroup/fake_tree.h"

namespace cgroup {
namespace {

using Entries = BlockUse::Entries;

class V2Stats : public FakeTree {
 protected:
  void SetUp() override {
    FakeTree::SetUp();
    dir("web");
    location_.layout = Layout::Unified;
    location_.dirs = {{"", at("web")}};
  }
  Stats stats() const {
    Result<Stats> read = read_stats(location_);
    EXPECT_OK(read);
    return read ? *read : Stats();
  }
  Location location_;
};

TEST_F(V2Stats, NothingThereIsAllZero) {
  Stats found = stats();
  EXPECT_EQ(found.cpu.total, 0u);
  EXPECT_EQ(found.memory.usage.limit, 0u);
  EXPECT_TRUE(found.block.service_bytes.empty());
  EXPECT_TRUE(found.hugepages.empty());
  EXPECT_FALSE(found.cpu.pressure || found.memory.pressure || found.block.pressure);
}

TEST_F(V2Stats, CpuIsInNanoseconds) {
  put("web/cpu.stat",
      "usage_usec 7\nuser_usec 5\nsystem_usec 2\nnr_periods 9\nnr_throttled 4\nthrottled_usec "
      "3\nnr_bursts 1\n");
  Stats found = stats();
  EXPECT_EQ(found.cpu.total, 7000u);
  EXPECT_EQ(found.cpu.user, 5000u);
  EXPECT_EQ(found.cpu.kernel, 2000u);
  EXPECT_EQ(found.cpu.periods, 9u);
  EXPECT_EQ(found.cpu.throttled_periods, 4u);
  EXPECT_EQ(found.cpu.throttled_time, 3000u);
}

TEST_F(V2Stats, SwapIsCountedWithMemory) {
  put("web/memory.stat", "anon 10\nfile 20\nslab 5\n");
  put("web/memory.current", "100\n");
  put("web/memory.max", "1000\n");
  put("web/memory.peak", "150\n");
  put("web/memory.events", "low 0\nhigh 1\nmax 3\noom 1\noom_kill 1\n");
  put("web/memory.swap.current", "7\n");
  put("web/memory.swap.max", "500\n");
  put("web/memory.swap.peak", "9\n");
  put("web/memory.swap.events", "high 0\nmax 2\nfail 0\n");
  MemoryUse memory = stats().memory;
  EXPECT_EQ(memory.cache, 20u);
  EXPECT_EQ(memory.usage.usage, 100u);
  EXPECT_EQ(memory.usage.limit, 1000u);
  EXPECT_EQ(memory.usage.max, 150u);
  EXPECT_EQ(memory.usage.failcnt, 3u);
  EXPECT_EQ(memory.swap.usage, 107u);
  EXPECT_EQ(memory.swap.limit, 1500u);
  EXPECT_EQ(memory.swap.max, 0u);
  EXPECT_EQ(memory.swap.failcnt, 2u);
  KeyedCounts raw = {{"anon", 10}, {"file", 20}, {"slab", 5}};
  EXPECT_EQ(memory.raw, raw);
}

TEST_F(V2Stats, NoLimitOfEitherIsNoneOfBoth) {
  put("web/memory.current", "100\n");
  put("web/memory.max", "max\n");
  put("web/memory.swap.current", "7\n");
  put("web/memory.swap.max", "500\n");
  EXPECT_EQ(stats().memory.usage.limit, UINT64_MAX);
  EXPECT_EQ(stats().memory.swap.limit, UINT64_MAX);
  put("web/memory.max", "1000\n");
  put("web/memory.swap.max", "max\n");
  EXPECT_EQ(stats().memory.swap.limit, UINT64_MAX);
}

TEST_F(V2Stats, DisksAndWhatIsNoDisk) {
  put("web/io.stat",
      "254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n8:16\n7:x rbytes=1\nnonsense\n8:0 "
      "wios=9 wbytes=18446744073709551616\n");
  BlockUse block = stats().block;
  EXPECT_EQ(block.service_bytes, (Entries{{254, 0, "Read", 1}, {254, 0, "Write", 2}}));
  EXPECT_EQ(block.serviced,
            (Entries{{254, 0, "Read", 3}, {254, 0, "Write", 4}, {8, 0, "Write", 9}}));
}

TEST_F(V2Stats, PidsAndTheirLimit) {
  put("web/pids.current", "3\n");
  put("web/pids.max", "max\n");
  EXPECT_EQ(stats().pids, 3u);
  EXPECT_EQ(stats().pids_limit, 0u);
  put("web/pids.max", "20\n");
  EXPECT_EQ(stats().pids_limit, 20u);
}

TEST_F(V2Stats, HugePagesThatAreReservedCountIfTheKernelCountsThem) {
  put("web/hugetlb.2MB.current", "1\n");
  put("web/hugetlb.2MB.rsvd.current", "2\n");
  put("web/hugetlb.2MB.events", "max 3\n");
  put("web/hugetlb.1GB.current", "4\n");
  put("web/hugetlb.1GB.events", "max 0\n");
  std::vector<HugepageUse> found = stats().hugepages;
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].size, "1GB");
  EXPECT_EQ(found[0].usage, 4u);
  EXPECT_EQ(found[1].size, "2MB");
  EXPECT_EQ(found[1].usage, 2u);
  EXPECT_EQ(found[1].failcnt, 3u);
}

TEST_F(V2Stats, Pressure) {
  put("web/cpu.pressure", "some avg10=0.00 avg60=1.50 avg300=99.01 total=123\n");
  put("web/io.pressure",
      "some avg10=0.10 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.05 avg60=0.00 avg300=0.00 "
      "total=2\n");
  Stats found = stats();
  ASSERT_TRUE(found.cpu.pressure);
  EXPECT_EQ(found.cpu.pressure->some, (Stall{{0, 150, 9901}, 123}));
  EXPECT_EQ(found.cpu.pressure->full, Stall());
  ASSERT_TRUE(found.block.pressure);
  EXPECT_EQ(found.block.pressure->some, (Stall{{10, 0, 0}, 1}));
  EXPECT_EQ(found.block.pressure->full, (Stall{{5, 0, 0}, 2}));
  EXPECT_FALSE(found.memory.pressure);
}

TEST_F(V2Stats, ANumberThatIsNoneIsAnErrorThatNamesTheFile) {
  put("web/pids.current", "many\n");
  Error error = error_of(read_stats(location_));
  EXPECT_EQ(error.code, Code::CgroupFailed);
  EXPECT_NE(error.what.find("web/pids.current"), std::string::npos) << error.what;
  EXPECT_NE(error.what.find("'many'"), std::string::npos) << error.what;
}

TEST_F(V2Stats, OomIsTheCounterRising) {
  put("web/memory.events", "low 0\noom 5\noom_kill 5\n");
  Result<std::optional<OomWatch>> opened = OomWatch::open(location_);
  ASSERT_OK(opened);
  ASSERT_TRUE(*opened);
  OomWatch& watch = **opened;
  EXPECT_GE(watch.fd(), 0);
  auto ran_out = [&watch] {
    Result<bool> taken = watch.take();
    EXPECT_OK(taken);
    return taken && *taken;
  };
  EXPECT_FALSE(ran_out());  // what was before
  put("web/memory.events", "low 9\noom 5\noom_kill 5\n");
  EXPECT_FALSE(ran_out());
  put("web/memory.events", "low 9\noom 6\noom_kill 7\n");
  EXPECT_TRUE(ran_out());
  EXPECT_FALSE(ran_out());
}

TEST_F(V2Stats, WithoutAMemoryControllerThereIsNothingToWatch) {
  Result<std::optional<OomWatch>> opened = OomWatch::open(location_);
  ASSERT_OK(opened);
  EXPECT_FALSE(*opened);
}

class V1Stats : public FakeTree {
 protected:
  void SetUp() override {
    FakeTree::SetUp();
    location_.layout = Layout::V1;
    for (const char* controller : {"memory", "cpu,cpuacct", "cpuset", "pids", "blkio", "hugetlb"}) {
      dir(controller);
      location_.dirs.push_back({controller, at(controller)});
    }
  }
  Stats stats() const {
    Result<Stats> read = read_stats(location_);
    EXPECT_OK(read);
    return read ? *read : Stats();
  }
  Location location_;
};

TEST_F(V1Stats, Cpu) {
  put("cpu,cpuacct/cpuacct.usage", "77\n");
  put("cpu,cpuacct/cpuacct.usage_percpu", "40 37 \n");
  put("cpu,cpuacct/cpuacct.usage_all", "cpu user system\n0 30 10\n1 20 17\n");
  put("cpu,cpuacct/cpuacct.stat", "user 3\nsystem 2\n");
  put("cpu,cpuacct/cpu.stat", "nr_periods 9\nnr_throttled 4\nthrottled_time 300\n");
  CpuUse cpu = stats().cpu;
  EXPECT_EQ(cpu.total, 77u);
  EXPECT_EQ(cpu.percpu, (std::vector<uint64_t>{40, 37}));
  EXPECT_EQ(cpu.percpu_user, (std::vector<uint64_t>{30, 20}));
  EXPECT_EQ(cpu.percpu_kernel, (std::vector<uint64_t>{10, 17}));
  EXPECT_EQ(cpu.user, 30000000u);  // ticks of 10 ms
  EXPECT_EQ(cpu.kernel, 20000000u);
  EXPECT_EQ(cpu.periods, 9u);
  EXPECT_EQ(cpu.throttled_periods, 4u);
  EXPECT_EQ(cpu.throttled_time, 300u);
}

TEST_F(V1Stats, Cpuset) {
  put("cpuset/cpuset.cpus", "0-2,5\n");
  put("cpuset/cpuset.mems", "0\n");
  put("cpuset/cpuset.sched_load_balance", "1\n");
  put("cpuset/cpuset.sched_relax_domain_level", "-1\n");
  CpusetState set = stats().cpuset;
  EXPECT_EQ(set.cpus, (std::vector<uint16_t>{0, 1, 2, 5}));
  EXPECT_EQ(set.mems, (std::vector<uint16_t>{0}));
  EXPECT_EQ(set.sched_load_balance, 1u);
  EXPECT_EQ(set.sched_relax_domain_level, -1);
}

TEST_F(V1Stats, Memory) {
  put("memory/memory.stat", "cache 20\nrss 10\n");
  put("memory/memory.usage_in_bytes", "100\n");
  put("memory/memory.max_usage_in_bytes", "150\n");
  put("memory/memory.failcnt", "3\n");
  put("memory/memory.limit_in_bytes", "9223372036854771712\n");
  put("memory/memory.memsw.usage_in_bytes", "107\n");
  put("memory/memory.kmem.usage_in_bytes", "30\n");
  put("memory/memory.kmem.tcp.usage_in_bytes", "5\n");
  MemoryUse memory = stats().memory;
  EXPECT_EQ(memory.cache, 20u);
  EXPECT_EQ(memory.usage.usage, 100u);
  EXPECT_EQ(memory.usage.max, 150u);
  EXPECT_EQ(memory.usage.failcnt, 3u);
  EXPECT_EQ(memory.usage.limit, 9223372036854771712u);
  EXPECT_EQ(memory.swap.usage, 107u);
  EXPECT_EQ(memory.kernel.usage, 30u);
  EXPECT_EQ(memory.kernel_tcp.usage, 5u);
}

TEST_F(V1Stats, DisksByWhoeverCountsThem) {
  put("blkio/blkio.throttle.io_serviced_recursive",
      "8:0 Read 3\n8:0 Write 4\n8:0 Total 7\nTotal 7\n");
  put("blkio/blkio.throttle.io_service_bytes_recursive", "8:0 Read 30\nTotal 30\n");
  put("blkio/blkio.bfq.io_serviced_recursive", "Total 0\n");
  BlockUse block = stats().block;
  EXPECT_EQ(block.serviced, (Entries{{8, 0, "Read", 3}, {8, 0, "Write", 4}, {8, 0, "Total", 7}}));
  EXPECT_EQ(block.service_bytes, (Entries{{8, 0, "Read", 30}}));

  put("blkio/blkio.bfq.io_serviced_recursive", "8:0 Read 1\nTotal 1\n");
  put("blkio/blkio.bfq.time_recursive", "8:0 99\n");
  block = stats().block;
  EXPECT_EQ(block.serviced, (Entries{{8, 0, "Read", 1}}));
  EXPECT_EQ(block.time, (Entries{{8, 0, "", 99}}));
  EXPECT_TRUE(block.service_bytes.empty());
}

TEST_F(V1Stats, DisksOfAnOldKernel) {
  put("blkio/blkio.throttle.io_serviced", "8:0 Read 3\n");
  put("blkio/blkio.throttle.io_service_bytes", "8:0 Read 30\n");
  BlockUse block = stats().block;
  EXPECT_EQ(block.serviced, (Entries{{8, 0, "Read", 3}}));
  EXPECT_EQ(block.service_bytes, (Entries{{8, 0, "Read", 30}}));
}

TEST_F(V1Stats, PidsAndHugePages) {
  put("pids/pids.current", "3\n");
  put("pids/pids.max", "20\n");
  put("hugetlb/hugetlb.2MB.usage_in_bytes", "1\n");
  put("hugetlb/hugetlb.2MB.max_usage_in_bytes", "2\n");
  put("hugetlb/hugetlb.2MB.failcnt", "3\n");
  Stats found = stats();
  EXPECT_EQ(found.pids, 3u);
  EXPECT_EQ(found.pids_limit, 20u);
  ASSERT_EQ(found.hugepages.size(), 1u);
  EXPECT_EQ(found.hugepages[0].size, "2MB");
  EXPECT_EQ(found.hugepages[0].usage, 1u);
  EXPECT_EQ(found.hugepages[0].max, 2u);
  EXPECT_EQ(found.hugepages[0].failcnt, 3u);
}

TEST_F(V1Stats, AHybridMachineKeepsPressureBeside) {
  EXPECT_FALSE(stats().memory.pressure);
  put("unified/memory.pressure", "some avg10=0.50 avg60=0.00 avg300=0.00 total=1\n");
  location_.layout = Layout::Hybrid;
  location_.dirs.push_back({"", at("unified")});
  ASSERT_TRUE(stats().memory.pressure);
  EXPECT_EQ(stats().memory.pressure->some.average[0], 50u);
}

TEST_F(V1Stats, WithoutNotificationsTheCounterIsAsked) {
  put("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  Result<std::optional<OomWatch>> opened = OomWatch::open(location_);
  ASSERT_OK(opened);
  ASSERT_TRUE(*opened);
  EXPECT_EQ((*opened)->fd(), -1);
  EXPECT_FALSE(*(*opened)->take());
  put("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
  EXPECT_TRUE(*(*opened)->take());
  EXPECT_FALSE(*(*opened)->take());
}

TEST(NumberList, EndsWhereItMakesNoSense) {
  using List = std::vector<uint16_t>;
  EXPECT_EQ(parse_number_list(""), List());
  EXPECT_EQ(parse_number_list("3\n"), List{3});
  EXPECT_EQ(parse_number_list("65534-65535"), (List{65534, 65535}));
  EXPECT_EQ(parse_number_list("1,x,2"), List{1});
  EXPECT_EQ(parse_number_list("2-1,4"), List{4});
  EXPECT_EQ(parse_number_list("70000"), List());
}

TEST(Pressure, WhatIsNotUnderstoodIsZero) {
  EXPECT_EQ(parse_pressure(""), Pressure());
  EXPECT_EQ(parse_pressure("some avg10=1.5 avg60=-1.00 avg300=nan total=x\nmost avg10=1.00\n"),
            Pressure());
}

}  // namespace
}  // namespace cgroup
