#include "runtime/cmd/flags.h"

#include <gtest/gtest.h>

#include <optional>

namespace cmd {
namespace {

constexpr Flag kFlags[] = {
    {"bundle", 'b', Kind::Text, "DIR", "where"},
    {"detach", 'd', Kind::Switch, "", "leave"},
    {"tty", 't', Kind::Switch, "", "terminal"},
    {"env", 'e', Kind::List, "NAME=VALUE", "set"},
    {"preserve-fds", 0, Kind::Number, "N", "pass"},
    {"format", 'f', Kind::Choice, "table|json", "how"},
};

// Keeps the words alive while they are parsed.
Result<Parsed> parse(std::vector<std::string> words, Order order = Order::Anywhere) {
  std::vector<char*> args;
  for (std::string& word : words) args.push_back(word.data());
  return parse_flags(kFlags, order, args);
}

using Words = std::vector<std::string>;

// Every form.

class ValueForms : public testing::TestWithParam<Words> {};
TEST_P(ValueForms, AreTheSame) {
  Result<Parsed> parsed = parse(GetParam());
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_TRUE(parsed->given("bundle"));
  EXPECT_EQ(parsed->text("bundle"), "x=y");
  EXPECT_TRUE(parsed->args().empty());
}
INSTANTIATE_TEST_SUITE_P(Text, ValueForms,
                         testing::Values(Words{"--bundle", "x=y"}, Words{"--bundle=x=y"},
                                         Words{"-bundle", "x=y"}, Words{"-bundle=x=y"},
                                         Words{"-b", "x=y"}, Words{"-b=x=y"}, Words{"--b", "x=y"},
                                         Words{"-b", "first", "-b", "x=y"}));

class SwitchForms : public testing::TestWithParam<std::pair<std::string, bool>> {};
TEST_P(SwitchForms, SetOrClear) {
  Result<Parsed> parsed = parse({GetParam().first, "rest"});
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_TRUE(parsed->given("detach"));
  EXPECT_EQ(parsed->on("detach"), GetParam().second);
  EXPECT_EQ(parsed->args(), Words{"rest"});
}
INSTANTIATE_TEST_SUITE_P(Switch, SwitchForms,
                         testing::Values(std::pair("--detach", true), std::pair("-detach", true),
                                         std::pair("-d", true), std::pair("--detach=true", true),
                                         std::pair("--detach=1", true), std::pair("-d=T", true),
                                         std::pair("--detach=false", false),
                                         std::pair("-d=0", false),
                                         std::pair("-detach=False", false)));

TEST(Flags, ASwitchDoesNotTakeTheNextWord) {
  Result<Parsed> parsed = parse({"--detach", "false"});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->on("detach"));
  EXPECT_EQ(parsed->args(), Words{"false"});
}

TEST(Flags, AFlagNotGivenIsOffAndEmpty) {
  Result<Parsed> parsed = parse({});
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->given("detach"));
  EXPECT_FALSE(parsed->on("detach"));
  EXPECT_EQ(parsed->text("bundle"), "");
  EXPECT_EQ(parsed->number("preserve-fds"), 0);
  EXPECT_TRUE(parsed->list("env").empty());
}

TEST(Flags, AnEmptyValueIsAValue) {
  for (const Words& words : {Words{"--bundle="}, Words{"--bundle", ""}}) {
    Result<Parsed> parsed = parse(words);
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->given("bundle"));
    EXPECT_EQ(parsed->text("bundle"), "");
  }
}

TEST(Flags, AValueMayLookLikeAFlag) {
  Result<Parsed> parsed = parse({"--bundle", "--detach"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->text("bundle"), "--detach");
  EXPECT_FALSE(parsed->given("detach"));
}

TEST(Flags, AListKeepsOrderCommasAndEmptyValues) {
  Result<Parsed> parsed = parse({"-e", "A=1,2", "--env=B=", "-env", "A=3"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->list("env"), (Words{"A=1,2", "B=", "A=3"}));
}

TEST(Flags, JoinedSwitches) {
  Result<Parsed> parsed = parse({"-dt", "web"});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->on("detach"));
  EXPECT_TRUE(parsed->on("tty"));
  EXPECT_FALSE(parse({"-db", "x"}));  // a value cannot be joined: "-bundel" must not be "-b undel"
  EXPECT_FALSE(parse({"-bundel"}));
  EXPECT_FALSE(parse({"-dt=true"}));
}

// Where flags end.

TEST(Flags, MayFollowArgumentsWhereOrderAllows) {
  Result<Parsed> parsed = parse({"web", "-d", "more"});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->on("detach"));
  EXPECT_EQ(parsed->args(), (Words{"web", "more"}));
}

