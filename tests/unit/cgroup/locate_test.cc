#include <gtest/gtest.h>

#include "runtime/cgroup/cgroup.h"
#include "tests/unit/cgroup/fake_tree.h"

namespace cgroup {
namespace {

Host hybrid() {
  Host host;
  host.layout = Layout::Hybrid;
  host.v1 = {{"memory", "memory", "/cg/memory", "/a/b"},
             {"cpu,cpuacct", "cpu,cpuacct", "/cg/cpu,cpuacct", "/"}};
  host.v2_mount_point = "/cg/unified";
  host.v2_own_path = "/u";
  return host;
}

Host unified(const std::string& own) {
  Host host;
  host.layout = Layout::Unified;
  host.v2_mount_point = "/cg";
  host.v2_own_path = own;
  return host;
}

LocateOptions options(const std::string& cgroups_path) {
  LocateOptions options;
  options.id = "web";
  options.cgroups_path = cgroups_path;
  return options;
}

std::string path_of(const Result<Location>& location, const char* controller) {
  if (!location) return location.error().text();
  const Location::Dir* dir = location->find(controller);
  return dir == nullptr ? "none" : dir->path;
}

TEST(Locate, AbsoluteIsFromTheMountPoint) {
  Result<Location> location = locate(hybrid(), options("/my/web"));
  EXPECT_EQ(path_of(location, "memory"), "/cg/memory/my/web");
  EXPECT_EQ(path_of(location, "cpuacct"), "/cg/cpu,cpuacct/my/web");
  EXPECT_EQ(path_of(location, ""), "/cg/unified/my/web");
  EXPECT_EQ(path_of(locate(unified("/x"), options("/my//./web/")), ""), "/cg/my/web");
}

TEST(Locate, RelativeOnV1IsBelowTheCallersOwn) {
  Result<Location> location = locate(hybrid(), options("my/web"));
  EXPECT_EQ(path_of(location, "memory"), "/cg/memory/a/b/my/web");
  EXPECT_EQ(path_of(location, "cpu"), "/cg/cpu,cpuacct/my/web");
  EXPECT_EQ(path_of(location, ""), "/cg/unified/u/my/web");
}

TEST(Locate, RelativeOnV2IsBesideTheCallersOwn) {
  EXPECT_EQ(path_of(locate(unified("/user/shell"), options("web")), ""), "/cg/user/web");
  EXPECT_EQ(path_of(locate(unified("/shell"), options("web")), ""), "/cg/web");
  EXPECT_EQ(path_of(locate(unified("/"), options("web")), ""), "/cg/web");
}

TEST(Locate, UnsetIsTheIdAsRelative) {
  EXPECT_EQ(path_of(locate(hybrid(), options("")), "memory"), "/cg/memory/a/b/web");
  EXPECT_EQ(path_of(locate(unified("/x/y"), options("")), ""), "/cg/x/web");
}

TEST(Locate, DotDotMayNotLeadOut) {
  for (const char* path : {"..", "../x", "/..", "/../x", "a/../../x", "/a/../../etc", "./.."}) {
    EXPECT_EQ(error_of(locate(hybrid(), options(path))).code, Code::ConfigInvalid) << path;
  }
  EXPECT_EQ(path_of(locate(hybrid(), options("/a/../b")), "memory"), "/cg/memory/b");
}

TEST(Locate, TheRootIsNobodysOwn) {
  for (const char* path : {"/", ".", "//", "a/..", "/a/.."}) {
    EXPECT_EQ(error_of(locate(unified("/x"), options(path))).code, Code::ConfigInvalid) << path;
  }
}

TEST(Locate, LineEndsAreRefused) {
  EXPECT_EQ(error_of(locate(hybrid(), options("/a\nb"))).code, Code::ConfigInvalid);
}

TEST(Locate, SystemdFormNeedsTheSystemdManager) {
  Error error = error_of(locate(hybrid(), options("system.slice:docker:abc")));
  EXPECT_EQ(error.code, Code::ConfigInvalid);
  EXPECT_NE(error.hint.find("--systemd-cgroup"), std::string::npos);
  EXPECT_FALSE(locate(hybrid(), options(":rt:abc")));
  EXPECT_EQ(path_of(locate(hybrid(), options("/a:b:c")), "memory"), "/cg/memory/a:b:c");
  EXPECT_EQ(path_of(locate(hybrid(), options("a:b")), "memory"), "/cg/memory/a/b/a:b");
}

TEST(Locate, RelativeNeedsAKnownOwnCgroup) {
  EXPECT_EQ(error_of(locate(unified(""), options("web"))).code, Code::Unsupported);
  EXPECT_EQ(path_of(locate(unified(""), options("/web")), ""), "/cg/web");
}

TEST(Locate, WithoutCgroupsOnlyRootlessOrDisabledGoOn) {
  EXPECT_EQ(error_of(locate({}, options("/web"))).code, Code::Unsupported);
  LocateOptions rootless = options("");
  rootless.rootless = true;
  Result<Location> nowhere = locate({}, rootless);
  ASSERT_OK(nowhere);
  EXPECT_TRUE(nowhere->dirs.empty());
  EXPECT_TRUE(nowhere->best_effort);
  rootless.cgroups_path = "/web";
  EXPECT_FALSE(locate({}, rootless));
}

TEST(Locate, DisabledHasNoDirectories) {
  LocateOptions disabled = options("../..");
  disabled.manager = Manager::Disabled;
  Result<Location> location = locate(hybrid(), disabled);
  ASSERT_OK(location);
  EXPECT_TRUE(location->dirs.empty());
  EXPECT_EQ(location->manager, Manager::Disabled);
}

TEST(Locate, OnlyAnExplicitPathMakesRootlessStrict) {
  LocateOptions rootless = options("");
  rootless.rootless = true;
  EXPECT_TRUE(locate(hybrid(), rootless)->best_effort);
  rootless.cgroups_path = "/x";
  EXPECT_FALSE(locate(hybrid(), rootless)->best_effort);
  EXPECT_FALSE(locate(hybrid(), options(""))->best_effort);
}

}  // namespace
}  // namespace cgroup
