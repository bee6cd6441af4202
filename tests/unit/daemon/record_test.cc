#include "supervisor/daemon/record.h"

#include <gtest/gtest.h>

#include "supervisor/daemon/keeper.h"
#include "supervisor/daemon/monitor_link.h"

namespace rtd {
namespace {

Record sample() {
  Record record;
  record.id = "web";
  record.bundle = "/b";
  record.created_at = "c";
  record.owner = 7;
  record.labels = {{"a", "1"}, {"b", "\"\n"}};
  record.restart = "on-failure";
  record.restart_max = 3;
  record.state = "exited";
  record.pid = 4711;
  record.pid_start = UINT64_MAX;
  record.stopped_by_user = true;
  LastExit& exit = record.exit.emplace();
  exit.code = 0;
  exit.oom_kills = 2;
  exit.exited_at = "e";
  return record;
}

TEST(Record, ComesBackAsItWas) {
  std::string text = to_text(sample());
  Result<Record> read = parse_record(text);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(to_text(*read), text);
  EXPECT_EQ(read->exit->code, 0);  // and not absent
  EXPECT_EQ(read->exit->signal, std::nullopt);
  EXPECT_EQ(read->pid_start, UINT64_MAX);
}

TEST(Record, AChangeAnywhereIsSeen) {
  std::string text = to_text(sample());
  for (size_t i = 0; i + 1 < text.size(); i++) {  // the last newline is none's
    std::string other = text;
    other[i] = other[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse_record(other)) << "at " << i;
    EXPECT_FALSE(parse_record(text.substr(0, i))) << "cut at " << i;
  }
  EXPECT_FALSE(parse_record(std::string(text.size(), '\0')));
}

TEST(Record, ANewerVersionIsNotTakenForThisOne) {
  Record record = sample();
  record.version = 2;
  Result<Record> read = parse_record(to_text(record));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::Unsupported);
}

// RFC 3720, B.4's polynomial
TEST(Record, TheChecksumIsCrc32c) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

TEST(Record, IdsAreNamesOfFiles) {
  for (const char* good : {"a", "0", "web-1_x.y", "A"}) EXPECT_TRUE(check_id(good)) << good;
  for (const char* bad : {"", ".", "..", "-a", ".a", "a/b", "a b", "a\n", "\xc3\xa4"})
    EXPECT_FALSE(check_id(bad)) << bad;
  EXPECT_TRUE(check_id(std::string(128, 'a')));
  EXPECT_FALSE(check_id(std::string(129, 'a')));
}

TEST(ExitRecord, OfAMonitorIsUnderstood) {
  Result<LastExit> exit = parse_exit_record(
      R"({"v":1,"id":"x","pid":1,"exitCode":null,"signal":9,"coreDumped":true,"oomKills":1,"createdAt":"c","startedAt":null,)"
      R"("exitedAt":"e","drain":"complete","log":{"bytes":10,"lostBytes":3,"lostLines":1}})");
  ASSERT_TRUE(exit) << exit.error().text();
  EXPECT_EQ(exit->status(), 137);
  EXPECT_EQ(exit->oom_kills, 1u);
  EXPECT_EQ(exit->lost_bytes, 3u);
  EXPECT_EQ(exit->started_at, "");
  Result<LastExit> unknown = parse_exit_record(R"({"exitCode":null,"signal":null,"exitedAt":"e"})");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->status(), std::nullopt);
  EXPECT_NE(unknown->reason, "");
  EXPECT_FALSE(parse_exit_record(R"({"exitCode":"0"})"));
  EXPECT_EQ(LastExit().status(), std::nullopt);
}

TEST(MonitorReply, IsAResultOrAnErrorWithItsCode) {
  EXPECT_EQ(*read_reply("ok"), "");
  EXPECT_EQ(*read_reply("ok {\"a\":1}"), "{\"a\":1}");
  Result<std::string> error = read_reply("error container-state it runs already");
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code, Code::ContainerState);
  EXPECT_EQ(error.error().what, "it runs already");
  EXPECT_EQ(read_reply("error no-such-code x").error().code, Code::RuntimeFailed);
  EXPECT_FALSE(read_reply(""));
  EXPECT_FALSE(read_reply("okay"));
}

TEST(ProcessStat, WhateverTheProcessIsCalled) {
  std::string tail = " S 42 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654321 1000 5";
  for (const char* name : {"sh", "a b", ") S 1 (x", "))"}) {
    std::optional<ProcessInfo> info = parse_process_stat("7 (" + std::string(name) + ")" + tail);
    ASSERT_TRUE(info) << name;
    EXPECT_EQ(info->parent, 42);
    EXPECT_EQ(info->start, 987654321u);
  }
  for (const char* bad : {"", "7", "7 (sh)", "7 (sh) S 1"})
    EXPECT_FALSE(parse_process_stat(bad)) << bad;
}

}  // namespace
}  // namespace rtd
