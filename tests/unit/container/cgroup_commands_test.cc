// The commands that go by the cgroup: pause, resume, ps, kill --all, and SIGKILL where init is not
// alone. They make a real cgroup below the test's own, so they need root and a cgroup file system.

#include <memory>

#include "runtime/cgroup/cgroup.h"
#include "runtime/container/terminate.h"
#include "tests/unit/container/fixture.h"

namespace container {
namespace {

class CgroupCommandsTest : public ContainerTest {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    Result<cgroup::Host> host = cgroup::probe_host();
    ASSERT_TRUE(host) << host.error().text();
    if (host->layout == cgroup::Layout::None) GTEST_SKIP() << "no cgroup file system is mounted";
    cgroup::LocateOptions options;
    options.id = "rt-test-" + std::to_string(getpid());
    Result<cgroup::Location> location = cgroup::locate(*host, options);
    ASSERT_TRUE(location) << location.error().text();
    Result<cgroup::Cgroup> made = cgroup::Cgroup::make(*location, nullptr);
    if (!made && (made.error().errnum == EROFS || made.error().errnum == EACCES)) {
      GTEST_SKIP() << "cgroups cannot be made here: " << made.error().text();
    }
    ASSERT_TRUE(made) << made.error().text();
    cgroup_ = std::make_unique<cgroup::Cgroup>(*std::move(made));
  }
  void TearDown() override {
    if (!cgroup_) return;
    (void)cgroup_->thaw();
    (void)cgroup_->kill_all(SIGKILL);
    init_.reset();
    other_.reset();
    Status removed = cgroup_->remove();
    EXPECT_TRUE(removed) << removed.error().text();
  }

  // "web" with two processes in its cgroup: init and another, which does not die with it.
  void start(bool private_pid_namespace = false) {
    init_ = std::make_unique<Child>();
    other_ = std::make_unique<Child>();
    for (const Child* child : {init_.get(), other_.get()}) {
      Status joined = cgroup_->join(child->pid());
      ASSERT_TRUE(joined) << joined.error().text();
    }
    record_ = record_of("web", must_ref(init_->pid()));
    record_.cgroup = cgroup_->location();
    record_.private_pid_namespace = private_pid_namespace;
    put(record_);
  }
  void save(const Record& record) {
    Result<StateDir> dir = StateDir::open(globals_.root, "web");
    ASSERT_TRUE(dir);
    ASSERT_TRUE(dir->save(record));
  }
  std::string status() {
    Result<Info> info = state(globals_, "web");
    return info ? spec::status_name(info->status) : info.error().text();
  }
  static void expect_ok(const Status& status) { EXPECT_TRUE(status) << status.error().text(); }
  static void expect_error(const Status& status, const std::string& what) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().text(), what);
  }

  std::unique_ptr<cgroup::Cgroup> cgroup_;
  std::unique_ptr<Child> init_, other_;
  Record record_;
};

TEST_F(CgroupCommandsTest, PauseAndResume) {
  start();
  EXPECT_EQ(status(), "running");
  expect_error(container::resume(globals_, "web"), "container not paused");
  expect_ok(container::pause(globals_, "web"));
  EXPECT_EQ(status(), "paused");
  expect_error(container::pause(globals_, "web"), "container not running");
  expect_error(container::remove(globals_, "web", false),
               "cannot delete container web that is not stopped: paused");
  EXPECT_EQ(status(), "paused") << "a refused delete changes nothing";
  expect_ok(container::resume(globals_, "web"));
  EXPECT_EQ(status(), "running");
  expect_error(container::resume(globals_, "web"), "container not paused");
}

TEST_F(CgroupCommandsTest, ACreatedContainerCanBePausedAndResumed) {
  start();
  Child init([] { exec_sleep_from_memfd(kInitName); });
  expect_ok(cgroup_->join(init.pid()));
  record_.init = must_ref(init.pid());
  save(record_);
  write_text(dir_of("web") + "/" + kStartSocket, "");
  EXPECT_EQ(status(), "created");
  expect_ok(container::pause(globals_, "web"));
  EXPECT_EQ(status(), "paused");
  expect_ok(container::resume(globals_, "web"));
  EXPECT_EQ(status(), "created");
}

TEST_F(CgroupCommandsTest, PsListsTheCgroup) {
  start();
  Result<std::vector<pid_t>> pids = processes(globals_, "web");
  ASSERT_TRUE(pids) << pids.error().text();
  EXPECT_EQ(*pids, (std::vector<pid_t>{std::min(init_->pid(), other_->pid()),
                                       std::max(init_->pid(), other_->pid())}));
}

TEST_F(CgroupCommandsTest, KillReachesInitAlone) {
  start();
  expect_ok(container::kill(globals_, "web", SIGTERM, false));
  init_->wait_dead();
  EXPECT_FALSE(other_->dead());
  EXPECT_EQ(status(), "stopped");
}

