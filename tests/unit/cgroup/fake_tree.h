// Directories and files that look like a cgroup hierarchy, below a temporary directory. A write to
// a file there goes to its beginning, so a test expects each file to be written once.
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <initializer_list>
#include <string>

#include "base/io.h"
#include "runtime/cgroup/cgroup.h"

#define EXPECT_OK(expression)                                                      \
  do {                                                                             \
    auto&& outcome_ = (expression);                                                \
    EXPECT_TRUE(outcome_) << (outcome_ ? std::string() : outcome_.error().text()); \
  } while (0)
#define ASSERT_OK(expression)                                                      \
  do {                                                                             \
    auto&& outcome_ = (expression);                                                \
    ASSERT_TRUE(outcome_) << (outcome_ ? std::string() : outcome_.error().text()); \
  } while (0)

namespace cgroup {

// The error of what has to fail; a default one, with a test failure, if it does not.
template <class T>
Error error_of(const Result<T>& result) {
  EXPECT_FALSE(result) << "it succeeded";
  return result ? Error() : result.error();
}

class FakeTree : public testing::Test {
 protected:
  void SetUp() override {
    // In memory if there is such a place: hundreds of small directories are slow on a busy disk.
    std::string path =
        (::access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : testing::TempDir()) + "rt-test-XXXXXX";
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    root_ = path;
  }
  void TearDown() override {
    auto remove = [](const char* path, const struct stat*, int, struct FTW*) {
      return ::remove(path);
    };
    EXPECT_EQ(nftw(root_.c_str(), remove, 16, FTW_DEPTH | FTW_PHYS), 0);
  }

  std::string at(const std::string& name) const { return root_ + "/" + name; }
  bool there(const std::string& name) const { return ::access(at(name).c_str(), F_OK) == 0; }

  void dir(const std::string& name) {
    for (size_t slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1)) {
      (void)::mkdir(at(name.substr(0, slash)).c_str(), 0755);
    }
    (void)::mkdir(at(name).c_str(), 0755);
    ASSERT_TRUE(there(name));
  }
  void put(const std::string& name, const std::string& content) {
    dir(name.substr(0, name.rfind('/')));
    Fd fd(::open(at(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    ASSERT_TRUE(fd);
    ASSERT_EQ(::write(fd.get(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
  }
  // Empty files to be written to.
  void files(const std::string& directory, std::initializer_list<const char*> names) {
    for (const char* name : names) put(directory + "/" + name, "");
  }
  std::string get(const std::string& name) const {
    Result<std::string> content = read_file(AT_FDCWD, at(name).c_str());
    EXPECT_TRUE(content) << content.error().text();
    return content ? *content : "";
  }

  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

}  // namespace cgroup
