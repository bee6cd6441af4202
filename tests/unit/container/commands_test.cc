// kill, delete, pause and resume on records whose "init" is a child of the test. They have no
// cgroup; what needs one is in cgroup_commands_test.cc.

#include <sys/socket.h>

#include "runtime/container/terminate.h"
#include "tests/unit/container/fixture.h"

namespace container {
namespace {

class CommandsTest : public ContainerTest {
 protected:
  static void expect_error(const Status& status, Code code, const std::string& what) {
    ASSERT_FALSE(status);
    EXPECT_EQ(code_name(status.error().code), std::string(code_name(code)));
    EXPECT_EQ(status.error().text(), what);
    EXPECT_FALSE(status.error().hint.empty());
  }
};

using KillTest = CommandsTest;
using DeleteTest = CommandsTest;
using PauseTest = CommandsTest;

int signal_that_ended(const Child& child) {
  siginfo_t info = {};
  waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT);
  return info.si_code == CLD_KILLED ? info.si_status : -1;
}

TEST_F(KillTest, SendsTheSignal) {
  for (int signal : {SIGTERM, SIGUSR1, SIGKILL, SIGRTMIN + 3}) {
    Child init;
    std::string id = "web" + std::to_string(signal);
    put(record_of(id, must_ref(init.pid())));
    Status killed = container::kill(globals_, id, signal, false);
    ASSERT_TRUE(killed) << killed.error().text();
    EXPECT_EQ(signal_that_ended(init), signal);
  }
}

TEST_F(KillTest, SignalZeroOnlyAsks) {
  Child init;
  put(record_of("web", must_ref(init.pid())));
  EXPECT_TRUE(container::kill(globals_, "web", 0, false));
  EXPECT_FALSE(init.dead());
}

TEST_F(KillTest, OfADeadOneSaysSoInTheWordsEnginesKnow) {
  Child init;
  put(record_of("web", must_ref(init.pid())));
  init.kill(SIGKILL);
  init.wait_dead();
  for (int signal : {SIGTERM, SIGKILL}) {
    expect_error(container::kill(globals_, "web", signal, false), Code::ContainerNotRunning,
                 "container not running");
    EXPECT_TRUE(container::kill(globals_, "web", signal, true))
        << "--all: there is nobody left, which is what was wanted";
  }
}

TEST_F(KillTest, NeverHitsAnotherWithTheSameNumber) {
  Child bystander;
  ProcessRef ref = must_ref(bystander.pid());
  ref.start_time -= 1;
  put(record_of("web", ref));
  expect_error(container::kill(globals_, "web", SIGKILL, false), Code::ContainerNotRunning,
               "container not running");
  EXPECT_TRUE(container::kill(globals_, "web", SIGKILL, true));
  EXPECT_TRUE(container::remove(globals_, "web", true));
  EXPECT_FALSE(bystander.dead());
}

TEST_F(KillTest, OfAnUnknownOneSaysThatItDoesNotExist) {
  put(record_of("web", ProcessRef()));
  Status killed = container::kill(globals_, "wbe", SIGTERM, true);
  expect_error(killed, Code::ContainerNotFound, "container does not exist");
  EXPECT_NE(killed.error().hint.find("'web'"), std::string::npos);
}

TEST_F(KillTest, DoesNotWaitForTheLock) {
  Child init;
  put(record_of("web", must_ref(init.pid())));
  Child hung_start([this] {
    static Result<StateDir> dir = StateDir::open(globals_.root, "web");
    if (!dir || !dir->lock(0)) _exit(1);
  });
  EXPECT_TRUE(container::kill(globals_, "web", SIGKILL, false));
  init.wait_dead();
}

TEST_F(KillTest, ABadSignalIsAUsageError) {
  Child init;
  put(record_of("web", must_ref(init.pid())));
  Status killed = container::kill(globals_, "web", 9999, false);
  ASSERT_FALSE(killed);
  EXPECT_EQ(killed.error().code, Code::Usage);
}

TEST_F(DeleteTest, OfAStoppedOneRemovesIt) {
  put(record_of("web", ProcessRef()));
  put(record_of("web2", ProcessRef()));
  Status removed = container::remove(globals_, "web", false);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_FALSE(exists(dir_of("web")));
  EXPECT_TRUE(exists(dir_of("web2")));
}

TEST_F(DeleteTest, OfARunningOneNeedsForce) {
  Child init;
  put(record_of("web", must_ref(init.pid())));
  expect_error(container::remove(globals_, "web", false), Code::ContainerState,
               "cannot delete container web that is not stopped: running");
  EXPECT_FALSE(init.dead());
  EXPECT_TRUE(exists(dir_of("web") + "/state.json"));
  Status removed = container::remove(globals_, "web", true);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_TRUE(init.dead()) << "delete returns when it is dead";
  EXPECT_FALSE(exists(dir_of("web")));
}

TEST_F(DeleteTest, OfACreatedOneKillsItWithoutForce) {
  Child init([] { exec_sleep_from_memfd(kInitName); });
  put(record_of("web", must_ref(init.pid())));
  write_text(dir_of("web") + "/" + kStartSocket, "");
  Status removed = container::remove(globals_, "web", false);
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_EQ(signal_that_ended(init), SIGKILL);
  EXPECT_FALSE(exists(dir_of("web")));
}

TEST_F(DeleteTest, OfAnUnknownOneIsAnErrorButNotWithForce) {
  put(record_of("web", ProcessRef()));
  expect_error(container::remove(globals_, "wbe", false), Code::ContainerNotFound,
               "container does not exist");
  EXPECT_TRUE(container::remove(globals_, "wbe", true));
  globals_.root += "/missing";
  expect_error(container::remove(globals_, "web", false), Code::ContainerNotFound,
               "container does not exist");
  EXPECT_TRUE(container::remove(globals_, "web", true));
  EXPECT_FALSE(container::remove(globals_, "../web", true))
      << "an impossible id is a mistake even so";
}

TEST_F(DeleteTest, OfTheRemainsOfACreateNeedsForce) {
  put(record_of("other", ProcessRef()));
  ASSERT_EQ(mkdir(dir_of("web").c_str(), 0711), 0);
  write_text(dir_of("web") + "/.state.json.123", "{\"ver");
  Status removed = container::remove(globals_, "web", false);
  expect_error(removed, Code::ContainerNotFound, "container does not exist");
  EXPECT_NE(removed.error().hint.find("--force"), std::string::npos);
  EXPECT_TRUE(container::remove(globals_, "web", true));
  EXPECT_FALSE(exists(dir_of("web")));
}

TEST_F(DeleteTest, OfACutOffCreateWithARecordNeedsNoForce) {
  Record record = record_of("web", ProcessRef());
  record.creating = true;
  put(record);
  EXPECT_TRUE(container::remove(globals_, "web", false));
  EXPECT_FALSE(exists(dir_of("web")));
}

TEST_F(DeleteTest, OfOneThatIsBeingCreatedIsRefused) {
  Child creator([this] {
    static Result<StateDir> dir = StateDir::make(globals_.root, "web");
    Record record = record_of("web", ProcessRef());
    record.creating = true;
    if (!dir || !dir->save(record)) _exit(1);
  });
  expect_error(container::remove(globals_, "web", false), Code::ContainerState,
               "cannot delete container web that is not stopped: creating");
  creator.finish();
  EXPECT_TRUE(container::remove(globals_, "web", true));
}

// `rt start` waits for init while it holds the lock; init's death ends the wait.
TEST_F(DeleteTest, WithForceKillsBeforeItAsksForTheLock) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  Child init([&] { close(pair[0]); });
  close(pair[1]);
  put(record_of("web", must_ref(init.pid())));
  Child start(
      [&] {
        static Result<StateDir> dir = StateDir::open(globals_.root, "web");
        if (!dir || !dir->lock(0)) _exit(1);
        if (fork() != 0) return;  // the lock lives on in this one
        char byte;
        (void)!read(pair[0], &byte, 1);
        _exit(0);
      },
      false);
  Status removed = container::remove(globals_, "web", true);
  EXPECT_TRUE(removed) << removed.error().text();
  EXPECT_FALSE(exists(dir_of("web")));
  close(pair[0]);
}

