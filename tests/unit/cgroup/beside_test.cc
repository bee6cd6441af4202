// Where a further process goes: the cases in which it is the container's own cgroup. The other one
// is in cgroups_v2.bats.

#include "tests/unit/cgroup/fake_tree.h"

namespace cgroup {
namespace {

class Beside : public FakeTree {
 protected:
  Location location(Layout layout, const std::string& gives) {
    dir("c");
    put("c/cgroup.subtree_control", gives);
    Location out;
    out.layout = layout;
    out.dirs.push_back({"", at("c")});
    return out;
  }
  // The first process is this one, which is not below.
  void expect_own(const Location& location) {
    Result<Location> found = beside(location, ::getpid());
    ASSERT_OK(found);
    ASSERT_EQ(found->dirs.size(), location.dirs.size());
    EXPECT_EQ(found->dirs[0].path, location.dirs[0].path);
  }
};

TEST_F(Beside, IsTheContainersOwnIfItGivesNothingAway) {
  expect_own(location(Layout::Unified, "\n"));
}

TEST_F(Beside, IsTheContainersOwnOnVersionOne) {
  expect_own(location(Layout::Hybrid, "memory\n"));
}

TEST_F(Beside, IsNotOutsideOfTheContainers) {
  expect_own(location(Layout::Unified, "memory pids\n"));
}

TEST_F(Beside, IsAnErrorOnlyWhenItHasToBeKnown) {
  constexpr pid_t kNobody = 0x7fffffff;
  EXPECT_OK(beside(location(Layout::Unified, "\n"), kNobody));
  EXPECT_EQ(error_of(beside(location(Layout::Unified, "memory\n"), kNobody)).errnum, ENOENT);
}

}  // namespace
}  // namespace cgroup
