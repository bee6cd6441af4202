// `rt exec`: every flag, and what is refused before the container is touched.
#include <gtest/gtest.h>

#include "base/path.h"
#include "tests/unit/cmd/fake_container.h"

namespace {

using Words = std::vector<std::string>;

TEST(Exec, Defaults) {
  ASSERT_TRUE(rt({"exec", "web", "sh", "-c", "exit 3", "--", "-t"}).ok);
  const container::ExecOptions& options = fake().exec;
  EXPECT_EQ(options.id, "web");
  EXPECT_EQ(options.args, (Words{"sh", "-c", "exit 3", "--", "-t"}));
  EXPECT_EQ(options.process_file, "");
  EXPECT_FALSE(options.cwd || options.user || options.process_label || options.apparmor ||
               options.no_new_privs);
  EXPECT_TRUE(options.env.empty() && options.caps.empty() && options.cgroups.empty() &&
              options.additional_gids.empty());
  EXPECT_FALSE(options.tty || options.detach || options.ignore_paused);
  EXPECT_EQ(options.preserve_fds, 0);
}

TEST(Exec, EveryFlag) {
  ASSERT_TRUE(rt({"exec",
                  "--cwd",
                  "/tmp",
                  "-e",
                  "A=1",
                  "--env",
                  "B=x=y",
                  "-t",
                  "-u",
                  "10:20",
                  "-g",
                  "5",
                  "-g",
                  "6",
                  "-d",
                  "--pid-file",
                  "p",
                  "--process-label",
                  "l",
                  "--apparmor",
                  "a",
                  "--no-new-privs",
                  "-c",
                  "CAP_KILL",
                  "--cap",
                  "CAP_CHOWN",
                  "--preserve-fds",
                  "2",
                  "--cgroup",
                  "sub",
                  "--cgroup",
                  "cpu,memory:x",
                  "--ignore-paused",
                  "--console-socket",
                  "c",
                  "--pidfd-socket",
                  "f",
                  "web",
                  "id"})
                  .ok);
  const container::ExecOptions& options = fake().exec;
  EXPECT_EQ(options.cwd, "/tmp");
  EXPECT_EQ(options.env, (Words{"A=1", "B=x=y"}));
  EXPECT_TRUE(options.tty);
  EXPECT_EQ(options.user, "10:20");
  EXPECT_EQ(options.additional_gids, (std::vector<uint32_t>{5, 6}));
  EXPECT_TRUE(options.detach);
  EXPECT_EQ(options.pid_file, absolute_path("p"));
  EXPECT_EQ(options.process_label, "l");
  EXPECT_EQ(options.apparmor, "a");
  EXPECT_EQ(options.no_new_privs, true);
  EXPECT_EQ(options.caps, (Words{"CAP_KILL", "CAP_CHOWN"}));
  EXPECT_EQ(options.preserve_fds, 2);
  EXPECT_EQ(options.cgroups, (Words{"sub", "cpu,memory:x"}));
  EXPECT_TRUE(options.ignore_paused);
  EXPECT_EQ(options.console_socket, absolute_path("c"));
  EXPECT_EQ(options.pidfd_socket, absolute_path("f"));
  EXPECT_EQ(options.args, Words{"id"});
}

TEST(Exec, AsEnginesCallIt) {
  ASSERT_TRUE(rt({"exec", "--pid-file", "/p", "--process", "/spec.json", "-d", "--tty",
                  "--console-socket", "/s", "web"})
                  .ok);
  EXPECT_EQ(fake().exec.process_file, "/spec.json");
  EXPECT_TRUE(fake().exec.args.empty());
  EXPECT_TRUE(
      rt({"exec", "--process", "/spec.json", "--console-socket", "/s", "--detach", "web"}).ok);
}

TEST(Exec, NoNewPrivsCanBeSwitchedOff) {
  ASSERT_TRUE(rt({"exec", "--no-new-privs=false", "web", "id"}).ok);
  EXPECT_EQ(fake().exec.no_new_privs, false);
}

TEST(Exec, StatusIsTheProcessesAndFailureIs255) {
  Fake answer;
  answer.status = 3;
  EXPECT_EQ(rt_with(answer, {"exec", "web", "false"}).status, 3);
  answer.error = Error::make(Code::ContainerNotRunning, "cannot exec in a stopped container");
  Outcome outcome = rt_with(answer, {"exec", "web", "true"});
  EXPECT_EQ(outcome.status, 255);
  EXPECT_EQ(outcome.error.what, "exec 'web': cannot exec in a stopped container");
}

class BadUser : public testing::TestWithParam<const char*> {};
TEST_P(BadUser, IsRefusedAsAWhole) {
  Outcome outcome = rt({"exec", "-u", GetParam(), "web", "id"});
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.error.code, Code::Usage);
  EXPECT_NE(outcome.error.what.find("invalid --user '"), std::string::npos) << outcome.error.what;
  EXPECT_EQ(fake().called, "");
}
INSTANTIATE_TEST_SUITE_P(Exec, BadUser,
                         testing::Values("", "root", "10a", "10:", ":10", "10:20:30", " 10", "10 ",
                                         "+10", "-1", "0x10", "10:b", "4294967295", "4294967296",
                                         "0:4294967295", "1.5", "10\n"));

TEST(Exec, AllIdsOtherwise) {
  EXPECT_TRUE(rt({"exec", "-u", "0", "web", "id"}).ok);
  EXPECT_TRUE(rt({"exec", "-u", "4294967294:4294967294", "web", "id"}).ok);
}

TEST(Exec, WrongUse) {
  struct {
    Words args;
    const char* what;
  } cases[] = {
      {{"exec", "web"}, "missing argument: COMMAND"},
      {{"exec", "--cwd", "tmp", "web", "ls"}, "invalid --cwd 'tmp': must be an absolute path"},
      {{"exec", "--process=", "web"}, "--process needs the name of a file"},
      {{"exec", "-e", "A", "web", "ls"}, "invalid environment variable: missing '=' in 'A'"},
      {{"exec", "-e", "=A", "web", "ls"},
       "invalid environment variable: name missing before '=' in '=A'"},
      {{"exec", "-g", "x", "web", "ls"}, "invalid --additional-gids 'x': expected a number"},
      {{"exec", "-t", "-d", "web", "ls"},
       "cannot allocate tty if rt will detach without setting console socket"},
      {{"exec", "-t", "--console-socket", "s", "web", "ls"},
       "cannot use console socket if rt will not detach or allocate tty"},
      {{"exec", "-d", "--console-socket", "s", "web", "ls"},
       "cannot use console socket if rt will not detach or allocate tty"},
  };
  for (const auto& c : cases) {
    Outcome outcome = rt(c.args);
    EXPECT_FALSE(outcome.ok) << c.what;
    EXPECT_EQ(outcome.error.what, std::string("exec 'web': exec failed: ") + c.what);
    EXPECT_EQ(outcome.error.code, Code::Usage);
    EXPECT_NE(outcome.error.hint, "") << c.what;
    EXPECT_EQ(outcome.status, 255);
    EXPECT_EQ(fake().called, "");
  }
  EXPECT_EQ(rt({"exec"}).status,
            1);  // as runc: a command line that cannot be read is not a failed exec
}

}  // namespace
