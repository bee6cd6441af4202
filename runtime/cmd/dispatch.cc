#include "runtime/cmd/dispatch.h"

#include <cstdlib>

#include "base/strings.h"
#include "runtime/cmd/globals.h"
#include "runtime/cmd/help.h"
#include "runtime/cmd/output.h"
#include "runtime/cmd/version.h"
#include "runtime/container/container.h"

namespace cmd {

namespace {

// Checks the number of arguments against the usage text, and hands them to the call.
Status take_arguments(const Command& command, Invocation* call) {
  std::vector<std::string> args = call->flags.args();
  std::vector<std::string_view> names = split(command.arguments, ' ');
  if (names.front().empty()) names.clear();
  bool unlimited = std::string_view(command.arguments).ends_with("...]") ||
                   std::string_view(command.arguments).ends_with("...]]");
  if (args.size() < names.size() && !names[args.size()].starts_with('[')) {
    return Error::make(Code::Usage, "missing argument: %.*s",
                       static_cast<int>(names[args.size()].size()), names[args.size()].data());
  }
  if (args.size() > names.size() && !unlimited) {
    return Error::make(Code::Usage, "unexpected argument '%s'", args[names.size()].c_str());
  }
  if (!names.empty() && (names.front() == "ID" || names.front() == "[ID]") && !args.empty()) {
    TRY(container::check_id(args.front()));
    call->id = std::move(args.front());
    args.erase(args.begin());
  }
  call->rest = std::move(args);
  return {};
}

// A usage error without a better hint shows the usage line. A global flag after the command is the
// likeliest slip.
Error explain(Error error, const Command& command) {
  if (error.code != Code::Usage || !error.hint.empty()) return error;
  constexpr std::string_view kUnknown = "unknown flag --";
  if (error.what.starts_with(kUnknown)) {
    std::string name = error.what.substr(kUnknown.size());
    for (const Flag& flag : global_flags()) {
      if (name == flag.name) {
        return std::move(error).with_hint(
            format("--%s is a global flag: it goes before the command, rt --%s ... %s", flag.name,
                   flag.name, command.name));
      }
    }
  }
  return std::move(error).with_hint("usage: " + usage_line(command));
}

Status parse_call(const Command& command, std::span<char* const> args, Invocation* call) {
  call->flags = TRY(parse_flags(command.flags, command.order, args));
  if (call->flags.help()) return {};
  TRY(take_arguments(command, call));
  return {};
}

// The mirror image: a command's flag before the command.
Error explain_global(Error error) {
  constexpr std::string_view kUnknown = "unknown flag ";
  if (!error.what.starts_with(kUnknown) || !error.hint.empty()) return error;
  std::string_view name = std::string_view(error.what).substr(kUnknown.size());
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  for (const Command& command : commands()) {
    for (const Flag& flag : command.flags) {
      if (name != flag.name) continue;
      return std::move(error).with_hint(format("--%s goes behind its command: rt %s --%s ...",
                                               flag.name, command.name, flag.name));
    }
  }
  return std::move(error).with_hint("'rt --help' lists the global flags");
}

Result<int> run_command(const Command& command, Invocation* call) {
  std::string who = command.name;
  if (!call->id.empty()) who += " '" + call->id + "'";
  Result<int> status = command.run(*call);
  if (status) return status;
  return std::move(status).error().in(who).at(command.name);
}

}  // namespace

Result<int> dispatch(std::span<char* const> args, Invocation* call) {
  Result<Parsed> parsed_global = parse_flags(global_flags(), Order::BeforeFirst, args);
  if (!parsed_global) return explain_global(std::move(parsed_global).error());
  const Parsed& global = *parsed_global;
  if (global.on("version")) return print(version_text());
  if (global.args().empty()) return print(overview());
  const Command* command = find_command(global.args().front());
  if (command == nullptr) return unknown_command(global.args().front());
  if (global.help()) return print(help_text(*command));
  // The log is open before the rest is read: an engine finds the complaint about a bad flag there.
  TRY(read_globals(global, &call->globals));

  args = args.last(global.args().size() - 1);
  Status parsed = parse_call(*command, args, call);
  if (!parsed)
    return explain(std::move(parsed).error(), *command).in(command->name).at(command->name);
  if (call->flags.help()) return print(help_text(*command));
  call->command = command;
  return run_command(*command, call);
}

}  // namespace cmd
