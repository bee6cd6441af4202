// A command as data: parsing, `--help`, completion and the check of the man pages all read the one
// table (table.cc).
//
// What a command does is one function in a file of its own: flags -> container/ -> output. It
// returns the exit status, or the error; only main prints errors.
#pragma once

#include <span>
#include <string>

#include "base/error.h"
#include "runtime/cmd/flags.h"
#include "runtime/container/options.h"

namespace cmd {

struct Command;

// One call of `rt`, read and checked as far as the table goes.
struct Invocation {
  const Command* command = nullptr;  // null until its flags and arguments are known to be right
  container::Globals globals;
  Parsed flags{{}};
  std::string id;                 // the container, where the command takes one
  std::vector<std::string> rest;  // the other arguments
};

struct Example {
  const char* line;
  const char* what;
};

struct Command {
  const char* name;
  // The arguments as the usage line shows them; it also says how many there may be: "ID", "ID
  // [SIGNAL]", "ID [ARG...]". A first word "ID" or "[ID]" is a container's, and checked as one.
  const char* arguments;
  const char* summary;     // one line, for the list of commands
  const char* about = "";  // what else there is to say, for its own help
  std::span<const Flag> flags = {};
  std::span<const Example> examples;
  Order order = Order::Anywhere;
  int failure_status = 1;  // the exit status when `run` fails
  Result<int> (*run)(const Invocation&);
};

std::span<const Flag> global_flags();
std::span<const Command> commands();
const Command* find_command(std::string_view name);  // nullptr: no such
// Code::Usage with the nearest name as hint.
Error unknown_command(std::string_view name);

Result<int> run_create(const Invocation& call);
Result<int> run_start(const Invocation& call);
Result<int> run_run(const Invocation& call);
Result<int> run_exec(const Invocation& call);
Result<int> run_kill(const Invocation& call);
Result<int> run_delete(const Invocation& call);
Result<int> run_pause(const Invocation& call);
Result<int> run_resume(const Invocation& call);
Result<int> run_update(const Invocation& call);
Result<int> run_mounts(const Invocation& call);
Result<int> run_events(const Invocation& call);
Result<int> run_state(const Invocation& call);
Result<int> run_list(const Invocation& call);
Result<int> run_ps(const Invocation& call);
Result<int> run_wait(const Invocation& call);
Result<int> run_gc(const Invocation& call);
Result<int> run_spec(const Invocation& call);
Result<int> run_plan(const Invocation& call);
Result<int> run_check(const Invocation& call);
Result<int> run_features(const Invocation& call);
Result<int> run_help(const Invocation& call);
Result<int> run_completion(const Invocation& call);

}  // namespace cmd
