#include "supervisor/daemon/process.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace rtd {
namespace {

Outcome run(const std::string& code, const std::string& input = "", int64_t ms = 5000) {
  Loop loop;
  EXPECT_TRUE(loop.open());
  Outcome result;
  Status started = run_program(&loop, {"/bin/sh", "-c", code}, input, ms, [&](Outcome outcome) {
    result = std::move(outcome);
    loop.stop();
  });
  EXPECT_TRUE(started);
  loop.run();
  return result;
}

TEST(Process, GivesStatusAndBothOutputs) {
  Outcome outcome = run("cat; echo err >&2; exit 3", "in");
  EXPECT_EQ(outcome.exit.status, 3);
  EXPECT_EQ(outcome.out, "in");
  EXPECT_EQ(outcome.err, "err\n");
  EXPECT_FALSE(outcome.ok());
  EXPECT_TRUE(run("exit 0").ok());
  EXPECT_EQ(run("kill -KILL $$").exit.signal, SIGKILL);
}

TEST(Process, MoreOutputThanAPipeHoldsDoesNotBlockAndIsBounded) {
  EXPECT_EQ(run("head -c 300000 /dev/zero").out.size(), 300000u);
  EXPECT_LE(run("head -c 5000000 /dev/zero").out.size(), (size_t{1} << 20) + (16 << 10));
}

TEST(Process, ADeadlineKillsTheWholeGroup) {
  Outcome outcome = run("sleep 100 & sleep 100; true", "", 100);
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.exit.signal, SIGKILL);
}

TEST(Process, ABackgroundProcessThatHoldsTheOutputHoldsUpNothing) {
  Outcome outcome = run("sleep 2 & echo done");
  EXPECT_EQ(outcome.out, "done\n");
  EXPECT_TRUE(outcome.ok());
}

TEST(Process, WhatIsNotThereIsAnErrorAtOnce) {
  Loop loop;
  ASSERT_TRUE(loop.open());
  Status started =
      run_program(&loop, {"/no/such/program"}, "", 1000, [](const Outcome&) { FAIL(); });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::RuntimeFailed);
}

}  // namespace
}  // namespace rtd
