#include "base/log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <yajl/yajl_tree.h>

#include "base/strings.h"
#include "tests/unit/base/temp_dir.h"

namespace {

class Log : public TempDir {
 protected:
  void TearDown() override {
    EXPECT_TRUE(log_open({}));  // closes the file
    TempDir::TearDown();
  }

  void open_file(LogFormat format, LogLevel level = LogLevel::Warning) {
    ASSERT_TRUE(log_open({.file = at("log"), .format = format, .level = level}));
  }
};

Error sample() {
  errno = EPERM;
  return Error::sys("mount \"x\"")
      .in("create 'web'")
      .as(Code::MountFailed)
      .with_hint("Be root.")
      .at("init");
}

// One member of a JSON object as text; "" if it is not there.
std::string member(const std::string& line, const char* name) {
  char problem[200];
  yajl_val root = yajl_tree_parse(line.c_str(), problem, sizeof problem);
  EXPECT_NE(root, nullptr) << problem << line;
  const char* path[] = {name, nullptr};
  yajl_val value = root == nullptr ? nullptr : yajl_tree_get(root, path, yajl_t_any);
  std::string text;
  if (YAJL_IS_STRING(value)) text = YAJL_GET_STRING(value);
  if (YAJL_IS_NUMBER(value)) text = YAJL_GET_NUMBER(value);
  yajl_tree_free(root);
  return text;
}

bool is_rfc3339(const std::string& time) {
  std::string shape = "dddd-dd-ddTdd:dd:dd.dddddddddZ";
  if (time.size() != shape.size()) return false;
  for (size_t i = 0; i < shape.size(); i++) {
    bool digit = time[i] >= '0' && time[i] <= '9';
    if (shape[i] == 'd' ? !digit : time[i] != shape[i]) return false;
  }
  return true;
}

TEST_F(Log, JsonErrorHasWhatEnginesReadAndMore) {
  open_file(LogFormat::Json);
  testing::internal::CaptureStderr();
  log_error(sample());
  std::string seen = testing::internal::GetCapturedStderr();
  std::string line = get("log");
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line, complete";
  EXPECT_EQ(member(line, "level"), "error");
  EXPECT_EQ(member(line, "msg"), "create 'web': mount \"x\": Operation not permitted");
  EXPECT_TRUE(is_rfc3339(member(line, "time"))) << line;
  EXPECT_EQ(member(line, "code"), "mount-failed");
  EXPECT_EQ(member(line, "phase"), "init");
  EXPECT_EQ(member(line, "errno"), std::to_string(EPERM));
  EXPECT_EQ(member(line, "hint"), "Be root.");
  // A person who gave --log still sees why.
  EXPECT_EQ(seen, "rt: create 'web': mount \"x\": Operation not permitted\nhint: Be root.\n");
}

TEST_F(Log, JsonErrorLeavesOutWhatIsNotKnown) {
  open_file(LogFormat::Json);
  testing::internal::CaptureStderr();
  log_error(Error::make(Code::Usage, "no"));
  testing::internal::GetCapturedStderr();
  std::string line = get("log");
  EXPECT_EQ(line.find("phase"), std::string::npos);
  EXPECT_EQ(line.find("hint"), std::string::npos);
  EXPECT_EQ(member(line, "errno"), "0");
}

TEST_F(Log, WarningsNeverReachStderrWhenThereIsAFile) {
  open_file(LogFormat::Json);
  testing::internal::CaptureStderr();
  log_warning("cgroup '%s' is busy, ignoring", "/a\nb");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  std::string line = get("log");
  EXPECT_EQ(member(line, "level"), "warning");
  EXPECT_EQ(member(line, "msg"), "cgroup '/a\nb' is busy, ignoring");
  EXPECT_EQ(member(line, "code"), "");
}

TEST_F(Log, LinesAreAppended) {
  put("log", "{\"level\":\"info\",\"msg\":\"of another program\",\"time\":\"x\"}\n");
  open_file(LogFormat::Json);
  log_warning("one");
  log_warning("two");
  std::string all = get("log");
  std::vector<std::string_view> lines = split(all, '\n');
  ASSERT_EQ(lines.size(), 4U);  // three and the empty rest
  EXPECT_NE(lines[0].find("another"), std::string::npos);
  EXPECT_EQ(member(std::string(lines[1]), "msg"), "one");
  EXPECT_EQ(member(std::string(lines[2]), "msg"), "two");
}

TEST_F(Log, TextFormatIsOneQuotedLine) {
  open_file(LogFormat::Text);
  testing::internal::CaptureStderr();
  log_error(sample());
  testing::internal::GetCapturedStderr();
  std::string line = get("log");
  EXPECT_TRUE(line.starts_with("time=\"")) << line;
  EXPECT_NE(line.find(" level=error msg=\"create 'web': mount \\\"x\\\": Operation not permitted\" "
                      "code=mount-failed phase=init errno=1\n"),
            std::string::npos)
      << line;
}

TEST_F(Log, TheLevelDecidesWhatIsWritten) {
  const LogLevel levels[] = {LogLevel::Error, LogLevel::Warning, LogLevel::Info, LogLevel::Debug};
  for (LogLevel level : levels) {
    put("log", "");
    open_file(LogFormat::Text, level);
    for (LogLevel other : levels) EXPECT_EQ(log_enabled(other), other <= level);
    testing::internal::CaptureStderr();
    log_debug("d");
    log_info("i");
    log_warning("w");
    log_error(Error::msg("e"));
    testing::internal::GetCapturedStderr();
    std::string all = get("log");
    EXPECT_EQ(split(all, '\n').size() - 1, static_cast<size_t>(level) + 1);
    EXPECT_NE(all.find("level=error"), std::string::npos);
  }
}

TEST_F(Log, WithoutAFileItTalksToAPersonOnStderr) {
  ASSERT_TRUE(log_open({}));
  testing::internal::CaptureStderr();
  log_warning("odd, ignoring");
  log_error(sample());
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "rt: warning: odd, ignoring\n"
            "rt: create 'web': mount \"x\": Operation not permitted\nhint: Be root.\n");
}

