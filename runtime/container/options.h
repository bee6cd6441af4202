// What the commands ask of container/: plain data, filled by cmd/ from flags.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/cgroup/cgroup.h"
#include "spec/config.h"

namespace container {

struct Globals {
  std::string root;  // absolute; see default_root()
  bool root_is_default = true;
  cgroup::Manager cgroup_manager = cgroup::Manager::Fs;
  std::optional<bool> rootless;  // --rootless=true|false|auto
  std::string timing_file;       // --timing FILE: one JSON line per step
  // tests only (RT_ABORT_AT): stop dead at the named point, as if killed there
  std::string abort_at;
};

struct CreateOptions {
  std::string id;
  std::string bundle;       // absolute
  std::string config_file;  // empty: <bundle>/config.json
  std::string console_socket, pidfd_socket, pid_file;
  bool no_pivot = false;
  bool no_new_keyring = false;
  int preserve_fds = 0;
  // run only
  bool detach = true;  // create: always
  bool keep = false;
  bool no_subreaper = false;
};

struct ExecOptions {
  std::string id;
  std::string process_file;  // --process; then only it counts
  spec::Strings args;
  std::optional<std::string> cwd, user, process_label, apparmor;
  spec::Strings env, caps, cgroups;
  std::vector<uint32_t> additional_gids;
  std::string console_socket, pidfd_socket, pid_file;
  bool tty = false;
  bool detach = false;
  std::optional<bool> no_new_privs;
  bool ignore_paused = false;
  int preserve_fds = 0;
};

}  // namespace container
