#include <gtest/gtest.h>

#include "base/strings.h"
#include "spec/validate.h"
#include "supervisor/client/command.h"
#include "supervisor/client/config.h"
#include "supervisor/client/log_text.h"
#include "supervisor/client/show.h"
#include "supervisor/client/stdio.h"
#include "supervisor/protocol/rpc.h"

namespace client {
namespace {

Result<spec::Config> config_of(std::vector<std::string> words, bool v2 = false) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Result<flags::Parsed> given = flags::parse_flags(kConfigFlags, flags::Order::BeforeFirst, argv);
  if (!given) return given.error();
  return make_config(*given, given->args(), "web", v2);
}
spec::Config config(const std::vector<std::string>& words) {
  Result<spec::Config> made = config_of(words);
  EXPECT_TRUE(made) << made.error().text();
  return made ? *made : spec::Config();
}

TEST(MakeConfig, IsOneThatTheRuntimeAccepts) {
  spec::Config made = config({"--rootfs",   "/r",           "-t",  "-m", "64m",      "--cpus",
                              "0.5",        "--pids-limit", "9",   "-v", "/a:/b:ro", "--tmpfs",
                              "/t:size=1m", "-e",           "A=1", "-u", "7:8",      "--network",
                              "host",       "--read-only",  "sh",  "-c", "x"});
  Status valid = spec::validate(made);
  EXPECT_TRUE(valid) << valid.error().text();
  EXPECT_EQ(made.root->path, "/r");
  EXPECT_TRUE(made.root->readonly);
  EXPECT_TRUE(made.process->terminal);
  EXPECT_EQ(made.process->args, (spec::Strings{"sh", "-c", "x"}));
  EXPECT_EQ(made.linux_->resources->memory->limit, 64 << 20);
  EXPECT_EQ(made.linux_->resources->cpu->quota, 50000);
  EXPECT_EQ(made.linux_->resources->pids_limit, 9);
  EXPECT_EQ(made.process->user.gid, 8u);
  for (const spec::Namespace& ns : made.linux_->namespaces)
    EXPECT_NE(ns.type, spec::NamespaceType::Network);
}

TEST(MakeConfig, CapabilitiesAreDroppedBeforeOthersAreAdded) {
  spec::Strings usual = config({"--rootfs", "/r", "x"}).process->capabilities->bounding;
  EXPECT_EQ(usual.size(), 11u);
  EXPECT_EQ(config({"--rootfs", "/r", "--cap-add", "net_admin", "--cap-drop", "all", "x"})
                .process->capabilities->effective,
            spec::Strings{"CAP_NET_ADMIN"});
  EXPECT_EQ(config({"--rootfs", "/r", "--cap-drop", "CAP_CHOWN", "x"})
                .process->capabilities->permitted.size(),
            10u);
  EXPECT_EQ(
      config({"--rootfs", "/r", "--cap-add", "ALL", "x"}).process->capabilities->bounding.size(),
      41u);
  EXPECT_TRUE(
      config({"--rootfs", "/r", "-u", "1000", "x"}).process->capabilities->effective.empty());
}

TEST(MakeConfig, WhatIsWrongIsSaid) {
  using Words = std::vector<std::string>;
  for (const Words& more :
       {Words{"--memory", "lots"}, Words{"--memory", "0"}, Words{"--cpus", "0"},
        Words{"--cpus", "1e3"}, Words{"--cap-add", "NET_ADMN"}, Words{"-v", "/a"},
        Words{"-v", "/a:b"}, Words{"-u", "root"}, Words{"-u", "1:2:3"}, Words{"--tmpfs", "t"}}) {
    Words words = {"--rootfs", "/r"};
    words.insert(words.end(), more.begin(), more.end());
    words.push_back("sh");
    Result<spec::Config> made = config_of(words);
    ASSERT_FALSE(made) << more[0] << " " << more[1];
    EXPECT_EQ(made.error().code, Code::Usage);
    EXPECT_NE(made.error().what.find(more[1]), std::string::npos) << made.error().what;
  }
  EXPECT_FALSE(config_of({"--rootfs", "/r"}));  // no program
}

TEST(Sizes, AsDockerHasThem) {
  EXPECT_EQ(parse_size("512m"), 512 << 20);
  EXPECT_EQ(parse_size("1.5G"), int64_t{3} << 29);
  EXPECT_EQ(parse_size("1KiB"), 1024);
  EXPECT_EQ(parse_size("7b"), 7);
  for (const char* bad : {"", "m", "-1", "1x", "1.2.3m", "99999999999t", "1e3"})
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
}

TEST(DetachKeys, LeaveAndNothingOfThemReachesTheContainer) {
  bool held = false, detach = false;
  EXPECT_EQ(take_typed("ab\x10\x11"
                       "cd",
                       &held, &detach),
            "ab");
  EXPECT_TRUE(detach);
  held = detach = false;
  EXPECT_EQ(take_typed("a\x10", &held, &detach), "a");
  EXPECT_TRUE(held);
  EXPECT_EQ(take_typed("b", &held, &detach),
            "\x10"
            "b");  // a ctrl-p that stands alone
  EXPECT_EQ(take_typed("\x10\x10\x11", &held, &detach), "\x10");
  EXPECT_TRUE(detach);
}

TEST(ExitStatus, IsAShells) {
  EXPECT_EQ(*status_in(R"({"exitCode":3,"signal":null})"), 3);
  EXPECT_EQ(*status_in(R"({"exitCode":null,"signal":9})"), 137);
  EXPECT_FALSE(status_in(R"({"exitCode":null,"signal":null})"));
}

TEST(Logs, CriLinesBecomeWhatWasPrinted) {
  std::string partial;
  LogText text = cri_text("T stdout F one\nT stderr F two\nT stdout P thr", false, &partial);
  EXPECT_EQ(text.out, "one\n");
  EXPECT_EQ(text.err, "two\n");
  text = cri_text("ee\nT stdout F !\nT stdout F \n", false, &partial);
  EXPECT_EQ(text.out, "three!\n\n");
  EXPECT_EQ(cri_text("T stdout F a b  c\n", true, &partial).out, "T a b  c\n");
}

TEST(Logs, TailCountsLines) {
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc\n");
  EXPECT_EQ(last_lines("a\nb\nc", 1), "c");
  EXPECT_EQ(last_lines("a\n", 5), "a\n");
  EXPECT_EQ(last_lines("a\n", 0), "");
  EXPECT_EQ(last_lines("", 3), "");
}

TEST(Table, ColumnsAlignAndControlCharactersAreHarmless) {
  EXPECT_EQ(table_text({{"ID", "X"}, {"long", "\x1b[2J"}}), "ID     X\nlong   ?[2J\n");
}

TEST(Errors, HaveTheStatusThatDockerGivesThem) {
  EXPECT_EQ(status_of(Error::make(Code::ExecNotFound, "x")), 127);
  EXPECT_EQ(status_of(Error::make(Code::ExecFailed, "x")), 126);
  EXPECT_EQ(status_of(Error::make(Code::Usage, "x")), 125);
  for (const protocol::ErrorName& name : protocol::error_names()) {
    if (name.number <= -32600) continue;  // JSON-RPC's own are nothing that a client acts on
    EXPECT_EQ(protocol::error_name(code_of(name.name)).name, std::string(name.name));
  }
}

}  // namespace
}  // namespace client
