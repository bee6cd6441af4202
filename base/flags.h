// Flags as data, and the one parser that reads a command line by such a table.
//
// The forms are those of Go's flag package, because the engines are written for a Go program:
// `--name value`, `--name=value`, the same with one dash, `-x value`, `-x=value`; a switch takes no
// value, or `=true`/`=false`. Switches of one letter may also be joined (`-dt`). `--` ends the
// flags. A flag given twice: the last counts, but for lists.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace flags {

enum class Kind : unsigned char {
  Switch,
  Text,
  Number,  // 0 or more
  List,    // may be given more than once
  Choice,  // one of the words of Flag::value
};

struct Flag {
  const char* name;
  char letter;  // 0: none
  Kind kind;
  const char*
      value;  // what stands for the value in help texts: "DIR"; of a Choice the words: "text|json"
  const char* help;
};

// Where flags may stand.
enum class Order : unsigned char {
  Anywhere,  // before and after the arguments
  // the first argument ends them: what follows belongs to somebody else (`exec ID ls -l`)
  BeforeFirst,
};

class Parsed {
 public:
  explicit Parsed(std::span<const Flag> flags) : flags_(flags) {}

  // All of these abort on a name that is not in the table: a misspelt name is a bug, not an unset
  // flag.
  bool given(std::string_view name) const;
  bool on(std::string_view name) const;           // Switch; false if not given
  std::string text(std::string_view name) const;  // Text, Choice; "" if not given
  int number(std::string_view name) const;        // Number; 0 if not given
  std::vector<std::string> list(std::string_view name) const;

  const std::vector<std::string>& args() const { return args_; }
  bool help() const { return help_; }  // --help or -h stood before anything else went wrong

 private:
  friend class Parser;
  const Flag& flag(std::string_view name) const;
  const std::string* last(std::string_view name) const;

  std::span<const Flag> flags_;
  std::vector<std::pair<const Flag*, std::string>>
      values_;  // checked: a Switch is "true" or "false"
  std::vector<std::string> args_;
  bool help_ = false;
};

// `args` without the program's or the command's name. Errors are Code::Usage and say what was
// expected.
Result<Parsed> parse_flags(std::span<const Flag> flags, Order order, std::span<char* const> args);

// "-b, --bundle DIR", as help texts show it.
std::string flag_label(const Flag& flag);

}  // namespace flags
