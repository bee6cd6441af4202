#include "base/strings.h"
#include "runtime/cmd/completion.h"

namespace cmd {

namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string flag_line(const std::string& condition, const Flag& flag) {
  std::string line = "complete -c rt -n '" + condition + "' -l " + flag.name;
  if (flag.letter != 0) line += format(" -s %c", flag.letter);
  switch (value_sort(flag)) {
    case ValueSort::None: break;
    case ValueSort::Directory: line += " -x -a '(__fish_complete_directories)'"; break;
    case ValueSort::File: line += " -r -F"; break;
    case ValueSort::Words: line += " -x -a '" + choice_words(flag.value, ' ') + "'"; break;
    case ValueSort::Other: line += " -x"; break;
  }
  return line + " -d " + quoted(flag.help) + "\n";
}

std::string argument_line(const Command& command) {
  std::string words;
  switch (argument_sort(command)) {
    case ArgumentSort::None: return "";
    case ArgumentSort::Container: words = "'(__rt_containers)'"; break;
    case ArgumentSort::Command: words = "'(__rt_commands)'"; break;
    case ArgumentSort::Words: words = "'" + choice_words(command.arguments, ' ') + "'"; break;
  }
  return format("complete -c rt -n '__rt_at %s 0' -a %s\n", command.name, words.c_str());
}

// Flags that take a value: "--root -r ...", so that the value is not taken for the command or an
// argument.
std::string valued(std::span<const Flag> flags) {
  std::string out;
  for (const Flag& flag : flags) {
    if (flag.kind == Kind::Switch) continue;
    out += format(" --%s -%s", flag.name, flag.name);
    if (flag.letter != 0) out += format(" -%c", flag.letter);
  }
  return out;
}

// Prints the command line so far as: the global flags, then "command" and the number of its
// arguments.
constexpr const char* kParse = R"fish(
    set -l command
    set -l count 0
    set -l skip 0
    set -l globals
    for word in (commandline -opc)[2..-1]
        test -z "$command"; and set -a globals $word
        if test $skip = 1
            set skip 0
        else if contains -- "$word" (__rt_valued "$command")
            set skip 1
        else if string match -q -- '-*' $word
            continue
        else if test -z "$command"
            set command $word
            set -e globals[-1]
        else
            set count (math $count + 1)
        end
    end
)fish";

}  // namespace

std::string fish_completion() {
  std::string out =
      "# fish completion of rt, made by 'rt completion fish'.\n\nfunction __rt_valued\n    switch "
      "\"$argv[1]\"\n";
  out += "        case ''\n            string split ' ' -- '" +
         std::string(trim(valued(global_flags()))) + "'\n";
  for (const Command& command : commands()) {
    std::string flags = valued(command.flags);
    if (flags.empty()) continue;
    out += format("        case %s\n            string split ' ' -- '%s'\n", command.name,
                  std::string(trim(flags)).c_str());
  }
  out +=
      "    end\nend\n\nfunction __rt_at # COMMAND [COUNT]: are we at that argument of that "
      "command?";
  out += std::string(kParse) + "    test \"$command\" = \"$argv[1]\"; or return 1\n" +
         "    test (count $argv) -lt 2; or test $count = \"$argv[2]\"\nend\n\n";
  out += "function __rt_containers" + std::string(kParse) +
         "    rt $globals list -q 2>/dev/null\nend\n\n";
  out += "function __rt_commands\n";
  for (const Command& command : commands()) {
    out +=
        format("    printf '%%s\\t%%s\\n' %s %s\n", command.name, quoted(command.summary).c_str());
  }
  out += "end\n\ncomplete -c rt -f\ncomplete -c rt -n '__rt_at \"\"' -a '(__rt_commands)'\n";
  for (const Flag& flag : global_flags()) out += flag_line("__rt_at \"\"", flag);
  for (const Command& command : commands()) {
    // Where the first argument ends the flags, what follows is another program's.
    std::string condition =
        format("__rt_at %s%s", command.name, command.order == Order::BeforeFirst ? " 0" : "");
    for (const Flag& flag : command.flags) out += flag_line(condition, flag);
    out += argument_line(command);
  }
  out += "complete -c rt -n '__rt_at kill 1' -a '" + signal_words() + "'\n";
  return out + "complete -c rt -s h -l help -d 'show help'\n";
}

}  // namespace cmd
