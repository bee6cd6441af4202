// update: what is put together of the old and the new, and all or nothing, on a cgroup that is a
// directory of files.

#include <fcntl.h>

#include "runtime/container/update_merge.h"
#include "spec/load.h"
#include "tests/unit/container/fixture.h"

namespace container {
namespace {

spec::Resources with_memory(std::optional<int64_t> limit, std::optional<int64_t> swap) {
  spec::Resources resources;
  resources.memory = spec::Memory();
  resources.memory->limit = limit;
  resources.memory->swap = swap;
  return resources;
}

spec::Resources with_cpu(std::optional<int64_t> quota, std::optional<uint64_t> period) {
  spec::Resources resources;
  resources.cpu = spec::Cpu();
  resources.cpu->quota = quota;
  resources.cpu->period = period;
  return resources;
}

TEST(MergeUpdate, NothingAskedChangesNothing) {
  spec::Resources saved = with_memory(100, 200);
  saved.pids_limit = 5;
  ResourceChange change = merge_update(saved, {}, true);
  EXPECT_EQ(change.apply, spec::Resources());
  EXPECT_EQ(change.remember, saved);
}

TEST(MergeUpdate, DevicesAreNeitherWrittenNorRemembered) {
  spec::Resources saved, asked;
  saved.devices = {{false, 'a', {}, {}, "rwm"}};
  asked.devices = {{true, 'c', 10, 200, "rwm"}};
  ResourceChange change = merge_update(saved, asked, true);
  EXPECT_TRUE(change.apply.devices.empty());
  EXPECT_EQ(change.remember.devices, saved.devices);
}

TEST(MergeUpdate, ZeroIsNotSet) {
  spec::Resources saved = with_memory(100, 200);
  saved.cpu = spec::Cpu();
  saved.cpu->shares = 512;
  spec::Resources asked = with_memory(0, 0);
  asked.cpu = spec::Cpu();
  asked.cpu->shares = 0;
  ResourceChange change = merge_update(saved, asked, false);
  EXPECT_EQ(change.remember, saved);
}

TEST(MergeUpdate, QuotaAndPeriodGoTogether) {
  spec::Resources saved = with_cpu(5000, 10000);
  EXPECT_EQ(merge_update(saved, with_cpu(7000, {}), true).apply, with_cpu(7000, 10000));
  EXPECT_EQ(merge_update(saved, with_cpu({}, 20000), true).apply, with_cpu(5000, 20000));
  EXPECT_EQ(merge_update(saved, with_cpu(1, 2), true).remember, with_cpu(1, 2));
  EXPECT_EQ(merge_update({}, with_cpu(7000, {}), true).apply, with_cpu(7000, {}));
}

TEST(MergeUpdate, UnlimitedMemoryMeansUnlimitedSwap) {
  ResourceChange change = merge_update(with_memory(100, 200), with_memory(-1, {}), true);
  EXPECT_EQ(change.apply, with_memory(-1, -1));
  EXPECT_EQ(change.remember, with_memory(-1, -1));
  EXPECT_EQ(merge_update({}, with_memory(-1, 500), true).apply, with_memory(-1, 500));
}

TEST(MergeUpdate, SwapAloneGoesWithTheLimitThereIs) {
  ResourceChange change = merge_update(with_memory(100, 200), with_memory({}, 300), true);
  EXPECT_EQ(change.apply, with_memory(100, 300));
  EXPECT_EQ(change.remember, with_memory(100, 300));
  EXPECT_EQ(merge_update({}, with_memory({}, 300), true).apply, with_memory({}, 300));
  EXPECT_EQ(merge_update(with_memory(100, 200), with_memory({}, -1), true).apply,
            with_memory({}, -1));
}

TEST(MergeUpdate, TheSumOfMemoryAndSwapMovesWithMemoryOnV2Only) {
  spec::Resources saved = with_memory(100, 150);
  EXPECT_EQ(merge_update(saved, with_memory(400, {}), true).remember, with_memory(400, 450));
  EXPECT_EQ(merge_update(saved, with_memory(120, {}), false).remember, with_memory(120, 150));
  EXPECT_EQ(merge_update(with_memory(-1, -1), with_memory(120, {}), true).remember,
            with_memory(120, -1));
}

TEST(MergeUpdate, IdleTakesTheSharesAway) {
  spec::Resources saved, asked;
  saved.cpu = spec::Cpu();
  saved.cpu->shares = 512;
  asked.cpu = spec::Cpu();
  asked.cpu->idle = 1;
  EXPECT_EQ(merge_update(saved, asked, true).remember, asked);
  asked.cpu->idle = 0;
  EXPECT_EQ(merge_update(saved, asked, true).remember.cpu->shares, 512u);
}

TEST(MergeUpdate, CheckBeforeUpdateStaysInForce) {
  spec::Resources saved = with_memory(100, {});
  saved.memory->check_before_update = true;
  EXPECT_EQ(merge_update(saved, with_memory(50, {}), true).apply.memory->check_before_update, true);
  spec::Resources asked = with_memory(50, {});
  asked.memory->check_before_update = false;
  EXPECT_EQ(merge_update(saved, asked, true).apply.memory->check_before_update, false);
}

TEST(MergeUpdate, DevicesOfBlockIoAreReplacedOrAdded) {
  spec::Resources saved, asked;
  saved.block_io = spec::BlockIo();
  saved.block_io->weight = 10;
  saved.block_io->weight_device = {{8, 0, 100, {}}, {8, 16, 200, {}}};
  saved.block_io->throttle_read_bps = {{8, 0, 5}};
  asked.block_io = spec::BlockIo();
  asked.block_io->weight_device = {{8, 16, 300, {}}, {8, 32, 400, {}}};
  asked.block_io->throttle_read_bps = {{8, 0, 6}};
  ResourceChange change = merge_update(saved, asked, true);
  EXPECT_EQ(change.apply, asked);
  std::vector<spec::WeightDevice> weights = {{8, 0, 100, {}}, {8, 16, 300, {}}, {8, 32, 400, {}}};
  EXPECT_EQ(change.remember.block_io->weight_device, weights);
  EXPECT_EQ(change.remember.block_io->weight, 10);
  EXPECT_EQ(change.remember.block_io->throttle_read_bps, asked.block_io->throttle_read_bps);
}

TEST(MergeUpdate, UnifiedHugepagesAndRdmaByName) {
  spec::Resources saved, asked;
  saved.unified = {{"memory.high", "1"}, {"pids.max", "2"}};
  saved.hugepage_limits = {{"2MB", 1}};
  saved.rdma = {{"mlx", 1, 1}};
  asked.unified = {{"memory.high", "3"}};
  asked.hugepage_limits = {{"2MB", 2}, {"1GB", 1}};
  asked.rdma = {{"mlx", 2, {}}};
  spec::Resources remember = merge_update(saved, asked, true).remember;
  EXPECT_EQ(remember.unified, (spec::StringMap{{"memory.high", "3"}, {"pids.max", "2"}}));
  EXPECT_EQ(remember.hugepage_limits, asked.hugepage_limits);
  EXPECT_EQ(remember.rdma, asked.rdma);
}

class UpdateTest : public ContainerTest {
 protected:
  UpdateTest() : cgroup_(temp_.path() + "/cgroup") {
    mkdir(cgroup_.c_str(), 0755);
    write_text(cgroup_ + "/cgroup.controllers", "memory pids cpu\n");
    write_text(cgroup_ + "/memory.max", "1000\n");
    write_text(cgroup_ + "/memory.swap.max", "max\n");
    write_text(cgroup_ + "/memory.low", "0\n");
    write_text(cgroup_ + "/pids.max", "max\n");
    Record record = record_of("web", must_ref(init_.pid()));
    record.cgroup.manager = cgroup::Manager::Fs;
    record.cgroup.layout = cgroup::Layout::Unified;
    record.cgroup.dirs = {{"", cgroup_}};
    put(record);
    write_text(
        config(),
        R"({"ociVersion":"1.3.0","root":{"path":"rootfs"},"linux":{"resources":{"memory":{"limit":1000},
      "devices":[{"allow":false,"access":"rwm"}]}}})");
  }
  std::string config() const { return dir_of("web") + "/config.json"; }
  std::string file(const std::string& name) const { return read_text(cgroup_ + "/" + name); }
  spec::Resources saved() const {
    std::string text = read_text(config());
    Result<spec::Config> read = spec::parse_config(text, "config.json");
    EXPECT_TRUE(read) << read.error().text();
    return read && read->linux_ ? read->linux_->resources.value_or(spec::Resources())
                                : spec::Resources();
  }

  Child init_;
  std::string cgroup_;
};

