// A directory of the test's own, removed at its end.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string>

#include "base/io.h"

class TempDir : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = testing::TempDir() + "rt-test-XXXXXX";
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    path_ = path;
    dir_ = Fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(dir_);
  }
  void TearDown() override {
    for (const std::string& name : names()) {
      if (unlinkat(dir_.get(), name.c_str(), 0) < 0)
        (void)unlinkat(dir_.get(), name.c_str(), AT_REMOVEDIR);
    }
    EXPECT_EQ(rmdir(path_.c_str()), 0);
  }

  int dir() const { return dir_.get(); }
  std::string at(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

  std::set<std::string> names() const {
    std::set<std::string> found;
    DIR* stream = opendir(path_.c_str());
    while (dirent* entry = stream == nullptr ? nullptr : readdir(stream)) {
      std::string name = entry->d_name;
      if (name != "." && name != "..") found.insert(name);
    }
    if (stream != nullptr) closedir(stream);
    return found;
  }

  void put(const std::string& name, const std::string& content) {
    Fd fd(openat(dir(), name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    ASSERT_TRUE(fd);
    ASSERT_EQ(write(fd.get(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
  }
  std::string get(const std::string& name) {
    Result<std::string> content = read_file(dir(), name.c_str());
    EXPECT_TRUE(content) << content.error().text();
    return content ? *content : "";
  }

 private:
  std::string path_;
  Fd dir_;
};
