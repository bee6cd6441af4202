// mounts add and remove: the action, the file, and what it may hold.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "spec/load.h"
#include "tests/unit/cmd/fake_container.h"

namespace cmd {
namespace {

class File {
 public:
  explicit File(const std::string& text) : fd_(memfd_create("mounts", MFD_CLOEXEC)) {
    EXPECT_TRUE(write_all(fd_.get(), text, "mounts"));
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  Fd fd_;
};

TEST(Mounts, AddAndRemove) {
  File file(
      "[{\"destination\": \"/data\", \"source\": \"/srv\", \"options\": [\"bind\", \"ro\"]}]");
  ASSERT_TRUE(rt({"mounts", "add", "web", file.path()}).ok);
  EXPECT_EQ(fake().called, "add_mounts");
  EXPECT_EQ(fake().id, "web");
  ASSERT_EQ(fake().mounts.size(), 1u);
  EXPECT_EQ(fake().mounts[0].destination, "/data");
  EXPECT_EQ(fake().mounts[0].options, (spec::Strings{"bind", "ro"}));
  ASSERT_TRUE(rt({"mounts", "remove", "web", file.path()}).ok);
  EXPECT_EQ(fake().called, "remove_mounts");
}

TEST(Mounts, WhatIsWrong) {
  File file("[]");
  EXPECT_EQ(rt({"mounts", "move", "web", file.path()}).error.code, Code::Usage);
  EXPECT_EQ(rt({"mounts", "add", "a/b", file.path()}).error.code, Code::Usage);
  EXPECT_FALSE(rt({"mounts", "add", "web"}).ok);
  EXPECT_FALSE(rt({"mounts", "add", "web", "/no/such/file"}).ok);
  EXPECT_EQ(fake().called, "");
}

TEST(Mounts, AListOrAnObjectWithOne) {
  Result<std::vector<spec::Mount>> list =
      spec::parse_mounts(" \n[{\"destination\": \"/a\"}, {\"destination\": \"/b\"}]", "f");
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_EQ(list->size(), 2u);
  Result<std::vector<spec::Mount>> object =
      spec::parse_mounts("{\"mounts\": [{\"destination\": \"/a\"}]}", "f");
  ASSERT_TRUE(object) << object.error().text();
  EXPECT_EQ(object->size(), 1u);
  for (const char* text : {"", "{}", "[{}]", "[1]", "{\"mounts\": 1}", "[{\"destination\": 1}]"}) {
    EXPECT_FALSE(spec::parse_mounts(text, "f")) << text;
  }
}

}  // namespace
}  // namespace cmd