TEST_F(DeleteTest, ADamagedRecordIsLeftForAPersonToSee) {
  put(record_of("web", ProcessRef()));
  write_text(dir_of("web") + "/state.json", "{}");
  for (bool force : {false, true}) {
    Status removed = container::remove(globals_, "web", force);
    ASSERT_FALSE(removed);
    EXPECT_NE(removed.error().text().find(dir_of("web") + "/state.json"), std::string::npos)
        << removed.error().text();
  }
  EXPECT_TRUE(exists(dir_of("web")));
}

TEST_F(DeleteTest, RunsThePoststopHooksAfterwards) {
  put(record_of("web", ProcessRef()));
  std::string seen = temp_.path() + "/seen";
  std::string script = temp_.path() + "/hook";
  write_text(script,
             "#!/bin/sh\n/bin/cat > " + seen + "\nif [ -e " + dir_of("web") +
                 " ]; then echo ' too early' >> " + seen + "; fi\n",
             0755);
  write_text(dir_of("web") + "/config.json",
             "{\"ociVersion\":\"1.3.0\",\"process\":{\"cwd\":\"/"
             "\",\"args\":[\"x\"],\"user\":{\"uid\":0,\"gid\":0}},"
             "\"root\":{\"path\":\"rootfs\"},\"hooks\":{\"poststop\":[{\"path\":\"/"
             "rt-test-missing\"},{\"path\":\"" +
                 script + "\"}]}}");
  testing::internal::CaptureStderr();
  Status removed = container::remove(globals_, "web", false);
  std::string warnings = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(removed) << removed.error().text();
  std::string state = read_text(seen);
  EXPECT_NE(state.find("\"status\":\"stopped\""), std::string::npos) << state;
  EXPECT_NE(state.find("\"bundle\":\"/bundle/of/web\""), std::string::npos) << state;
  EXPECT_EQ(state.find("too early"), std::string::npos) << state;
  EXPECT_NE(warnings.find("poststop hook #0: '/rt-test-missing'"), std::string::npos) << warnings;
  EXPECT_EQ(warnings.find("#1"), std::string::npos) << warnings;
}

