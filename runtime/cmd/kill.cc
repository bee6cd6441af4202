#include <csignal>

#include "base/signal_names.h"
#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "runtime/container/container.h"

namespace cmd {

namespace {

Error unknown_signal(const std::string& text) {
  Error error = Error::make(Code::Usage, "unknown signal \"%s\"", text.c_str());
  // `rt kill web -9`: the shell's habit.
  if (text.size() > 1 && text.front() == '-' &&
      sys::parse_signal(std::string_view(text).substr(1))) {
    return std::move(error).with_hint("write it without the dash: " + text.substr(1));
  }
  if (text.starts_with("-"))
    return std::move(error).with_hint("flags go before the container's id");
  std::string name = to_upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  std::vector<std::string_view> known = sys::known_signals();
  for (std::string_view& signal : known) signal.remove_prefix(3);
  std::string near = nearest(name, known);
  if (near.empty())
    return std::move(error).with_hint("give a name, such as TERM, or a number from 1 to 64");
  return std::move(error).with_hint("did you mean " + near + "?");
}

}  // namespace

Result<int> run_kill(const Invocation& call) {
  int signal = SIGTERM;
  if (!call.rest.empty()) {
    std::optional<int> named = sys::parse_signal(call.rest.front());
    if (!named) return unknown_signal(call.rest.front());
    signal = *named;
  }
  TRY(container::kill(call.globals, call.id, signal, call.flags.on("all")));
  return 0;
}

}  // namespace cmd
