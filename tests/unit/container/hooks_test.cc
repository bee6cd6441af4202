#include "runtime/container/hooks.h"

#include <sys/socket.h>
#include <time.h>

#include "tests/unit/container/fixture.h"

namespace container {
namespace {

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

class HooksTest : public testing::Test {
 protected:
  HooksTest() {
    state_.oci_version = "1.3.0";
    state_.id = "web";
    state_.status = spec::ContainerStatus::Creating;
    state_.pid = 4711;
    state_.bundle = temp_.path();
    state_.annotations = {{"a/b", "c"}};
  }
  // A hook that runs this text as a shell script; $OUT is a file in the test's directory.
  spec::Hook script(const std::string& text) {
    spec::Hook hook;
    hook.path = "/bin/sh";
    hook.args = {"sh", "-c", "OUT='" + out() + "'\n" + text};
    return hook;
  }
  std::string out() const { return temp_.path() + "/out"; }
  Status run(const std::vector<spec::Hook>& hooks) {
    return run_hooks(hooks, "createRuntime", state_);
  }
  std::string output_of(const spec::Hook& hook) {
    Status ran = run({hook});
    return ran ? read_text(out()) : "failed: " + ran.error().text();
  }
  std::string error_of(const spec::Hook& hook) {
    Status ran = run({hook});
    EXPECT_FALSE(ran);
    if (ran) return "no error";
    EXPECT_EQ(ran.error().code, Code::HookFailed);
    EXPECT_EQ(ran.error().phase, "hook");
    return ran.error().text();
  }
  static int open_fds() {
    int count = 0;
    for (int fd = 0; fd < 256; fd++) count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return count;
  }
  // No fd and no child is left, whatever the test did.
  void TearDown() override {
    EXPECT_EQ(open_fds(), fds_before_);
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child was left";
  }