TEST_F(Log, WithoutAFileJsonOnStderrIsJsonOnly) {
  ASSERT_TRUE(log_open({.file = "", .format = LogFormat::Json, .level = LogLevel::Error}));
  testing::internal::CaptureStderr();
  log_error(sample());
  std::string seen = testing::internal::GetCapturedStderr();
  EXPECT_EQ(seen.find('\n'), seen.size() - 1);
  EXPECT_EQ(member(seen, "hint"), "Be root.");
}

TEST_F(Log, AFileThatCannotBeOpenedIsAnError) {
  Status status =
      log_open({.file = at("none/log"), .format = LogFormat::Text, .level = LogLevel::Error});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().errnum, ENOENT);
  EXPECT_TRUE(status.error().what.starts_with("--log: open '")) << status.error().what;
}

TEST_F(Log, AHundredThousandCharactersAreOneLine) {
  open_file(LogFormat::Json);
  std::string big(100000, 'm');
  log_warning("%s", big.c_str());
  EXPECT_EQ(member(get("log"), "msg"), big);
}

TEST(JsonQuote, EscapesWhatJsonForbids) {
  EXPECT_EQ(json_quote(""), "\"\"");
  EXPECT_EQ(json_quote("plain /path"), "\"plain /path\"");
  EXPECT_EQ(json_quote("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(json_quote("\n\t"), "\"\\n\\t\"");
  EXPECT_EQ(json_quote(std::string_view("\0\x01\x1f\x7f\r", 5)),
            "\"\\u0000\\u0001\\u001f\\u007f\\u000d\"");
}

TEST(JsonQuote, KeepsValidUtf8) {
  for (const char* text :
       {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\xb3", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xf4\x8f\xbf\xbf", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"}) {
    EXPECT_EQ(json_quote(text), "\"" + std::string(text) + "\"");
  }
}

TEST(JsonQuote, ReplacesEachInvalidByte) {
  const std::string mark = "\\ufffd";
  EXPECT_EQ(json_quote("\xff"), "\"" + mark + "\"");
  EXPECT_EQ(json_quote("a\x80z"), "\"a" + mark + "z\"");
  EXPECT_EQ(json_quote("\xc3"), "\"" + mark + "\"") << "cut off";
  EXPECT_EQ(json_quote("\xc3("), "\"" + mark + "(\"");
  EXPECT_EQ(json_quote("\xe2\x82"), "\"" + mark + mark + "\"");
  EXPECT_EQ(json_quote("\xc0\xaf"), "\"" + mark + mark + "\"") << "overlong slash";
  EXPECT_EQ(json_quote("\xe0\x80\xaf"), "\"" + mark + mark + mark + "\"") << "overlong slash";
  EXPECT_EQ(json_quote("\xf0\x80\x80\xaf"), "\"" + mark + mark + mark + mark + "\"");
  EXPECT_EQ(json_quote("\xed\xa0\x80"), "\"" + mark + mark + mark + "\"") << "surrogate";
  EXPECT_EQ(json_quote("\xf4\x90\x80\x80"), "\"" + mark + mark + mark + mark + "\"")
      << "beyond U+10FFFF";
}

}  // namespace
