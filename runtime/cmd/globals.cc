#include "runtime/cmd/globals.h"

#include <cstdlib>

#include "base/log.h"
#include "base/path.h"
#include "runtime/container/container.h"

namespace cmd {

namespace {

LogOptions log_options(const Parsed& flags) {
  LogOptions log;
  log.file = flags.text("log");
  if (flags.text("log-format") == "json") log.format = LogFormat::Json;
  std::string level = flags.text("log-level");
  if (level == "error") log.level = LogLevel::Error;
  if (level == "info") log.level = LogLevel::Info;
  if (level == "debug" || flags.on("debug")) log.level = LogLevel::Debug;
  return log;
}

Status read_cgroup_manager(const Parsed& flags, container::Globals* globals) {
  std::string manager = flags.text("cgroup-manager");
  bool systemd = flags.on("systemd-cgroup");
  if (systemd && !manager.empty() && manager != "systemd") {
    return Error::make(Code::Usage,
                       "--systemd-cgroup and --cgroup-manager %s contradict each other",
                       manager.c_str())
        .with_hint("--systemd-cgroup is short for --cgroup-manager systemd; give one of the two");
  }
  if (systemd || manager == "systemd") globals->cgroup_manager = cgroup::Manager::Systemd;
  if (manager == "disabled") globals->cgroup_manager = cgroup::Manager::Disabled;
  return {};
}

}  // namespace

Status read_globals(const Parsed& flags, container::Globals* globals) {
  TRY(log_open(log_options(flags)));
  TRY(read_cgroup_manager(flags, globals));
  std::string root = flags.text("root");
  globals->root_is_default = root.empty();
  globals->root = root.empty() ? container::default_root() : absolute_path(root);
  if (globals->root == "/") {
    return Error::make(Code::Usage, "Option --root argument should not be set to /")
        .with_hint("give a directory of its own, such as /run/rt");
  }
  std::string rootless = flags.text("rootless");
  if (rootless == "true" || rootless == "false") globals->rootless = rootless == "true";
  std::string timing = flags.text("timing");
  if (!timing.empty()) globals->timing_file = absolute_path(timing);
  if (const char* point = getenv("RT_ABORT_AT")) globals->abort_at = point;
  return {};
}

}  // namespace cmd
