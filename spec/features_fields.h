// Every property of the features structure and its place in features.h; see mapping.h.
#pragma once

#include "spec/features.h"
#include "spec/mapping.h"

namespace spec {

template <class V>
void fields(V& v, Like<CgroupFeatures> auto& cgroup) {
  v.optional("v1", cgroup.v1);
  v.optional("v2", cgroup.v2);
  v.optional("systemd", cgroup.systemd);
  v.optional("systemdUser", cgroup.systemd_user);
  v.optional("rdma", cgroup.rdma);
}

template <class V>
void fields(V& v, Like<SeccompFeatures> auto& seccomp) {
  v.optional("enabled", seccomp.enabled);
  v.optional("actions", seccomp.actions);
  v.optional("operators", seccomp.operators);
  v.optional("archs", seccomp.archs);
  v.optional("knownFlags", seccomp.known_flags);
  v.optional("supportedFlags", seccomp.supported_flags);
}

template <class V>
void fields(V& v, Like<MemoryPolicyFeatures> auto& policy) {
  v.optional("modes", policy.modes);
  v.optional("flags", policy.flags);
}

template <class V>
void fields(V& v, Like<IntelRdtFeatures> auto& rdt) {
  v.optional("enabled", rdt.enabled);
  v.optional("schemata", rdt.schemata);
  v.optional("monitoring", rdt.monitoring);
}

template <class V>
void fields(V& v, Like<EnabledFeature> auto& feature) {
  v.optional("enabled", feature.enabled);
}

template <class V>
void fields(V& v, Like<MountExtensions> auto& extensions) {
  v.optional("idmap", extensions.idmap);
}

template <class V>
void fields(V& v, Like<LinuxFeatures> auto& platform) {
  v.optional("namespaces", platform.namespaces);
  v.optional("capabilities", platform.capabilities);
  v.optional("cgroup", platform.cgroup);
  v.optional("seccomp", platform.seccomp);
  v.optional("apparmor", platform.apparmor);
  v.optional("selinux", platform.selinux);
  v.optional("memoryPolicy", platform.memory_policy);
  v.optional("intelRdt", platform.intel_rdt);
  v.optional("mountExtensions", platform.mount_extensions);
  v.optional("netDevices", platform.net_devices);
}

template <class V>
void fields(V& v, Like<Features> auto& features) {
  v.required("ociVersionMin", features.oci_version_min);
  v.required("ociVersionMax", features.oci_version_max);
  v.optional("hooks", features.hooks);
  v.optional("mountOptions", features.mount_options);
  v.optional("linux", features.linux_);
  v.optional("annotations", features.annotations);
  v.optional("potentiallyUnsafeConfigAnnotations", features.potentially_unsafe_config_annotations);
}

}  // namespace spec
