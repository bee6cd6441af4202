// The control group of one container: made, limited, joined, frozen, killed, removed.
//
// Two questions are kept apart. Where the directories come from is the manager's (fs: mkdir here;
// systemd: a transient scope over D-Bus). What is written into them is the version's (v1.cc, v2.cc:
// one function per resource). Everything that comes after creation needs no more than the
// directories, so `Location` is all that is saved in the container's state.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/cgroup/host.h"
#include "runtime/cgroup/placeholder.h"
#include "spec/config.h"

namespace cgroup {

enum class Manager : unsigned char { Fs, Systemd, Disabled };
const char* manager_name(Manager manager);

// Where a container's cgroup is. Worked out without touching anything, so that it can be saved
// before it is made and an aborted create can always be cleaned up.
struct Location {
  Manager manager = Manager::Fs;
  Layout layout = Layout::None;
  struct Dir {
    std::string controllers;  // "memory"; "cpu,cpuacct"; "name=systemd"; "" for v2
    std::string path;         // absolute, on the host
  };
  std::vector<Dir> dirs;  // v1: one per hierarchy; v2: one
  std::string unit;       // systemd: the scope or slice
  // Rootless and no cgroupsPath: a directory that may not be made is left out with a warning, and a
  // limit that needs it is an error then. For make() and join() of the same process; not part of
  // what is saved.
  bool best_effort = false;
  std::string left_out;  // the first of those directories
  // systemd: properties of the unit that annotations give, for make(). Not part of what is saved,
  // either.
  spec::StringMap properties;
  // The directory of a v1 controller or ("") of v2; nullptr if there is none.
  const Dir* find(std::string_view controller) const;
};

// Where a further process of a container goes whose first one is `init`. A container may divide its
// cgroup on v2, as systemd does in one, or an engine: its first process has moved to a cgroup
// below, and the kernel lets nobody into the upper one (EBUSY). Then it is the first one's, as long
// as that is below `location`; else `location` itself.
Result<Location> beside(const Location& location, pid_t init);

struct LocateOptions {
  Manager manager = Manager::Fs;
  std::string id;
  // linux.cgroupsPath. Absolute: from the mount point. Relative: v1, below the caller's own cgroup
  // in each hierarchy; v2, beside the caller's own cgroup, because one that holds processes cannot
  // give controllers to those below it. Empty: `id` as a relative path.
  std::string cgroups_path;
  spec::StringMap annotations;  // of the configuration
  bool rootless = false;  // failing to make a cgroup is a warning when nothing was asked of it
};
// Code::ConfigInvalid for a path that leads above where it starts, or to the root cgroup.
Result<Location> locate(const Host& host, const LocateOptions& options);

class Cgroup {
 public:
  // Makes the directories and applies `resources` (nullptr: none, but v1 cpuset is always
  // initialised). Refuses a cgroup that has processes or is frozen. What it made is removed again
  // by the destructor unless keep() was called.
  static Result<Cgroup> make(const Location& location, const spec::Resources* resources);
  // An existing one, from a container's state. Missing directories are fine: they are gone then.
  static Cgroup open(const Location& location);

  Cgroup(Cgroup&&) noexcept;
  Cgroup& operator=(Cgroup&&) noexcept;
  ~Cgroup();
  // the container's first process is in, and needs all the room there is
  void settle() { placeholder_.end(); }
  void keep();
  const Location& location() const { return location_; }

  // Moves process `pid` into every hierarchy. On v2 `dir_fd()` with CLONE_INTO_CGROUP does it at
  // birth instead.
  Status join(pid_t pid) const;
  // O_PATH directory for CLONE_INTO_CGROUP, or -1 (v1, hybrid, disabled).
  int dir_fd() const { return location_.layout == Layout::Unified ? dir_fd_.get() : -1; }

  // The way in for a child of ours that join() is too slow for. Moving another process, or a whole
  // one, waits for all CPUs (an RCU grace period: 5 to 25 ms), because it takes the lock that every
  // fork and exit on the machine reads. A thread that moves itself does not take it (since 5.5),
  // nor does CLONE_INTO_CGROUP. So: clone into `clone_into` if it is not -1, and have the child,
  // while it has one thread, write kSelf into each of `tasks`; then nobody calls join(). On unified
  // `tasks` is empty. A failed write means what a failed join() means: explain_join() has the
  // words.
  struct Entrance {
    int clone_into = -1;  // belongs to the Cgroup
    std::vector<Fd> tasks;
    std::vector<std::string> names;  // of `tasks`, for messages
  };
  static constexpr char kSelf[] = "0";
  Result<Entrance> entrance() const;
  static Error explain_join(int errnum, const std::string& name);

  // v2: makes `owner` (a uid here) the owner of the directory and of those files in it that may
  // safely be delegated, so that the container can divide what it has. Without root, being refused
  // is not an error.
  Status give_to(uid_t owner) const;

  // Writes what is set in `resources` and nothing else (config-linux.md, "Control groups"). Order
  // is safe for raising and lowering. On failure the error names the file; values written before it
  // stay (update rolls back with the old ones).
  Status apply(const spec::Resources& resources) const;

  // returns when every process is frozen; Code::Unsupported without a freezer
  Status freeze() const;
  Status thaw() const;
  Result<bool> frozen() const;

  bool exists() const;                      // at least one directory is there
  Result<std::vector<pid_t>> pids() const;  // of this cgroup and all below it, each once
  // to every process, below too; cgroup.kill where there is one
  Status kill_all(int signal) const;
  // rmdir, below first, all hierarchies; waits (bounded) for dying processes
  Status remove();

 private:
  Cgroup() = default;
  void open_dir();
  void destroy();
  Status start_unit(const spec::Resources& wanted);
  Result<bool> kill_at_once() const;
  Location location_;
  Fd dir_fd_;                      // of the v2 directory, if there is one
  Placeholder placeholder_;        // systemd, by make(): holds the scope until settle()
  std::vector<std::string> made_;  // by make(): outermost first
  bool remove_on_destroy_ = false;
};

}  // namespace cgroup
