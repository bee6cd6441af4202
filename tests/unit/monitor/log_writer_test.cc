#include "supervisor/monitor/log_writer.h"

#include <memory>

#include "tests/unit/base/temp_dir.h"

namespace monitor {
namespace {

const std::string kTime = "2026-11-24T06:24:15.988057403Z";

class LogWriterTest : public TempDir {
 protected:
  void open(LogFormat format, uint64_t max_size = 0, int max_files = 5) {
    ASSERT_TRUE(log->open(LogOptions{at("log"), format, max_size, max_files}));
  }
  void out(std::string_view text, int64_t ms = 0) {
    log->write(Stream::Stdout, text, Moment{ms, kTime});
  }
  void err(std::string_view text) { log->write(Stream::Stderr, text, Moment{0, kTime}); }
  void disk_full() { ASSERT_EQ(symlink("/dev/full", at("log").c_str()), 0); }
  void disk_free() {
    ASSERT_EQ(unlink(at("log").c_str()), 0);
    ASSERT_TRUE(log->reopen());
  }

  std::unique_ptr<LogWriter> log = std::make_unique<LogWriter>();
};

TEST_F(LogWriterTest, CriMarksWholeLinesAndPieces) {
  open(LogFormat::Cri);
  out("one\ntw");
  err("oops\n");
  out("o\n\n");
  EXPECT_EQ(get("log"), kTime + " stdout F one\n" + kTime + " stdout P tw\n" + kTime +
                            " stderr F oops\n" + kTime + " stdout F o\n" + kTime + " stdout F \n");
  EXPECT_EQ(log->size(), get("log").size());
}

TEST_F(LogWriterTest, CriCutsLongLines) {
  open(LogFormat::Cri);
  std::string text(LogWriter::kMaxText, 'x');
  out(text + "\n" + text + "y\n");
  EXPECT_EQ(get("log"), kTime + " stdout P " + text + "\n" + kTime + " stdout F \n" + kTime +
                            " stdout P " + text + "\n" + kTime + " stdout F y\n");
}

TEST_F(LogWriterTest, RawIsTheOutputItself) {
  open(LogFormat::Raw);
  std::string text(300000, 'x');
  text[7] = '\n';
  text[8] = '\0';
  out(text);
  err("e");
  EXPECT_EQ(get("log"), text + "e");
}

TEST_F(LogWriterTest, AppendsToWhatIsThere) {
  put("log", "old\n");
  open(LogFormat::Raw);
  out("new");
  EXPECT_EQ(get("log"), "old\nnew");
  EXPECT_EQ(log->size(), 7u);
}

TEST_F(LogWriterTest, RotatesBetweenLinesBeforeTheLimit) {
  open(LogFormat::Cri, 100, 3);  // two lines of 44 bytes fit, three do not
  for (int i = 0; i < 7; i++) out("aaa\n");
  EXPECT_EQ(names(), (std::set<std::string>{"log", "log.1", "log.2"}));
  EXPECT_EQ(get("log").size(), 44u);
  EXPECT_EQ(get("log.1").size(), 88u);
  EXPECT_EQ(get("log.2").size(), 88u);
}

TEST_F(LogWriterTest, RotatesWithinOneRead) {
  open(LogFormat::Cri, 100, 9);
  out("aaa\naaa\naaa\naaa\naaa\n");
  EXPECT_EQ(get("log.2").size() + get("log.1").size() + get("log").size(), 5 * 44u);
  EXPECT_EQ(get("log.2").size(), 88u);
}

TEST_F(LogWriterTest, OneFileIsStartedAfresh) {
  open(LogFormat::Raw, 10, 1);
  out("12345678");
  out("abc");
  EXPECT_EQ(get("log"), "abc");
  EXPECT_EQ(names(), std::set<std::string>{"log"});
}

TEST_F(LogWriterTest, ARotationThatFailsLosesNoOutput) {
  open(LogFormat::Raw, 10, 2);
  ASSERT_EQ(mkdirat(dir(), "log.1", 0700), 0);  // in the way
  out("12345678");
  out("abc");
  EXPECT_EQ(get("log"), "12345678abc");
  ASSERT_FALSE(log->rotate());
}

TEST_F(LogWriterTest, ReopenFollowsThePath) {
  open(LogFormat::Raw);
  out("1");
  ASSERT_EQ(renameat(dir(), "log", dir(), "moved"), 0);
  out("2");
  ASSERT_TRUE(log->reopen());
  out("3");
  EXPECT_EQ(get("moved"), "12");
  EXPECT_EQ(get("log"), "3");
}

TEST_F(LogWriterTest, CountsWhatAFullDiskCosts) {
  disk_full();
  open(LogFormat::Cri);
  out("four\nfive");
  EXPECT_EQ(log->lost_bytes(), 9u);
  EXPECT_EQ(log->lost_lines(), 1u);
  disk_free();
  out("six\n", 99);  // too early to try again
  EXPECT_EQ(log->lost_bytes(), 13u);
  EXPECT_EQ(get("log"), "");
  out("back\n", 100);
  EXPECT_EQ(
      get("log"),
      kTime + " stderr F rtmon: 13 bytes of output lost here (2 lines): No space left on device\n" +
          kTime + " stdout F back\n");
  out("on\n", 100);
  EXPECT_EQ(log->lost_bytes(), 13u);
  EXPECT_EQ(log->size(), get("log").size());
}

TEST_F(LogWriterTest, WaitsLongerWithEachFailure) {
  disk_full();
  open(LogFormat::Raw);
  out("a", 0);    // next try at 100
  out("b", 100);  // fails: at 300
  disk_free();
  out("c", 299);
  EXPECT_EQ(get("log"), "");
  out("d", 300);
  EXPECT_EQ(get("log"), "d");
  EXPECT_EQ(log->lost_bytes(), 3u);
}

TEST_F(LogWriterTest, SaysWhichLogCannotBeOpened) {
  Status opened = log->open(LogOptions{at("no/log"), LogFormat::Cri, 0, 5});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text().find(at("no/log")), std::string::npos);
}

}  // namespace
}  // namespace monitor