TEST_F(CgroupCommandsTest, KillAllReachesAll) {
  start();
  expect_ok(container::kill(globals_, "web", SIGTERM, true));
  init_->wait_dead();
  other_->wait_dead();
  expect_ok(container::kill(globals_, "web", SIGTERM, true));
  expect_error(container::kill(globals_, "web", SIGTERM, false), "container not running");
}

// Nothing else would end the others: init is not the first process of a PID namespace.
TEST_F(CgroupCommandsTest, SigkillReachesAllWithoutAPidNamespace) {
  start();
  expect_ok(container::kill(globals_, "web", SIGKILL, false));
  init_->wait_dead();
  other_->wait_dead();
  expect_error(container::kill(globals_, "web", SIGKILL, false), "container not running");
}

TEST_F(CgroupCommandsTest, SigkillReachesTheOthersAfterInitsDeath) {
  start();
  init_->kill(SIGKILL);
  init_->wait_dead();
  expect_error(container::kill(globals_, "web", SIGTERM, false), "container not running");
  expect_ok(container::kill(globals_, "web", SIGKILL, false));
  other_->wait_dead();
}

TEST_F(CgroupCommandsTest, SigkillOnlyNeedsInitWithAPidNamespace) {
  start(true);
  expect_ok(container::kill(globals_, "web", SIGKILL, false));
  init_->wait_dead();
  EXPECT_FALSE(other_->dead())
      << "in a real container the kernel ends it; here it plays a bystander";
}

// In a frozen v1 cgroup SIGKILL waits for the thaw.
TEST_F(CgroupCommandsTest, SigkillEndsAPausedContainer) {
  for (bool all : {false, true}) {
    start(!all);
    expect_ok(container::pause(globals_, "web"));
    expect_ok(container::kill(globals_, "web", SIGKILL, all));
    init_->wait_dead();
    Result<bool> frozen = cgroup_->frozen();
    ASSERT_TRUE(frozen);
    EXPECT_FALSE(*frozen);
    expect_ok(cgroup_->kill_all(SIGKILL));
    ASSERT_TRUE(StateDir::open(globals_.root, "web")->remove());
  }
}

TEST_F(CgroupCommandsTest, OtherSignalsLeaveAPausedContainerPaused) {
  start();
  expect_ok(container::pause(globals_, "web"));
  expect_ok(container::kill(globals_, "web", SIGTERM, false));
  EXPECT_EQ(status(), "paused");
  expect_ok(container::resume(globals_, "web"));
  init_->wait_dead();
}

TEST_F(CgroupCommandsTest, DeleteForceEndsAPausedContainerAndItsCgroup) {
  start();
  expect_ok(container::pause(globals_, "web"));
  expect_ok(container::remove(globals_, "web", true));
  EXPECT_TRUE(init_->dead());
  EXPECT_TRUE(other_->dead());
  EXPECT_FALSE(cgroup_->exists());
  EXPECT_FALSE(exists(dir_of("web")));
}

TEST_F(CgroupCommandsTest, DeleteEndsWhatInitLeftBehind) {
  start();
  init_->kill(SIGKILL);
  init_->wait_dead();
  expect_ok(container::remove(globals_, "web", false));
  EXPECT_TRUE(other_->dead());
  EXPECT_FALSE(cgroup_->exists());
}

TEST_F(CgroupCommandsTest, DeleteLeavesASharedCgroupAlone) {
  start();
  record_.cgroup_shared = true;
  save(record_);
  expect_ok(container::remove(globals_, "web", true));
  EXPECT_TRUE(init_->dead());
  EXPECT_FALSE(other_->dead()) << "whose it is, nobody knows";
  EXPECT_TRUE(cgroup_->exists());
}

TEST_F(CgroupCommandsTest, ACallerInTheSameCgroupIsNotKilledWithIt) {
  start();
  expect_ok(cgroup_->join(getpid()));
  Status killed = container::kill(globals_, "web", SIGTERM, true);
  cgroup::Location home = cgroup_->location();
  for (cgroup::Location::Dir& dir : home.dirs) dir.path = dir.path.substr(0, dir.path.rfind('/'));
  expect_ok(cgroup::Cgroup::open(home).join(getpid()));
  expect_ok(killed);
  init_->wait_dead();
  EXPECT_FALSE(other_->dead());
}

// What a create that was cut off left, and next to it the processes of a container that got the
// same cgroupsPath since.
TEST_F(CgroupCommandsTest, TheRemainsOfACreateAreItsInitsAlone) {
  start();
  Child init([] { exec_sleep_from_memfd(kInitName); });
  expect_ok(cgroup_->join(init.pid()));
  record_.creating = true;
  record_.init = ProcessRef();
  record_.private_pid_namespace = true;
  Result<bool> killed = kill_container(record_);
  ASSERT_TRUE(killed) << killed.error().text();
  EXPECT_TRUE(*killed);
  init.wait_dead();
  EXPECT_FALSE(init_->dead());
  EXPECT_FALSE(other_->dead());
  expect_ok(kill_container_and_wait(record_, 1000));
}

}  // namespace
}  // namespace container
