// linux.resources on v1, written into a fake tree.

#include <gtest/gtest.h>

#include "runtime/cgroup/v1.h"
#include "tests/unit/cgroup/fake_tree.h"

namespace cgroup {
namespace {

class V1Resources : public FakeTree {
 protected:
  void SetUp() override {
    FakeTree::SetUp();
    location_.layout = Layout::V1;
    for (const char* name : {"memory", "cpu,cpuacct", "cpuset", "pids", "blkio", "devices"}) {
      dir(std::string(name) + "/web");
      location_.dirs.push_back({name, at(std::string(name) + "/web")});
    }
    files("cpu,cpuacct/web", {"cpu.cfs_period_us", "cpu.cfs_quota_us", "cpu.rt_runtime_us",
                              "cpu.rt_period_us", "cpu.cfs_burst_us", "cpu.idle"});
    put("cpu,cpuacct/web/cpu.shares", "");
    files("memory/web", {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes",
                         "memory.soft_limit_in_bytes", "memory.swappiness"});
    put("memory/web/memory.usage_in_bytes", "1000\n");
    put("memory/web/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
    put("memory/web/memory.use_hierarchy", "1\n");
    files("cpuset/web", {"cpuset.cpus", "cpuset.mems"});
    files("pids/web", {"pids.max"});
  }

  Status apply(const spec::Resources& resources) const {
    return Cgroup::open(location_).apply(resources);
  }
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
  Status apply_pids(int64_t limit) const {
    spec::Resources resources;
    resources.pids_limit = limit;
    return apply(resources);
  }
  std::string memory(const char* file) const {
    return get(std::string("memory/web/memory.") + file);
  }
  std::string cpu(const char* file) const {
    return get(std::string("cpu,cpuacct/web/cpu.") + file);
  }

  Location location_;
};

TEST_F(V1Resources, NothingSetWritesNothing) {
  EXPECT_OK(apply(spec::Resources()));
  spec::Resources empty;
  empty.memory = spec::Memory();
  empty.cpu = spec::Cpu();
  empty.block_io = spec::BlockIo();
  empty.network = spec::Network();
  EXPECT_OK(apply(empty));
  EXPECT_EQ(memory("limit_in_bytes"), "");
  EXPECT_EQ(cpu("shares"), "");
  EXPECT_EQ(get("pids/web/pids.max"), "");
}

TEST_F(V1Resources, ZeroIsUnsetForMemoryAndCpu) {
  spec::Memory memory_limits;
  memory_limits.limit = memory_limits.swap = memory_limits.reservation = 0;
  memory_limits.swappiness = static_cast<uint64_t>(-1);
  EXPECT_OK(apply(memory_limits));
  EXPECT_EQ(memory("limit_in_bytes"), "");
  EXPECT_EQ(memory("swappiness"), "");
  spec::Cpu cpu_limits;
  cpu_limits.shares = cpu_limits.period = cpu_limits.realtime_period = 0;
  cpu_limits.quota = cpu_limits.realtime_runtime = 0;
  EXPECT_OK(apply(cpu_limits));
  EXPECT_EQ(cpu("cfs_quota_us"), "");
}

TEST_F(V1Resources, MemoryLimits) {
  put("memory/web/memory.limit_in_bytes", "");
  spec::Memory limits;
  limits.limit = 4096;
  limits.reservation = 2048;
  limits.swappiness = 60;
  limits.disable_oom_killer = false;
  limits.use_hierarchy = true;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(memory("limit_in_bytes"), "4096");
  EXPECT_EQ(memory("soft_limit_in_bytes"), "2048");
  EXPECT_EQ(memory("swappiness"), "60");
  EXPECT_EQ(memory("memsw.limit_in_bytes"), "");
  EXPECT_EQ(memory("oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
}

TEST_F(V1Resources, OomKillerIsTurnedOffAndOnAgain) {
  spec::Memory limits;
  limits.disable_oom_killer = true;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(memory("oom_control").substr(0, 1), "1");
  put("memory/web/memory.oom_control", "oom_kill_disable 1\n");
  limits.disable_oom_killer = false;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(memory("oom_control").substr(0, 1), "0");
}

TEST_F(V1Resources, HierarchicalAccountingIsWrittenOnlyIfItIsOtherwise) {
  spec::Memory limits;
  limits.use_hierarchy = true;
  put("memory/web/memory.use_hierarchy", "1\n");
  EXPECT_OK(apply(limits));
  EXPECT_EQ(get("memory/web/memory.use_hierarchy"), "1\n");  // as it was
  limits.use_hierarchy = false;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(get("memory/web/memory.use_hierarchy").substr(0, 1), "0");
  // since 5.11 it can only be 1
  ASSERT_EQ(::unlink(at("memory/web/memory.use_hierarchy").c_str()), 0);
  EXPECT_FALSE(apply(limits));
  limits.use_hierarchy = true;
  EXPECT_OK(apply(limits));
}

TEST_F(V1Resources, SwapIsMemoryAndSwapTogether) {
  put("memory/web/memory.limit_in_bytes", "9223372036854771712\n");
  spec::Memory limits;
  limits.swap = 8192;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(memory("memsw.limit_in_bytes"), "8192");
}

TEST_F(V1Resources, UnlimitedMemoryIsUnlimitedSwapToo) {
  spec::Memory limits;
  limits.limit = -1;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(memory("limit_in_bytes"), "-1");
  EXPECT_EQ(memory("memsw.limit_in_bytes"), "-1");
}

TEST_F(V1Resources, SwapNeedsSwapAccounting) {
  ASSERT_EQ(::unlink(at("memory/web/memory.memsw.limit_in_bytes").c_str()), 0);
  put("memory/web/memory.limit_in_bytes", "5\n");
  spec::Memory limits;
  limits.limit = 4096;
  limits.swap = -1;
  EXPECT_OK(apply(limits));
  limits.swap = 8192;
  Error error = error_of(apply(limits));
  EXPECT_EQ(error.code, Code::Unsupported);
  EXPECT_NE(error.hint.find("swapaccount"), std::string::npos);
}

TEST_F(V1Resources, CheckBeforeUpdateRefusesLessThanTheUsage) {
  spec::Memory limits;
  limits.limit = 1000;
  limits.check_before_update = true;
  Error error = error_of(apply(limits));
  EXPECT_EQ(error.code, Code::CgroupFailed);
  EXPECT_EQ(error.what, "linux.resources.memory: limit: 1000 is not above the usage, 1000");
  EXPECT_EQ(memory("limit_in_bytes"), "");
  limits.check_before_update = false;
  EXPECT_OK(apply(limits));
}

TEST_F(V1Resources, BadMemoryValues) {
  spec::Memory limits;
  limits.swappiness = 101;
  EXPECT_EQ(error_of(apply(limits)).code, Code::ConfigInvalid);
  limits = {};
  limits.limit = -7;
  EXPECT_EQ(error_of(apply(limits)).code, Code::ConfigInvalid);
}

TEST_F(V1Resources, CpuShares) {
  spec::Cpu limits;
  limits.shares = 512;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(cpu("shares"), "512");
}

// The kernel clamps silently; the fake's longer old content is what it "took".
TEST_F(V1Resources, SharesThatTheKernelClampedAreAnError) {
  put("cpu,cpuacct/web/cpu.shares", "55");
  spec::Cpu limits;
  limits.shares = 1;
  EXPECT_EQ(error_of(apply(limits)).what,
            "linux.resources.cpu: shares: the minimum allowed cpu-shares is 15");
}

TEST_F(V1Resources, CpuBandwidth) {
  spec::Cpu limits;
  limits.quota = 20000;
  limits.period = 50000;
  limits.burst = 0;
  limits.idle = 1;
  limits.realtime_runtime = 950;
  limits.realtime_period = 1000;
  EXPECT_OK(apply(limits));
  EXPECT_EQ(cpu("cfs_quota_us"), "20000");
  EXPECT_EQ(cpu("cfs_period_us"), "50000");
  EXPECT_EQ(cpu("cfs_burst_us"), "0");
  EXPECT_EQ(cpu("idle"), "1");
  EXPECT_EQ(cpu("rt_runtime_us"), "950");
  EXPECT_EQ(cpu("rt_period_us"), "1000");
}

TEST_F(V1Resources, BurstAndIdleOfZeroNeedNoNewKernel) {
  for (const char* file : {"cpu.cfs_burst_us", "cpu.idle"})
    ASSERT_EQ(::unlink(at(std::string("cpu,cpuacct/web/") + file).c_str()), 0);
  spec::Cpu limits;
  limits.burst = 0;
  limits.idle = 0;
  EXPECT_OK(apply(limits));
  limits.burst = 1000;
  EXPECT_EQ(error_of(apply(limits)).code, Code::Unsupported);
  limits.burst.reset();
  limits.idle = 1;
  EXPECT_EQ(error_of(apply(limits)).code, Code::Unsupported);
}

TEST_F(V1Resources, Cpuset) {
  spec::Cpu limits;
  limits.cpus = "0-3,7";
  limits.mems = "0";
  EXPECT_OK(apply(limits));
  EXPECT_EQ(get("cpuset/web/cpuset.cpus"), "0-3,7");
  EXPECT_EQ(get("cpuset/web/cpuset.mems"), "0");
  EXPECT_EQ(cpu("shares"), "");
}

TEST_F(V1Resources, PidsLimits) {
  struct Case {
    int64_t limit;
    const char* text;
  };
  for (const Case& item : {Case{0, "0"}, Case{42, "42"}, Case{-1, "max"}}) {
    put("pids/web/pids.max", "");
    EXPECT_OK(apply_pids(item.limit));
    EXPECT_EQ(get("pids/web/pids.max"), item.text);
  }
}

TEST_F(V1Resources, BlockIoWithCfq) {
  files("blkio/web", {"blkio.weight", "blkio.leaf_weight", "blkio.weight_device",
                      "blkio.leaf_weight_device", "blkio.bfq.weight"});
  spec::BlockIo io;
  io.weight = 300;
  io.leaf_weight = 200;
  io.weight_device = {{8, 16, 500, 400}};
  EXPECT_OK(apply(io));
  EXPECT_EQ(get("blkio/web/blkio.weight"), "300");
  EXPECT_EQ(get("blkio/web/blkio.leaf_weight"), "200");
  EXPECT_EQ(get("blkio/web/blkio.weight_device"), "8:16 500");
  EXPECT_EQ(get("blkio/web/blkio.leaf_weight_device"), "8:16 400");
  EXPECT_EQ(get("blkio/web/blkio.bfq.weight"), "");
}

TEST_F(V1Resources, BlockIoWithBfq) {
  files("blkio/web", {"blkio.bfq.weight", "blkio.bfq.weight_device"});
  spec::BlockIo io;
  io.weight = 300;
  io.weight_device = {{8, 16, 500, std::nullopt}};
  EXPECT_OK(apply(io));
  EXPECT_EQ(get("blkio/web/blkio.bfq.weight"), "300");
  EXPECT_EQ(get("blkio/web/blkio.bfq.weight_device"), "8:16 500");
}

TEST_F(V1Resources, WeightsNeedAScheduler) {
  spec::BlockIo io;
  io.weight = 300;
  Error error = error_of(apply(io));
  EXPECT_EQ(error.code, Code::Unsupported);
  EXPECT_NE(error.hint.find("bfq"), std::string::npos);
}

TEST_F(V1Resources, Throttling) {
  files("blkio/web", {"blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device",
                      "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device"});
  spec::BlockIo io;
  io.throttle_read_bps = {{8, 0, 1}};
  io.throttle_write_bps = {{8, 1, 2}};
  io.throttle_read_iops = {{8, 2, 3}};
  io.throttle_write_iops = {{8, 3, 18446744073709551615u}};
  EXPECT_OK(apply(io));
  EXPECT_EQ(get("blkio/web/blkio.throttle.read_bps_device"), "8:0 1");
  EXPECT_EQ(get("blkio/web/blkio.throttle.write_bps_device"), "8:1 2");
  EXPECT_EQ(get("blkio/web/blkio.throttle.read_iops_device"), "8:2 3");
  EXPECT_EQ(get("blkio/web/blkio.throttle.write_iops_device"), "8:3 18446744073709551615");
}

TEST_F(V1Resources, HugepagesWithAndWithoutReservations) {
  location_.dirs.push_back({"hugetlb", at("hugetlb/web")});
  files("hugetlb/web", {"hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.rsvd.limit_in_bytes",
                        "hugetlb.1GB.limit_in_bytes"});
  spec::Resources resources;
  resources.hugepage_limits = {{"2MB", 4194304}, {"1GB", 0}};
  EXPECT_OK(apply(resources));
  EXPECT_EQ(get("hugetlb/web/hugetlb.2MB.limit_in_bytes"), "4194304");
  EXPECT_EQ(get("hugetlb/web/hugetlb.2MB.rsvd.limit_in_bytes"), "4194304");
  EXPECT_EQ(get("hugetlb/web/hugetlb.1GB.limit_in_bytes"), "0");
  for (const char* size : {"3MB", "", "../x", "2MB.rsvd"}) {
    resources.hugepage_limits = {{size, 1}};
    EXPECT_EQ(error_of(apply(resources)).code, Code::ConfigInvalid) << size;
  }
}

TEST_F(V1Resources, MissingControllerIsAnErrorOnlyWhenNeeded) {
  spec::Resources resources;
  resources.hugepage_limits = {{"2MB", 1}};
  Error error = error_of(apply(resources));
  EXPECT_EQ(error.code, Code::Unsupported);
  EXPECT_EQ(error.errnum, 0);
  EXPECT_EQ(error.what,
            "linux.resources.hugepageLimits: cgroup v1 controller 'hugetlb' is not mounted, and it "
            "is needed for hugepageLimits");
  resources.hugepage_limits.clear();
  resources.network = spec::Network();
  resources.network->class_id = 0;
  EXPECT_OK(apply(resources));
  resources.network->class_id = 1;
  EXPECT_EQ(error_of(apply(resources)).code, Code::Unsupported);
  location_.dirs.clear();
  EXPECT_OK(apply(spec::Memory()));
  EXPECT_OK(apply_pids(-1));
  EXPECT_FALSE(apply_pids(0));
}

TEST_F(V1Resources, NetworkAndRdma) {
  for (const char* name : {"net_cls,net_prio", "rdma"}) {
    dir(std::string(name) + "/web");
    location_.dirs.push_back({name, at(std::string(name) + "/web")});
  }
  files("net_cls,net_prio/web", {"net_cls.classid", "net_prio.ifpriomap"});
  files("rdma/web", {"rdma.max"});
  spec::Resources resources;
  resources.network = spec::Network();
  resources.network->class_id = 0x100001;
  resources.network->priorities = {{"eth0", 500}};
  resources.rdma = {{"mlx5_1", 3, 10000}};
  EXPECT_OK(apply(resources));
  EXPECT_EQ(get("net_cls,net_prio/web/net_cls.classid"), "1048577");
  EXPECT_EQ(get("net_cls,net_prio/web/net_prio.ifpriomap"), "eth0 500");
  EXPECT_EQ(get("rdma/web/rdma.max"), "mlx5_1 hca_handle=3 hca_object=10000");
}

TEST_F(V1Resources, UnifiedNeedsV2) {
  spec::Resources resources;
  resources.unified = {{"memory.high", "1"}};
  EXPECT_EQ(error_of(apply(resources)).code, Code::Unsupported);
}

// Engines take "no such file or directory" in an error for a missing program.
TEST_F(V1Resources, AMissingFileIsNotReportedAsErrno) {
  ASSERT_EQ(::unlink(at("pids/web/pids.max").c_str()), 0);
  Error error = error_of(apply_pids(1));
  EXPECT_EQ(error.errnum, 0);
  EXPECT_EQ(error.code, Code::Unsupported);
  EXPECT_NE(error.what.find("has no file 'pids.max'"), std::string::npos);
  ASSERT_EQ(::rmdir(at("pids/web").c_str()), 0);
  EXPECT_NE(error_of(apply_pids(1)).what.find("does not exist"), std::string::npos);
}

TEST_F(V1Resources, DeviceRulesOfAnUpdateAreWritten) {
  put("devices/web/devices.list", "c 1:3 rwm\nc 9:9 r\n");
  files("devices/web", {"devices.allow", "devices.deny"});
  spec::Resources resources;
  EXPECT_OK(apply(resources));
  EXPECT_EQ(get("devices/web/devices.allow"), "");
  resources.devices = {{false, 'a', {}, {}, "rwm"}, {true, 'c', 7, 7, "r"}};
  // The fake's list does not follow, which is just what must not go unnoticed.
  EXPECT_NE(error_of(apply(resources)).what.find("is not what the rules ask for"),
            std::string::npos);
  EXPECT_NE(get("devices/web/devices.allow").find("c 7:7 r"), std::string::npos);
  EXPECT_EQ(get("devices/web/devices.allow").find("c 1:3"), std::string::npos);
  EXPECT_EQ(get("devices/web/devices.deny"), "c 9:9 r");
}

TEST_F(V1Resources, CpusetComesFromTheNearestAncestorThatHasOne) {
  put("cpuset/cpuset.cpus", "0-1\n");
  put("cpuset/cpuset.mems", "0\n");
  for (const char* name :
       {"cpuset/a/cpuset.cpus", "cpuset/a/cpuset.mems", "cpuset/a/b/cpuset.cpus"})
    put(name, "\n");
  put("cpuset/a/b/cpuset.mems", "3\n");
  EXPECT_OK(v1::init_cpuset(at("cpuset/a/b")));
  EXPECT_EQ(get("cpuset/a/cpuset.cpus"), "0-1");
  EXPECT_EQ(get("cpuset/a/b/cpuset.cpus"), "0-1");
  EXPECT_EQ(get("cpuset/a/b/cpuset.mems"), "3\n");
  EXPECT_EQ(get("cpuset/a/cpuset.mems"), "\n");
}

TEST_F(V1Resources, AnEmptyCpusetRootIsAnError) {
  put("cpuset/cpuset.cpus", "\n");
  put("cpuset/a/cpuset.cpus", "\n");
  EXPECT_EQ(error_of(v1::init_cpuset(at("cpuset/a"))).code, Code::CgroupFailed);
}

TEST_F(V1Resources, DisabledDoesNothing) {
  Location disabled;
  disabled.manager = Manager::Disabled;
  spec::Resources resources;
  resources.pids_limit = 5;
  Result<Cgroup> made = Cgroup::make(disabled, &resources);
  ASSERT_OK(made);
  EXPECT_OK(made->apply(resources));
  EXPECT_OK(made->join(1));
  EXPECT_FALSE(made->exists());
  EXPECT_TRUE(made->pids()->empty());
  EXPECT_OK(made->kill_all(9));
  EXPECT_OK(made->remove());
  EXPECT_FALSE(*made->frozen());
  EXPECT_EQ(error_of(made->freeze()).code, Code::Unsupported);
  EXPECT_EQ(made->dir_fd(), -1);
}

}  // namespace
}  // namespace cgroup
