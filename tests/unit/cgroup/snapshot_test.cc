// What Snapshot reads and writes back, on fake trees, and on a real one the order the kernel
// insists on.

#include "runtime/cgroup/snapshot.h"

#include <gtest/gtest.h>

#include "tests/unit/cgroup/fake_tree.h"

namespace cgroup {
namespace {

using Writes = std::vector<std::string>;

TEST(LinesBack, NothingChangedIsNothingToWrite) {
  EXPECT_EQ(lines_back("8:0 5\n8:16 6", "8:0 5\n8:16 6", "0"), Writes{});
  EXPECT_EQ(lines_back("", "", "0"), Writes{});
}

TEST(LinesBack, ANewDeviceIsTakenAwayAndAnOldOneComesBack) {
  EXPECT_EQ(lines_back("8:0 5", "8:16 7", "0"), (Writes{"8:16 0", "8:0 5"}));
  EXPECT_EQ(lines_back("", "8:0 rbps=1 wbps=max", "rbps=max wbps=max"),
            (Writes{"8:0 rbps=max wbps=max"}));
}

TEST(LinesBack, AChangedLineIsWrittenAsItWas) {
  EXPECT_EQ(lines_back("default 100\n8:0 50", "default 200\n8:0 50", "default"),
            (Writes{"default 100"}));
  EXPECT_EQ(lines_back("8:1 5", "8:11 5\n8:1 6", "0"), (Writes{"8:11 0", "8:1 5"}));
}

TEST(LinesBack, WithoutAWayToTakeAwayANewLineStays) {
  EXPECT_EQ(lines_back("a 1", "a 2\nb 1", nullptr), (Writes{"a 1"}));
}

class SnapshotTest : public FakeTree {
 protected:
  void v1() {
    location_.layout = Layout::V1;
    for (const char* controller : {"cpu,cpuacct", "cpuset", "memory", "pids", "blkio", "rdma"}) {
      dir(controller);
      location_.dirs.push_back({controller, at(controller)});
    }
  }
  void v2() {
    location_.layout = Layout::Unified;
    dir("web");
    location_.dirs = {{"", at("web")}};
  }
  Snapshot take(const spec::Resources& resources) {
    Result<Snapshot> snapshot = Snapshot::take(location_, resources);
    EXPECT_OK(snapshot);
    return snapshot ? *snapshot : Snapshot();
  }

