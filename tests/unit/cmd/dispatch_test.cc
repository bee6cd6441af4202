// What the command line asks of container/, and what is said when it is wrong.
#include "runtime/cmd/dispatch.h"

#include <gtest/gtest.h>

#include <csignal>

#include "base/path.h"
#include "tests/unit/cmd/fake_container.h"

namespace {

using Words = std::vector<std::string>;

// Global flags.

TEST(Globals, Defaults) {
  ASSERT_TRUE(rt({"start", "web"}).ok);
  const container::Globals& globals = fake().globals;
  EXPECT_EQ(globals.root, "/the/default");
  EXPECT_TRUE(globals.root_is_default);
  EXPECT_EQ(globals.cgroup_manager, cgroup::Manager::Fs);
  EXPECT_FALSE(globals.rootless.has_value());
  EXPECT_EQ(globals.timing_file, "");
  EXPECT_EQ(globals.abort_at, "");
}

TEST(Globals, RootIsMadeAbsoluteAndKnownToBeGiven) {
  ASSERT_TRUE(rt({"--root", "/a//b/../c", "start", "web"}).ok);
  EXPECT_EQ(fake().globals.root, "/a/c");
  EXPECT_FALSE(fake().globals.root_is_default);
  ASSERT_TRUE(rt({"-root=here", "start", "web"}).ok);
  EXPECT_EQ(fake().globals.root, absolute_path("here"));
  EXPECT_TRUE(is_absolute(fake().globals.root));
}

TEST(Globals, RootMustNotBeTheRootDirectory) {
  for (const char* root : {"/", "//", "/a/.."}) {
    Outcome outcome = rt({"--root", root, "start", "web"});
    EXPECT_FALSE(outcome.ok);
    EXPECT_EQ(outcome.error.what, "Option --root argument should not be set to /");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(fake().called, "");
  }
}

TEST(Globals, CgroupManager) {
  ASSERT_TRUE(rt({"--systemd-cgroup", "start", "web"}).ok);
  EXPECT_EQ(fake().globals.cgroup_manager, cgroup::Manager::Systemd);
  ASSERT_TRUE(rt({"--systemd-cgroup=false", "start", "web"}).ok);
  EXPECT_EQ(fake().globals.cgroup_manager, cgroup::Manager::Fs);
  ASSERT_TRUE(rt({"--cgroup-manager=disabled", "start", "web"}).ok);
  EXPECT_EQ(fake().globals.cgroup_manager, cgroup::Manager::Disabled);
  ASSERT_TRUE(rt({"--cgroup-manager", "systemd", "--systemd-cgroup", "start", "web"}).ok);
  EXPECT_EQ(fake().globals.cgroup_manager, cgroup::Manager::Systemd);
  EXPECT_FALSE(rt({"--cgroup-manager", "cgroupfs", "--systemd-cgroup", "start", "web"}).ok);
  EXPECT_EQ(rt({"--cgroup-manager", "systemdd", "start", "web"}).error.hint,
            "--cgroup-manager is one of cgroupfs|systemd|disabled; did you mean 'systemd'?");
}

TEST(Globals, Rootless) {
  ASSERT_TRUE(rt({"--rootless=true", "start", "web"}).ok);
  EXPECT_EQ(fake().globals.rootless, true);
  ASSERT_TRUE(rt({"--rootless", "false", "start", "web"}).ok);
  EXPECT_EQ(fake().globals.rootless, false);
  ASSERT_TRUE(rt({"--rootless=auto", "start", "web"}).ok);
  EXPECT_FALSE(fake().globals.rootless.has_value());
  EXPECT_EQ(rt({"--rootless=yes", "start", "web"}).error.what, "invalid rootless: yes");
}

TEST(Globals, LogFormatErrorIsRuncs) {
  Outcome outcome = rt({"--log-format", "xml", "start", "web"});
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.error.what, "invalid log-format: xml");
}

TEST(Globals, TimingIsMadeAbsolute) {
  ASSERT_TRUE(rt({"--timing", "t.json", "start", "web"}).ok);
  EXPECT_EQ(fake().globals.timing_file, absolute_path("t.json"));
}

TEST(Globals, AfterTheCommandTheHintSaysWhereTheyGo) {
  Outcome outcome = rt({"start", "--root", "/x", "web"});
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.error.what, "start: unknown flag --root");
  EXPECT_EQ(outcome.error.hint,
            "--root is a global flag: it goes before the command, rt --root ... start");
}

TEST(Globals, AsContainerdGivesThem) {
  std::string log = testing::TempDir() + "/rt-test-log.json";
  ASSERT_TRUE(rt({"--root", "/run/containerd/runc/k8s.io", "--log", log, "--log-format", "json",
                  "--rootless=false", "create", "--bundle", "/b", "--pid-file", "/b/init.pid",
                  "--no-pivot", "web"})
                  .ok);
  EXPECT_EQ(fake().called, "create");
  EXPECT_EQ(fake().create.bundle, "/b");
  EXPECT_EQ(fake().create.pid_file, "/b/init.pid");
  EXPECT_TRUE(fake().create.no_pivot);
  (void)unlink(log.c_str());
}

