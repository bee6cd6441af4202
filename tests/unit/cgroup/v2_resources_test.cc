// linux.resources on v2, written into a fake tree.

#include <gtest/gtest.h>

#include "runtime/cgroup/v2.h"
#include "tests/unit/cgroup/fake_tree.h"

namespace cgroup {
namespace {

class V2Resources : public FakeTree {
 protected:
  void SetUp() override {
    FakeTree::SetUp();
    dir("web");
    location_.layout = Layout::Unified;
    location_.dirs = {{"", at("web")}};
    files("web",
          {"memory.max", "memory.low", "memory.swap.max", "cpu.weight", "cpu.max.burst", "cpu.idle",
           "cpuset.cpus", "cpuset.mems", "pids.max", "io.max", "io.weight", "rdma.max"});
    put("web/memory.current", "1000\n");
    put("web/cpu.max", "");
    put("web/cgroup.controllers", "cpuset cpu io memory pids rdma\n");
  }

  Status apply(const spec::Resources& resources) const { return v2::apply(location_, resources); }
  Status apply(const spec::Memory& memory) const {
    spec::Resources resources;
    resources.memory = memory;
    return apply(resources);
  }
  Status apply(const spec::Cpu& cpu) const {
    spec::Resources resources;
    resources.cpu = cpu;
    return apply(resources);
  }
  Status apply(const spec::BlockIo& io) const {
    spec::Resources resources;
    resources.block_io = io;
    return apply(resources);
  }
  Status unified(const std::string& name, const std::string& value) const {
    spec::Resources resources;
    resources.unified = {{name, value}};
    return apply(resources);
  }
  std::string file(const char* name) const { return get(std::string("web/") + name); }

