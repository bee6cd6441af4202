#include "base/strings.h"

#include <gtest/gtest.h>

#include <climits>
#include <cstdint>

namespace {

using Views = std::vector<std::string_view>;

TEST(Format, IsPrintfWithoutALimit) {
  EXPECT_EQ(format("%d-%s", 3, "x"), "3-x");
  EXPECT_EQ(format("%s", ""), "");
  std::string big(70000, 'y');
  EXPECT_EQ(format("%s", big.c_str()), big);
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b", ','), (Views{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (Views{""}));
  EXPECT_EQ(split(",", ','), (Views{"", ""}));
  EXPECT_EQ(split("a", ','), (Views{"a"}));
  EXPECT_EQ(split("a,b", ':'), (Views{"a,b"}));
  EXPECT_EQ(split(std::string_view("a\0,b", 4), ','), (Views{std::string_view("a\0", 2), "b"}));
}

TEST(Join, PutsSeparatorsBetweenOnly) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join({"", ""}, ","), ",");
}

TEST(Trim, TakesWhiteSpaceOffBothEnds) {
  EXPECT_EQ(trim("  a b\t\r\n"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Case, ChangesAsciiLettersOnly) {
  EXPECT_EQ(to_lower("SIGTERM_9 \xc3\x84"), "sigterm_9 \xc3\x84");
  EXPECT_EQ(to_upper("sigterm_9 \xc3\xa4"), "SIGTERM_9 \xc3\xa4");
  EXPECT_EQ(to_lower("@[`{"), "@[`{");
  EXPECT_EQ(to_upper("@[`{"), "@[`{");
}

TEST(ParseNumber, TakesTheWholeText) {
  EXPECT_EQ(parse_number<int>("42"), 42);
  EXPECT_EQ(parse_number<int>("-42"), -42);
  EXPECT_EQ(parse_number<int>("007"), 7);
  EXPECT_EQ(parse_number<unsigned>("0"), 0U);
  for (const char* wrong : {"", " 1", "1 ", "1x", "x1", "+1", "--1", "1.0", "0x10", "1e3", "-"}) {
    EXPECT_EQ(parse_number<int>(wrong), std::nullopt) << "'" << wrong << "'";
  }
  EXPECT_EQ(parse_number<int>(std::string_view("1\0", 2)), std::nullopt);
}

TEST(ParseNumber, HasNoSignWhereTheTypeHasNone) {
  EXPECT_EQ(parse_number<unsigned>("-1"), std::nullopt);
  EXPECT_EQ(parse_number<uint64_t>("-0"), std::nullopt);
}

TEST(ParseNumber, StopsAtTheTypesLimits) {
  EXPECT_EQ(parse_number<int64_t>("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_number<int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_number<int64_t>("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_number<uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_number<uint64_t>("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_number<uint32_t>("4294967296"), std::nullopt);
  EXPECT_EQ(parse_number<uint32_t>("4294967295"), 4294967295U);
}

TEST(ParseNumber, KnowsOtherBases) {
  EXPECT_EQ(parse_number<unsigned>("755", 8), 0755U);
  EXPECT_EQ(parse_number<unsigned>("8", 8), std::nullopt);
  EXPECT_EQ(parse_number<unsigned>("ff", 16), 255U);
}

TEST(Nearest, FindsWhatWasMeant) {
  const Views commands = {"create", "start", "state", "run", "delete", "kill"};
  EXPECT_EQ(nearest("craete", commands), "create");
  // "start" is as near, but "state" only wants its end
  EXPECT_EQ(nearest("stat", commands), "state");
  EXPECT_EQ(nearest("KILL", commands), "kill");
  EXPECT_EQ(nearest("delet", commands), "delete");
  EXPECT_EQ(nearest("wbe", {"web", "db"}), "web");
}

TEST(Nearest, IsSilentWhenNothingIsClose) {
  const Views commands = {"create", "start", "run"};
  EXPECT_EQ(nearest("network", commands), "");
  EXPECT_EQ(nearest("x", commands), "");
  EXPECT_EQ(nearest("", commands), "");
  EXPECT_EQ(nearest("create", {}), "");
  EXPECT_EQ(nearest(std::string(200, 'a'), {"a"}), "");
}

TEST(ShellQuote, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(shell_quote("a-b_c=d/e.f:1,2@x%^+"), "a-b_c=d/e.f:1,2@x%^+");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("a b"), "'a b'");
  EXPECT_EQ(shell_quote("$HOME"), "'$HOME'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote("~"), "'~'");
  EXPECT_EQ(shell_quote("a\nb"), "'a\nb'");
}

}  // namespace