// Commands and arguments.

TEST(Commands, UnknownOnesHaveASuggestion) {
  Outcome outcome = rt({"strat", "web"});
  EXPECT_EQ(outcome.error.what, "unknown command 'strat'");
  EXPECT_EQ(outcome.error.hint, "did you mean 'rt start'?");
  EXPECT_EQ(outcome.error.code, Code::Usage);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(rt({"frobnicate"}).error.hint, "'rt help' lists the commands");
  EXPECT_EQ(rt({"help", "lst"}).error.hint, "did you mean 'rt list'?");
}

TEST(Commands, MissingAndExtraArgumentsShowTheUsageLine) {
  for (const char* name :
       {"create", "start", "run", "kill", "delete", "pause", "resume", "state", "ps"}) {
    Outcome outcome = rt({name});
    EXPECT_EQ(outcome.error.what, std::string(name) + ": missing argument: ID");
    EXPECT_TRUE(outcome.error.hint.starts_with("usage: rt " + std::string(name) + " "))
        << outcome.error.hint;
    EXPECT_EQ(outcome.error.code, Code::Usage);
    EXPECT_EQ(outcome.error.phase, name);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(fake().called, "");
  }
  Outcome outcome = rt({"start", "web", "db"});
  EXPECT_EQ(outcome.error.what, "start: unexpected argument 'db'");
  EXPECT_EQ(outcome.error.hint, "usage: rt start ID");
  EXPECT_EQ(rt({"kill", "web", "9", "9"}).error.what, "kill: unexpected argument '9'");
  EXPECT_EQ(rt({"list", "web"}).error.what, "list: unexpected argument 'web'");
}

TEST(Commands, AnIdIsCheckedBeforeAnythingIsDone) {
  for (const Words& args : {Words{"state", "../x"},
                            {"delete", "--force", "a/b"},
                            {"exec", "", "ls"},
                            {"start", "a/b"}}) {
    Outcome outcome = rt(args);
    EXPECT_FALSE(outcome.ok);
    EXPECT_NE(outcome.error.what.find("invalid container ID format"), std::string::npos);
    EXPECT_EQ(fake().called, "");
  }
}

TEST(Commands, ErrorsGetCommandAndContainerInFront) {
  Fake answer;
  answer.error = Error::make(Code::ContainerNotFound, "container does not exist")
                     .with_hint("did you mean 'web'?");
  Outcome outcome = rt_with(answer, {"delete", "wbe"});
  EXPECT_EQ(outcome.error.what, "delete 'wbe': container does not exist");
  EXPECT_EQ(outcome.error.hint, "did you mean 'web'?");
  EXPECT_EQ(outcome.error.code, Code::ContainerNotFound);
  EXPECT_EQ(outcome.error.phase, "delete");
  EXPECT_EQ(outcome.status, 1);

  answer.error = Error::make(Code::HookFailed, "no").at("hook");
  EXPECT_EQ(rt_with(answer, {"start", "web"}).error.phase, "hook");  // the inner one knows better
}

TEST(Commands, SimpleOnesPassTheId) {
  for (const char* name : {"start", "pause", "resume"}) {
    Outcome outcome = rt({name, "web"});
    EXPECT_TRUE(outcome.ok);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(fake().called, name);
    EXPECT_EQ(fake().id, "web");
  }
}

TEST(Commands, WaitPrintsTheStatusAndIsNotIt) {
  Fake answer;
  answer.ended = 137;
  Outcome outcome = rt_with(answer, {"wait", "web"});
  EXPECT_EQ(outcome.out, "137\n");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(fake().id, "web");
  EXPECT_EQ(rt({"wait", "web"}).out, "unknown\n");
}

