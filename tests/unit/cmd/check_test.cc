// check: text, JSON, and the exit status.

#include <gtest/gtest.h>

#include "tests/unit/cmd/fake_container.h"

namespace cmd {
namespace {

Outcome check(container::Findings findings, std::vector<std::string> flags = {}) {
  Fake answer;
  answer.findings = std::move(findings);
  flags.insert(flags.begin(), "check");
  return rt_with(std::move(answer), flags);
}

TEST(Check, NothingFound) {
  Outcome outcome = check({}, {"--bundle", "/b"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "nothing found that would fail\n");
  EXPECT_EQ(fake().create.bundle, "/b");
  EXPECT_EQ(check({}, {"--format=json"}).out, "[]\n");
}

TEST(Check, WarningsAloneAreNoFailure) {
  Outcome outcome = check({{false, "process.args[0]", "not there", "unless a mount brings it"}});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "warning: process.args[0]: not there\n  hint: unless a mount brings it\n");
}

TEST(Check, AnErrorIsOne) {
  Outcome outcome = check({{true, "", "no", ""}, {false, "x", "y", "z"}}, {"-f", "json"});
  EXPECT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out,
            "[\n  {\n    \"level\": \"error\",\n    \"what\": \"no\"\n  },\n  {\n    \"level\": "
            "\"warning\",\n    \"where\": \"x\",\n"
            "    \"what\": \"y\",\n    \"hint\": \"z\"\n  }\n]\n");
}

}  // namespace
}  // namespace cmd