TEST(Flags, EndAtTheFirstArgumentWhereOrderSaysSo) {
  Result<Parsed> parsed =
      parse({"-d", "web", "sh", "-t", "--", "--nonsense", "--help"}, Order::BeforeFirst);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->on("detach"));
  EXPECT_FALSE(parsed->on("tty"));
  EXPECT_FALSE(parsed->help());
  EXPECT_EQ(parsed->args(), (Words{"web", "sh", "-t", "--", "--nonsense", "--help"}));
}

TEST(Flags, TwoDashesEndThem) {
  for (Order order : {Order::Anywhere, Order::BeforeFirst}) {
    Result<Parsed> parsed = parse({"-d", "--", "-t", "--", "x"}, order);
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->on("detach"));
    EXPECT_FALSE(parsed->on("tty"));
    EXPECT_EQ(parsed->args(), (Words{"-t", "--", "x"}));
  }
}

TEST(Flags, ASingleDashAndAnEmptyWordAreArguments) {
  Result<Parsed> parsed = parse({"-", "", "-d"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->args(), (Words{"-", ""}));
  EXPECT_TRUE(parsed->on("detach"));
}

TEST(Flags, HelpStopsParsing) {
  for (const char* word : {"--help", "-help", "-h", "--h"}) {
    Result<Parsed> parsed = parse({"-d", word, "--nonsense"});
    ASSERT_TRUE(parsed) << word;
    EXPECT_TRUE(parsed->help());
  }
}

// Errors.

struct Wrong {
  Words words;
  const char* what;
  const char* hint;
};
class Errors : public testing::TestWithParam<Wrong> {};
TEST_P(Errors, SayWhatAndWhatToDo) {
  Result<Parsed> parsed = parse(GetParam().words);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Code::Usage);
  EXPECT_EQ(parsed.error().what, GetParam().what);
  EXPECT_EQ(parsed.error().hint, GetParam().hint);
}
INSTANTIATE_TEST_SUITE_P(
    Flags, Errors,
    testing::Values(
        Wrong{{"--bundel", "x"}, "unknown flag --bundel", "did you mean --bundle?"},
        Wrong{{"--bundel=x"}, "unknown flag --bundel", "did you mean --bundle?"},
        Wrong{{"-detatch"}, "unknown flag -detatch", "did you mean --detach?"},
        Wrong{{"--qqqqqqqq"}, "unknown flag --qqqqqqqq", ""},
        Wrong{{"--=x"}, "unknown flag --", ""}, Wrong{{"-9"}, "unknown flag -9", ""},
        Wrong{{"--bundle"}, "flag --bundle needs a value", "-b, --bundle DIR: where"},
        Wrong{{"-b"}, "flag -b needs a value", "-b, --bundle DIR: where"},
        Wrong{{"--detach=yes"}, "invalid value 'yes' for --detach: expected true or false", ""},
        Wrong{{"--detach="}, "invalid value '' for --detach: expected true or false", ""},
        Wrong{{"--preserve-fds", "x"},
              "invalid value 'x' for --preserve-fds: expected a number, 0 or more",
              ""},
        Wrong{{"--preserve-fds=-1"},
              "invalid value '-1' for --preserve-fds: expected a number, 0 or more",
              ""},
        Wrong{{"--preserve-fds=3 "},
              "invalid value '3 ' for --preserve-fds: expected a number, 0 or more",
              ""},
        Wrong{{"--preserve-fds=99999999999"},
              "invalid value '99999999999' for --preserve-fds: expected a number, 0 or more",
              ""},
        Wrong{{"-f", "jsn"},
              "invalid format: jsn",
              "--format is one of table|json; did you mean 'json'?"},
        Wrong{{"-f", "JSON"},
              "invalid format: JSON",
              "--format is one of table|json; did you mean 'json'?"},
        Wrong{{"-f", "yaml-file"}, "invalid format: yaml-file", "--format is one of table|json"}));

TEST(Flags, LabelShowsLetterAndValue) {
  EXPECT_EQ(flag_label(kFlags[0]), "-b, --bundle DIR");
  EXPECT_EQ(flag_label(kFlags[1]), "-d, --detach");
  EXPECT_EQ(flag_label(kFlags[4]), "    --preserve-fds N");
}

TEST(FlagsDeathTest, AskingForAFlagOutsideTheTableIsABug) {
  Result<Parsed> parsed = parse({});
  ASSERT_TRUE(parsed);
  EXPECT_DEATH((void)parsed->on("detatch"), "not in the table");
}

}  // namespace
}  // namespace cmd