TEST(Commands, GcPrintsWhatIsGoneThoughSomeIsNot) {
  Fake answer;
  answer.collected.removed = {"db", "web"};
  Outcome outcome = rt_with(answer, {"gc"});
  EXPECT_EQ(outcome.out, "db\nweb\n");
  EXPECT_EQ(outcome.status, 0);

  answer.collected.failure = Error::make(Code::CgroupFailed, "container 'x': busy");
  outcome = rt_with(answer, {"gc"});
  EXPECT_EQ(outcome.out, "db\nweb\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.error.what, "gc: container 'x': busy");
}

// Create and run.

TEST(Create, Defaults) {
  ASSERT_TRUE(rt({"create", "web"}).ok);
  const container::CreateOptions& options = fake().create;
  EXPECT_EQ(options.id, "web");
  EXPECT_EQ(options.bundle, absolute_path("."));
  EXPECT_EQ(options.config_file, "");
  EXPECT_EQ(options.pid_file, "");
  EXPECT_EQ(options.console_socket, "");
  EXPECT_EQ(options.pidfd_socket, "");
  EXPECT_FALSE(options.no_pivot);
  EXPECT_FALSE(options.no_new_keyring);
  EXPECT_EQ(options.preserve_fds, 0);
  EXPECT_TRUE(options.detach);
  EXPECT_FALSE(options.keep);
}

TEST(Create, EveryFlag) {
  ASSERT_TRUE(rt({"create", "-b", "bun", "-f", "c.json", "--console-socket", "c.sock",
                  "--pidfd-socket", "p.sock", "--pid-file", "pid", "--no-pivot", "--no-new-keyring",
                  "--preserve-fds", "3", "--no-subreaper", "web"})
                  .ok);
  const container::CreateOptions& options = fake().create;
  EXPECT_EQ(options.bundle, absolute_path("bun"));
  EXPECT_EQ(options.config_file, absolute_path("c.json"));
  EXPECT_EQ(options.console_socket, absolute_path("c.sock"));
  EXPECT_EQ(options.pidfd_socket, absolute_path("p.sock"));
  EXPECT_EQ(options.pid_file, absolute_path("pid"));
  EXPECT_TRUE(options.no_pivot);
  EXPECT_TRUE(options.no_new_keyring);
  EXPECT_EQ(options.preserve_fds, 3);
  EXPECT_TRUE(options.no_subreaper);
}

TEST(Create, HasNotTheFlagsOfRun) {
  EXPECT_EQ(rt({"create", "--detach", "web"}).error.what, "create: unknown flag --detach");
  EXPECT_EQ(rt({"create", "--keep", "web"}).error.what, "create: unknown flag --keep");
}

TEST(Run, FlagsMayFollowTheIdAndTheStatusIsTheContainers) {
  Fake answer;
  answer.status = 137;
  Outcome outcome = rt_with(answer, {"run", "web", "--keep", "-no-subreaper"});
  EXPECT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.status, 137);
  EXPECT_FALSE(fake().create.detach);
  EXPECT_TRUE(fake().create.keep);
  EXPECT_TRUE(fake().create.no_subreaper);
  ASSERT_TRUE(rt({"run", "-d", "web"}).ok);
  EXPECT_TRUE(fake().create.detach);
}

TEST(Run, AConsoleSocketNeedsDetach) {
  Outcome outcome = rt({"run", "--console-socket", "s", "web"});
  EXPECT_EQ(outcome.error.what,
            "run 'web': cannot use console socket if rt will not detach or allocate tty");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(fake().called, "");
  EXPECT_TRUE(rt({"run", "-d", "--console-socket", "s", "web"}).ok);
}

// Kill and delete.

TEST(Kill, SignalNamesAndNumbers) {
  struct {
    const char* text;
    int signal;
  } cases[] = {{"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"term", SIGTERM}, {"sigKill", SIGKILL},
               {"9", 9},          {"HUP", SIGHUP}};
  for (const auto& c : cases) {
    ASSERT_TRUE(rt({"kill", "web", c.text}).ok) << c.text;
    EXPECT_EQ(fake().signal, c.signal) << c.text;
    EXPECT_FALSE(fake().all);
  }
  ASSERT_TRUE(rt({"kill", "web"}).ok);
  EXPECT_EQ(fake().signal, SIGTERM);
  ASSERT_TRUE(rt({"kill", "-a", "web", "9"}).ok);
  EXPECT_TRUE(fake().all);
}

TEST(Kill, AWrongSignalHasRuncsTextAndAHint) {
  struct {
    const char* text;
    const char* hint;
  } cases[] = {
      {"SIGTRM", "did you mean TERM?"},
      {"kil", "did you mean KILL?"},
      {"-9", "write it without the dash: 9"},
      {"-KILL", "write it without the dash: KILL"},
      {"--all", "flags go before the container's id"},
  };
  for (const auto& c : cases) {
    Outcome outcome = rt({"kill", "web", c.text});
    EXPECT_EQ(outcome.error.what, "kill 'web': unknown signal \"" + std::string(c.text) + "\"");
    EXPECT_EQ(outcome.error.hint, c.hint);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(fake().called, "");
  }
  EXPECT_FALSE(rt({"kill", "web", ""}).ok);
  EXPECT_FALSE(rt({"kill", "web", "99999"}).ok);
}

TEST(Delete, Force) {
  ASSERT_TRUE(rt({"delete", "web"}).ok);
  EXPECT_FALSE(fake().force);
  for (const Words& args :
       {Words{"delete", "--force", "web"}, {"delete", "-f", "web"}, {"delete", "web", "-force"}}) {
    ASSERT_TRUE(rt(args).ok);
    EXPECT_EQ(fake().called, "remove");
    EXPECT_TRUE(fake().force);
  }
}

}  // namespace
