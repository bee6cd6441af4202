#include <pthread.h>

#include "base/pidfd.h"
#include "tests/unit/container/fixture.h"

namespace container {
namespace {

bool is_alive(const ProcessRef& ref) {
  Result<bool> answer = alive(ref);
  EXPECT_TRUE(answer) << answer.error().text();
  return answer && *answer;
}

bool can_open(const ProcessRef& ref) {
  Result<std::optional<Fd>> fd = open_process(ref);
  EXPECT_TRUE(fd) << fd.error().text();
  return fd && fd->has_value();
}

TEST(ProcessRef, FindsItsProcess) {
  Child child;
  ProcessRef ref = must_ref(child.pid());
  EXPECT_EQ(ref.pid, child.pid());
  EXPECT_GT(ref.start_time, 0u);
  EXPECT_EQ(ref.boot_id.size(), 36u) << ref.boot_id;
  EXPECT_TRUE(is_alive(ref));
  Result<std::optional<Fd>> fd = open_process(ref);
  ASSERT_TRUE(fd && *fd);
  ASSERT_EQ(sys::pidfd_send_signal((*fd)->get(), SIGTERM), 0);
  child.wait_dead();
}

TEST(ProcessRef, AZombieIsDead) {
  Child child;
  ProcessRef ref = must_ref(child.pid());
  child.kill(SIGKILL);
  child.wait_dead();
  EXPECT_FALSE(is_alive(ref));
  EXPECT_FALSE(can_open(ref));
}

TEST(ProcessRef, AReapedProcessIsDead) {
  Child child;
  ProcessRef ref = must_ref(child.pid());
  child.finish();
  EXPECT_FALSE(is_alive(ref));
  EXPECT_FALSE(can_open(ref));
}

TEST(ProcessRef, AnotherProcessWithTheNumberIsNotIt) {
  Child child;
  ProcessRef ref = must_ref(child.pid());
  ref.start_time--;
  EXPECT_FALSE(is_alive(ref));
  EXPECT_FALSE(can_open(ref));
}

TEST(ProcessRef, AnotherBootIsNotIt) {
  Child child;
  ProcessRef ref = must_ref(child.pid());
  ref.boot_id.back() = ref.boot_id.back() == '0' ? '1' : '0';
  EXPECT_FALSE(is_alive(ref));
  EXPECT_FALSE(can_open(ref));
}

TEST(ProcessRef, NoneIsDead) {
  EXPECT_FALSE(is_alive(ProcessRef()));
  EXPECT_FALSE(can_open(ProcessRef()));
  EXPECT_FALSE(is_alive(ProcessRef{-1, 0, ""}));
}

TEST(ProcessRef, OfAProcessThatIsNotThereIsAnError) {
  Child child;
  pid_t pid = child.pid();
  child.finish();
  Result<ProcessRef> ref = ref_of(pid);
  ASSERT_FALSE(ref);
  EXPECT_EQ(ref.error().code, Code::ContainerNotRunning);
}

TEST(ProcessRef, ANameLikeTheRestOfTheLineDoesNotConfuse) {
  ProcessRef plain = must_ref(getpid());
  Child child([] { prctl(PR_SET_NAME, ") Z 1 (a b"); });
  ProcessRef ref = must_ref(child.pid());
  EXPECT_GE(ref.start_time, plain.start_time);
  EXPECT_LT(ref.start_time, plain.start_time + 1000000);
  EXPECT_TRUE(is_alive(ref));
}

void* pause_forever(void*) {
  for (;;) ::pause();
}

// /proc/PID/stat then shows the process as a zombie for as long as its other threads run.
TEST(ProcessRef, AProcessWhoseMainThreadHasExitedLives) {
  Child child(
      [] {
        pthread_t thread;
        if (pthread_create(&thread, nullptr, pause_forever, nullptr) != 0) _exit(1);
      },
      false);
  ProcessRef ref = must_ref(child.pid());
  std::string stat = "/proc/" + std::to_string(child.pid()) + "/stat";
  for (int i = 0; i < 5000 && read_text(stat).find(") Z ") == std::string::npos; i++) usleep(1000);
  ASSERT_NE(read_text(stat).find(") Z "), std::string::npos);
  EXPECT_TRUE(is_alive(ref));
  EXPECT_TRUE(can_open(ref));
}

TEST(ProcessRef, AThreadsNumberIsNotAProcess) {
  int ids[2];
  ASSERT_EQ(pipe(ids), 0);
  static int write_end;
  write_end = ids[1];
  Child child([] {
    pthread_t thread;
    pthread_create(
        &thread, nullptr,
        [](void*) -> void* {
          pid_t tid = gettid();
          (void)!write(write_end, &tid, sizeof tid);
          return pause_forever(nullptr);
        },
        nullptr);
  });
  pid_t tid = 0;
  ASSERT_EQ(read(ids[0], &tid, sizeof tid), static_cast<ssize_t>(sizeof tid));
  close(ids[0]);
  close(ids[1]);
  ASSERT_NE(tid, child.pid());
  ProcessRef ref = must_ref(tid);
  EXPECT_FALSE(can_open(ref));
}

TEST(ProcessRef, TellsInitFromAnyOtherProgram) {
  Child init([] { exec_sleep_from_memfd(kInitName); });
  Child other([] { exec_sleep_from_memfd("rt-other"); });
  Result<bool> yes = runs_init(init.pid());
  Result<bool> no = runs_init(other.pid());
  ASSERT_TRUE(yes && no);
  EXPECT_TRUE(*yes);
  EXPECT_FALSE(*no);
  pid_t pid = other.pid();
  other.finish();
  Result<bool> gone = runs_init(pid);
  ASSERT_TRUE(gone);
  EXPECT_FALSE(*gone);
}

}  // namespace
}  // namespace container
