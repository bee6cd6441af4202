// Making and removing, on plain directories: what the kernel adds to a new cgroup is not there, so
// hierarchies without files that make() must find are used, or directories that are there before.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "runtime/cgroup/tree.h"
#include "runtime/cgroup/v2.h"
#include "tests/unit/cgroup/fake_tree.h"

namespace cgroup {
namespace {

class Make : public FakeTree {
 protected:
  Location v1(std::initializer_list<const char*> hierarchies) const {
    Location location;
    location.layout = Layout::V1;
    location.best_effort = true;  // no devices controller in a fake
    for (const char* name : hierarchies)
      location.dirs.push_back({name, at(std::string(name) + "/a/web")});
    return location;
  }
  // A v2 hierarchy: root -> a -> a/web, of which each has `controllers`, and the upper two give
  // down `given`.
  Location v2(const std::string& controllers, const std::string& given) {
    for (const char* name : {"", "a/", "a/web/"}) {
      std::string prefix = std::string("v2/") + name;
      put(prefix + "cgroup.controllers", controllers + "\n");
      put(prefix + "cgroup.subtree_control", given);
      put(prefix + "cgroup.type", "domain\n");
    }
    Location location;
    location.layout = Layout::Unified;
    location.dirs = {{"", at("v2/a/web")}};
    return location;
  }
  static spec::Resources with_pids(int64_t limit) {
    spec::Resources resources;
    resources.pids_limit = limit;
    return resources;
  }
};

TEST_F(Make, MakesAllAndRemovesThemUnlessKept) {
  dir("pids");
  dir("cpu");
  {
    Result<Cgroup> made = Cgroup::make(v1({"pids", "cpu"}), nullptr);
    ASSERT_OK(made);
    EXPECT_TRUE(there("pids/a/web"));
    EXPECT_TRUE(there("cpu/a/web"));
    EXPECT_TRUE(made->exists());
  }
  EXPECT_FALSE(there("pids/a"));
  EXPECT_FALSE(there("cpu/a"));
  EXPECT_TRUE(there("pids"));
}

TEST_F(Make, KeptStaysAndRemoveLeavesTheParent) {
  dir("pids");
  Location location = v1({"pids"});
  {
    Result<Cgroup> made = Cgroup::make(location, nullptr);
    ASSERT_OK(made);
    made->keep();
  }
  EXPECT_TRUE(there("pids/a/web"));
  Cgroup again = Cgroup::open(location);
  EXPECT_TRUE(again.exists());
  dir("pids/a/web/below/further");
  EXPECT_OK(again.remove());
  EXPECT_FALSE(there("pids/a/web"));
  EXPECT_TRUE(there("pids/a"));
  EXPECT_FALSE(again.exists());
  EXPECT_OK(again.remove());
}

TEST_F(Make, OnlyWhatItMadeIsRemoved) {
  dir("pids/a/web");
  dir("cpu/a/other");
  { ASSERT_OK(Cgroup::make(v1({"pids", "cpu"}), nullptr)); }
  EXPECT_TRUE(there("pids/a/web"));
  EXPECT_FALSE(there("cpu/a/web"));
  EXPECT_TRUE(there("cpu/a/other"));
}

TEST_F(Make, MovedFromRemovesNothing) {
  dir("pids");
  Result<Cgroup> made = Cgroup::make(v1({"pids"}), nullptr);
  ASSERT_OK(made);
  {
    Cgroup other = *std::move(made);
    Cgroup third = std::move(other);
    EXPECT_TRUE(there("pids/a/web"));
    Cgroup fourth = Cgroup::open(v1({}));
    fourth = std::move(third);
    EXPECT_TRUE(there("pids/a/web"));
  }
  EXPECT_FALSE(there("pids/a"));
}

TEST_F(Make, FailureLeavesNothing) {
  dir("pids");
  put("cpu/a", "a file where a directory should be");
  Error error = error_of(Cgroup::make(v1({"pids", "cpu"}), nullptr));
  EXPECT_EQ(error.code, Code::CgroupFailed);
  EXPECT_FALSE(there("pids/a"));
}

TEST_F(Make, FailedLimitLeavesNothing) {
  dir("pids");
  spec::Resources resources = with_pids(5);  // a fake pids/a/web has no pids.max
  EXPECT_FALSE(Cgroup::make(v1({"pids"}), &resources));
  EXPECT_FALSE(there("pids/a"));
}

TEST_F(Make, RefusesACgroupWithProcesses) {
  dir("cpu");
  put("pids/a/web/cgroup.procs", "12\n13\n");
  Error error = error_of(Cgroup::make(v1({"cpu", "pids"}), nullptr));
  EXPECT_EQ(error.code, Code::CgroupFailed);
  EXPECT_EQ(error.what,
            "container's cgroup is not empty: 2 process(es) found in '" + at("pids/a/web") + "'");
  EXPECT_FALSE(there("cpu/a"));
  EXPECT_TRUE(there("pids/a/web"));
}

TEST_F(Make, RefusesProcessesBelowToo) {
  put("pids/a/web/below/cgroup.procs", "12\n");
  EXPECT_FALSE(Cgroup::make(v1({"pids"}), nullptr));
}

TEST_F(Make, RefusesAFrozenCgroup) {
  put("freezer/a/web/freezer.state", "FROZEN\n");
  Error error = error_of(Cgroup::make(v1({"freezer"}), nullptr));
  EXPECT_NE(error.what.find("frozen"), std::string::npos);
  put("freezer/a/web/freezer.state", "THAWED\n");
  EXPECT_OK(Cgroup::make(v1({"freezer"}), nullptr));
}

TEST_F(Make, DeviceRulesAreNotOptional) {
  dir("pids");
  Location location = v1({"pids"});
  location.best_effort = false;
  Error error = error_of(Cgroup::make(location, nullptr));
  EXPECT_EQ(error.code, Code::Unsupported);
  EXPECT_NE(error.what.find("'devices'"), std::string::npos);
  EXPECT_FALSE(there("pids/a"));
}

TEST_F(Make, PidsAreCollectedFromAllHierarchiesOnce) {
  Location location = v1({"pids", "cpu"});
  put("pids/a/web/cgroup.procs", "30\n10\n");
  put("pids/a/web/x/y/cgroup.procs", "20\n0\n");
  put("cpu/a/web/cgroup.procs", "10\n40\n");
  Result<std::vector<pid_t>> pids = Cgroup::open(location).pids();
  ASSERT_OK(pids);
  EXPECT_EQ(*pids, (std::vector<pid_t>{10, 20, 30, 40}));
}

TEST_F(Make, WalksDoNotFollowLinks) {
  put("elsewhere/cgroup.procs", "99\n");
  dir("elsewhere/inner");
  dir("pids/a/web");
  ASSERT_EQ(::symlink(at("elsewhere").c_str(), at("pids/a/web/link").c_str()), 0);
  Cgroup cgroup = Cgroup::open(v1({"pids"}));
  EXPECT_TRUE(cgroup.pids()->empty());
  // a link is nothing a cgroup can have
  EXPECT_FALSE(remove_tree(at("pids/a/web"), monotonic_ms()));
  EXPECT_TRUE(there("elsewhere/inner"));
}

// More levels than files may be open, and more letters than a path may have.
TEST_F(Make, DeepTreesTakeOneFile) {
  dir("pids/a/web");
  Fd bottom(::open(at("pids/a/web").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string name(200, 'd');
  constexpr int kDepth = 40;
  for (int i = 0; i < kDepth; i++) {
    ASSERT_EQ(::mkdirat(bottom.get(), name.c_str(), 0755), 0);
    Fd next(::openat(bottom.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(next);
    bottom = std::move(next);
  }
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = {static_cast<rlim_t>(bottom.get()) + 8, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  Cgroup cgroup = Cgroup::open(v1({"pids"}));
  EXPECT_TRUE(cgroup.pids()->empty());
  EXPECT_OK(cgroup.remove());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(there("pids/a/web"));
}

TEST_F(Make, EntranceOpensTasksOfEachHierarchy) {
  files("pids/a/web", {"tasks"});
  files("cpu/a/web", {"tasks"});
  dir("unified/a/web");
  Location location = v1({"pids", "cpu"});
  location.layout = Layout::Hybrid;
  location.dirs.push_back({"", at("unified/a/web")});
  Cgroup cgroup = Cgroup::open(location);
  Result<Cgroup::Entrance> entrance = cgroup.entrance();
  ASSERT_OK(entrance);
  EXPECT_EQ(entrance->tasks.size(), 2u);
  EXPECT_EQ(entrance->names[0], at("pids/a/web/tasks"));
  EXPECT_GE(entrance->clone_into, 0);
  EXPECT_EQ(cgroup.dir_fd(), -1);  // it is not all that join() does
  ASSERT_EQ(::rmdir(at("unified/a/web").c_str()), 0);
  EXPECT_FALSE(Cgroup::open(location).entrance());
}

TEST_F(Make, V2EnablesWhatThereIsTopDown) {
  Location location = v2("cpu memory pids", "");
  std::vector<std::string> made;
  spec::Resources resources = with_pids(5);
  ASSERT_OK(v2::make_dirs(&location, resources, &made));
  EXPECT_EQ(get("v2/cgroup.subtree_control"), "+cpu +memory +pids");
  EXPECT_EQ(get("v2/a/cgroup.subtree_control"), "+cpu +memory +pids");
  EXPECT_EQ(get("v2/a/web/cgroup.subtree_control"), "");
  EXPECT_TRUE(made.empty());
}

TEST_F(Make, V2WritesOnlyWhatIsLacking) {
  Location location = v2("cpu memory pids", "pids");
  std::vector<std::string> made;
  ASSERT_OK(v2::make_dirs(&location, {}, &made));
  EXPECT_EQ(get("v2/cgroup.subtree_control"), "+cpu +memory");
  Location complete = v2("cpu pids", "pids cpu");
  ASSERT_OK(v2::make_dirs(&complete, {}, &made));
  EXPECT_EQ(get("v2/cgroup.subtree_control"), "pids cpu");
}

TEST_F(Make, V2NeededControllerThatIsNotThereIsAnError) {
  Location location = v2("cpu", "cpu");
  std::vector<std::string> made;
  EXPECT_OK(v2::make_dirs(&location, {}, &made));
  Error error = error_of(v2::make_dirs(&location, with_pids(5), &made));
  EXPECT_EQ(error.code, Code::Unsupported);
  EXPECT_EQ(error.what,
            "cgroup v2 controller 'pids' is not available, and linux.resources needs it");
}

TEST_F(Make, V2ThreadedCgroupsTakeOnlyThreadedControllers) {
  Location location = v2("memory pids", "memory pids");
  std::vector<std::string> made;
  put("v2/a/web/cgroup.type", "domain invalid\n");
  spec::Resources memory;
  memory.memory = spec::Memory();
  memory.memory->limit = 4096;
  Error error = error_of(v2::make_dirs(&location, memory, &made));
  EXPECT_EQ(error.code, Code::CgroupFailed);
  EXPECT_NE(error.what.find("is domain invalid, so controller 'memory' cannot work in it"),
            std::string::npos);
  EXPECT_OK(v2::make_dirs(&location, with_pids(5), &made));
  EXPECT_EQ(get("v2/a/web/cgroup.type").substr(0, 8), "threaded");
}

}  // namespace
}  // namespace cgroup
