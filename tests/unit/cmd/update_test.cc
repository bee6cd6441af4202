// The flags of update, and the sizes they take.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "runtime/cmd/size.h"
#include "tests/unit/cmd/fake_container.h"

namespace cmd {
namespace {

TEST(Size, Units) {
  EXPECT_EQ(parse_size("0"), 0);
  EXPECT_EQ(parse_size("123"), 123);
  EXPECT_EQ(parse_size("32b"), 32);
  for (const char* text : {"2k", "2K", "2kb", "2KB", "2kib", "2KiB", "2 k", "2.0k"})
    EXPECT_EQ(parse_size(text), 2048) << text;
  EXPECT_EQ(parse_size("3m"), 3 << 20);
  EXPECT_EQ(parse_size("1g"), 1 << 30);
  EXPECT_EQ(parse_size("1t"), int64_t{1} << 40);
  EXPECT_EQ(parse_size("1p"), int64_t{1} << 50);
  EXPECT_EQ(parse_size("1.5g"), 3 << 29);
  EXPECT_EQ(parse_size("0.25k"), 256);
  EXPECT_EQ(parse_size("1.0000000000000000000000001k"), 1024);
  EXPECT_EQ(parse_size("9223372036854775807"), INT64_MAX);
}

TEST(Size, WhatIsNone) {
  for (const char* text : {"",
                           "k",
                           "b",
                           "-1",
                           "+1",
                           "1x",
                           "1kk",
                           "1bk",
                           "1ik",
                           "1i",
                           "1.",
                           ".5",
                           "1..2",
                           "1.2.3",
                           "1,5",
                           "0x10",
                           " 1",
                           "1  k",
                           "9223372036854775808",
                           "8192p",
                           "8191.99999999999999999999p1"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
  EXPECT_TRUE(parse_size("8191.5p"));
}

TEST(Update, EveryFlagGoesWhereItBelongs) {
  Outcome outcome = rt({"update",
                        "--memory",
                        "512m",
                        "--memory-swap=1g",
                        "--memory-reservation",
                        "100m",
                        "--cpu-share",
                        "2",
                        "--cpu-shares",
                        "512",
                        "--cpu-quota",
                        "-1",
                        "--cpu-period",
                        "100000",
                        "--cpu-burst",
                        "7",
                        "--cpu-idle",
                        "1",
                        "--cpu-rt-period",
                        "9",
                        "--cpu-rt-runtime",
                        "8",
                        "--cpuset-cpus",
                        "0-1",
                        "--cpuset-mems",
                        "0",
                        "--pids-limit",
                        "-1",
                        "--blkio-weight",
                        "300",
                        "web"});
  ASSERT_TRUE(outcome.ok) << outcome.error.text();
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(fake().called, "update");
  EXPECT_EQ(fake().id, "web");
  spec::Resources expected;
  expected.memory = spec::Memory();
  expected.memory->limit = 512 << 20;
  expected.memory->swap = 1 << 30;
  expected.memory->reservation = 100 << 20;
  expected.cpu = spec::Cpu();
  expected.cpu->shares = 512;
  expected.cpu->quota = -1;
  expected.cpu->period = 100000;
  expected.cpu->burst = 7;
  expected.cpu->idle = 1;
  expected.cpu->realtime_period = 9;
  expected.cpu->realtime_runtime = 8;
  expected.cpu->cpus = "0-1";
  expected.cpu->mems = "0";
  expected.pids_limit = -1;
  expected.block_io = spec::BlockIo();
  expected.block_io->weight = 300;
  EXPECT_EQ(fake().resources, expected);
}

TEST(Update, NothingGivenAsksForNothing) {
  ASSERT_TRUE(rt({"update", "--memory=", "web"}).ok);
  EXPECT_EQ(fake().resources, spec::Resources());
}

TEST(Update, UnlimitedMemoryAndZeroPids) {
  ASSERT_TRUE(rt({"update", "--memory=-1", "--memory-swap", "-1", "--pids-limit=0", "web"}).ok);
  EXPECT_EQ(fake().resources.memory->limit, -1);
  EXPECT_EQ(fake().resources.memory->swap, -1);
  EXPECT_EQ(fake().resources.pids_limit, 0);
}

TEST(Update, ObsoleteFlagsHaveNoEffect) {
  ASSERT_TRUE(rt({"update", "--kernel-memory", "50m", "--kernel-memory-tcp=50m", "web"}).ok);
  EXPECT_EQ(fake().resources, spec::Resources());
}

TEST(Update, ImpossibleValuesAreUsageErrors) {
  const std::vector<std::string> kBad[] = {
      {"--memory", "lots"},     {"--memory", "-2"},          {"--cpu-shares", "-1"},
      {"--cpu-quota", "1.5"},   {"--cpu-idle", "2"},         {"--pids-limit", "x"},
      {"--pids-limit", "-2"},   {"--blkio-weight", "1001"},  {"--cpu-period", "1ms"},
      {"--kernel-memory", "x"}, {"--blkio-weight", "70000"},
  };
  for (const std::vector<std::string>& flag : kBad) {
    Outcome outcome = rt({"update", flag[0], flag[1], "web"});
    EXPECT_FALSE(outcome.ok) << flag[0] << " " << flag[1];
    EXPECT_EQ(outcome.error.code, Code::Usage) << flag[0] << " " << flag[1];
    EXPECT_EQ(fake().called, "") << flag[0];
  }
}

// A file with this text, as --resources takes it.
std::string file_with(const std::string& text) {
  std::string path = testing::TempDir() + "rt-test-resources-" + std::to_string(::getpid());
  EXPECT_TRUE(write_file_atomic(AT_FDCWD, path.c_str(), text, 0600));
  return path;
}

TEST(Update, ResourcesFromAFileLeaveOtherFlagsOut) {
  std::string path = file_with(
      R"({"memory": {"limit": 5, "checkBeforeUpdate": true}, "pids": {"limit": 0}, "unknown": 1})");
  Outcome outcome = rt({"update", "--memory", "1g", "-r", path, "web"});
  ASSERT_TRUE(outcome.ok) << outcome.error.text();
  EXPECT_EQ(fake().resources.memory->limit, 5);
  EXPECT_EQ(fake().resources.memory->check_before_update, true);
  EXPECT_EQ(fake().resources.pids_limit, 0);
  ASSERT_EQ(::unlink(path.c_str()), 0);
}

TEST(Update, ResourcesThatAreWrongAreLocated) {
  std::string path = file_with("{\"memory\":\n{\"limit\": \"much\"}}");
  Outcome outcome = rt({"update", "--resources=" + path, "web"});
  EXPECT_EQ(outcome.error.code, Code::ConfigInvalid);
  EXPECT_NE(outcome.error.what.find(":2:11: /memory/limit"), std::string::npos)
      << outcome.error.what;
  ASSERT_EQ(::unlink(path.c_str()), 0);
  outcome = rt({"update", "-r", path, "web"});
  EXPECT_EQ(outcome.error.errnum, ENOENT);
  EXPECT_EQ(fake().called, "");
}

TEST(Update, ResourcesFromStdin) {
  Fd saved(dup(STDIN_FILENO));
  Fd text(memfd_create("stdin", MFD_CLOEXEC));
  constexpr char kText[] = R"({"cpu": {"shares": 3}})";
  ASSERT_TRUE(write_all(text.get(), kText, "stdin"));
  ASSERT_EQ(lseek(text.get(), 0, SEEK_SET), 0);
  ASSERT_GE(dup2(text.get(), STDIN_FILENO), 0);
  Outcome outcome = rt({"update", "--resources=-", "web"});
  if (saved) {
    ASSERT_GE(dup2(saved.get(), STDIN_FILENO), 0);
  } else {
    close(STDIN_FILENO);
  }
  ASSERT_TRUE(outcome.ok) << outcome.error.text();
  EXPECT_EQ(fake().resources.cpu->shares, 3u);
}

TEST(Update, SchemasOfIntelRdt) {
  ASSERT_TRUE(rt({"update", "--l3-cache-schema", "L3:0=f", "--mem-bw-schema=MB:0=50", "web"}).ok);
  EXPECT_EQ(fake().rdt.l3_cache_schema, "L3:0=f");
  EXPECT_EQ(fake().rdt.mem_bw_schema, "MB:0=50");
  EXPECT_EQ(rt({"update", "--mem-bw-schema", "MB:0=50\nL3:0=1", "web"}).error.code, Code::Usage);
}

}  // namespace
}  // namespace cmd
