#include "runtime/container/open.h"
#include "tests/unit/container/fixture.h"

namespace container {
namespace {

using spec::ContainerStatus;

class StatusTest : public ContainerTest {
 protected:
  std::string status(const std::string& id) {
    Result<Info> info = state(globals_, id);
    return info ? spec::status_name(info->status) : "error: " + info.error().text();
  }
  void touch_socket(const std::string& id) { write_text(dir_of(id) + "/" + kStartSocket, ""); }
};

TEST_F(StatusTest, StoppedWithoutAProcess) {
  put(record_of("web", ProcessRef()));
  EXPECT_EQ(status("web"), "stopped");
  touch_socket("web");
  EXPECT_EQ(status("web"), "stopped");
}

TEST_F(StatusTest, CreatedUntilInitLeavesItsProgram) {
  Child init([] { exec_sleep_from_memfd(kInitName); });
  put(record_of("web", must_ref(init.pid())));
  touch_socket("web");
  EXPECT_EQ(status("web"), "created");
  // It has heard `rt start`, and is about to become the user's program.
  ASSERT_EQ(unlink((dir_of("web") + "/" + kStartSocket).c_str()), 0);
  EXPECT_EQ(status("web"), "running");
  init.finish();
  EXPECT_EQ(status("web"), "stopped");
}

TEST_F(StatusTest, RunningThoughTheSocketWasLeftBehind) {
  Child program;
  put(record_of("web", must_ref(program.pid())));
  touch_socket("web");
  EXPECT_EQ(status("web"), "running");
}

TEST_F(StatusTest, AZombieIsStopped) {
  Child init;
  put(record_of("web", must_ref(init.pid())));
  EXPECT_EQ(status("web"), "running");
  init.kill(SIGKILL);
  init.wait_dead();
  EXPECT_EQ(status("web"), "stopped");
}

TEST_F(StatusTest, CreatingWhileTheLockIsHeld) {
  Child creator([this] {
    static Result<StateDir> dir = StateDir::make(globals_.root, "web");
    Record record = record_of("web", ProcessRef());
    record.creating = true;
    if (!dir || !dir->save(record)) _exit(1);
  });
  EXPECT_EQ(status("web"), "creating");
  creator.finish();
  EXPECT_EQ(status("web"), "stopped") << "nobody creates it any more";
}

// The caller read the record just before create wrote its last word.
TEST_F(StatusTest, AnOldRecordIsReadAgain) {
  Child init;
  Record record = record_of("web", must_ref(init.pid()));
  put(record);
  Record old = record;
  old.creating = true;
  old.init = ProcessRef();
  Result<StateDir> dir = StateDir::open(globals_.root, "web");
  ASSERT_TRUE(dir);
  Result<ContainerStatus> now = status_of(*dir, old);
  ASSERT_TRUE(now);
  EXPECT_EQ(*now, ContainerStatus::Running);
}

TEST_F(StatusTest, ARecordIsNeededToExist) {
  put(record_of("web", ProcessRef()));
  ASSERT_EQ(mkdir(dir_of("early").c_str(), 0711), 0);
  Result<Info> early = state(globals_, "early");
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Code::ContainerNotFound);
  EXPECT_EQ(early.error().what, "container does not exist");
  EXPECT_NE(early.error().hint.find("rt delete --force early"), std::string::npos)
      << early.error().hint;
}

TEST_F(StatusTest, StateHasTheRecord) {
  Child init;
  put(record_of("web", must_ref(init.pid())));
  Result<Info> info = state(globals_, "web");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->record.init.pid, init.pid());
  EXPECT_EQ(info->record.bundle, "/bundle/of/web");
  EXPECT_EQ(info->owner, "");
}

TEST_F(StatusTest, ListHasThemAllInOrderWithOwners) {
  Child init;
  put(record_of("web", ProcessRef()));
  put(record_of("app", must_ref(init.pid())));
  ASSERT_EQ(mkdir(dir_of("cut-off").c_str(), 0711), 0);
  put(record_of("damaged", ProcessRef()));
  write_text(dir_of("damaged") + "/state.json", "no json");
  testing::internal::CaptureStderr();
  Result<std::vector<Info>> all = list(globals_);
  std::string warnings = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(all) << all.error().text();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].record.id, "app");
  EXPECT_EQ((*all)[0].status, ContainerStatus::Running);
  EXPECT_EQ((*all)[1].record.id, "web");
  EXPECT_EQ((*all)[1].status, ContainerStatus::Stopped);
  EXPECT_NE(warnings.find("'cut-off'"), std::string::npos) << warnings;
  EXPECT_NE(warnings.find("'damaged'"), std::string::npos) << warnings;
  if (geteuid() == 0) {
    EXPECT_EQ((*all)[0].owner, "root");
  }
}

TEST_F(StatusTest, AnOwnerWithoutANameIsANumber) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  put(record_of("web", ProcessRef()));
  ASSERT_EQ(chown(dir_of("web").c_str(), 4000000, 0), 0);
  Result<std::vector<Info>> all = list(globals_);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->at(0).owner, "#4000000");
}

TEST_F(StatusTest, ListDoesNotWarnOfOneThatIsBeingCreated) {
  Result<StateDir> dir = StateDir::make(globals_.root, "web");
  ASSERT_TRUE(dir);
  testing::internal::CaptureStderr();
  Result<std::vector<Info>> all = list(globals_);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->empty());
}

TEST_F(StatusTest, ARenamedDirectoryIsNotTakenForTheOther) {
  put(record_of("web", ProcessRef()));
  ASSERT_EQ(rename(dir_of("web").c_str(), dir_of("wbe").c_str()), 0);
  Result<Info> info = state(globals_, "wbe");
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, Code::ContainerState);
  EXPECT_NE(info.error().text().find("is the record of container 'web'"), std::string::npos)
      << info.error().text();
}

TEST_F(StatusTest, AMissingRootIsEmptyOnlyIfItIsTheDefault) {
  Result<std::vector<Info>> named = list(globals_);
  ASSERT_FALSE(named);
  EXPECT_NE(named.error().text().find(globals_.root), std::string::npos);
  globals_.root_is_default = true;
  Result<std::vector<Info>> standard = list(globals_);
  ASSERT_TRUE(standard);
  EXPECT_TRUE(standard->empty());
}

}  // namespace
}  // namespace container
