#include "supervisor/protocol/exit_record.h"

#include <gtest/gtest.h>

namespace protocol {
namespace {

ExitRecord sample() {
  ExitRecord record;
  record.id = "web\"1";
  record.pid = 4711;
  record.exit_code = 3;
  record.created_at = "c";
  record.exited_at = "e";
  return record;
}

TEST(ExitRecord, GivesTheStatusOfAProcessThatExited) {
  EXPECT_EQ(to_json(sample()),
            "{\"v\":1,\"id\":\"web\\\"1\",\"pid\":4711,\"exitCode\":3,\"signal\":null,"
            "\"coreDumped\":false,\"oomKills\":null,"
            "\"createdAt\":\"c\",\"startedAt\":null,\"exitedAt\":\"e\",\"drain\":\"complete\","
            "\"log\":{\"bytes\":0,\"lostBytes\":0,\"lostLines\":0}}\n");
}

TEST(ExitRecord, GivesTheSignalInsteadOfAStatus) {
  ExitRecord record = sample();
  record.signal = 9;
  record.core_dumped = true;
  record.oom_kills = 2;
  record.started_at = "s";
  record.drained = false;
  record.lost_bytes = UINT64_MAX;
  std::string json = to_json(record);
  for (const char* part :
       {"\"exitCode\":null", "\"signal\":9", "\"coreDumped\":true", "\"oomKills\":2",
        "\"startedAt\":\"s\"", "\"drain\":\"timeout\"", "\"lostBytes\":18446744073709551615"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
  EXPECT_EQ(json.find('\n'), json.size() - 1);
}

TEST(ExitRecord, GuessesNothing) {
  ExitRecord record = sample();
  record.unknown = true;
  EXPECT_NE(to_json(record).find("\"exitCode\":null,\"signal\":null"), std::string::npos)
      << to_json(record);
}

TEST(ExecRecord, NamesTheProgramAndHowItEnded) {
  ExecRecord record;
  record.id = "web";
  record.name = "probe";
  record.pid = 4720;
  record.started_at = "s";
  record.exited_at = "e";
  EXPECT_EQ(to_json(record),
            "{\"v\":1,\"id\":\"web\",\"exec\":\"probe\",\"pid\":4720,\"exitCode\":0,\"signal\":"
            "null,\"coreDumped\":false,"
            "\"startedAt\":\"s\",\"exitedAt\":\"e\",\"drain\":\"complete\"}\n");
  record.signal = 15;
  record.drained = false;
  std::string json = to_json(record);
  EXPECT_NE(json.find("\"exitCode\":null,\"signal\":15"), std::string::npos) << json;
  EXPECT_NE(json.find("\"drain\":\"timeout\""), std::string::npos) << json;
}

}  // namespace
}  // namespace protocol
