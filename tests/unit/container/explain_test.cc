// The sentences that people read and engines parse.
#include "runtime/container/explain.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>

namespace container {
namespace {

plan::Plan one_step(plan::Op op, const char* program = "foo") {
  plan::Plan plan;
  plan::Step step = {};
  step.op = op;
  plan.steps.push_back(step);
  plan.info.push_back({"mount 'tmpfs' on '/dev'", "mounts[3]", "mounts", Code::MountFailed});
  plan.program = program;
  return plan;
}

plan::Plan one_hook() {
  plan::Plan plan = one_step(plan::Op::Hook);
  plan.steps[0].args.hook.timeout_ms = 2500;
  plan.info[0] = {"run createContainer hook #12: '/bin/x'", "hooks.createContainer[12]", "hooks", Code::HookFailed};
  return plan;
}

TEST(Explain, NamesStepAndPlace) {
  Error error = explain_step(one_step(plan::Op::MountNew), 0, EACCES, "", "");
  EXPECT_EQ(error.text(), "mounts[3]: mount 'tmpfs' on '/dev': Permission denied");
  EXPECT_EQ(error.code, Code::MountFailed);
  EXPECT_EQ(error.phase, "mounts");
}

TEST(Explain, AddsTheKernelsOwnWords) {
  Error error = explain_step(one_step(plan::Op::MountNew), 0, EINVAL,
                             "e tmpfs: Unknown parameter 'foo'\n", "");
  EXPECT_EQ(
      error.text(),
      "mounts[3]: mount 'tmpfs' on '/dev' (tmpfs: Unknown parameter 'foo'): Invalid argument");
}

TEST(Explain, AProgramThatIsNowhereInThePath) {
  Error error = explain_step(one_step(plan::Op::FindExe), 0, plan::kReasonNotFound, "", "");
  EXPECT_EQ(error.text(), "exec: \"foo\": executable file not found in $PATH");
  EXPECT_EQ(error.code, Code::ExecNotFound);
}

TEST(Explain, AProgramByItsPath) {
  Error missing = explain_step(one_step(plan::Op::FindExe, "/bin/foo"), 0, ENOENT, "", "");
  EXPECT_EQ(missing.text(), "exec: \"/bin/foo\": stat /bin/foo: no such file or directory");
  Error forbidden = explain_step(one_step(plan::Op::FindExe, "/bin/foo"), 0, EACCES, "", "");
  EXPECT_EQ(forbidden.text(), "exec: \"/bin/foo\": permission denied");
  EXPECT_EQ(forbidden.code, Code::ExecFailed);
}

TEST(Explain, AMissingInterpreterIsNamed) {
  Error error =
      explain_step(one_step(plan::Op::Exec, "/bin/foo"), 0, ENOENT, "#! /no/such -x\nrest", "");
  EXPECT_EQ(error.text(),
            "exec: \"/bin/foo\": its interpreter '/no/such': no such file or directory");
}

TEST(Explain, AHookWithItsStatusAndOutput) {
  int32_t status = 3;
  std::string detail(reinterpret_cast<const char*>(&status), sizeof status);
  Error error = explain_step(one_hook(), 0, plan::kReasonHookExit, detail, "no luck\n");
  EXPECT_EQ(error.code, Code::HookFailed);
  EXPECT_EQ(error.text(),
            "error running createContainer hook #12: '/bin/x': exit status 3, output: no luck");
}

TEST(Explain, AHookThatWasKilledOrTookTooLong) {
  int32_t status = -SIGTERM;
  std::string detail(reinterpret_cast<const char*>(&status), sizeof status);
  EXPECT_EQ(explain_step(one_hook(), 0, plan::kReasonHookExit, detail, "").text(),
            "error running createContainer hook #12: '/bin/x': killed by signal 15 (SIGTERM)");
  EXPECT_EQ(
      explain_step(one_hook(), 0, plan::kReasonHookTimeout, "", "").text(),
      "error running createContainer hook #12: '/bin/x': hook ran past specified timeout of 2.5s");
}

TEST(Explain, AStepBeyondThePlanIsOurOwnFault) {
  EXPECT_EQ(explain_step(one_step(plan::Op::Call), 7, EIO, "", "").code, Code::Internal);
}

}  // namespace
}  // namespace container
