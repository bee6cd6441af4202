// The life of one container as seen from outside. Each function is one command of `rt`; each
// returns one error, worded for the person who typed it and for the engines that parse it, and
// leaves nothing behind when it fails.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/cgroup/stats.h"
#include "runtime/container/options.h"
#include "runtime/container/record.h"
#include "runtime/linux/net_counters.h"
#include "spec/state.h"

namespace container {

Status create(const Globals& globals, const CreateOptions& options);
Status start(const Globals& globals, const std::string& id);
// The container's exit status (128+signal if killed); 0 when detached.
Result<int> run(const Globals& globals, const CreateOptions& options);
// The process's exit status; 0 when detached.
Result<int> exec(const Globals& globals, const ExecOptions& options);

Status kill(const Globals& globals, const std::string& id, int signal, bool all);
Status remove(const Globals& globals, const std::string& id, bool force);  // `delete`
Status pause(const Globals& globals, const std::string& id);
Status resume(const Globals& globals, const std::string& id);
// Changes the limits that are set in `resources`, but for the device rules, and the schemas that
// are set in `rdt`. All of them or none.
Status update(const Globals& globals, const std::string& id, const spec::Resources& resources,
              const spec::IntelRdt& rdt);

struct Info {
  Record record;
  spec::ContainerStatus status = spec::ContainerStatus::Stopped;
  std::string owner;  // user name or number of who owns the state directory; `list` only
};
Result<Info> state(const Globals& globals, const std::string& id);
// Every container under --root, by id. One that cannot be read is a warning, not the end of the
// list.
Result<std::vector<Info>> list(const Globals& globals);
Result<std::vector<pid_t>> processes(const Globals& globals, const std::string& id);  // `ps`

// More mounts in a container that lives, all or none; and fewer, by their destinations, the last
// first.
Status add_mounts(const Globals& globals, const std::string& id,
                  const std::vector<spec::Mount>& mounts);
Status remove_mounts(const Globals& globals, const std::string& id,
                     const std::vector<spec::Mount>& mounts);

// What a container has used so far, all processes together.
struct Use {
  cgroup::Stats cgroup;
  std::vector<sys::NetCounters> interfaces;  // of a network namespace of its own, without loopback
};
Result<Use> use(const Globals& globals, const std::string& id);  // `events --stats`
// `events`: calls `tell` with what it has used, every `interval_ms`, and with nothing each time its
// memory ran out, until no process of the container is left. An error of `tell` ends it.
using Tell = std::function<Status(const Use*)>;
Status events(const Globals& globals, const std::string& id, int64_t interval_ms, const Tell& tell);

// Waits until the container's first process has ended. Its exit status as run() has it; nothing if
// the kernel does not tell, or the container had stopped before: the status is not kept.
Result<std::optional<int>> wait(const Globals& globals, const std::string& id);

struct Collected {
  std::vector<std::string> removed;  // ids
  // of the first whose remains are still there; the others' are warnings
  std::optional<Error> failure;
};
// Removes what creates that were cut off have left under --root. A create that is under way, and a
// container that was ever complete, is not touched.
Result<Collected> collect(const Globals& globals);  // `gc`

std::string default_root();  // /run/rt; $XDG_RUNTIME_DIR/rt when not root
Status check_id(const std::string& id);

}  // namespace container