TEST_F(UpdateTest, WritesAndRemembers) {
  spec::Resources asked = with_memory(4096, 12288);
  asked.pids_limit = 0;
  Status done = update(globals_, "web", asked, {});
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(file("memory.max").substr(0, 4), "4096");
  EXPECT_EQ(file("memory.swap.max").substr(0, 4), "8192");
  EXPECT_EQ(file("pids.max")[0], '0');
  EXPECT_EQ(saved().memory->limit, 4096);
  EXPECT_EQ(saved().pids_limit, 0);
  EXPECT_EQ(saved().devices.size(), 1u);
  done = update(globals_, "web", with_memory({}, 20480), {});
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(file("memory.swap.max").substr(0, 5), "16384");
}

TEST_F(UpdateTest, AValueThatIsRefusedTakesAllBack) {
  std::string before = read_text(config());
  spec::Resources asked = with_memory(4096, {});
  asked.pids_limit = 7;
  asked.unified = {{"memory.nonsense", "1"}};
  Status done = update(globals_, "web", asked, {});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().text().find("has no file 'memory.nonsense'"), std::string::npos)
      << done.error().text();
  EXPECT_EQ(file("memory.max"), "1000\n");
  EXPECT_EQ(file("pids.max"), "max\n");
  EXPECT_EQ(read_text(config()), before);
}

