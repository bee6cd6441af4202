// The OCI runtime as a program that is run: its command lines, and what its log says when it fails.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/spawn.h"

namespace monitor {

struct Runtime {
  std::string program;            // a path, or a name looked up in PATH
  std::string root;               // its --root; empty: its default
  std::string log;                // the file its errors go to; empty: as `args` say
  std::vector<std::string> args;  // before the command
};

// This process is to be the last that the kernel kills for want of memory, where it may be; what it
// starts from here on is not: that gets the score this process had, or 0 if it had been given less.
void spare_from_oom();
std::string score_of_children(std::string_view own);  // that rule

// spawn_program(), for whoever was spared. The caller reaps it.
Result<pid_t> spawn_unspared(const std::vector<std::string>& words, const Descriptors& stdio);
// The same with `program [--root ROOT] --log LOG --log-format text ARGS...`.
Result<pid_t> spawn_runtime(const Runtime& runtime, const std::vector<std::string>& args,
                            const Descriptors& stdio);

// The reason a runtime gave, from its log in the text format that runc made common: the message of
// the last line of level error or fatal, else the last line. "" of an empty log.
std::string last_error(std::string_view log);

// Why the call named `what` ended with `status`, from its log, a file in the directory.
Error call_failure(const char* what, int dirfd, const char* log, int status);

}  // namespace monitor
