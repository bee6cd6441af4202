#include "spec/load.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "spec/validate.h"
#include "tests/unit/spec/data.h"

namespace spec {
namespace {

TEST(ParseConfig, LastOfEqualNamesAndNullAsAbsent) {
  Result<Config> config = parse_config(read_data("configs/valid/nulls-and-duplicates.json"), "c");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->oci_version, "1.2.0");
  EXPECT_EQ(config->root->path, "rootfs");
  EXPECT_EQ(config->process->cwd, "/home");
  EXPECT_FALSE(config->process->oom_score_adj);
  EXPECT_FALSE(config->process->capabilities);
  EXPECT_EQ(config->annotations, (StringMap{{"b", "b"}, {"a", "last"}}));
  ASSERT_EQ(config->linux_->net_devices.size(), 1u);
  EXPECT_EQ(config->linux_->net_devices[0].name, "y");
  EXPECT_FALSE(config->linux_->seccomp);
  EXPECT_FALSE(config->linux_->resources->pids_limit);
  EXPECT_FALSE(config->linux_->resources->memory->limit);
}

TEST(ParseConfig, KeepsAbsentAndEmptyApartWhereItMatters) {
  Result<Config> config = parse_config(R"({"ociVersion": "1.0.0", "root": {"path": "r"},
    "hooks": {"poststop": [{"path": "/a"}, {"path": "/a", "env": []}]},
    "linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "flags": []}, "resources": {"pids": {"limit": 0}}}})",
                                       "c");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_FALSE(config->hooks->poststop[0].env);
  EXPECT_TRUE(config->hooks->poststop[1].env);
  EXPECT_TRUE(config->linux_->seccomp->flags);
  EXPECT_EQ(config->linux_->resources->pids_limit, 0);
  std::string text = to_json(*config, false);
  EXPECT_NE(text.find(R"({"path":"/a"},{"path":"/a","env":[]})"), std::string::npos) << text;
}

TEST(ParseConfig, AcceptsWhatEnginesWrite) {
  Result<Config> config = parse_config(read_data("configs/valid/as-engines-write-them.json"), "c");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->linux_->rootfs_propagation, RootfsPropagation::Rslave);
  EXPECT_EQ(config->linux_->devices[0].file_mode, 0020666u);
  EXPECT_EQ(config->mounts[0].destination, "tmp");
}

TEST(ParseConfig, ManyNamesTakeTimeInProportion) {
  std::string text = R"({"ociVersion": "1.0.0", "root": {"path": "r"}, "annotations": {)";
  for (int i = 0; i < 60'000; i++)
    text += "\"k" + std::to_string(i % 30'000) + "\": \"" + std::to_string(i) + "\",";
  text += "\"last\": \"\"}}";
  Result<Config> config = parse_config(text, "c");  // comparing all with all would take a minute
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->annotations.size(), 30'001u);
  EXPECT_EQ(config->annotations[0], (std::pair<std::string, std::string>("k0", "30000")));
}

TEST(ParseProcess, IsTheProcessAlone) {
  Result<Process> process = parse_process(
      R"({"cwd": "/", "args": ["id"], "user": {"uid": 5, "gid": 6, "additionalGids": [7]}})", "p");
  ASSERT_TRUE(process) << process.error().text();
  EXPECT_EQ(process->user.uid, 5u);
  EXPECT_EQ(process->user.additional_gids, std::vector<uint32_t>{7});
}

TEST(ParseResources, IsTheResourcesAlone) {
  Result<Resources> resources =
      parse_resources(R"({"memory": {"limit": -1}, "cpu": {"shares": 18446744073709551615}})", "r");
  ASSERT_TRUE(resources) << resources.error().text();
  EXPECT_EQ(resources->memory->limit, -1);
  EXPECT_EQ(resources->cpu->shares, UINT64_MAX);
  EXPECT_TRUE(parse_resources("{}", "r"));
}

class LoadConfig : public testing::Test {
 protected:
  LoadConfig() {
    char name[] = "/tmp/rt-test-spec-XXXXXX";
    EXPECT_NE(mkdtemp(name), nullptr);
    bundle_ = name;
  }
  ~LoadConfig() override {
    unlink((bundle_ + "/config.json").c_str());
    rmdir(bundle_.c_str());
  }
  std::string bundle_;
};

TEST_F(LoadConfig, ReadsTheBundlesConfig) {
  ASSERT_TRUE(write_file_atomic(AT_FDCWD, (bundle_ + "/config.json").c_str(),
                                read_data("configs/valid/minimal.json"), 0600));
  Result<Config> config = load_config(bundle_);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->root->path, "rootfs");
}

TEST_F(LoadConfig, NamesTheFileInErrors) {
  ASSERT_TRUE(write_file_atomic(AT_FDCWD, (bundle_ + "/config.json").c_str(), "{\n}", 0600));
  Result<Config> config = load_config(bundle_ + "/");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().text(),
            bundle_ + "/config.json:1:1: the required property 'ociVersion' is missing");
}

