// `rt features`: what this build can do (features.md, features-linux.md). Facts of the program, not
// of the machine; only seccomp's supportedFlags depend on the kernel, as the spec lets them.
#include "spec/features.h"

#include <linux/seccomp.h>

#include <algorithm>

#include "base/capability_names.h"
#include "runtime/cmd/command.h"
#include "runtime/cmd/output.h"
#include "runtime/cmd/version.h"
#include "runtime/plan/mount_options.h"
#include "runtime/plan/seccomp.h"
#include "runtime/plan/seccomp_values.h"
#include "spec/enums.h"
#include "spec/load.h"

namespace cmd {

namespace {

// The version of runc whose features those below are a superset of. Programs that gate a feature on
// it would otherwise take rt for a runc older than all of them.
constexpr const char* kLikeRunc = "1.1.0";

template <class E>
std::vector<E> all_values() {
  std::vector<E> out;
  for (const spec::EnumName& entry : spec::enum_names<E>())
    out.push_back(static_cast<E>(entry.value));
  return out;
}

spec::Strings mount_options() {
  spec::Strings out;
  for (std::string_view option : plan::known_mount_options()) out.emplace_back(option);
  return out;
}

std::vector<spec::SeccompFlag> supported_flags() {
  constexpr struct {
    spec::SeccompFlag flag;
    unsigned bit;
  } kBits[] = {
      {spec::SeccompFlag::Tsync, SECCOMP_FILTER_FLAG_TSYNC},
      {spec::SeccompFlag::Log, SECCOMP_FILTER_FLAG_LOG},
      {spec::SeccompFlag::SpecAllow, SECCOMP_FILTER_FLAG_SPEC_ALLOW},
      {spec::SeccompFlag::WaitKillableRecv, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
  };
  unsigned supported = plan::supported_seccomp_flags();
  std::vector<spec::SeccompFlag> out;
  for (const auto& entry : kBits) {
    if ((supported & entry.bit) != 0) out.push_back(entry.flag);
  }
  return out;
}

spec::SeccompFeatures seccomp_features() {
  spec::SeccompFeatures seccomp;
  seccomp.enabled = true;
  seccomp.actions = all_values<spec::SeccompAction>();
  seccomp.operators = all_values<spec::SeccompOperator>();
  seccomp.archs = plan::known_seccomp_archs();
  seccomp.known_flags = all_values<spec::SeccompFlag>();
  seccomp.supported_flags = supported_flags();
  return seccomp;
}

spec::LinuxFeatures linux_features() {
  spec::LinuxFeatures features;
  features.namespaces = all_values<spec::NamespaceType>();
  features.capabilities.emplace();
  for (std::string_view name : sys::known_capabilities()) features.capabilities->emplace_back(name);
  features.cgroup = spec::CgroupFeatures{
      .v1 = true, .v2 = true, .systemd = true, .systemd_user = true, .rdma = true};
  features.seccomp = seccomp_features();
  features.apparmor = spec::EnabledFeature{true};
  features.selinux = spec::EnabledFeature{true};
  features.memory_policy = spec::MemoryPolicyFeatures{all_values<spec::MemoryPolicyMode>(),
                                                      all_values<spec::MemoryPolicyFlag>()};
  features.intel_rdt =
      spec::IntelRdtFeatures{.enabled = true, .schemata = true, .monitoring = true};
  features.mount_extensions = spec::MountExtensions{spec::EnabledFeature{true}};
  features.net_devices = spec::EnabledFeature{true};
  return features;
}

}  // namespace

Result<int> run_features(const Invocation&) {
  spec::Features features;
  features.oci_version_min = "1.0.0";
  features.oci_version_max = spec::kOciVersion;
  features.hooks = {
      {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"}};
  features.mount_options = mount_options();
  features.linux_ = linux_features();
  features.annotations = {
      {"io.github.seccomp.libseccomp.version", libseccomp_version()},
      {"org.opencontainers.runc.checkpoint.enabled", "false"},
      {"org.opencontainers.runc.version", kLikeRunc},
  };
  features.potentially_unsafe_config_annotations = {
      // those that have an effect
      {"org.systemd.property.", "run.oci.keep_original_groups", "run.oci.mount_context_type"}};
  return print(spec::to_json(features, true) + "\n");
}

}  // namespace cmd
