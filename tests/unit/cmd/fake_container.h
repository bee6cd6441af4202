// Stands in for container/: notes what a command asked for, and answers what the test put here. The
// tests of cmd/ link this instead of the library.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/cmd/command.h"
#include "runtime/container/check.h"
#include "runtime/container/container.h"

struct Fake {
  // What was asked.
  std::string called;  // "create", "remove", ...; "" if nothing
  container::Globals globals;
  container::CreateOptions create;
  container::ExecOptions exec;
  std::string id;
  int signal = -1;
  bool all = false;
  bool force = false;
  bool wait_for_start = false;
  spec::Resources resources;
  spec::IntelRdt rdt;
  int64_t interval_ms = 0;
  std::vector<spec::Mount> mounts;
  // What is answered.
  std::optional<Error> error;
  int status = 0;
  container::Info info;
  std::vector<container::Info> list;
  std::vector<pid_t> pids;
  container::Use use;
  container::Findings findings;
  std::optional<int> ended;
  container::Collected collected;
};
Fake& fake();  // reset by run()

struct Outcome {
  bool ok = false;
  int status = -1;  // the exit status of the whole program
  Error error;      // when not ok
  std::string out;  // stdout
};
// Runs a command line (without "rt") through dispatch(), as main does.
Outcome rt(const std::vector<std::string>& args);
// The same, with an answer prepared.
Outcome rt_with(Fake answer, const std::vector<std::string>& args);

container::Info sample_info();  // of a running container "web"
