// A container that exists, for the commands that work on one.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "runtime/container/options.h"
#include "runtime/container/record.h"
#include "spec/state.h"

namespace container {

struct Opened {
  StateDir dir;
  Record record;
  spec::ContainerStatus status = spec::ContainerStatus::Stopped;
};

// The container `id` as it is. Not locked: what is found may be out of date when it is used.
// Code::ContainerNotFound if there is none, or only the remains of a create that was cut off before
// its first save.
Result<Opened> open_container(const Globals& globals, const std::string& id);
// The same with the lock held, so that no other command changes it while the result lives.
Result<Opened> open_container_locked(const Globals& globals, const std::string& id,
                                     int timeout_ms = 60000);

// The record and what it amounts to, read so that they fit each other even if a create ends in
// between. Nothing if there is no record.
struct Look {
  Record record;
  spec::ContainerStatus status = spec::ContainerStatus::Stopped;
};
Result<std::optional<Look>> look(const StateDir& dir);

// The same for <root>/<id> without holding anything open, in as few system calls as it takes:
// `state` and `list` do nothing else. `root` is --root as a path for messages, `root_fd` an fd of
// it (AT_FDCWD: `root` is opened by path). Also nothing while a create is under way or was cut off,
// or if the directory is not a plain one: look(StateDir) knows more.
Result<std::optional<Look>> glance(int root_fd, const std::string& root, const std::string& id);

}  // namespace container
