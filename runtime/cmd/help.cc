#include "runtime/cmd/help.h"

#include <algorithm>

#include "base/strings.h"
#include "runtime/cmd/output.h"

namespace cmd {

namespace {

// Two columns, the second aligned.
void add_line(std::string* out, size_t width, const std::string& left, std::string_view right) {
  std::string line = "  " + left;
  if (!right.empty()) {
    line.append(width > left.size() ? width - left.size() : 0, ' ');
    line += "  " + std::string(right);
  }
  *out += line + "\n";
}

void add_flags(std::string* out, std::span<const Flag> flags) {
  constexpr Flag kHelp = {"help", 'h', Kind::Switch, "", "show this help"};
  size_t width = flag_label(kHelp).size();
  for (const Flag& flag : flags) width = std::max(width, flag_label(flag).size());
  for (const Flag& flag : flags) add_line(out, width, flag_label(flag), flag.help);
  add_line(out, width, flag_label(kHelp), kHelp.help);
}

void add_examples(std::string* out, std::span<const Example> examples) {
  size_t width = 0;
  for (const Example& example : examples)
    width = std::max(width, std::string_view(example.line).size());
  for (const Example& example : examples) {
    std::string what = *example.what != 0 ? std::string("# ") + example.what : std::string();
    add_line(out, width, example.line, what);
  }
}

}  // namespace

std::string usage_line(const Command& command) {
  std::string line = format("rt %s", command.name);
  if (!command.flags.empty()) line += " [flags]";
  if (*command.arguments != 0) line += format(" %s", command.arguments);
  return line;
}

std::string overview() {
  std::string out =
      "rt runs containers from OCI bundles: a config.json and a root filesystem.\n\n"
      "usage: rt [global flags] COMMAND [flags] [arguments]\n\n"
      "commands:\n";
  size_t width = 0;
  for (const Command& command : commands())
    width = std::max(width, std::string_view(command.name).size());
  for (const Command& command : commands()) add_line(&out, width, command.name, command.summary);
  out += "\nglobal flags:\n";
  add_flags(&out, global_flags());
  out += "\nexamples:\n";
  constexpr Example kExamples[] = {
      {"rt spec -b web", "write web/config.json; put a root filesystem into web/rootfs"},
      {"rt run -b web web", "run it"},
      {"rt list", "see what runs"},
  };
  add_examples(&out, kExamples);
  return out +
         "\n'rt help COMMAND' tells more about a command; so does its manual page, 'man "
         "rt-COMMAND'.\n";
}

std::string help_text(const Command& command) {
  std::string out = format("rt %s: %s\n\nusage: %s\n", command.name, command.summary,
                           usage_line(command).c_str());
  if (*command.about != 0) out += format("\n%s\n", command.about);
  out += "\nflags:\n";
  add_flags(&out, command.flags);
  out += "\nexamples:\n";
  add_examples(&out, command.examples);
  return out;
}

Result<int> run_help(const Invocation& call) {
  if (call.rest.empty()) return print(overview());
  const Command* command = find_command(call.rest.front());
  if (command == nullptr) return unknown_command(call.rest.front());
  return print(help_text(*command));
}

}  // namespace cmd
