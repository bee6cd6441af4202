// Who gets a container's cgroup: every condition of config-linux.md, "Cgroup ownership", by itself.

#include "runtime/container/cgroup_owner.h"

#include <gtest/gtest.h>

namespace container {
namespace {

class CgroupOwner : public testing::Test {
 protected:
  CgroupOwner() {
    location_.layout = cgroup::Layout::Unified;
    config_.process = spec::Process();
    config_.linux_ = spec::Linux();
    config_.linux_->namespaces = {{spec::NamespaceType::Cgroup, ""}};
    spec::Mount mount;
    mount.source = "cgroup";
    mount.type = "cgroup";
    mount.destination = "/sys/fs/cgroup";
    mount.options = {"nosuid", "rw"};
    config_.mounts = {mount};
  }
  void user_namespace() {
    config_.linux_->namespaces.push_back({spec::NamespaceType::User, ""});
    config_.linux_->uid_mappings = {{0, 100000, 10}, {10, 300000, 5}};
  }
  std::optional<uid_t> owner() const { return cgroup_owner(config_, location_); }

  spec::Config config_;
  cgroup::Location location_;
};

TEST_F(CgroupOwner, IsTheUserOfTheProcess) {
  EXPECT_EQ(owner(), 0u);
  config_.process->user.uid = 1000;
  EXPECT_EQ(owner(), 1000u);
}

TEST_F(CgroupOwner, IsTheUserOnTheHost) {
  user_namespace();
  EXPECT_EQ(owner(), 100000u);
  config_.process->user.uid = 9;
  EXPECT_EQ(owner(), 100009u);
  config_.process->user.uid = 10;
  EXPECT_EQ(owner(), 300000u);
  config_.process->user.uid = 14;
  EXPECT_EQ(owner(), 300004u);
}

TEST_F(CgroupOwner, IsNobodyWithoutAMapping) {
  user_namespace();
  config_.process->user.uid = 15;
  EXPECT_EQ(owner(), std::nullopt);
}

TEST_F(CgroupOwner, IsNobodyOnV1) {
  location_.layout = cgroup::Layout::V1;
  EXPECT_EQ(owner(), std::nullopt);
  location_.layout = cgroup::Layout::Hybrid;
  EXPECT_EQ(owner(), std::nullopt);
}

TEST_F(CgroupOwner, NeedsANewCgroupNamespace) {
  config_.linux_->namespaces[0].path = "/proc/1/ns/cgroup";
  EXPECT_EQ(owner(), std::nullopt);
  config_.linux_->namespaces.clear();
  EXPECT_EQ(owner(), std::nullopt);
}

TEST_F(CgroupOwner, NeedsAWritableMountAtTheUsualPlace) {
  config_.mounts[0].destination = "/sys/fs/cgroup/";
  EXPECT_EQ(owner(), 0u);
  config_.mounts[0].options.push_back("ro");
  EXPECT_EQ(owner(), std::nullopt);
  config_.mounts[0].options.clear();
  EXPECT_EQ(owner(), 0u);
  config_.mounts[0].destination = "/cgroup";
  EXPECT_EQ(owner(), std::nullopt);
  config_.mounts[0].destination = "/sys/fs/cgroup";
  config_.mounts[0].source = "/sys/fs/cgroup";
  EXPECT_EQ(owner(), std::nullopt);
}

}  // namespace
}  // namespace container
