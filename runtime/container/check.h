// `rt check`: what in a bundle would fail on this machine, and why, without making anything.
//
// Compiling the plan finds the first error of configuration; the checks below look at what the plan
// takes for granted: that files, file systems, namespaces, controllers and rights are there. Each
// is a question to the kernel that changes nothing, so an answer can be out of date when the
// container is made, and not all that can fail can be asked for.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/container/options.h"
#include "spec/config.h"

namespace container {

struct Finding {
  // the container could not be created or started; else: not all of it will be as configured
  bool fatal = true;
  std::string where;  // "mounts[3].source"; "" for the whole
  std::string what;
  std::string hint;
};
using Findings = std::vector<Finding>;

Findings check(const Globals& globals, const CreateOptions& options);

// The parts, for tests. Each appends.
void check_mounts(const spec::Config& config, const std::string& bundle, Findings* out);
void check_program(const spec::Config& config, const std::string& rootfs, Findings* out);
void check_hooks(const spec::Config& config, Findings* out);
void check_namespaces(const spec::Config& config, Findings* out);
// limits and priorities that take a capability
void check_rights(const spec::Config& config, Findings* out);
// sysctls, network devices, CPUs and memory nodes
void check_host_files(const spec::Config& config, Findings* out);
void check_cgroup(const spec::Config& config, const cgroup::Location& location, Findings* out);

}  // namespace container
