// The completion scripts know every command and flag. That shells take them: hack/check-completion.
#include "runtime/cmd/completion.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "tests/unit/cmd/fake_container.h"

namespace cmd {
namespace {

bool is_text(std::string_view script) {
  for (char c : script) {
    if (c != '\n' && c != '\t' && (c < 0x20 || c == 0x7f)) return false;
  }
  return true;
}

TEST(Completion, OfEachShellNamesEveryCommandAndFlag) {
  for (std::string shell : {"bash", "zsh", "fish"}) {
    Outcome outcome = rt({"completion", shell});
    ASSERT_TRUE(outcome.ok) << shell;
    EXPECT_TRUE(is_text(outcome.out)) << shell;
    auto expect_flags = [&](std::span<const Flag> flags) {
      for (const Flag& flag : flags) {
        std::string name = shell == "fish" ? "-l " : "--";
        name += flag.name;
        EXPECT_NE(outcome.out.find(name), std::string::npos) << shell << " " << name;
      }
    };
    expect_flags(global_flags());
    for (const Command& command : commands()) {
      EXPECT_NE(outcome.out.find(command.name), std::string::npos) << command.name;
      expect_flags(command.flags);
    }
    EXPECT_NE(outcome.out.find("list -q"), std::string::npos);  // ids come from rt itself
    EXPECT_NE(outcome.out.find(signal_words()), std::string::npos);
  }
}

TEST(Completion, UnknownShell) {
  Outcome outcome = rt({"completion", "ksh"});
  EXPECT_EQ(outcome.error.what, "completion: unknown shell 'ksh'");
  EXPECT_EQ(outcome.error.hint, "expected bash|zsh|fish");
  EXPECT_EQ(rt({"completion"}).error.what, "completion: missing argument: bash|zsh|fish");
}

TEST(Completion, SortsOfValuesAndArguments) {
  EXPECT_EQ(value_sort({"x", 0, Kind::Switch, "", ""}), ValueSort::None);
  EXPECT_EQ(value_sort({"x", 0, Kind::Text, "DIR", ""}), ValueSort::Directory);
  EXPECT_EQ(value_sort({"x", 0, Kind::Text, "SOCKET", ""}), ValueSort::File);
  EXPECT_EQ(value_sort({"x", 0, Kind::Choice, "a|b", ""}), ValueSort::Words);
  EXPECT_EQ(value_sort({"x", 0, Kind::List, "CAP", ""}), ValueSort::Other);
  EXPECT_EQ(argument_sort(*find_command("exec")), ArgumentSort::Container);
  EXPECT_EQ(argument_sort(*find_command("help")), ArgumentSort::Command);
  EXPECT_EQ(argument_sort(*find_command("completion")), ArgumentSort::Words);
  EXPECT_EQ(argument_sort(*find_command("list")), ArgumentSort::None);
}

}  // namespace
}  // namespace cmd
