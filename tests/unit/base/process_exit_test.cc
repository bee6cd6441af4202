#include "base/process_exit.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pidfd.h"

namespace sys {
namespace {

// A child that waits for a byte, then ends.
class Mortal {
 public:
  explicit Mortal(int code) {
    if (pipe(go_) != 0) abort();
    pid_ = fork();
    if (pid_ == 0) {
      (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
      char byte;
      (void)!read(go_[0], &byte, 1);
      _exit(code);
    }
    fd_ = Fd(pidfd_open(pid_));
  }
  ~Mortal() {
    (void)kill(pid_, SIGKILL);
    reap();
    close(go_[0]);
    close(go_[1]);
  }
  Mortal(const Mortal&) = delete;
  Mortal& operator=(const Mortal&) = delete;

  void end() const { ASSERT_EQ(write(go_[1], "x", 1), 1); }
  void reap() {
    if (reaped_) return;
    (void)waitpid(pid_, nullptr, 0);
    reaped_ = true;
  }
  std::optional<int> wait() const {
    Result<std::optional<int>> status = wait_for_exit(fd_.get(), pid_);
    EXPECT_TRUE(status) << status.error().text();
    return status ? *status : std::nullopt;
  }
  pid_t pid() const { return pid_; }

 private:
  int go_[2] = {-1, -1};
  pid_t pid_ = 0;
  Fd fd_;
  bool reaped_ = false;
};

TEST(ProcessExit, OfAProcessThatNobodyHasWaitedFor) {
  Mortal process(42);
  process.end();
  std::optional<int> status = process.wait();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 42);
}

TEST(ProcessExit, OfOneThatASignalEnded) {
  Mortal process(0);
  ASSERT_EQ(kill(process.pid(), SIGTERM), 0);
  std::optional<int> status = process.wait();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFSIGNALED(*status));
  EXPECT_EQ(WTERMSIG(*status), SIGTERM);
}

TEST(ProcessExit, OfOneThatItsParentHasWaitedFor) {
  Mortal process(42);
  process.end();
  process.reap();
  std::optional<int> status = process.wait();
  if (!status) GTEST_SKIP() << "needs Linux 6.15 to tell the status of a process that is gone";
  EXPECT_EQ(WEXITSTATUS(*status), 42);
}

}  // namespace
}  // namespace sys
