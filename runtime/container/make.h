// The common part of `create` and `run`: from a bundle to a container whose init stands right
// before the program.
#pragma once

#include <optional>

#include "runtime/cgroup/cgroup.h"
#include "runtime/container/launch.h"
#include "runtime/container/net_devices.h"
#include "runtime/container/options.h"
#include "runtime/container/record.h"
#include "runtime/container/root_mount.h"
#include "spec/config.h"

namespace container {

// A bundle, read and decided about; nothing made yet.
struct Blueprint {
  spec::Config config;  // as of config.json; the plan may add to its environment
  std::string config_text;
  Record record;
  plan::Plan plan;
  bool notify = false;  // the plan mounts the directory of notify.h
};
Result<std::string> read_config(const CreateOptions& options);
Result<Blueprint> draw(const Globals& globals, const CreateOptions& options, bool wait_for_start);

// What exists so far. Members undo themselves, last first, unless keep() is called.
struct Made {
  StateDir dir;
  cgroup::Cgroup cgroup;
  std::optional<RdtGroups> rdt;
  NetDevices net_devices;
  RootMount root_mount;
  Child child;  // goes first: its mounts are on the others
  void keep();
};
// `blueprint.record` gets the pid and is saved. Hooks up to createContainer have run.
Result<Made> make_container(const Globals& globals, const CreateOptions& options,
                            Blueprint& blueprint);

// After a failure the lifecycle goes on with deletion (runtime.md, "Lifecycle", 3-5, 12-13): what
// earlier hooks set up, such as networks, is for poststop hooks to take down.
void run_poststop_after_failure(const Blueprint& blueprint, const Error& error);

// How many descriptors from 3 on the program inherits: --preserve-fds, and before them those of
// socket activation (sd_listen_fds(3)). One that is not open is an error. To be called before
// anything is opened.
Result<int> inherited_fds(int preserve_fds);
// What a socket-activated program looks at.
void add_listen_environment(spec::Process& process);

spec::State state_of(const Record& record, spec::ContainerStatus status);

// --pid-file: written as soon as there is a pid, taken back unless what it announces came to be.
class PidFile {
 public:
  static Result<PidFile> write(const std::string& path, pid_t pid);  // nothing if the path is empty
  PidFile(PidFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~PidFile();
  void keep() { path_.clear(); }

 private:
  PidFile() = default;
  std::string path_;
};

// Whether a terminal, a console socket and detaching go together (contract of runc and its
// engines).
Status check_console(const CreateOptions& options, const std::optional<spec::Process>& process);
// Appends `lines` to --timing FILE, if there is one.
Status write_timing(const Globals& globals, const std::string& lines);

}  // namespace container
