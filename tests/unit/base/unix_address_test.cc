#include "base/unix_address.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <vector>

#include "tests/unit/base/temp_dir.h"

namespace sys {
namespace {

using UnixAddressTest = TempDir;

Fd bound(const UnixAddress& address) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (bind(fd.get(), address.get(), address.size) < 0 || listen(fd.get(), 1) < 0) fd.reset();
  return fd;
}

bool connects(const UnixAddress& address) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(fd.get(), address.get(), address.size) == 0;
}

// Directories inside each other, gone at the end.
class Nested {
 public:
  Nested(std::string path, int depth) {
    for (int i = 0; i < depth; i++) {
      path += "/" + std::string(200, static_cast<char>('a' + i));
      EXPECT_EQ(mkdir(path.c_str(), 0755), 0);
      made_.push_back(path);
    }
  }
  ~Nested() {
    while (!made_.empty()) {
      (void)unlink((made_.back() + "/socket").c_str());
      EXPECT_EQ(rmdir(made_.back().c_str()), 0);
      made_.pop_back();
    }
  }
  const std::string& deepest() const { return made_.back(); }

 private:
  std::vector<std::string> made_;
};

TEST_F(UnixAddressTest, OfAnyLengthThatADirectoryCanHave) {
  Nested nested(path(), 3);
  for (const std::string& path : {at("socket"), nested.deepest() + "/socket"}) {
    Result<UnixAddress> address = unix_address(path);
    ASSERT_TRUE(address) << address.error().text();
    Fd listener = bound(*address);
    ASSERT_TRUE(listener) << path;
    struct stat info;
    EXPECT_EQ(stat(path.c_str(), &info), 0) << "it is where it was asked for";
    Result<UnixAddress> again = unix_address(path);
    ASSERT_TRUE(again);
    EXPECT_TRUE(connects(*again));
  }
}

TEST_F(UnixAddressTest, AtTheBorderOfWhatTheKernelTakes) {
  constexpr size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  std::string directory = at(std::string(40, 'd'));
  ASSERT_EQ(mkdir(directory.c_str(), 0755), 0);
  for (size_t size : {kLongest, kLongest + 1}) {
    std::string path = directory + "/" + std::string(size - directory.size() - 1, 's');
    Result<UnixAddress> address = unix_address(path);
    ASSERT_TRUE(address) << address.error().text();
    EXPECT_EQ(static_cast<bool>(address->directory), size > kLongest);
    EXPECT_TRUE(bound(*address)) << size;
    EXPECT_EQ(unlink(path.c_str()), 0);
  }
}

TEST(UnixAddress, RefusesANameThatIsTooLongByItself) {
  Result<UnixAddress> address = unix_address("/tmp/" + std::string(150, 's'));
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().code, Code::Usage);
  EXPECT_FALSE(unix_address("@" + std::string(108, 's')));
}

TEST(UnixAddress, SaysWhichDirectoryIsMissing) {
  Result<UnixAddress> address = unix_address("/no/such/" + std::string(110, 'd') + "/socket");
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().errnum, ENOENT);
}

TEST(UnixAddress, AbstractNamesHaveNoPadding) {
  Result<UnixAddress> address = unix_address("@rt-test");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->address.sun_path[0], 0);
  EXPECT_EQ(address->size, offsetof(sockaddr_un, sun_path) + 1 + strlen("rt-test"));
}

TEST_F(UnixAddressTest, InADirectoryThatIsOpen) {
  Fd listener = bound(unix_address_in(dir(), "socket"));
  ASSERT_TRUE(listener);
  EXPECT_TRUE(connects(unix_address_in(dir(), "socket")));
  Result<UnixAddress> by_path = unix_address(at("socket"));
  ASSERT_TRUE(by_path);
  EXPECT_TRUE(connects(*by_path));
}

}  // namespace
}  // namespace sys
