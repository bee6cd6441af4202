// The table of commands is consistent, and its examples are true.
#include <gtest/gtest.h>

#include <set>

#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "runtime/cmd/help.h"
#include "tests/unit/cmd/fake_container.h"

namespace cmd {
namespace {

void check_flags(const char* where, std::span<const Flag> flags) {
  std::set<std::string> names = {"help"};
  std::set<char> letters = {'h'};
  for (const Flag& flag : flags) {
    EXPECT_TRUE(names.insert(flag.name).second) << where << " --" << flag.name;
    EXPECT_GT(std::string_view(flag.name).size(), 1u)
        << where;  // one letter would be taken for a letter
    if (flag.letter != 0) {
      EXPECT_TRUE(letters.insert(flag.letter).second) << where << " -" << flag.letter;
    }
    EXPECT_NE(*flag.help, 0) << where << " --" << flag.name;
    EXPECT_EQ(*flag.value == 0, flag.kind == Kind::Switch) << where << " --" << flag.name;
    if (flag.kind == Kind::Choice) {
      EXPECT_GT(split(flag.value, '|').size(), 1u) << where << " --" << flag.name;
    }
  }
}

TEST(Table, FlagsAreUniqueAndDescribed) {
  check_flags("rt", global_flags());
  for (const Command& command : commands()) check_flags(command.name, command.flags);
}

TEST(Table, CommandsAreUniqueAndDescribed) {
  std::set<std::string> names;
  for (const Command& command : commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_EQ(find_command(command.name), &command);
    EXPECT_NE(*command.summary, 0) << command.name;
    EXPECT_GE(command.examples.size(), 1u) << command.name;
    EXPECT_LE(command.examples.size(), 3u) << command.name;
    EXPECT_EQ(command.failure_status, std::string_view(command.name) == "exec" ? 255 : 1);
  }
  EXPECT_EQ(find_command("nonsense"), nullptr);
}

// Each "rt ..." of the examples is a right command line: it reaches its command (the fake answers).
TEST(Table, ExamplesParse) {
  for (const Command& command : commands()) {
    bool own = false;
    for (const Example& example : command.examples) {
      std::string line = example.line;
      size_t start = line.find("rt ");
      ASSERT_NE(start, std::string::npos) << line;
      line = line.substr(start + 3);
      line = trim(line.substr(0, line.find_first_of("|>)")));
      std::vector<char*> args;
      std::vector<std::string> words;
      for (std::string_view word : split(line, ' ')) words.emplace_back(word);
      const Command* found = find_command(words.front());
      ASSERT_NE(found, nullptr) << line;
      own |= found == &command;
      for (std::string& word : words) args.push_back(word.data());
      Result<Parsed> parsed =
          parse_flags(found->flags, found->order, std::span<char* const>(args).subspan(1));
      EXPECT_TRUE(parsed) << line << ": " << parsed.error().text();
    }
    EXPECT_TRUE(own) << command.name;
  }
}

TEST(Help, TheOverviewNamesEveryCommandAndGlobalFlag) {
  std::string text = overview();
  for (const Command& command : commands()) {
    EXPECT_NE(text.find(format("\n  %s ", command.name)), std::string::npos) << command.name;
    EXPECT_NE(text.find(command.summary), std::string::npos) << command.name;
  }
  for (const Flag& flag : global_flags())
    EXPECT_NE(text.find(flag_label(flag)), std::string::npos) << flag.name;
}

TEST(Help, OfACommandHasUsageFlagsAndExamples) {
  std::string text = help_text(*find_command("exec"));
  EXPECT_TRUE(text.starts_with("rt exec: run another program in a running container\n")) << text;
  EXPECT_NE(text.find("\nusage: rt exec [flags] ID [COMMAND [ARG...]]\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("\n  -u, --user UID[:GID]"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  -h, --help"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  rt exec -t web sh "), std::string::npos) << text;
}

TEST(Help, IsAlignedAndFitsAWideTerminal) {
  for (const Command& command : commands()) {
    std::string help = help_text(command);  // outlives the views
    size_t column = 0;
    for (std::string_view line : split(help, '\n')) {
      EXPECT_LE(line.size(), 120u) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
      if (!line.starts_with("  -") && !line.starts_with("      --")) continue;
      size_t gap = line.find("  ", 6);  // after the label
      size_t text = line.find_first_not_of(' ', gap);
      if (column == 0) column = text;
      EXPECT_EQ(text, column) << line;
    }
  }
}

TEST(Help, AllWaysToItAreOne) {
  std::string text = help_text(*find_command("run"));
  for (const std::vector<std::string>& args : {std::vector<std::string>{"help", "run"},
                                               {"run", "--help"},
                                               {"run", "-h"},
                                               {"--help", "run"},
                                               {"run", "-d", "-h", "--x"}}) {
    Outcome outcome = rt(args);
    EXPECT_TRUE(outcome.ok);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.out, text);
    EXPECT_EQ(fake().called, "");
  }
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{}, {"help"}, {"--help"}, {"-h"}}) {
    EXPECT_EQ(rt(args).out, overview());
  }
}

}  // namespace
}  // namespace cmd