  Location location_;
};

TEST_F(V2Resources, NothingSetWritesNothing) {
  spec::Resources resources;
  resources.memory = spec::Memory();
  resources.cpu = spec::Cpu();
  resources.block_io = spec::BlockIo();
  resources.network = spec::Network();
  EXPECT_OK(apply(resources));
  for (const char* name :
       {"memory.max", "memory.swap.max", "cpu.weight", "cpu.max", "pids.max", "io.max"}) {
    EXPECT_EQ(file(name), "") << name;
  }
}

TEST_F(V2Resources, MemoryLimits) {
  spec::Memory limits;
  limits.limit = 4096;
  limits.swap = 12288;
  limits.reservation = 2048;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(file("memory.max"), "4096");
  EXPECT_EQ(file("memory.swap.max"), "8192");
  EXPECT_EQ(file("memory.low"), "2048");
}

TEST_F(V2Resources, UnlimitedMemory) {
  spec::Memory limits;
  limits.limit = -1;
  limits.reservation = -1;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(file("memory.max"), "max");
  EXPECT_EQ(file("memory.swap.max"), "max");
  EXPECT_EQ(file("memory.low"), "max");
}

TEST_F(V2Resources, SwapWithoutAccountingIsAnErrorOnlyIfItWouldMatter) {
  ASSERT_EQ(::unlink(at("web/memory.swap.max").c_str()), 0);
  spec::Memory limits;
  limits.limit = limits.swap = 4096;
  EXPECT_OK(apply(limits));
  limits.swap = -1;
  EXPECT_OK(apply(limits));
  limits.swap = 8192;
  EXPECT_EQ(error_of(apply(limits)).code, Code::Unsupported);
}

TEST_F(V2Resources, MemoryErrors) {
  spec::Memory limits;
  limits.swap = 4096;
  EXPECT_EQ(error_of(apply(limits)).code, Code::ConfigInvalid);
  limits.limit = 8192;
  EXPECT_EQ(error_of(apply(limits)).code, Code::ConfigInvalid);
  limits = {};
  limits.limit = 1000;
  limits.check_before_update = true;
  EXPECT_EQ(error_of(apply(limits)).code, Code::CgroupFailed);
  EXPECT_EQ(file("memory.max"), "");
}

TEST_F(V2Resources, WhatOnlyV1HasIsPassedOver) {
  spec::Memory limits;
  limits.swappiness = 5;
  limits.disable_oom_killer = true;
  limits.kernel = 4096;
  EXPECT_OK(apply(limits));
}

TEST_F(V2Resources, CpuWeightAndQuota) {
  spec::Cpu limits;
  limits.shares = 512;
  limits.quota = 50000;
  limits.period = 100000;
  limits.burst = 10;
  limits.idle = 0;
  limits.cpus = "0-1";
  limits.mems = "0";
  EXPECT_OK(apply(limits));
  EXPECT_EQ(file("cpu.weight"), "59");
  EXPECT_EQ(file("cpu.max"), "50000 100000");
  EXPECT_EQ(file("cpu.max.burst"), "10");
  EXPECT_EQ(file("cpu.idle"), "0");
  EXPECT_EQ(file("cpuset.cpus"), "0-1");
  EXPECT_EQ(file("cpuset.mems"), "0");
}

TEST_F(V2Resources, QuotaAloneKeepsThePeriod) {
  spec::Cpu limits;
  limits.quota = 50000;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(file("cpu.max"), "50000");
  put("web/cpu.max", "");
  limits.quota = -1;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(file("cpu.max"), "max");
}

TEST_F(V2Resources, PeriodAloneKeepsTheQuota) {
  put("web/cpu.max", "70000 100000");
  spec::Cpu limits;
  limits.period = 200000;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(file("cpu.max"), "70000 200000");
}

TEST_F(V2Resources, RealtimeAndNetworkNeedV1) {
  spec::Cpu limits;
  limits.realtime_runtime = 1;
  EXPECT_EQ(error_of(apply(limits)).code, Code::Unsupported);
  spec::Resources resources;
  resources.network = spec::Network();
  resources.network->class_id = 1;
  EXPECT_EQ(error_of(apply(resources)).code, Code::Unsupported);
  resources.network = spec::Network();
  resources.network->priorities = {{"eth0", 1}};
  EXPECT_EQ(error_of(apply(resources)).code, Code::Unsupported);
}

TEST_F(V2Resources, PidsLimits) {
  spec::Resources resources;
  resources.pids_limit = 0;
  EXPECT_OK(apply(resources));
  EXPECT_EQ(file("pids.max"), "0");
  put("web/pids.max", "");
  resources.pids_limit = -1;
  EXPECT_OK(apply(resources));
  EXPECT_EQ(file("pids.max"), "max");
}

TEST_F(V2Resources, BlockIoWeightsAreConvertedWithoutBfq) {
  spec::BlockIo io;
  io.weight = 500;
  EXPECT_OK(apply(io));
  EXPECT_EQ(file("io.weight"), "4950");
  put("web/io.weight", "");
  io.weight.reset();
  io.weight_device = {{8, 0, 100, std::nullopt}};
  EXPECT_OK(apply(io));
  EXPECT_EQ(file("io.weight"), "8:0 910");
}

TEST_F(V2Resources, BlockIoWeightsGoToBfqAsTheyAre) {
  files("web", {"io.bfq.weight"});
  spec::BlockIo io;
  io.weight = 500;
  io.leaf_weight = 7;
  EXPECT_OK(apply(io));
  EXPECT_EQ(file("io.bfq.weight"), "500");
  EXPECT_EQ(file("io.weight"), "");
}

TEST_F(V2Resources, Throttling) {
  struct Case {
    std::vector<spec::ThrottleDevice> spec::BlockIo::*member;
    uint64_t rate;
    const char* line;
  };
  const Case kCases[] = {
      {&spec::BlockIo::throttle_read_bps, 5, "8:16 rbps=5"},
      {&spec::BlockIo::throttle_write_bps, 6, "8:16 wbps=6"},
      {&spec::BlockIo::throttle_read_iops, 7, "8:16 riops=7"},
      {&spec::BlockIo::throttle_write_iops, 8, "8:16 wiops=8"},
      {&spec::BlockIo::throttle_read_bps, 0, "8:16 rbps=max"},
  };
  for (const Case& item : kCases) {
    put("web/io.max", "");
    spec::BlockIo io;
    io.*item.member = {{8, 16, item.rate}};
    EXPECT_OK(apply(io));
    EXPECT_EQ(file("io.max"), item.line);
  }
}

TEST_F(V2Resources, HugepagesAndRdma) {
  files("web", {"hugetlb.2MB.max", "hugetlb.2MB.rsvd.max"});
  spec::Resources resources;
  resources.hugepage_limits = {{"2MB", 2097152}};
  resources.rdma = {{"mlx5_1", 3, std::nullopt}};
  EXPECT_OK(apply(resources));
  EXPECT_EQ(file("hugetlb.2MB.max"), "2097152");
  EXPECT_EQ(file("hugetlb.2MB.rsvd.max"), "2097152");
  EXPECT_EQ(file("rdma.max"), "mlx5_1 hca_handle=3");
}

TEST_F(V2Resources, UnifiedIsWrittenAsItStandsAndLast) {
  files("web", {"memory.high", "cgroup.max.depth"});
  spec::Resources resources;
  resources.memory = spec::Memory();
  resources.memory->limit = 4096;
  resources.unified = {{"memory.high", "777"}, {"cgroup.max.depth", "3"}, {"memory.max", "99999"}};
  EXPECT_OK(apply(resources));
  EXPECT_EQ(file("memory.high"), "777");
  EXPECT_EQ(file("cgroup.max.depth"), "3");
  EXPECT_EQ(file("memory.max"), "99999");
}

TEST_F(V2Resources, UnifiedGoesLineByLine) {
  // Each line is a write of its own, to the beginning of the fake: the last is what stays.
  EXPECT_OK(unified("io.max", "8:0 rbps=1\n8:1 rbps=2\n"));
  EXPECT_EQ(file("io.max"), "8:1 rbps=2");
}

TEST_F(V2Resources, UnifiedErrors) {
  EXPECT_EQ(error_of(unified("a/b.c", "1")).code, Code::ConfigInvalid);
  EXPECT_EQ(error_of(unified("../x.y", "1")).code, Code::ConfigInvalid);
  for (const char* name : {"", "memory", ".max", "memory."}) {
    EXPECT_EQ(error_of(unified(name, "1")).code, Code::ConfigInvalid) << name;
  }
  Error error = error_of(unified("hugetlb.1GB.max", "1"));
  EXPECT_EQ(error.code, Code::Unsupported);
  EXPECT_EQ(error.what,
            "linux.resources.unified: 'hugetlb.1GB.max' cannot be set: controller 'hugetlb' is not "
            "available");
  error = error_of(unified("memory.nonsense", "1"));
  EXPECT_NE(error.what.find("has no file 'memory.nonsense'"), std::string::npos);
  EXPECT_EQ(error.errnum, 0);
}

TEST(V2Needed, Controllers) {
  spec::Resources resources;
  EXPECT_TRUE(v2::needed_controllers(resources).empty());
  resources.pids_limit = -1;
  resources.memory = spec::Memory();
  resources.memory->swappiness = 3;
  resources.cpu = spec::Cpu();
  resources.cpu->idle = 0;
  resources.block_io = spec::BlockIo();
  resources.block_io->leaf_weight = 10;
  EXPECT_TRUE(v2::needed_controllers(resources).empty());
  resources.pids_limit = 0;
  resources.memory->limit = 5;
  resources.cpu->shares = 5;
  resources.cpu->cpus = "0";
  resources.block_io->weight = 10;
  resources.hugepage_limits = {{"2MB", 0}};
  resources.rdma = {{"a", 1, 1}};
  resources.unified = {{"misc.max", ""}, {"cgroup.freeze", "0"}, {"memory.high", "1"}};
  EXPECT_EQ(v2::needed_controllers(resources),
            (std::vector<std::string>{"cpu", "cpuset", "hugetlb", "io", "memory", "misc", "pids",
                                      "rdma"}));
}

}  // namespace
}  // namespace cgroup
