// idmap, ridmap, uidMappings and gidMappings of a mount: which ids come out, and who is to do it.
#include <gtest/gtest.h>
#include <linux/sched.h>

#include <algorithm>

#include "runtime/plan/mount_steps.h"

namespace plan {
namespace {

using Maps = std::vector<spec::IdMapping>;

struct Case {
  spec::Config config;
  spec::Mount mount = {"/mnt", "none", "/src", {"bind"}, {}, {}};
  Namespaces namespaces;
  uint32_t euid = 0;

  void user_namespace(const Maps& maps) {
    config.linux_.emplace();
    config.linux_->namespaces = {{spec::NamespaceType::User, ""}};
    config.linux_->uid_mappings = config.linux_->gid_mappings = maps;
    namespaces.create |= CLONE_NEWUSER;
    namespaces.uid_map = namespaces.gid_map = maps;
  }
  Result<std::optional<MountIdMap>> map() {
    cgroup::Host host;
    cgroup::Location location;
    HostFacts facts;
    facts.euid = euid;
    CreateInput input = {.config = config,
                         .id = "web",
                         .bundle = "/b",
                         .rootfs = "/b/rootfs",
                         .cgroup_host = host,
                         .cgroup = location,
                         .host = facts};
    Result<MountOptions> options = parse_mount_options(mount.options);
    EXPECT_TRUE(options) << options.error().text();
    return mount_id_map(input, namespaces, mount, *options);
  }
  MountIdMap got() {
    Result<std::optional<MountIdMap>> result = map();
    EXPECT_TRUE(result) << result.error().text();
    EXPECT_TRUE(*result);
    return **result;
  }
  std::string error() {
    Result<std::optional<MountIdMap>> result = map();
    EXPECT_FALSE(result);
    return result ? "" : result.error().text();
  }
};

TEST(IdMappedMounts, NothingAskedForIsNothing) {
  Case it;
  EXPECT_FALSE(*it.map());
  it.user_namespace({{0, 100000, 65536}});
  EXPECT_FALSE(*it.map());
}

TEST(IdMappedMounts, OwnMappingsGoBeforeTheUserNamespace) {
  Case it;
  it.user_namespace({{0, 100000, 65536}});
  it.mount.uid_mappings = {{0, 7000, 10}};
  it.mount.gid_mappings = {{0, 8000, 10}};
  EXPECT_EQ(it.got().uids, (Maps{{0, 7000, 10}}));
  EXPECT_EQ(it.got().gids, (Maps{{0, 8000, 10}}));
  EXPECT_FALSE(it.got().tree);
}

TEST(IdMappedMounts, TheUserNamespaceIsWhatIsLeft) {
  Case it;
  it.user_namespace({{0, 100000, 65536}});
  it.mount.options = {"rbind", "ridmap"};
  EXPECT_EQ(it.got().uids, (Maps{{0, 100000, 65536}}));
  EXPECT_TRUE(it.got().tree);
  it.config.linux_->namespaces[0].path = "/proc/7/ns/user";
  EXPECT_EQ(it.got().user_namespace, "/proc/7/ns/user");
}

TEST(IdMappedMounts, WithoutAnyOfThemItIsAnError) {
  Case it;
  it.mount.options = {"bind", "idmap"};
  EXPECT_NE(it.error().find("nothing to map by"), std::string::npos);
}

TEST(IdMappedMounts, RangesInTheOption) {
  Case it;
  it.user_namespace({{0, 1000, 1}, {1, 100000, 100}});
  it.mount.options = {"bind", "idmap=uids=0-1-10#10-11-10;gids=@5-3-20"};
  EXPECT_EQ(it.got().uids, (Maps{{0, 1, 10}, {10, 11, 10}}));
  EXPECT_EQ(it.got().gids, (Maps{{5, 100002, 20}}));
  it.mount.uid_mappings = it.mount.gid_mappings = {{0, 7000, 10}};
  EXPECT_NE(it.error().find("only one of them"), std::string::npos);
}

TEST(IdMappedMounts, OptionsThatAreNoRanges) {
  Case it;
  it.user_namespace({{0, 1000, 1}, {1, 100000, 100}});
  for (const char* option : {"idmap=uids=0-1-10", "idmap=gids=0-1-10", "idmap=0-1-10",
                             "idmap=uids=;gids=", "idmap=uids=0-1;gids=0-1-1",
                             "idmap=uids=0-1-0;gids=0-1-1", "idmap=uids=0-1-x;gids=0-1-1",
                             "idmap=uids=-1-1-1;gids=0-1-1", "idmap=uids=0-4294967295-2;gids=0-1-1",
                             "idmap=uids=@0-0-2;gids=0-1-1", "idmap=uids=@0-101-1;gids=0-1-1"}) {
    it.mount.options = {"bind", option};
    EXPECT_NE(it.error().find("idmap"), std::string::npos) << option;
  }
}

TEST(IdMappedMounts, WithoutRootItTakesANewUserNamespace) {
  Case it;
  it.euid = 1000;
  it.mount.uid_mappings = it.mount.gid_mappings = {{0, 7000, 10}};
  EXPECT_NE(it.error().find("without root"), std::string::npos);
  it.user_namespace({{0, 7000, 10}});
  EXPECT_TRUE(*it.map());
}

TEST(IdMappedMounts, ARemountCannotBeMapped) {
  Case it;
  it.mount.options = {"remount", "idmap"};
  it.mount.uid_mappings = it.mount.gid_mappings = {{0, 7000, 10}};
  EXPECT_NE(it.error().find("when it is made"), std::string::npos);
}

TEST(IdMappedMounts, InitSeesTheIdsOfTheContainer) {
  Plan plan;
  Builder builder(plan);
  plan.namespaces.uid_map = {{0, 1000, 1}, {1, 100000, 100}};
  plan.namespaces.gid_map = {{0, 1000, 1}, {1, 200000, 100}};
  MountIdMap map;
  map.uids = {{0, 100004, 2}, {7, 1000, 1}};
  map.gids = {{0, 200099, 1}};
  Result<int> slot = add_id_map(builder, map);
  ASSERT_TRUE(slot) << slot.error().text();
  EXPECT_GE(*slot, kFirstOwnSlot);
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.steps[0].op, Op::UserNamespace);
  EXPECT_NE(plan.arena.data().find("0 5 2\n7 0 1\n"), std::string::npos);
  EXPECT_NE(plan.arena.data().find("0 100 1\n"), std::string::npos);
  map.gids = {{0, 200099, 2}};
  Result<int> beyond = add_id_map(builder, map);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().text(),
            "gidMappings: the ids 200099 to 200100 are not in one range of the container's user "
            "namespace");
}

}  // namespace
}  // namespace plan
