#include "runtime/container/check.h"

#include "base/path.h"
#include "base/strings.h"
#include "runtime/cgroup/check.h"
#include "runtime/container/make.h"
#include "spec/load.h"

namespace container {
namespace {

Finding finding(const Error& error) {
  return {true, "", error.text(), error.hint};
}

}  // namespace

void check_cgroup(const spec::Config& config, const cgroup::Location& location, Findings* out) {
  bool limited = config.linux_ && config.linux_->resources;
  if (location.manager == cgroup::Manager::Disabled) return;
  if (std::optional<std::string> dir = cgroup::closed_directory(location)) {
    bool fatal = limited || !location.best_effort;
    out->push_back({fatal, "linux.cgroupsPath",
                    format("no cgroup can be made in '%s': Permission denied", dir->c_str()),
                    "run as root, or have that directory delegated to you"});
  }
  if (!limited) return;
  Result<std::vector<std::string>> missing =
      cgroup::missing_controllers(location, *config.linux_->resources);
  if (!missing) return out->push_back(finding(missing.error()));
  for (const std::string& name : *missing) {
    out->push_back(
        {true, "linux.resources",
         format("it needs the cgroup controller '%s', which is not there", name.c_str()),
         "take the limits that need it out of config.json, or mount or delegate the controller"});
  }
}

// The configuration's own errors come from the same code that `create` runs. What it finds first
// may hide others, so the rest is looked at whenever the file can be read at all.
Findings check(const Globals& globals, const CreateOptions& options) {
  Findings out;
  Result<Blueprint> drawn = draw(globals, options, true);
  spec::Config config;
  std::string rootfs;
  if (drawn) {
    config = std::move(drawn->config);
    rootfs = drawn->record.rootfs;
    check_cgroup(config, drawn->record.cgroup, &out);
  } else {
    out.push_back(finding(drawn.error()));
    Result<std::string> text = read_config(options);
    if (!text) return out;
    Result<spec::Config> parsed = spec::parse_config(*text, "config.json");
    if (!parsed) return out;
    config = *std::move(parsed);
    if (config.root) rootfs = join_path(options.bundle, config.root->path);
  }
  check_namespaces(config, &out);
  check_mounts(config, options.bundle, &out);
  check_program(config, rootfs, &out);
  check_hooks(config, &out);
  check_rights(config, &out);
  check_host_files(config, &out);
  return out;
}

}  // namespace container
