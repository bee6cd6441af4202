#include "supervisor/daemon/loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace rtd {
namespace {

TEST(Loop, TimersComeInTheirOrderAndACancelledOneDoesNot) {
  Loop loop;
  ASSERT_TRUE(loop.open());
  std::string order;
  loop.after(30, [&] { order += 'c', loop.stop(); });
  loop.after(10, [&] { order += 'a'; });
  Loop::TimerId cancelled = loop.after(15, [&] { order += 'x'; });
  loop.after(20, [&] { order += 'b'; });
  loop.cancel(cancelled);
  loop.cancel(cancelled);
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, ATimerMayCancelAnotherThatIsDue) {
  Loop loop;
  ASSERT_TRUE(loop.open());
  bool second = false;
  Loop::TimerId id = 0;
  loop.after(1, [&] { loop.cancel(id); });
  id = loop.after(2, [&] { second = true; });
  usleep(5000);
  loop.after(20, [&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(second);
}

TEST(Loop, AnEventForADescriptorThatWasClosedReachesNoOther) {
  Loop loop;
  ASSERT_TRUE(loop.open());
  int one[2], two[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, one), 0);
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, two), 0);
  ASSERT_EQ(write(one[1], "x", 1), 1);
  ASSERT_EQ(write(two[1], "x", 1), 1);
  int calls = 0;
  // Whichever comes first closes the other and watches a quiet descriptor under its number.
  auto replace = [&](int other, int own) {
    calls++;
    loop.forget(own);
    loop.forget(other);
    int quiet[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet), 0);
    ASSERT_EQ(dup2(quiet[0], other), other);
    loop.watch(other, EPOLLIN, [&](uint32_t) { calls += 100; });
  };
  loop.watch(one[0], EPOLLIN, [&](uint32_t) { replace(two[0], one[0]); });
  loop.watch(two[0], EPOLLIN, [&](uint32_t) { replace(one[0], two[0]); });
  loop.after(20, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST(Loop, TellsHowChildrenEnded) {
  Loop loop;
  ASSERT_TRUE(loop.open());
  auto child = [](int status) {
    pid_t pid = fork();
    if (pid == 0 && status < 0) raise(-status);
    if (pid == 0) _exit(status);
    return pid;
  };
  Exit known, killed, other;
  int left = 3;
  auto take = [&](Exit* into) {
    return [&left, &loop, into](Exit exit) {
      *into = exit;
      if (--left == 0) loop.stop();
    };
  };
  loop.on_exit(child(7), take(&known));
  loop.on_exit(child(-SIGKILL), take(&killed));
  pid_t unknown = child(3), seen = 0;
  loop.on_other_exit([&](pid_t pid, Exit exit) {
    seen = pid;
    take (&other)(exit);
  });
  loop.run();
  EXPECT_EQ(known.status, 7);
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_EQ(other.status, 3);
  EXPECT_EQ(seen, unknown);
}

}  // namespace
}  // namespace rtd