TEST_F(DeleteTest, AnUnreadableConfigIsAWarning) {
  put(record_of("web", ProcessRef()));
  write_text(dir_of("web") + "/config.json", "{\"hooks\":{\"poststop\":7}}");
  testing::internal::CaptureStderr();
  Status removed = container::remove(globals_, "web", false);
  std::string warnings = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(removed);
  EXPECT_NE(warnings.find("poststop hooks: "), std::string::npos) << warnings;
  EXPECT_FALSE(exists(dir_of("web")));
}

TEST_F(PauseTest, NeedsALiveContainer) {
  put(record_of("web", ProcessRef()));
  expect_error(container::pause(globals_, "web"), Code::ContainerNotRunning,
               "container not running");
  expect_error(container::resume(globals_, "web"), Code::ContainerState, "container not paused");
  expect_error(container::pause(globals_, "wbe"), Code::ContainerNotFound,
               "container does not exist");
  expect_error(container::resume(globals_, "wbe"), Code::ContainerNotFound,
               "container does not exist");
}

TEST_F(PauseTest, NeedsACgroup) {
  Child init;
  put(record_of("web", must_ref(init.pid())));
  Status paused = container::pause(globals_, "web");
  ASSERT_FALSE(paused);
  EXPECT_EQ(paused.error().code, Code::Unsupported);
  expect_error(container::resume(globals_, "web"), Code::ContainerState, "container not paused");
}

TEST_F(CommandsTest, PsNeedsACgroupOfARunningContainer) {
  Child init;
  put(record_of("web", must_ref(init.pid())));
  Result<std::vector<pid_t>> pids = processes(globals_, "web");
  ASSERT_FALSE(pids);
  EXPECT_EQ(pids.error().code, Code::Unsupported);
  init.finish();
  pids = processes(globals_, "web");
  ASSERT_TRUE(pids);
  EXPECT_TRUE(pids->empty());
}

TEST_F(CommandsTest, TerminateWaitsUntilItIsDead) {
  Child init;
  Record record = record_of("web", must_ref(init.pid()));
  Status dead = kill_container_and_wait(record, 10000);
  ASSERT_TRUE(dead) << dead.error().text();
  EXPECT_TRUE(init.dead());
  Result<bool> again = kill_container(record);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
}

}  // namespace
}  // namespace container