  TempDir temp_;
  spec::State state_;
  int fds_before_ = open_fds();
};

TEST_F(HooksTest, GetTheStateOnStdin) {
  std::string state = output_of(script("/bin/cat > $OUT"));
  EXPECT_TRUE(state.starts_with("{\"ociVersion\":\"1.3.0\"")) << state;
  EXPECT_NE(state.find("\"pid\":4711"), std::string::npos) << state;
  EXPECT_NE(state.find("\"status\":\"creating\""), std::string::npos) << state;
  EXPECT_NE(state.find("\"bundle\":\"" + temp_.path() + "\""), std::string::npos) << state;
  EXPECT_NE(state.find("\"a/b\":\"c\""), std::string::npos) << state;
}

TEST_F(HooksTest, GetAStateOfAnySize) {
  state_.annotations = {{"big", std::string(1 << 20, 'x')}};
  std::string size = output_of(script("/usr/bin/wc -c > $OUT"));
  EXPECT_GT(atoi(size.c_str()), 1 << 20) << size;
}

TEST_F(HooksTest, NeedNotReadIt) {
  state_.annotations = {{"big", std::string(1 << 20, 'x')}};
  EXPECT_TRUE(run({script("exit 0")}));
  EXPECT_TRUE(run({script("exec 0<&-; sleep 0.05; exit 0")}));
}

TEST_F(HooksTest, RunInOrderUntilOneFails) {
  Status ran = run({script("echo 1 >> $OUT"), script("echo 2 >> $OUT"),
                    script("echo 3 >> $OUT; exit 3"), script("echo 4 >> $OUT")});
  ASSERT_FALSE(ran);
  EXPECT_TRUE(ran.error().text().starts_with(
      "error running createRuntime hook #2: '/bin/sh': exit status 3"))
      << ran.error().text();
  EXPECT_EQ(read_text(out()), "1\n2\n3\n");
}

TEST_F(HooksTest, PoststopGoesOnAndWarns) {
  testing::internal::CaptureStderr();
  run_hooks_or_warn({script("echo 1 >> $OUT; exit 1"), script("echo 2 >> $OUT")}, "poststop",
                    state_);
  std::string warnings = testing::internal::GetCapturedStderr();
  EXPECT_EQ(read_text(out()), "1\n2\n");
  EXPECT_NE(warnings.find("error running poststop hook #0: '/bin/sh': exit status 1, ignoring"),
            std::string::npos)
      << warnings;
}

TEST_F(HooksTest, SayWhatTheyPrinted) {
  std::string error = error_of(script("echo to stdout; echo to stderr >&2; exit 7"));
  EXPECT_EQ(error,
            "error running createRuntime hook #0: '/bin/sh': exit status 7, stdout: to stdout, "
            "stderr: to stderr");
}

TEST_F(HooksTest, PrintedMuchAreQuotedFromTheEnd) {
  std::string error =
      error_of(script("i=0; while [ $i -lt 20000 ]; do echo \"line $i of the output\" >&2; "
                      "i=$((i+1)); done; echo the end >&2; exit 1"));
  EXPECT_TRUE(error.ends_with("the end")) << error.substr(error.size() - 100);
  EXPECT_NE(error.find("stderr: ..."), std::string::npos);
  EXPECT_LT(error.size(), 70u << 10);
  EXPECT_GT(error.size(), 60u << 10);
}

TEST_F(HooksTest, KilledAreNamedByTheSignal) {
  EXPECT_NE(error_of(script("kill -TERM $$")).find("killed by signal 15 (SIGTERM)"),
            std::string::npos);
}

TEST_F(HooksTest, WithoutArgsGetThePathAsName) {
  std::string file = temp_.path() + "/hook";
  write_text(file, "#!/bin/sh\necho \"$0 $#\" > " + out() + "\n", 0755);
  spec::Hook hook;
  hook.path = file;
  EXPECT_EQ(output_of(hook), file + " 0\n");
}

TEST_F(HooksTest, GetExactlyTheirEnvironment) {
  setenv("RT_TEST_LEAK", "1", 1);
  spec::Hook hook;
  hook.path = "/bin/cp";
  hook.args = {"cp", "/proc/self/environ", out()};
  EXPECT_EQ(output_of(hook), "");
  hook.env = {{"A=1", "B=x y", "odd"}};
  EXPECT_EQ(output_of(hook), std::string("A=1\0B=x y\0odd\0", 14));
  hook.env = spec::Strings();
  EXPECT_EQ(output_of(hook), "");
  unsetenv("RT_TEST_LEAK");
}

TEST_F(HooksTest, RunInTheBundle) {
  EXPECT_EQ(output_of(script("pwd > $OUT")), temp_.path() + "\n");
  state_.bundle = temp_.path() + "/gone";
  EXPECT_EQ(output_of(script("pwd > $OUT")), "/\n");
}

TEST_F(HooksTest, InheritNoFds) {
  int leak =
      open("/dev/null", O_RDONLY);  // without close-on-exec, as an engine may have left it in us
  ASSERT_GE(leak, 3);
  int high = dup2(leak, 200);
  EXPECT_EQ(output_of(script("for f in /proc/$$/fd/*; do echo ${f##*/}; done > $OUT")).find("200"),
            std::string::npos);
  std::string fds = output_of(
      script("for f in 3 4 5 6 7 8 9 200; do [ -e /proc/self/fd/$f ] && echo $f; done > $OUT; :"));
  // The shell's own copies while it redirects are at 10 and above; 3 is the one it opens $OUT with.
  EXPECT_EQ(fds.find("200"), std::string::npos) << fds;
  EXPECT_EQ(fds.find(std::to_string(leak) + "\n"), leak == 3 ? fds.find("3\n") : std::string::npos)
      << fds;
  close(leak);
  close(high);
}

TEST_F(HooksTest, StartWithDefaultSignals) {
  state_.annotations = {{"big", std::string(1 << 20, 'x')}};  // more than a pipe holds
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction old_hup;
  sigaction(SIGHUP, &ignore, &old_hup);
  sigset_t block;
  sigset_t old_mask;
  sigfillset(&block);
  sigprocmask(SIG_BLOCK, &block, &old_mask);
  EXPECT_TRUE(run({script("exec 0<&-; sleep 0.05")}));
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0) << "a signalfd of the caller's would read it";
  spec::Hook hook;
  hook.path = "/bin/cp";
  hook.args = {"cp", "/proc/self/status", out()};
  std::string status = output_of(hook);
  EXPECT_NE(status.find("SigBlk:\t0000000000000000\n"), std::string::npos) << status;
  EXPECT_NE(status.find("SigIgn:\t0000000000000000\n"), std::string::npos) << status;
  sigaction(SIGHUP, &old_hup, nullptr);
  sigprocmask(SIG_SETMASK, &old_mask, nullptr);
}

TEST_F(HooksTest, OverTimeAreKilled) {
  spec::Hook hook =
      script("trap '' TERM HUP INT; echo $$ > $OUT; echo before; while :; do sleep 0.01; done");
  hook.timeout = 1;
  double start = now();
  std::string error = error_of(hook);
  EXPECT_GE(now() - start, 0.99);
  EXPECT_LT(now() - start, 5);
  EXPECT_NE(error.find("hook ran past specified timeout of 1.0s"), std::string::npos) << error;
  EXPECT_NE(error.find("stdout: before"), std::string::npos) << error;
  int pid = atoi(read_text(out()).c_str());
  ASSERT_GT(pid, 0);
  EXPECT_EQ(::kill(pid, 0), -1) << "killed and reaped";
}

TEST_F(HooksTest, WithinTimeAreFine) {
  spec::Hook hook = script("exit 0");
  hook.timeout = 1000000000000;
  EXPECT_TRUE(run({hook}));
}

TEST_F(HooksTest, ThatTalkWithoutEndStillTimeOut) {
  spec::Hook hook = script("exec /usr/bin/yes");
  hook.timeout = 1;
  double start = now();
  EXPECT_NE(error_of(hook).find("timeout of 1.0s"), std::string::npos);
  EXPECT_LT(now() - start, 5);
}

TEST_F(HooksTest, WhatTheyLeaveBehindIsNotWaitedFor) {
  double start = now();
  Status ran = run({script("sleep 5 & echo $! > $OUT; exit 0")});
  EXPECT_TRUE(ran) << ran.error().text();
  EXPECT_LT(now() - start, 3);
  std::string error = error_of(script("echo 'last words' >&2; sleep 5 & echo $! >> $OUT; exit 1"));
  EXPECT_TRUE(error.ends_with("stderr: last words")) << error;
  EXPECT_LT(now() - start, 3);
  std::string pids = read_text(out());
  for (size_t at = 0; at < pids.size(); at = pids.find('\n', at) + 1)
    ::kill(atoi(pids.c_str() + at), SIGKILL);
}

TEST_F(HooksTest, ThatAreMissingSaySo) {
  spec::Hook hook;
  hook.path = "/rt-test-missing";
  EXPECT_EQ(
      error_of(hook),
      "error running createRuntime hook #0: '/rt-test-missing': cannot start: No such file or "
      "directory");
  hook.path = out();
  write_text(out(), "#!/bin/sh\n", 0644);
  EXPECT_NE(error_of(hook).find("Permission denied"), std::string::npos);
  hook.path = "bin/sh";
  EXPECT_NE(error_of(hook).find("must be absolute"), std::string::npos);
}

// Then the pipes get the numbers 0 to 2 themselves.
TEST_F(HooksTest, WorkWithStandardFdsClosed) {
  Child child(
      [this] {
        for (int fd : {0, 1, 2}) close(fd);
        spec::Hook hook = script("/bin/cat > $OUT; echo out; echo err >&2; exit 1");
        Status ran = run({hook});
        std::string text = ran ? "no error" : ran.error().text();
        write_text(temp_.path() + "/error", text);
      },
      false);
  child.wait_dead();
  EXPECT_TRUE(read_text(out()).starts_with("{")) << read_text(out());
  EXPECT_TRUE(
      read_text(temp_.path() + "/error").ends_with("exit status 1, stdout: out, stderr: err"))
      << read_text(temp_.path() + "/error");
  child.finish();
}

TEST_F(HooksTest, NoneIsNothingToDo) {
  EXPECT_TRUE(run({}));
}

}  // namespace
}  // namespace container
