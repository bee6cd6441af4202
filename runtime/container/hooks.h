// Hooks that run in the runtime namespace: prestart, createRuntime, poststart, poststop (config.md,
// "POSIX-platform Hooks"). Those of the container's namespaces are run by init.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "spec/config.h"
#include "spec/state.h"

namespace container {

// Runs them in order and stops at the first that fails. `kind` is the property's name:
// "createRuntime". Each gets the state as compact JSON on stdin, exactly the environment it names
// (none: an empty one), the bundle as its working directory, default signals, and no fd but 0, 1
// and 2. What it prints is kept (the last 64 KiB of each stream) for the error, which is
// Code::HookFailed. A hook that runs over its timeout is killed. One that leaves processes behind
// is not waited for. With `init_pidfd` the hook is killed, and an error, once that process is dead:
// `rt delete --force` ends a create that hangs in a hook.
Status run_hooks(const std::vector<spec::Hook>& hooks, const char* kind, const spec::State& state,
                 int init_pidfd = -1);

// poststop: what fails is a warning, and the rest still run (runtime.md, "Lifecycle", 13).
void run_hooks_or_warn(const std::vector<spec::Hook>& hooks, const char* kind,
                       const spec::State& state);

// What is said of a hook wherever it ran.
std::string hook_signal(int number);  // "killed by signal 15 (SIGTERM)"
constexpr const char* kLongerTimeout = "raise its \"timeout\" in config.json if it needs longer";

}  // namespace container