  Location location_;
};

TEST_F(SnapshotTest, V1FilesComeBack) {
  v1();
  put("cpu,cpuacct/cpu.shares", "1024\n");
  put("cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  put("cpuset/cpuset.cpus", "\n");
  put("memory/memory.limit_in_bytes", "4096\n");
  put("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
  put("pids/pids.max", "max\n");
  spec::Resources resources;
  resources.cpu = spec::Cpu();
  resources.memory = spec::Memory();
  resources.pids_limit = 5;
  Snapshot before = take(resources);
  put("cpu,cpuacct/cpu.shares", "");
  put("cpuset/cpuset.cpus", "0-1");
  put("memory/memory.limit_in_bytes", "");
  put("memory/memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 3\n");
  put("pids/pids.max", "");
  EXPECT_OK(before.restore());
  EXPECT_EQ(get("cpu,cpuacct/cpu.shares"), "1024");
  EXPECT_EQ(get("cpu,cpuacct/cpu.cfs_quota_us"), "-1\n") << "not changed, so not written";
  EXPECT_EQ(get("cpuset/cpuset.cpus")[0], '\n') << "no CPUs of its own";
  EXPECT_EQ(get("memory/memory.limit_in_bytes"), "4096");
  EXPECT_EQ(get("memory/memory.oom_control")[0], '0') << "the number alone";
  EXPECT_EQ(get("pids/pids.max"), "max");
}

TEST_F(SnapshotTest, OnlyPartsThatAreSetAreRead) {
  v2();
  put("web/memory.max", "max\n");
  put("web/cpu.weight", "100\n");
  spec::Resources resources;
  resources.cpu = spec::Cpu();
  Snapshot before = take(resources);
  put("web/memory.max", "7");
  put("web/cpu.weight", "9");
  EXPECT_OK(before.restore());
  EXPECT_EQ(get("web/memory.max"), "7");
  EXPECT_EQ(get("web/cpu.weight"), "100");
}

TEST_F(SnapshotTest, DeviceLinesAndUnifiedFiles) {
  v2();
  put("web/io.max", "");
  put("web/memory.high", "max\n");
  put("web/misc.max", "a 1\nb 2\n");
  put("web/cgroup.procs", "1\n");
  spec::Resources resources;
  resources.block_io = spec::BlockIo();
  resources.unified = {
      {"memory.high", "1"}, {"misc.max", "b 5"}, {"io.max", "8:0 rbps=1"}, {"cgroup.procs", "3"}};
  Snapshot before = take(resources);
  put("web/io.max", "8:0 rbps=1 wbps=max riops=max wiops=max\n");
  put("web/memory.high", "");
  put("web/misc.max", "a 1\nb 5\n");
  put("web/cgroup.procs", "3\n");
  EXPECT_OK(before.restore());
  EXPECT_EQ(get("web/io.max").substr(0, 41), "8:0 rbps=max wbps=max riops=max wiops=max");
  EXPECT_EQ(get("web/memory.high"), "max");
  EXPECT_EQ(get("web/misc.max").substr(0, 3), "b 2");
  EXPECT_EQ(get("web/cgroup.procs"), "3\n") << "no limit";
}

TEST_F(SnapshotTest, FilesAndControllersThatAreNotThereAreLeftOut) {
  location_.layout = Layout::V1;
  spec::Resources resources;
  resources.memory = spec::Memory();
  resources.cpu = spec::Cpu();
  resources.hugepage_limits = {{"2MB", 1}, {"../x", 1}};
  EXPECT_OK(take(resources).restore());
}

TEST_F(SnapshotTest, ACgroupThatIsGoneCannotBeRestored) {
  v2();
  put("web/pids.max", "max");
  spec::Resources resources;
  resources.pids_limit = 1;
  Snapshot before = take(resources);
  ASSERT_EQ(::unlink(at("web/pids.max").c_str()), 0);
  EXPECT_NE(error_of(before.restore()).what.find("has no file 'pids.max'"), std::string::npos);
}

// The kernel refuses some of these values while others of them are in force.
class RealSnapshot : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    Result<Host> host = probe_host();
    ASSERT_OK(host);
    if (host->v1.empty()) GTEST_SKIP() << "needs cgroup v1 hierarchies";
    LocateOptions options;
    options.id = "rt-test-snapshot-" + std::to_string(::getpid());
    Result<Location> location = locate(*host, options);
    ASSERT_OK(location);
    location_ = *location;
    if (location_.find("memory") == nullptr || location_.find("cpu") == nullptr)
      GTEST_SKIP() << "needs the v1 controllers memory and cpu";
  }
  Location location_;
};

TEST_F(RealSnapshot, RestoresInTheOrderTheKernelTakes) {
  spec::Resources first;
  first.memory = spec::Memory();
  first.memory->limit = 32 << 20;
  first.memory->swap = 48 << 20;
  first.cpu = spec::Cpu();
  first.cpu->quota = 1000;
  first.cpu->period = 1000;
  Result<Cgroup> cgroup = Cgroup::make(location_, &first);
  if (!cgroup && (cgroup.error().code == Code::Unsupported || cgroup.error().errnum == EACCES ||
                  cgroup.error().errnum == EROFS))
    GTEST_SKIP() << cgroup.error().text();
  ASSERT_OK(cgroup);
  Result<Snapshot> before = Snapshot::take(location_, first);
  ASSERT_OK(before);

  spec::Resources second = first;
  second.memory->limit = 64 << 20;
  second.memory->swap = 64 << 20;
  second.cpu->quota = 900000;
  second.cpu->period = 1000000;
  second.cpu->idle = 1;
  ASSERT_OK(cgroup->apply(second));
  EXPECT_OK(before->restore());
  auto value = [this](const char* controller, const char* file) {
    Result<std::string> text =
        read_file(AT_FDCWD, (location_.find(controller)->path + "/" + file).c_str());
    return text ? *text : text.error().text();
  };
  EXPECT_EQ(value("memory", "memory.limit_in_bytes"), "33554432\n");
  EXPECT_EQ(value("memory", "memory.memsw.limit_in_bytes"), "50331648\n");
  EXPECT_EQ(value("cpu", "cpu.cfs_quota_us"), "1000\n");
  EXPECT_EQ(value("cpu", "cpu.cfs_period_us"), "1000\n");
  EXPECT_EQ(value("cpu", "cpu.idle"), "0\n");
  EXPECT_EQ(value("cpu", "cpu.shares"), "1024\n");
}

}  // namespace
}  // namespace cgroup
