#include "runtime/cgroup/host.h"

#include <gtest/gtest.h>

namespace cgroup {
namespace {

constexpr char kHybridCgroup[] =
    "12:devices:/user.slice\n"
    "11:cpu,cpuacct:/user.slice\n"
    "4:memory:/user.slice/user-0.slice\n"
    "2:name=elogind:/3\n"
    "1:name=systemd:/user.slice/session-1.scope\n"
    "0::/user.slice/session-1.scope\n";
constexpr char kHybridMounts[] =
    "23 28 0:21 / /sys rw shared:7 - sysfs sysfs rw\n"
    "30 23 0:25 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro,mode=755\n"
    "31 30 0:26 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw,nsdelegate\n"
    "32 30 0:27 / /sys/fs/cgroup/systemd rw shared:11 - cgroup cgroup rw,xattr,name=systemd\n"
    "36 30 0:31 / /sys/fs/cgroup/cpu,cpuacct rw shared:15 - cgroup cgroup rw,cpu,cpuacct\n"
    "37 30 0:32 / /mnt/elsewhere rw - cgroup cgroup rw,memory\n"
    "38 30 0:32 / /sys/fs/cgroup/memory rw shared:16 - cgroup cgroup rw,memory\n";

const Hierarchy* find(const Host& host, const std::string& controllers) {
  for (const Hierarchy& item : host.v1) {
    if (item.controllers == controllers) return &item;
  }
  return nullptr;
}

TEST(Host, Hybrid) {
  Host host = host_from(kHybridCgroup, kHybridMounts);
  EXPECT_EQ(host.layout, Layout::Hybrid);
  EXPECT_EQ(host.v2_mount_point, "/sys/fs/cgroup/unified");
  EXPECT_EQ(host.v2_own_path, "/user.slice/session-1.scope");
  ASSERT_EQ(host.v1.size(), 3u);
  const Hierarchy* cpu = find(host, "cpu,cpuacct");
  ASSERT_NE(cpu, nullptr);
  EXPECT_EQ(cpu->mount_point, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(cpu->name, "cpu,cpuacct");
  EXPECT_EQ(cpu->own_path, "/user.slice");
  const Hierarchy* named = find(host, "name=systemd");
  ASSERT_NE(named, nullptr);
  EXPECT_EQ(named->name, "systemd");
}

TEST(Host, OfTwoMountsTheUsualPlaceIsTaken) {
  Host host = host_from(kHybridCgroup, kHybridMounts);
  ASSERT_NE(find(host, "memory"), nullptr);
  EXPECT_EQ(find(host, "memory")->mount_point, "/sys/fs/cgroup/memory");
}

TEST(Host, NotMountedAndOthersNamedHierarchiesAreLeftOut) {
  Host host = host_from(kHybridCgroup, kHybridMounts);
  EXPECT_EQ(find(host, "devices"), nullptr);
  EXPECT_EQ(find(host, "name=elogind"), nullptr);
}

TEST(Host, Unified) {
  Host host = host_from("0::/system.slice/x.service\n",
                        "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  EXPECT_EQ(host.layout, Layout::Unified);
  EXPECT_EQ(host.v2_mount_point, "/sys/fs/cgroup");
  EXPECT_EQ(host.v2_own_path, "/system.slice/x.service");
}

TEST(Host, V2OverTheRootHidesV1Below) {
  std::string mounts =
      std::string(kHybridMounts) + "99 30 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  Host host = host_from(kHybridCgroup, mounts);
  EXPECT_EQ(host.layout, Layout::Unified);
  EXPECT_EQ(host.v2_mount_point, "/sys/fs/cgroup");
  EXPECT_TRUE(host.v1.empty());
}

TEST(Host, None) {
  EXPECT_EQ(host_from("", "").layout, Layout::None);
  EXPECT_EQ(host_from("4:memory:/\n0::/\n", "23 28 0:21 / /sys rw - sysfs sysfs rw\n").layout,
            Layout::None);
  EXPECT_EQ(host_from("garbage\n::\n", " - cgroup\n1 2 - cgroup\n - cgroup2 x\n").layout,
            Layout::None);
}

// A container without a cgroup namespace: paths of the host, of which only its own part is mounted.
TEST(Host, OwnPathBelowAPartialMount) {
  const char* mounts =
      "30 23 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
  EXPECT_EQ(host_from("4:memory:/docker/abc\n", mounts).v1.at(0).own_path, "/");
  EXPECT_EQ(host_from("4:memory:/docker/abc/in\n", mounts).v1.at(0).own_path, "/in");
  EXPECT_EQ(host_from("4:memory:/docker/abcd\n", mounts).v1.at(0).own_path, "");
  EXPECT_EQ(host_from("4:memory:/elsewhere\n", mounts).v1.at(0).own_path, "");
}

TEST(Host, OwnPathOutsideOfTheCgroupNamespaceIsUnknown) {
  const char* mounts = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(host_from("0::/../../x\n", mounts).v2_own_path, "");
  const char* wider = "30 23 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(host_from("0::/\n", wider).v2_own_path, "/");
}

TEST(Host, MountPointsAreUnescaped) {
  const char* mounts = "30 23 0:26 / /mnt/a\\040b\\134c rw - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(host_from("0::/\n", mounts).v2_mount_point, "/mnt/a b\\c");
}

TEST(Host, ProbeAgreesWithTheMountTable) {
  Result<Host> probed = probe_host();
  ASSERT_TRUE(probed) << probed.error().text();
  if (probed->layout == Layout::None) GTEST_SKIP() << "no cgroup file system is mounted";
  for (const Hierarchy& item : probed->v1) EXPECT_FALSE(item.mount_point.empty());
  EXPECT_EQ(probed->v1.empty(), probed->layout == Layout::Unified);
  EXPECT_EQ(probed->v2_mount_point.empty(), probed->layout == Layout::V1);
}

}  // namespace
}  // namespace cgroup
