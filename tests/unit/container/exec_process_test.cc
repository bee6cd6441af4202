#include "runtime/container/exec_process.h"

#include <gtest/gtest.h>

#include "spec/load.h"

namespace container {
namespace {

spec::Config config() {
  spec::Config out = spec::default_config(false, 0, 0);
  out.process->capabilities = spec::Capabilities{{"CAP_KILL"}, {"CAP_KILL"}, {}, {"CAP_KILL"}, {}};
  return out;
}

ExecOptions options() {
  ExecOptions out;
  out.id = "web";
  out.args = {"true"};
  return out;
}

TEST(ExecProcess, TakesTheContainersProcessAndChangesWhatWasAsked) {
  ExecOptions wanted = options();
  wanted.cwd = "/tmp";
  wanted.env = {"A=1"};
  wanted.user = "7:8";
  wanted.additional_gids = {9};
  Result<spec::Process> process = exec_process(config(), wanted);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->args, spec::Strings{"true"});
  EXPECT_EQ(process->cwd, "/tmp");
  EXPECT_EQ(process->env.back(), "A=1");
  EXPECT_EQ(process->user.uid, 7u);
  EXPECT_EQ(process->user.gid, 8u);
  EXPECT_EQ(process->user.additional_gids.back(), 9u);
  EXPECT_FALSE(process->terminal);  // the container's own setting does not count
}

TEST(ExecProcess, AUserIsReadWholeOrNotAtAll) {
  for (const char* text :
       {"", "root", "0x", "1 ", " 1", "-1", "1:", ":1", "1:2:3", "4294967296", "1:x"}) {
    ExecOptions wanted = options();
    wanted.user = text;
    EXPECT_FALSE(exec_process(config(), wanted)) << text;
  }
}

TEST(ExecProcess, CapabilitiesAreNeverMadeInheritable) {
  ExecOptions wanted = options();
  wanted.caps = {"CAP_CHOWN", "CAP_KILL"};
  Result<spec::Process> process = exec_process(config(), wanted);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->capabilities->bounding, (spec::Strings{"CAP_KILL", "CAP_CHOWN"}));
  EXPECT_EQ(process->capabilities->permitted, (spec::Strings{"CAP_KILL", "CAP_CHOWN"}));
  EXPECT_TRUE(process->capabilities->inheritable.empty());
  EXPECT_TRUE(process->capabilities->ambient.empty());
}

}  // namespace
}  // namespace container
