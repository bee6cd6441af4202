// Config -> Plan. All decisions about a container are taken here, without touching anything.
#pragma once

#include "runtime/cgroup/cgroup.h"
#include "runtime/plan/plan.h"
#include "spec/config.h"

namespace plan {

struct CreateInput {
  const spec::Config& config;
  std::string id;
  std::string bundle;  // absolute
  std::string rootfs;  // absolute
  const cgroup::Host& cgroup_host;
  const cgroup::Location& cgroup;
  HostFacts host;
  bool no_pivot = false;
  bool no_new_keyring = false;
  bool wait_for_start = true;  // create; false: run
  int preserve_fds = 0;
};
// Errors name the property ("linux.namespaces[2]: ...") and are ConfigInvalid or Unsupported.
Result<Plan> compile_create(const CreateInput& input);

struct ExecInput {
  const spec::Config& config;    // the container's own
  const spec::Process& process;  // what to run
  std::string id;
  std::vector<Namespaces::Join> joins;  // the container's namespaces that are not the caller's
  bool joins_user = false;
  std::string root = {};  // its root directory, where no mount namespace leads there
  bool may_set_groups = true;
  HostFacts host;
  int preserve_fds = 0;
  bool no_new_keyring = false;
};
Result<Plan> compile_exec(const ExecInput& input);

// labels.cc. linux.mountLabel as a parameter of a new file system: context=LABEL. Nothing if there
// is none.
Result<std::optional<FsParameter>> mount_label(const spec::Config& config, const HostFacts& host);

}  // namespace plan