// podman takes "no such file or directory" for a missing program and exits with 127.
TEST_F(LoadConfig, ABundleWithoutConfigIsItsOwnError) {
  Result<Config> config = load_config(bundle_);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().text(), "there is no config.json in the bundle '" + bundle_ + "'");
  EXPECT_EQ(config.error().code, Code::BundleInvalid);
  EXPECT_FALSE(config.error().hint.empty());
}

TEST_F(LoadConfig, OtherErrorsKeepTheirErrno) {
  ASSERT_EQ(mkdir((bundle_ + "/config.json").c_str(), 0700), 0);
  Result<Config> config = load_config(bundle_);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().errnum, EISDIR);
  EXPECT_EQ(config.error().code, Code::BundleInvalid);
  rmdir((bundle_ + "/config.json").c_str());
}

TEST(DefaultConfig, IsValidAndComesBackEqual) {
  for (bool rootless : {false, true}) {
    for (bool cgroup_namespace : {false, true}) {
      Config config = default_config(rootless, 1000, 1001, cgroup_namespace);
      EXPECT_TRUE(validate(config)) << validate(config).error().text();
      Result<Config> again = parse_config(to_json(config, true), "config.json");
      ASSERT_TRUE(again) << again.error().text();
      EXPECT_TRUE(*again == config);
    }
  }
}

std::vector<NamespaceType> namespaces_of(const Config& config) {
  std::vector<NamespaceType> types;
  for (const Namespace& ns : config.linux_->namespaces) types.push_back(ns.type);
  return types;
}

TEST(DefaultConfig, HasTheNamespacesOfItsKind) {
  using T = NamespaceType;
  EXPECT_EQ(namespaces_of(default_config(false, 0, 0)),
            (std::vector{T::Pid, T::Network, T::Ipc, T::Uts, T::Mount}));
  EXPECT_EQ(namespaces_of(default_config(false, 0, 0, true)),
            (std::vector{T::Pid, T::Network, T::Ipc, T::Uts, T::Mount, T::Cgroup}));
  EXPECT_EQ(namespaces_of(default_config(true, 0, 0)),
            (std::vector{T::Pid, T::Ipc, T::Uts, T::Mount, T::User}));
}

TEST(DefaultConfig, RootlessMapsTheCallerAndLeavesCgroupsAlone) {
  Config config = default_config(true, 1000, 1001);
  const Linux& platform = *config.linux_;
  EXPECT_EQ(platform.uid_mappings,
            (std::vector<IdMapping>{{.container_id = 0, .host_id = 1000, .size = 1}}));
  EXPECT_EQ(platform.gid_mappings,
            (std::vector<IdMapping>{{.container_id = 0, .host_id = 1001, .size = 1}}));
  EXPECT_FALSE(platform.resources);
  for (const Mount& mount : config.mounts) {
    for (const std::string& option : mount.options)
      EXPECT_FALSE(option.starts_with("gid=")) << mount.destination;
    EXPECT_NE(mount.type, "sysfs");
  }
  EXPECT_FALSE(default_config(false, 0, 0).linux_->resources->devices[0].allow);
}

TEST(StateJson, IsCompactWithPlainSlashes) {
  State state{.oci_version = "1.3.0",
              .id = "web",
              .status = ContainerStatus::Created,
              .pid = 42,
              .bundle = "/b/web",
              .annotations = {{"a", "b/c"}}};
  EXPECT_EQ(
      to_json(state, false),
      R"({"ociVersion":"1.3.0","id":"web","status":"created","pid":42,"bundle":"/b/web","annotations":{"a":"b/c"}})");
  state.pid = 0;
  state.annotations.clear();
  state.status = ContainerStatus::Stopped;
  EXPECT_EQ(to_json(state, false),
            R"({"ociVersion":"1.3.0","id":"web","status":"stopped","bundle":"/b/web"})");
}

}  // namespace
}  // namespace spec
