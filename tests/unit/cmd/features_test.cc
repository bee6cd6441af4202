// `rt features` is valid JSON, and says what the rest of the program does.
#include "spec/features.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/cmd/version.h"
#include "spec/load.h"
#include "tests/unit/cmd/fake_container.h"

namespace {

template <class T, class U>
bool has(const std::vector<T>& list, const U& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

class FeaturesCommand : public testing::Test {
 protected:
  void SetUp() override {
    Outcome outcome = rt({"features"});
    ASSERT_TRUE(outcome.ok) << outcome.error.text();
    EXPECT_EQ(fake().called, "");
    Result<spec::Features> parsed = spec::parse_features(outcome.out, "features");
    ASSERT_TRUE(parsed) << parsed.error().text();
    features_ = *parsed;
  }
  spec::Features features_;
};

TEST_F(FeaturesCommand, Versions) {
  EXPECT_EQ(features_.oci_version_min, "1.0.0");
  EXPECT_EQ(features_.oci_version_max, spec::kOciVersion);
  for (const auto& [name, value] : features_.annotations) {
    if (name == "io.github.seccomp.libseccomp.version") {
      EXPECT_EQ(value, cmd::libseccomp_version());
    }
  }
}

TEST_F(FeaturesCommand, WhatContainerdAsksForIsThere) {
  ASSERT_TRUE(features_.linux_);
  EXPECT_EQ(features_.linux_->namespaces->size(), 8u);
  EXPECT_TRUE(has(*features_.linux_->namespaces, spec::NamespaceType::User));
  EXPECT_TRUE(has(*features_.mount_options, "rro"));
  EXPECT_TRUE(has(*features_.linux_->capabilities, "CAP_CHECKPOINT_RESTORE"));
  EXPECT_EQ(features_.hooks->size(), 6u);
}

TEST_F(FeaturesCommand, MustOptionsOfTheSpecAreThere) {
  for (const char* option : {"async",      "atime",      "bind",       "defaults",      "dev",
                             "diratime",   "dirsync",    "exec",       "iversion",      "lazytime",
                             "loud",       "noatime",    "nodev",      "nodiratime",    "noexec",
                             "noiversion", "nolazytime", "norelatime", "nostrictatime", "nosuid",
                             "private",    "rbind",      "relatime",   "remount",       "ro",
                             "rprivate",   "rshared",    "rslave",     "runbindable",   "rw",
                             "shared",     "silent",     "slave",      "strictatime",   "suid",
                             "sync",       "unbindable", "tmpcopyup",  "nosymfollow",   "rrw"}) {
    EXPECT_TRUE(has(*features_.mount_options, option)) << option;
  }
}

TEST_F(FeaturesCommand, SeccompListsAreWholeAndTheSupportedFlagsKnown) {
  const spec::SeccompFeatures& seccomp = *features_.linux_->seccomp;
  EXPECT_EQ(seccomp.enabled, true);
  EXPECT_EQ(seccomp.actions->size(), 9u);
  EXPECT_EQ(seccomp.operators->size(), 7u);
  EXPECT_TRUE(has(*seccomp.archs, spec::SeccompArch::X86_64));
  EXPECT_EQ(seccomp.known_flags->size(), 4u);
  for (spec::SeccompFlag flag : *seccomp.supported_flags)
    EXPECT_TRUE(has(*seccomp.known_flags, flag));
}

// An engine that is told "idmap" mounts a volume that way; the runtime must then not refuse it.
TEST_F(FeaturesCommand, TheIdmapOptionsAndTheFlagAgree) {
  bool enabled = *features_.linux_->mount_extensions->idmap->enabled;
  EXPECT_EQ(has(*features_.mount_options, "idmap"), enabled);
  EXPECT_EQ(has(*features_.mount_options, "ridmap"), enabled);
}

TEST_F(FeaturesCommand, EveryPropertyOfTheSchemaIsAnswered) {
  ASSERT_TRUE(features_.hooks && features_.mount_options && features_.linux_ &&
              features_.potentially_unsafe_config_annotations);
  EXPECT_FALSE(features_.annotations.empty());
  const spec::LinuxFeatures& platform = *features_.linux_;
  ASSERT_TRUE(platform.namespaces && platform.capabilities && platform.cgroup && platform.seccomp &&
              platform.apparmor && platform.selinux && platform.memory_policy &&
              platform.intel_rdt && platform.mount_extensions && platform.net_devices);
  const spec::CgroupFeatures& cgroup = *platform.cgroup;
  EXPECT_TRUE(cgroup.v1 && cgroup.v2 && cgroup.systemd && cgroup.systemd_user && cgroup.rdma);
  const spec::SeccompFeatures& seccomp = *platform.seccomp;
  EXPECT_TRUE(seccomp.enabled && seccomp.actions && seccomp.operators && seccomp.archs &&
              seccomp.known_flags && seccomp.supported_flags);
  EXPECT_TRUE(platform.memory_policy->modes && platform.memory_policy->flags);
  EXPECT_TRUE(platform.intel_rdt->enabled && platform.intel_rdt->schemata &&
              platform.intel_rdt->monitoring);
  EXPECT_TRUE(platform.apparmor->enabled && platform.selinux->enabled &&
              platform.net_devices->enabled);
  EXPECT_TRUE(platform.mount_extensions->idmap && platform.mount_extensions->idmap->enabled);
}

// Annotations of a configuration that have an effect: their names are in the program.
TEST_F(FeaturesCommand, AnnotationsThatHaveAnEffectAreNamed) {
  EXPECT_TRUE(has(*features_.potentially_unsafe_config_annotations, "run.oci.mount_context_type"));
  EXPECT_TRUE(
      has(*features_.potentially_unsafe_config_annotations, "run.oci.keep_original_groups"));
}

}  // namespace
