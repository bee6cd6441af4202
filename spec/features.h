// What `rt features` prints: features.md and features-linux.md of the spec, as structs. Filled in
// cmd/features.cc.
//
// Absent and empty differ here ("null MUST NOT be confused with an empty value"): absent means that
// the runtime does not say. So everything but the two versions is optional, lists too.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace spec {

struct CgroupFeatures {
  std::optional<bool> v1, v2, systemd, systemd_user, rdma;
  bool operator==(const CgroupFeatures&) const = default;
};

struct SeccompFeatures {
  std::optional<bool> enabled;
  std::optional<std::vector<SeccompAction>> actions;
  std::optional<std::vector<SeccompOperator>> operators;
  std::optional<std::vector<SeccompArch>> archs;
  std::optional<std::vector<SeccompFlag>> known_flags;
  std::optional<std::vector<SeccompFlag>> supported_flags;
  bool operator==(const SeccompFeatures&) const = default;
};

struct MemoryPolicyFeatures {
  std::optional<std::vector<MemoryPolicyMode>> modes;
  std::optional<std::vector<MemoryPolicyFlag>> flags;
  bool operator==(const MemoryPolicyFeatures&) const = default;
};

struct IntelRdtFeatures {
  std::optional<bool> enabled, schemata, monitoring;
  bool operator==(const IntelRdtFeatures&) const = default;
};

// {"enabled": true}: apparmor, selinux, mountExtensions.idmap, netDevices
struct EnabledFeature {
  std::optional<bool> enabled;
  bool operator==(const EnabledFeature&) const = default;
};

struct MountExtensions {
  std::optional<EnabledFeature> idmap;
  bool operator==(const MountExtensions&) const = default;
};

// features-linux.md
struct LinuxFeatures {
  std::optional<std::vector<NamespaceType>> namespaces;
  std::optional<Strings> capabilities;
  std::optional<CgroupFeatures> cgroup;
  std::optional<SeccompFeatures> seccomp;
  std::optional<EnabledFeature> apparmor, selinux;
  std::optional<MemoryPolicyFeatures> memory_policy;
  std::optional<IntelRdtFeatures> intel_rdt;
  std::optional<MountExtensions> mount_extensions;
  std::optional<EnabledFeature> net_devices;
  bool operator==(const LinuxFeatures&) const = default;
};

// features.md
struct Features {
  std::string oci_version_min, oci_version_max;
  std::optional<Strings> hooks;
  std::optional<Strings> mount_options;
  std::optional<LinuxFeatures> linux_;
  StringMap annotations;
  std::optional<Strings> potentially_unsafe_config_annotations;
  bool operator==(const Features&) const = default;
};

std::string to_json(const Features& features, bool pretty);
// Errors as in load.h.
Result<Features> parse_features(std::string_view text, const char* name);

}  // namespace spec
