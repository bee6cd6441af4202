// Starting a program that is not to inherit how we are set up: posix_spawnp(3).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"

struct Descriptors {
  int in, out, err;
  int file = -1;  // becomes 3
};

// words[0] is looked for in PATH. The program begins in a process group of its own, with no signal
// blocked and none ignored, and with our environment. The error names the program.
Result<pid_t> spawn_program(const std::vector<std::string>& words, const Descriptors& stdio);
