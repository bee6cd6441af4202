#include "runtime/linux/mount_info.h"

#include <gtest/gtest.h>

namespace sys {
namespace {

TEST(MountInfo, LinesAreReadAndOthersLeftOut) {
  std::vector<MountInfo> all = parse_mount_info(
      "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime,idmapped master:1 shared:7 - ext3 /dev/root "
      "rw,errors=continue\n"
      "37 35 0:9 / /a\\134b\\9 ro - resctrl resctrl rw\n"
      "nonsense\n"
      "x 35 0:9 / /a ro - tmpfs tmpfs rw\n"
      "38 35 0:9 / - tmpfs\n");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, 36u);
  EXPECT_EQ(all[0].path, "/mnt 2");
  EXPECT_EQ(all[0].options, "rw,noatime,idmapped");
  EXPECT_EQ(all[0].type, "ext3");
  EXPECT_EQ(all[1].path, "/a\\b\\9");
  EXPECT_EQ(all[1].type, "resctrl");
}

TEST(MountInfo, ThePlaceOfAPathIsFound) {
  std::optional<MountInfo> proc = mount_of("/proc/self/status");
  ASSERT_TRUE(proc);
  EXPECT_EQ(proc->type, "proc");
  EXPECT_FALSE(mount_of("/no/such/path"));
}

}  // namespace
}  // namespace sys
