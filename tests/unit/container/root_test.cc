#include "runtime/container/root.h"

#include "tests/unit/container/fixture.h"

namespace container {
namespace {

TEST(CheckId, AcceptsWhatRuncAccepts) {
  for (const char* id : {"web", "a", "A-b_c+d.e9", ".hidden", "..a", "-", "0"})
    EXPECT_TRUE(check_id(id)) << id;
  EXPECT_TRUE(check_id(std::string(255, 'x')));
}

TEST(CheckId, RefusesTheRest) {
  for (std::string id : {".", "..", "a/b", "/", "../x", "a b", "a\n", "a:b", "ä", "a@b", "a,b"}) {
    Status status = check_id(id);
    ASSERT_FALSE(status) << id;
    EXPECT_TRUE(status.error().what.starts_with("invalid container ID format"))
        << status.error().what;
    EXPECT_EQ(status.error().code, Code::Usage);
    EXPECT_FALSE(status.error().hint.empty());
    EXPECT_EQ(status.error().what.find('\n'), std::string::npos);
  }
  EXPECT_FALSE(check_id(std::string("a\0b", 3)));
  EXPECT_FALSE(check_id(std::string(256, 'x')));
  EXPECT_FALSE(check_id(std::string(100000, 'x')));
  Status empty = check_id("");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().what, "container id cannot be empty");
}

// The answer depends on who asks, so it is asked in children.
std::string default_root_as(uid_t uid, const char* xdg, const char* user) {
  int pipe_fds[2];
  if (pipe(pipe_fds) != 0) return "pipe";
  pid_t pid = fork();
  if (pid == 0) {
    if (xdg != nullptr) {
      setenv("XDG_RUNTIME_DIR", xdg, 1);
    } else {
      unsetenv("XDG_RUNTIME_DIR");
    }
    if (user != nullptr) setenv("USER", user, 1);
    if (user == nullptr) unsetenv("USER");
    if (uid != geteuid() && setresuid(uid, uid, uid) != 0) _exit(1);
    std::string answer = default_root();
    (void)!write(pipe_fds[1], answer.data(), answer.size());
    _exit(0);
  }
  close(pipe_fds[1]);
  char answer[256];
  ssize_t n = read(pipe_fds[0], answer, sizeof answer);
  close(pipe_fds[0]);
  waitpid(pid, nullptr, 0);
  return n > 0 ? std::string(answer, static_cast<size_t>(n)) : "nothing";
}

TEST(DefaultRoot, OfRootIsRun) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  std::string map = read_text("/proc/self/uid_map");
  if (map.find("4294967295") == std::string::npos) GTEST_SKIP() << "in a user namespace";
  EXPECT_EQ(default_root_as(0, nullptr, nullptr), "/run/rt");
  EXPECT_EQ(default_root_as(0, "/run/user/0", nullptr), "/run/rt");
  EXPECT_EQ(default_root_as(0, "/run/user/0", "somebody"), "/run/rt");
}

TEST(DefaultRoot, OfAUserIsBelowXdg) {
  uid_t uid = geteuid() == 0 ? 65534 : geteuid();
  EXPECT_EQ(default_root_as(uid, "/run/user/1000", "root"), "/run/user/1000/rt");
  EXPECT_EQ(default_root_as(uid, "/run/user/1000/", nullptr), "/run/user/1000/rt");
  EXPECT_EQ(default_root_as(uid, nullptr, nullptr), "/run/rt");
  EXPECT_EQ(default_root_as(uid, "", nullptr), "/run/rt");
  EXPECT_EQ(default_root_as(uid, "relative", nullptr),
            "/run/rt");  // XDG: relative ones are to be ignored
}

TEST(MakeRoot, BelowXdgIsPrivateAndSticky) {
  TempDir temp;
  if (geteuid() == 0) {
    ASSERT_EQ(chown(temp.path().c_str(), 65534, 65534), 0);
  }
  std::string root = temp.path() + "/rt";
  Child child(
      [&] {
        setenv("XDG_RUNTIME_DIR", temp.path().c_str(), 1);
        umask(0);
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) _exit(1);
        (void)make_root(root);
      },
      false);
  child.wait_dead();
  EXPECT_EQ(mode_of(root), 01700u);
}

TEST(NamesIn, AreTheDirectoriesThatCanBeContainers) {
  TempDir temp;
  for (const char* name : {"web", "a", ".b", "not an id"}) {
    ASSERT_EQ(mkdir((temp.path() + "/" + name).c_str(), 0700), 0);
  }
  write_text(temp.path() + "/file", "");
  ASSERT_EQ(symlink("web", (temp.path() + "/link").c_str()), 0);
  Result<std::optional<Fd>> root = open_root(temp.path());
  ASSERT_TRUE(root && *root);
  Result<std::vector<std::string>> names = names_in((*root)->get(), temp.path());
  ASSERT_TRUE(names);
  EXPECT_EQ(*names, (std::vector<std::string>{".b", "a", "web"}));
  Result<std::optional<Fd>> missing = open_root(temp.path() + "/missing");
  ASSERT_TRUE(missing);
  EXPECT_FALSE(*missing);
}

}  // namespace
}  // namespace container
