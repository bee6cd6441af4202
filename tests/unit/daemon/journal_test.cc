#include "supervisor/daemon/journal.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/strings.h"
#include "tests/unit/base/temp_dir.h"

namespace rtd {
namespace {

class JournalFile : public TempDir {
 protected:
  // The numbers of the events after `since`.
  static std::string numbers(const Journal& journal, uint64_t since) {
    std::string all;
    for (;;) {
      Result<Journal::Some> some = journal.since(since, 300);
      if (!some) return error_of(some.error());
      if (some->events.empty()) return all;
      for (const std::string& json : some->events) {
        size_t end = json.find(',');
        all += json.substr(7, end - 7) + " ";
      }
      since = some->last;
    }
  }
  static std::string error_of(const Error& error) { return code_name(error.code); }
};

TEST_F(JournalFile, NumbersGoOnAcrossDaemons) {
  {
    Journal journal;
    ASSERT_TRUE(journal.open(path()));
    EXPECT_EQ(journal.oldest(), 1u);
    journal.add("started", "web", "\"status\":3");
    journal.add("exited", "we\"b", "");
  }
  Journal journal;
  ASSERT_TRUE(journal.open(path()));
  EXPECT_EQ(journal.last(), 2u);
  journal.add("removed", "", "");
  EXPECT_EQ(numbers(journal, 0), "1 2 3 ");
  EXPECT_EQ(numbers(journal, 2), "3 ");
  EXPECT_EQ(numbers(journal, 3), "");
  Result<Journal::Some> first = journal.since(0, 1);
  ASSERT_TRUE(first);
  EXPECT_NE(first->events[0].find("\"type\":\"started\",\"id\":\"web\",\"status\":3}"),
            std::string::npos)
      << first->events[0];
}

TEST_F(JournalFile, WhatACrashLeftOfALineIsCutOff) {
  {
    Journal journal;
    ASSERT_TRUE(journal.open(path()));
    journal.add("a", "", "");
    journal.add("b", "", "");
  }
  std::string text = get("events");
  for (size_t cut = text.find('\n') + 1; cut < text.size(); cut++) {
    put("events", text.substr(0, cut));
    Journal journal;
    ASSERT_TRUE(journal.open(path()));
    EXPECT_EQ(journal.last(), 1u) << cut;
    journal.add("c", "", "");
    EXPECT_EQ(numbers(journal, 0), "1 2 ") << cut;
  }
}

TEST_F(JournalFile, OldOnesGoAndThatIsSaid) {
  Journal journal;
  ASSERT_TRUE(journal.open(path(), 500));
  for (int i = 0; i < 50; i++) journal.add("started", "web", "");
  EXPECT_GT(journal.oldest(), 20u);
  EXPECT_LT(journal.oldest(), 45u);
  EXPECT_EQ(numbers(journal, 0), "events-gone");
  EXPECT_EQ(numbers(journal, journal.oldest() - 2), "events-gone");
  std::string expected;
  for (uint64_t i = journal.oldest(); i <= 50; i++) expected += std::to_string(i) + " ";
  EXPECT_EQ(numbers(journal, journal.oldest() - 1), expected);
  Journal again;  // another daemon finds the same
  ASSERT_TRUE(again.open(path(), 500));
  EXPECT_EQ(again.oldest(), journal.oldest());
  EXPECT_EQ(numbers(again, again.oldest() - 1), expected);
  EXPECT_LT(get("events").size(), 700u);
}

TEST_F(JournalFile, AListenerHearsAlsoWhatTheDiskCannotTake) {
  Journal journal;
  ASSERT_TRUE(journal.open(path()));
  std::string heard;
  journal.on_event([&](uint64_t seq, const std::string&) { heard += std::to_string(seq) + " "; });
  journal.add("a", "", "");
  rlimit before{}, small{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = get("events").size() + 10;  // EFBIG in the middle of the next line
  (void)signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  journal.add("b", "", "");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  journal.add("c", "", "");
  EXPECT_EQ(heard, "1 2 3 ");
  // number 2 is missing, and a replay does not hide that
  EXPECT_EQ(numbers(journal, 0), "events-gone");
  EXPECT_EQ(numbers(journal, 2), "3 ");
}

}  // namespace
}  // namespace rtd
