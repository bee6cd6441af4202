// A command of rtctl as data: parsing, help and the check of the man page read the one table
// (table.cc).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/flags.h"
#include "supervisor/client/connection.h"

namespace client {

struct Invocation {
  flags::Parsed flags{{}};
  std::vector<std::string> args;
  Where where;
};

struct Command {
  const char* name;
  // "CONTAINER [SIGNAL]": also how many there may be; "..." at the end: any number more
  const char* arguments;
  const char* summary;
  std::span<const flags::Flag> flags;
  flags::Order order;
  int failure_status;  // the exit status when `run` fails
  Result<int> (*run)(const Invocation& call);
};
std::span<const flags::Flag> global_flags();
std::span<const Command> commands();

Result<int> run_run(const Invocation& call);
Result<int> run_create(const Invocation& call);
Result<int> run_attach(const Invocation& call);
Result<int> run_start(const Invocation& call);
Result<int> run_stop(const Invocation& call);
Result<int> run_restart(const Invocation& call);
Result<int> run_kill(const Invocation& call);
Result<int> run_pause(const Invocation& call);
Result<int> run_resume(const Invocation& call);
Result<int> run_rm(const Invocation& call);
Result<int> run_ps(const Invocation& call);
Result<int> run_inspect(const Invocation& call);
Result<int> run_wait(const Invocation& call);
Result<int> run_logs(const Invocation& call);
Result<int> run_events(const Invocation& call);
Result<int> run_info(const Invocation& call);

// {"id":ID}
std::string id_params(const std::string& id);

// 127 and 126 if the program of the container is missing or cannot be run, else 125: as Docker and
// podman.
int status_of(const Error& error);

}  // namespace client
