#include "runtime/cmd/completion.h"

#include <algorithm>

#include "base/signal_names.h"
#include "runtime/cmd/output.h"

namespace cmd {

ValueSort value_sort(const Flag& flag) {
  std::string_view value = flag.value;
  if (flag.kind == Kind::Switch) return ValueSort::None;
  if (flag.kind == Kind::Choice) return ValueSort::Words;
  if (value == "DIR") return ValueSort::Directory;
  if (value == "FILE" || value == "SOCKET") return ValueSort::File;
  return ValueSort::Other;
}

std::string choice_words(std::string_view choices, char separator) {
  std::string out(choices);
  std::replace(out.begin(), out.end(), '|', separator);
  return out;
}

ArgumentSort argument_sort(const Command& command) {
  std::string_view arguments = command.arguments;
  if (arguments.starts_with("ID") || arguments.starts_with("[ID]")) return ArgumentSort::Container;
  if (arguments == "[COMMAND]") return ArgumentSort::Command;
  return arguments.empty() ? ArgumentSort::None : ArgumentSort::Words;
}

std::string signal_words() {
  std::string out;
  for (std::string_view name : sys::known_signals()) {
    out += (out.empty() ? "" : " ") + std::string(name.substr(3));
  }
  return out;
}

Result<int> run_completion(const Invocation& call) {
  const std::string& shell = call.rest.front();
  if (shell == "bash") return print(bash_completion());
  if (shell == "zsh") return print(zsh_completion());
  if (shell == "fish") return print(fish_completion());
  return Error::make(Code::Usage, "unknown shell '%s'", shell.c_str())
      .with_hint(std::string("expected ") + call.command->arguments);
}

}  // namespace cmd
