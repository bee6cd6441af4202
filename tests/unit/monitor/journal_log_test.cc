#include "supervisor/monitor/journal_log.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/unix_address.h"
#include "tests/unit/base/temp_dir.h"

namespace monitor {
namespace {

class JournalLogTest : public TempDir {
 protected:
  void SetUp() override {
    TempDir::SetUp();
    journal_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    Result<sys::UnixAddress> address = sys::unix_address(at("journal"));
    ASSERT_TRUE(address);
    ASSERT_EQ(bind(journal_.get(), address->get(), address->size), 0);
    options_.id = "0123456789abcdef";
    options_.name = "web";
    options_.socket = at("journal");
  }
  std::string entry() {
    std::string text(64 << 10, '\0');
    ssize_t n = recv(journal_.get(), text.data(), text.size(), 0);
    text.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return text;
  }

  Fd journal_;
  JournalOptions options_;
  JournalLog log_;
};

constexpr const char* kFields =
    "CONTAINER_ID_FULL=0123456789abcdef\nCONTAINER_ID=0123456789ab\nCONTAINER_NAME=web\nSYSLOG_"
    "IDENTIFIER=web\n";

TEST_F(JournalLogTest, ALineIsAnEntry) {
  ASSERT_TRUE(log_.open(options_));
  log_.write(Stream::Stdout, "one\n\ntwo");
  EXPECT_EQ(entry(), std::string(kFields) + "PRIORITY=6\nMESSAGE=one\n");
  EXPECT_EQ(entry(), std::string(kFields) + "PRIORITY=6\nMESSAGE=\n");
  EXPECT_EQ(entry(),
            std::string(kFields) + "PRIORITY=6\nCONTAINER_PARTIAL_MESSAGE=true\nMESSAGE=two\n");
  log_.write(Stream::Stderr, "bad\n");
  EXPECT_EQ(entry(), std::string(kFields) + "PRIORITY=3\nMESSAGE=bad\n");
  EXPECT_EQ(entry(), "");
}

TEST_F(JournalLogTest, ALongLineComesInPieces) {
  ASSERT_TRUE(log_.open(options_));
  log_.write(Stream::Stdout, std::string(LogWriter::kMaxText + 1, 'x') + "\n");
  EXPECT_NE(entry().find("CONTAINER_PARTIAL_MESSAGE=true\n"), std::string::npos);
  EXPECT_EQ(entry(), std::string(kFields) + "PRIORITY=6\nMESSAGE=x\n");
}

TEST_F(JournalLogTest, AJournalThatDoesNotReadIsNotWaitedFor) {
  ASSERT_TRUE(log_.open(options_));
  for (int i = 0; i < 5000; i++) log_.write(Stream::Stdout, "line\n");
  uint64_t taken = 0;
  while (!entry().empty()) taken++;
  EXPECT_GT(log_.lost_lines(), 0u);
  EXPECT_EQ(log_.lost_lines() + taken, 5000u);
}

TEST_F(JournalLogTest, NoJournalIsAnError) {
  options_.socket = at("none");
  Status opened = log_.open(options_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text().find("journal: connect to '"), std::string::npos);
  log_.write(Stream::Stdout, "nowhere\n");  // and does nothing
}

TEST_F(JournalLogTest, ANameCannotForgeAField) {
  options_.socket = at("journal");
  options_.tag = "x\nPRIORITY=0";
  EXPECT_FALSE(log_.open(options_));
}

}  // namespace
}  // namespace monitor
