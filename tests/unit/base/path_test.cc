#include "base/path.h"

#include <gtest/gtest.h>
#include <limits.h>
#include <unistd.h>

#include <utility>
#include <vector>

namespace {

TEST(IsAbsolute, MeansALeadingSlash) {
  EXPECT_TRUE(is_absolute("/"));
  EXPECT_TRUE(is_absolute("/a"));
  EXPECT_FALSE(is_absolute("a/"));
  EXPECT_FALSE(is_absolute(""));
}

TEST(CleanPath, IsLexical) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "."},
      {".", "."},
      {"./", "."},
      {"/", "/"},
      {"//", "/"},
      {"/.", "/"},
      {"/..", "/"},
      {"/../..", "/"},
      {"a", "a"},
      {"a/", "a"},
      {"./a", "a"},
      {"a/.", "a"},
      {"a//b", "a/b"},
      {"a/./b", "a/b"},
      {"a/..", "."},
      {"a/../b", "b"},
      {"/a/b/../c", "/a/c"},
      {"/a/../../b", "/b"},
      {"..", ".."},
      {"../", ".."},
      {"../..", "../.."},
      {"a/../..", ".."},
      {"../a/..", ".."},
      {"../../a", "../../a"},
      {"/a/b/", "/a/b"},
      {"...", "..."},
      {"/...", "/..."},
      {"..a/b..", "..a/b.."},
      {" / ", " / "},
  };
  for (const auto& [given, expected] : cases) EXPECT_EQ(clean_path(given), expected) << given;
}

TEST(CleanPath, TakesPathsLongerThanTheKernelDoes) {
  std::string deep;
  for (int i = 0; i < 5000; i++) deep += "/x/..";
  EXPECT_EQ(clean_path(deep), "/");
}

TEST(JoinPath, AnAbsolutePathStandsForItself) {
  EXPECT_EQ(join_path("/a", "b"), "/a/b");
  EXPECT_EQ(join_path("/a", "/b"), "/b");
  EXPECT_EQ(join_path("/a", "../b"), "/b");
  EXPECT_EQ(join_path("/a", ""), "/a");
  EXPECT_EQ(join_path("/", "b"), "/b");
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path("/a/", "./b/"), "/a/b");
}

TEST(AbsolutePath, StartsAtTheWorkingDirectory) {
  char cwd[PATH_MAX];
  ASSERT_NE(getcwd(cwd, sizeof cwd), nullptr);
  EXPECT_EQ(absolute_path("x"), join_path(cwd, "x"));
  EXPECT_EQ(absolute_path("."), cwd);
  EXPECT_EQ(absolute_path("/x/./y"), "/x/y");
}

TEST(BaseName, IsWhatFollowsTheLastSlash) {
  EXPECT_EQ(base_name("/a/b"), "b");
  EXPECT_EQ(base_name("b"), "b");
  EXPECT_EQ(base_name("/b"), "b");
  EXPECT_EQ(base_name("/"), "");
  EXPECT_EQ(base_name(""), "");
}

TEST(DirName, IsWhatPrecedesIt) {
  EXPECT_EQ(dir_name("/a/b"), "/a");
  EXPECT_EQ(dir_name("a/b"), "a");
  EXPECT_EQ(dir_name("a"), ".");
  EXPECT_EQ(dir_name(""), ".");
  EXPECT_EQ(dir_name("/a"), "/");
  EXPECT_EQ(dir_name("/"), "/");
}

}  // namespace
