#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>

#include "tests/unit/container/fixture.h"

namespace container {
namespace {

class StateDirTest : public ContainerTest {
 protected:
  const std::string& root() const { return globals_.root; }
};

void expect_code(const Status& status, Code code, const std::string& text) {
  ASSERT_FALSE(status);
  EXPECT_EQ(code_name(status.error().code), std::string(code_name(code)));
  EXPECT_NE(status.error().text().find(text), std::string::npos) << status.error().text();
}
template <class T>
void expect_code(const Result<T>& result, Code code, const std::string& text) {
  ASSERT_FALSE(result);
  expect_code(Status(result.error()), code, text);
}

TEST_F(StateDirTest, IsMadeWithItsRootAndRemovedUnlessKept) {
  mode_t old_mask = umask(077);
  {
    Result<StateDir> dir = StateDir::make(root() + "/deep/er", "web");
    umask(old_mask);
    ASSERT_TRUE(dir) << dir.error().text();
    EXPECT_EQ(dir->path(), root() + "/deep/er/web");
    EXPECT_EQ(mode_of(root() + "/deep/er"), 0711u);
    EXPECT_EQ(mode_of(root() + "/deep/er/web"), 0711u);
  }
  EXPECT_FALSE(exists(root() + "/deep/er/web"));
  {
    Result<StateDir> dir = StateDir::make(root() + "/deep/er", "web");
    ASSERT_TRUE(dir) << dir.error().text();
    dir->keep();
  }
  EXPECT_TRUE(exists(root() + "/deep/er/web"));
}

TEST_F(StateDirTest, IsRemovedOnceWhenMoved) {
  Result<StateDir> made = StateDir::make(root(), "web");
  ASSERT_TRUE(made);
  {
    StateDir moved = *std::move(made);
    EXPECT_TRUE(exists(dir_of("web")));
  }
  EXPECT_FALSE(exists(dir_of("web")));
}

TEST_F(StateDirTest, AssignmentUndoesWhatItReplaces) {
  Result<StateDir> one = StateDir::make(root(), "one");
  Result<StateDir> two = StateDir::make(root(), "two");
  ASSERT_TRUE(one && two);
  StateDir dir = *std::move(one);
  dir = *std::move(two);
  EXPECT_FALSE(exists(dir_of("one")));
  EXPECT_TRUE(exists(dir_of("two")));
  Result<bool> there = dir.exists();
  ASSERT_TRUE(there);
  EXPECT_TRUE(*there);
}

TEST_F(StateDirTest, ATakenIdIsRefused) {
  put(record_of("web", ProcessRef()));
  Result<StateDir> again = StateDir::make(root(), "web");
  expect_code(again, Code::ContainerExists, "container with given ID already exists");
  EXPECT_NE(again.error().hint.find("rt delete web"), std::string::npos) << again.error().hint;
  EXPECT_TRUE(exists(dir_of("web") + "/state.json"))
      << "a refused create must not touch what is there";
}

TEST_F(StateDirTest, TheHintKnowsACreateThatWasCutOff) {
  ASSERT_TRUE(StateDir::make(root(), "other"));  // makes the root
  ASSERT_EQ(mkdir(dir_of("early").c_str(), 0711), 0);
  Record record = record_of("late", ProcessRef());
  record.creating = true;
  put(record);
  for (const char* id : {"early", "late"}) {
    Result<StateDir> again = StateDir::make(root(), id);
    expect_code(again, Code::ContainerExists, "already exists");
    EXPECT_NE(again.error().hint.find("rt delete --force"), std::string::npos)
        << again.error().hint;
  }
  // While its create runs, it was not cut off.
  Result<StateDir> live = StateDir::make(root(), "live");
  ASSERT_TRUE(live);
  Result<StateDir> again = StateDir::make(root(), "live");
  expect_code(again, Code::ContainerExists, "already exists");
  EXPECT_EQ(again.error().hint.find("--force"), std::string::npos) << again.error().hint;
}

TEST_F(StateDirTest, TheRootMustNotBeSlash) {
  expect_code(StateDir::make("/", "web"), Code::Usage,
              "Option --root argument should not be set to /");
  expect_code(StateDir::make("/tmp/..", "web"), Code::Usage, "should not be set to /");
  EXPECT_FALSE(exists("/web"));
}

TEST_F(StateDirTest, ARootThatIsNoDirectoryIsAnError) {
  write_text(temp_.path() + "/file", "");
  Result<StateDir> dir = StateDir::make(temp_.path() + "/file", "web");
  expect_code(dir, Code::System, "Not a directory");
}

TEST_F(StateDirTest, WhatIsNotThereIsNotFound) {
  expect_code(StateDir::open(root(), "web"), Code::ContainerNotFound, "container does not exist");
  EXPECT_FALSE(exists(root())) << "looking must not make the root";
  put(record_of("web", ProcessRef()));
  put(record_of("database", ProcessRef()));
  Result<StateDir> wbe = StateDir::open(root(), "wbe");
  expect_code(wbe, Code::ContainerNotFound, "container does not exist");
  EXPECT_EQ(wbe.error().hint, "did you mean 'web'? 'rt list' shows all");
  Result<StateDir> far = StateDir::open(root(), "something-else");
  EXPECT_EQ(far.error().hint.find("did you mean"), std::string::npos) << far.error().hint;
  EXPECT_NE(far.error().hint.find(root()), std::string::npos) << far.error().hint;
}

TEST_F(StateDirTest, ASymbolicLinkIsNoContainer) {
  put(record_of("web", ProcessRef()));
  ASSERT_EQ(symlink("web", dir_of("link").c_str()), 0);
  EXPECT_FALSE(StateDir::open(root(), "link"));
  expect_code(StateDir::make(root(), "link"), Code::ContainerExists, "already exists");
}

TEST_F(StateDirTest, SavesAndLoads) {
  Result<StateDir> dir = StateDir::make(root(), "web");
  ASSERT_TRUE(dir);
  Result<std::optional<Record>> nothing = dir->load();
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
  ASSERT_TRUE(dir->save(record_of("web", ProcessRef{7, 8, "boot"})));
  EXPECT_EQ(mode_of(dir_of("web") + "/state.json"), 0600u);
  Result<std::optional<Record>> record = dir->load();
  ASSERT_TRUE(record && *record);
  EXPECT_EQ((*record)->init.pid, 7);
}

TEST_F(StateDirTest, ADamagedRecordIsAnErrorThatNamesTheFile) {
  put(record_of("web", ProcessRef()));
  write_text(dir_of("web") + "/state.json", "{\"version\":");
  Result<StateDir> dir = StateDir::open(root(), "web");
  ASSERT_TRUE(dir);
  expect_code(dir->load(), Code::ConfigInvalid, dir_of("web") + "/state.json");
}

TEST_F(StateDirTest, RemoveTakesEverythingAndFollowsNoLink) {
  std::string outside = temp_.path() + "/outside";
  ASSERT_EQ(mkdir(outside.c_str(), 0755), 0);
  write_text(outside + "/precious", "1");
  put(record_of("web", ProcessRef()));
  std::string web = dir_of("web");
  ASSERT_EQ(mkdir((web + "/sub").c_str(), 0700), 0);
  ASSERT_EQ(mkdir((web + "/sub/empty").c_str(), 0), 0);
  write_text(web + "/sub/file", "x");
  ASSERT_EQ(symlink(outside.c_str(), (web + "/link").c_str()), 0);
  ASSERT_EQ(symlink(outside.c_str(), (web + "/sub/link").c_str()), 0);
  ASSERT_EQ(mkfifo((web + "/fifo").c_str(), 0600), 0);
  Result<StateDir> dir = StateDir::open(root(), "web");
  ASSERT_TRUE(dir);
  if (geteuid() != 0) {
    ASSERT_EQ(chmod((web + "/sub/empty").c_str(), 0700), 0);
  }
  Status removed = dir->remove();
  ASSERT_TRUE(removed) << removed.error().text();
  EXPECT_FALSE(exists(web));
  EXPECT_EQ(read_text(outside + "/precious"), "1");
  EXPECT_TRUE(dir->remove()) << "removing what is gone is fine";
}

// In a mount namespace of its own, which ends with the child.
TEST_F(StateDirTest, RemoveStopsAtAMount) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  put(record_of("web", ProcessRef()));
  std::string inside = dir_of("web") + "/mounted";
  std::string outside = temp_.path() + "/outside";
  ASSERT_EQ(mkdir(inside.c_str(), 0755), 0);
  ASSERT_EQ(mkdir(outside.c_str(), 0755), 0);
  write_text(outside + "/precious", "1");
  Child child(
      [&] {
        std::string said = "cannot mount";
        if (unshare(CLONE_NEWNS) == 0 && mount("", "/", "", MS_REC | MS_PRIVATE, "") == 0 &&
            mount(outside.c_str(), inside.c_str(), "", MS_BIND, "") == 0) {
          Result<StateDir> dir = StateDir::open(root(), "web");
          Status removed = dir->remove();
          said = removed ? "removed" : removed.error().text();
        }
        write_text(temp_.path() + "/said", said);
      },
      false);
  child.wait_dead();
  std::string said = read_text(temp_.path() + "/said");
  if (said == "cannot mount") GTEST_SKIP() << said;
  EXPECT_NE(said.find("something is mounted on it"), std::string::npos) << said;
  EXPECT_EQ(read_text(outside + "/precious"), "1");
  EXPECT_TRUE(exists(dir_of("web") + "/state.json"));
}

TEST_F(StateDirTest, AFailedRemoveKeepsTheRecord) {
  put(record_of("web", ProcessRef()));
  std::string deep = dir_of("web");
  for (int i = 0; i < 70; i++) {
    deep += "/d";
    ASSERT_EQ(mkdir(deep.c_str(), 0700), 0);
  }
  Result<StateDir> dir = StateDir::open(root(), "web");
  ASSERT_TRUE(dir);
  Status removed = dir->remove();
  ASSERT_FALSE(removed);
  EXPECT_NE(removed.error().text().find("levels deep"), std::string::npos)
      << removed.error().text();
  Result<std::optional<Record>> record = dir->load();
  ASSERT_TRUE(record && *record);
}

TEST_F(StateDirTest, OneHoldsTheLock) {
  Result<StateDir> first = StateDir::make(root(), "web");
  ASSERT_TRUE(first);
  Result<StateDir> second = StateDir::open(root(), "web");
  ASSERT_TRUE(second);
  Result<bool> busy = second->locked_by_other();
  ASSERT_TRUE(busy);
  EXPECT_TRUE(*busy);
  expect_code(second->lock(20), Code::Timeout, "another command");
  Result<bool> own = first->locked_by_other();
  ASSERT_TRUE(own);
  EXPECT_FALSE(*own);
  EXPECT_FALSE(second->lock(0)) << "asking must not have given the lock away";
  first->keep();
  { StateDir gone = *std::move(first); }
  Result<bool> free = second->locked_by_other();
  ASSERT_TRUE(free);
  EXPECT_FALSE(*free);
  EXPECT_TRUE(second->lock(0));
}

TEST_F(StateDirTest, DeathReleasesTheLock) {
  put(record_of("web", ProcessRef()));
  Child holder([this] {
    static Result<StateDir> dir = StateDir::open(globals_.root, "web");
    if (!dir || !dir->lock(0)) _exit(1);
  });
  Result<StateDir> dir = StateDir::open(root(), "web");
  ASSERT_TRUE(dir);
  ASSERT_FALSE(dir->lock(10));
  holder.finish();
  EXPECT_TRUE(dir->lock(1000));
}

TEST_F(StateDirTest, ALockWaitsForTheOneBefore) {
  put(record_of("web", ProcessRef()));
  Child holder(
      [this] {
        static Result<StateDir> dir = StateDir::open(globals_.root, "web");
        if (!dir || !dir->lock(0)) _exit(1);
        if (fork() != 0) return;
        usleep(50000);
        _exit(0);
      },
      false);
  Result<StateDir> dir = StateDir::open(root(), "web");
  ASSERT_TRUE(dir);
  Status locked = dir->lock(10000);
  EXPECT_TRUE(locked) << locked.error().text();
}

TEST_F(StateDirTest, ALockOnWhatWasDeletedIsNotFound) {
  put(record_of("web", ProcessRef()));
  Result<StateDir> dir = StateDir::open(root(), "web");
  Result<StateDir> other = StateDir::open(root(), "web");
  ASSERT_TRUE(dir && other);
  ASSERT_TRUE(other->remove());
  expect_code(dir->lock(0), Code::ContainerNotFound, "container does not exist");
  Result<StateDir> next = StateDir::make(root(), "web");  // another of that name
  ASSERT_TRUE(next) << next.error().text();
  Result<bool> there = dir->exists();
  ASSERT_TRUE(there);
  EXPECT_FALSE(*there);
}

// Creates and forced deletes of one id, all at once: never two owners, never an error that is not
// about the id.
TEST_F(StateDirTest, ConcurrentCreatesHaveOneWinner) {
  std::string counter = temp_.path() + "/inside";
  int shared = open(counter.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(shared, 0);
  constexpr int kProcesses = 4;
  std::vector<pid_t> pids;
  for (int i = 0; i < kProcesses; i++) {
    pid_t pid = fork();
    if (pid != 0) {
      pids.push_back(pid);
      continue;
    }
    for (int round = 0; round < 200; round++) {
      if (i == 0) {
        Status removed = container::remove(globals_, "web", true);
        if (!removed) {
          fprintf(stderr, "remove: %s\n", removed.error().text().c_str());
          _exit(2);
        }
        continue;
      }
      Result<StateDir> dir = StateDir::make(root(), "web");
      if (!dir && dir.error().code != Code::ContainerExists) {
        fprintf(stderr, "make: %s\n", dir.error().text().c_str());
        _exit(3);
      }
      if (!dir) continue;
      int own = open(counter.c_str(), O_RDWR | O_CLOEXEC);
      if (flock(own, LOCK_EX | LOCK_NB) != 0) _exit(4);  // somebody else thinks it is his
      close(own);
      Result<std::optional<Record>> record = dir->load();
      if (!record || *record) _exit(5);  // the directory of one that exists
      if (round % 3 != 0) continue;
      if (!dir->save(record_of("web", ProcessRef()))) _exit(6);
      dir->keep();
    }
    _exit(0);
  }
  for (pid_t pid : pids) {
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  close(shared);
  EXPECT_TRUE(container::remove(globals_, "web", true));
  EXPECT_FALSE(exists(dir_of("web")));
}

}  // namespace
}  // namespace container