TEST_F(UpdateTest, AControllerThatIsNotThereIsNamedBeforeAnythingIsWritten) {
  spec::Resources asked = with_memory(4096, {});
  asked.rdma = {{"mlx", 1, 1}};
  Status done = update(globals_, "web", asked, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().what,
            "cgroup v2 controller 'rdma' is not available, and linux.resources needs it");
  EXPECT_EQ(file("memory.max"), "1000\n");
}

TEST_F(UpdateTest, CheckBeforeUpdateOfTheContainersOwnConfigCounts) {
  write_text(cgroup_ + "/memory.current", "900\n");
  write_text(
      config(),
      R"({"ociVersion":"1.3.0","root":{"path":"rootfs"},"linux":{"resources":{"memory":{"limit":1000,"checkBeforeUpdate":true}}}})");
  Status done = update(globals_, "web", with_memory(800, {}), {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::CgroupFailed);
  EXPECT_EQ(file("memory.max"), "1000\n");
  EXPECT_TRUE(update(globals_, "web", with_memory(901, {}), {}));
}

TEST_F(UpdateTest, NeedsALivingContainerWithACgroup) {
  Status done = update(globals_, "other", with_memory(1, {}), {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::ContainerNotFound);
  Record record = record_of("bare", must_ref(init_.pid()));
  put(record);
  done = update(globals_, "bare", with_memory(1, {}), {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().text(), "the container has no cgroup, so it has no limits to change");
  init_.kill(SIGKILL);
  init_.wait_dead();
  done = update(globals_, "web", with_memory(1, {}), {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().text(), "container not running");
}

}  // namespace
}  // namespace container
