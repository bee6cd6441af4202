// rtctl: argv to command; the only place that prints an error and picks an exit status.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/strings.h"
#include "supervisor/client/command.h"
#include "supervisor/protocol/paths.h"

namespace {

using client::Command;

int fail(const Error& error, int status) {
  fprintf(stderr, "rtctl: %s\n", error.text().c_str());
  if (!error.hint.empty()) fprintf(stderr, "hint: %s\n", error.hint.c_str());
  return status;
}

void print_flags(std::span<const flags::Flag> table) {
  for (const flags::Flag& flag : table)
    printf("  %-34s  %s\n", flags::flag_label(flag).c_str(), flag.help);
  printf("  %-34s  %s\n", "-h, --help", "show help");
}

void print_overview() {
  printf(
      "rtctl: containers, by way of the daemon rtd\n\nusage: rtctl [flags] COMMAND "
      "...\n\ncommands:\n");
  for (const Command& command : client::commands())
    printf("  %-10s %s\n", command.name, command.summary);
  printf("\nflags:\n");
  print_flags(client::global_flags());
  printf(
      "\n`rtctl COMMAND --help` explains one. A container is named by its id or the beginning of "
      "it.\n");
}

void print_help(const Command& command) {
  printf("rtctl %s: %s\n\nusage: rtctl %s [flags] %s\n\nflags:\n", command.name, command.summary,
         command.name, command.arguments);
  print_flags(command.flags);
}

Status check_arguments(const Command& command, size_t count) {
  std::string_view shown = command.arguments;
  bool many = shown.ends_with("...") || shown.ends_with("...]]"), optional = shown.starts_with("[");
  size_t least = shown.empty() || optional ? 0 : 1;
  if (count >= least && (many || count <= least)) return {};
  return Error::make(Code::Usage, "expected %s", shown.empty() ? "no argument" : command.arguments)
      .with_hint(format("see rtctl %s --help", command.name));
}

Result<const Command*> find_command(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Command& command : client::commands()) {
    if (name == command.name) return &command;
    names.emplace_back(command.name);
  }
  std::string near = nearest(name, names);
  return Error::make(Code::Usage, "unknown command '%s'", name.c_str())
      .with_hint(near.empty() ? "see rtctl --help" : "did you mean '" + near + "'?");
}

Result<client::Where> where(const flags::Parsed& given) {
  client::Where where;
  where.dir =
      given.given("dir") ? absolute_path(given.text("dir")) : TRY(protocol::dir_of(geteuid()));
  if (given.given("state-dir")) where.state_dir = absolute_path(given.text("state-dir"));
  where.autostart = !given.on("no-autostart");
  return where;
}

int run(const Command& command, const flags::Parsed& global, std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Result<flags::Parsed> given = flags::parse_flags(command.flags, command.order, argv);
  if (!given) return fail(given.error(), command.failure_status);
  if (given->help()) {
    print_help(command);
    return 0;
  }
  client::Invocation call;
  call.args = given->args();
  call.flags = *given;
  Status fits = check_arguments(command, call.args.size());
  if (!fits) return fail(fits.error(), command.failure_status);
  Result<client::Where> place = where(global);
  if (!place) return fail(place.error(), command.failure_status);
  call.where = *place;
  Result<int> status = command.run(call);
  if (status) return *status;
  return fail(status.error(), command.failure_status == 125 ? client::status_of(status.error())
                                                            : command.failure_status);
}

}  // namespace

int main(int argc, char** argv) {
  std::span<char* const> args(argv, static_cast<size_t>(argc));
  Result<flags::Parsed> global = flags::parse_flags(
      client::global_flags(), flags::Order::BeforeFirst, args.empty() ? args : args.subspan(1));
  if (!global) return fail(global.error(), 1);
  if (global->on("version")) {
    printf("rtctl version %s\n", RT_VERSION);
    return 0;
  }
  if (global->help() || global->args().empty()) {
    print_overview();
    return global->help() ? 0 : 1;
  }
  Result<const Command*> command = find_command(global->args()[0]);
  if (!command) return fail(command.error(), 1);
  return run(**command, *global, {global->args().begin() + 1, global->args().end()});
}
