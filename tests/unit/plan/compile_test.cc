// A plan is plain data, so what a config becomes can be looked at without root and without a
// kernel.
#include "runtime/plan/compile.h"

#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "runtime/plan/builder.h"
#include "runtime/plan/print.h"
#include "spec/load.h"

namespace plan {
namespace {

struct Compiled {
  spec::Config config = spec::default_config(false, 0, 0);
  cgroup::Host cgroup_host;
  cgroup::Location location;
  HostFacts facts;
  bool no_pivot = false;
  bool wait_for_start = true;

  Compiled() {
    config.process->args = {"/bin/true"};
    config.process->terminal = false;
    cgroup_host.layout = cgroup::Layout::Unified;
    cgroup_host.v2_mount_point = "/sys/fs/cgroup";
    facts.permitted_caps = (1ull << 41) - 1;
  }
  Result<Plan> compile() {
    CreateInput input = {.config = config,
                         .id = "web",
                         .bundle = "/b",
                         .rootfs = "/b/rootfs",
                         .cgroup_host = cgroup_host,
                         .cgroup = location,
                         .host = facts,
                         .no_pivot = no_pivot,
                         .wait_for_start = wait_for_start};
    return compile_create(input);
  }
  Plan plan() {
    Result<Plan> made = compile();
    EXPECT_TRUE(made) << made.error().text();
    return *std::move(made);
  }
  std::string error() {
    Result<Plan> made = compile();
    EXPECT_FALSE(made);
    return made ? std::string() : made.error().text();
  }
};

size_t index_of(const Plan& plan, Op op) {
  auto same = [&](const Step& step) { return step.op == op; };
  return static_cast<size_t>(std::find_if(plan.steps.begin(), plan.steps.end(), same) -
                             plan.steps.begin());
}

size_t call_index(const Plan& plan, long nr) {
  auto same = [&](const Step& step) { return step.op == Op::Call && step.args.call.nr == nr; };
  return static_cast<size_t>(std::find_if(plan.steps.begin(), plan.steps.end(), same) -
                             plan.steps.begin());
}

bool has_step(const Plan& plan, const std::string& what) {
  return std::any_of(plan.info.begin(), plan.info.end(),
                     [&](const StepInfo& info) { return info.what == what; });
}

TEST(Compile, EveryStepHasItsWords) {
  Plan plan = Compiled().plan();
  ASSERT_EQ(plan.steps.size(), plan.info.size());
  for (const StepInfo& info : plan.info) EXPECT_FALSE(info.what.empty());
}

TEST(Compile, EndsInExecAndStartsWithTheParent) {
  Plan plan = Compiled().plan();
  EXPECT_EQ(plan.steps.front().op, Op::Wait);
  EXPECT_EQ(plan.steps.back().op, Op::Exec);
}

TEST(Compile, ThePrivilegesGoInTheRightOrder) {
  Compiled it;
  it.config.process->user.uid = 1000;
  it.config.linux_->seccomp.emplace();
  it.config.linux_->seccomp->default_action = spec::SeccompAction::Allow;
  it.config.linux_->seccomp->syscalls = {{{"mkdir"}, spec::SeccompAction::Errno, {}, {}}};
  Plan plan = it.plan();
  size_t ids = call_index(plan, SYS_setresuid);
  EXPECT_LT(call_index(plan, SYS_pivot_root), ids);
  EXPECT_LT(call_index(plan, SYS_setgroups), ids);
  EXPECT_LT(call_index(plan, SYS_setresgid), ids);
  EXPECT_LT(ids, index_of(plan, Op::FindExe));
  EXPECT_LT(index_of(plan, Op::FindExe), index_of(plan, Op::AwaitStart));
  EXPECT_LT(index_of(plan, Op::AwaitStart), index_of(plan, Op::CloseFds));
  EXPECT_LT(index_of(plan, Op::CloseFds), index_of(plan, Op::Seccomp));
  // Nothing but capset, prctl and execve after the filter.
  for (size_t i = index_of(plan, Op::Seccomp) + 1; i < plan.steps.size(); i++) {
    bool allowed = plan.steps[i].op == Op::Exec ||
                   (plan.steps[i].op == Op::Call && (plan.steps[i].args.call.nr == SYS_capset ||
                                                     plan.steps[i].args.call.nr == SYS_prctl));
    EXPECT_TRUE(allowed) << plan.info[i].what;
  }
}

TEST(Compile, RunDoesNotWaitForStart) {
  Compiled it;
  it.wait_for_start = false;
  Plan plan = it.plan();
  EXPECT_EQ(index_of(plan, Op::AwaitStart), plan.steps.size());
  for (const Handed& handed : plan.handed) EXPECT_NE(handed.kind, Handed::Kind::Listener);
}

TEST(Compile, TheCgroupNamespaceIsNotMadeByClone) {
  Compiled it;
  it.config.linux_->namespaces = {{spec::NamespaceType::Mount, ""},
                                  {spec::NamespaceType::Cgroup, ""}};
  it.config.hostname.clear();
  Plan plan = it.plan();
  EXPECT_EQ(plan.namespaces.create, static_cast<uint64_t>(CLONE_NEWNS));
  EXPECT_TRUE(has_step(plan, "create the cgroup namespace"));
}

TEST(Compile, NoPivotMovesTheRoot) {
  Compiled it;
  it.no_pivot = true;
  Plan plan = it.plan();
  EXPECT_LT(index_of(plan, Op::MoveRoot), plan.steps.size());
  EXPECT_EQ(call_index(plan, SYS_pivot_root), plan.steps.size());
}

TEST(Compile, WithoutAMountNamespaceTheMountsAreTheRuntimes) {
  Compiled it;
  it.config.linux_->namespaces = {{spec::NamespaceType::Pid, ""}, {spec::NamespaceType::Uts, ""}};
  EXPECT_NE(it.error().find("need a mount namespace"), std::string::npos);
  it.config.linux_->masked_paths.clear();
  it.config.linux_->readonly_paths.clear();
  Plan plan = it.plan();
  EXPECT_TRUE(plan.mounts_in_runtime_namespace);
  // it changes the propagation of all mounts
  EXPECT_EQ(index_of(plan, Op::OpenRoot), plan.steps.size());
  EXPECT_EQ(call_index(plan, SYS_pivot_root), plan.steps.size());
  EXPECT_LT(index_of(plan, Op::MountNew), call_index(plan, SYS_chroot));
  it.config.mounts.clear();
  it.config.root->readonly = false;
  EXPECT_FALSE(it.plan().mounts_in_runtime_namespace);
  it.config.root->readonly = true;
  EXPECT_TRUE(it.plan().mounts_in_runtime_namespace);
}

TEST(Compile, AUserNamespaceCannotMountInTheRuntimesNamespace) {
  Compiled it;
  it.config.linux_->namespaces = {{spec::NamespaceType::User, ""}};
  it.config.linux_->uid_mappings = it.config.linux_->gid_mappings = {{0, 100000, 65536}};
  it.config.hostname.clear();
  EXPECT_NE(it.error().find("cannot be made without a mount namespace"), std::string::npos);
}

TEST(Compile, MountsKeepTheirOrderAndSource) {
  Plan plan = Compiled().plan();
  std::vector<std::string> sources;
  for (size_t i = 0; i < plan.steps.size(); i++) {
    if (plan.steps[i].op == Op::MountNew &&
        (sources.empty() || sources.back() != plan.info[i].source)) {
      sources.push_back(plan.info[i].source);
    }
  }
  ASSERT_GE(sources.size(), 6u);
  EXPECT_EQ(sources[0], "mounts[0]");
  EXPECT_TRUE(std::is_sorted(sources.begin(), sources.end()));
}

TEST(Compile, PartsOfProcAreNotCovered) {
  Compiled it;
  it.config.mounts.push_back({"/proc/sys", "tmpfs", "tmpfs", {}, {}, {}});
  EXPECT_NE(it.error().find("inside /proc"), std::string::npos);
  it.config.mounts.back() = {"/proc", "tmpfs", "tmpfs", {}, {}, {}};
  EXPECT_NE(it.error().find("only procfs can be mounted on /proc"), std::string::npos);
  it.config.mounts.back() = {"/proc/../proc/uptime", "none", "/tmp/x", {"bind"}, {}, {}};
  EXPECT_TRUE(it.compile());
}

TEST(Compile, ABindOfDevBringsItsOwnDevices) {
  Compiled it;
  EXPECT_TRUE(has_step(it.plan(), "make device '/dev/null'"));
  it.config.mounts.push_back({"/dev/", "none", "/dev", {"rbind"}, {}, {}});
  EXPECT_FALSE(has_step(it.plan(), "make device '/dev/null'"));
}

TEST(Compile, SysctlsOfTheHostAreRefused) {
  Compiled it;
  it.config.linux_->sysctl = {{"kernel.panic", "1"}};
  EXPECT_NE(it.error().find("not in a separate kernel namespace"), std::string::npos);
  it.config.linux_->sysctl = {{"net/ipv4/conf/eth0.1/forwarding", "1"}};
  EXPECT_TRUE(has_step(it.plan(), "write '1' to /proc/sys/net/ipv4/conf/eth0.1/forwarding"));
  it.config.linux_->sysctl = {{"net.ipv4.ip_forward", "1"}};
  EXPECT_TRUE(has_step(it.plan(), "write '1' to /proc/sys/net/ipv4/ip_forward"));
}

TEST(Compile, AUserNamespaceNeedsItsMaps) {
  Compiled it;
  it.config.linux_->namespaces.push_back({spec::NamespaceType::User, ""});
  EXPECT_NE(it.error().find("uidMappings"), std::string::npos);
  it.config.linux_->uid_mappings = it.config.linux_->gid_mappings = {{0, 100000, 65536}};
  Plan plan = it.plan();
  EXPECT_TRUE(plan.namespaces.create & CLONE_NEWUSER);
  // mknod is not allowed there: devices are bound.
  EXPECT_EQ(plan.steps[index_of(plan, Op::Device)].args.device.bind, 1u);
}

TEST(Compile, APlanCanBeDrawnByWhoCouldNotExecuteIt) {
  Compiled it;
  it.facts.euid = 1000;
  EXPECT_TRUE(it.compile());
}

TEST(Compile, AProgramWithoutASlashIsLookedForInThePathOfTheContainer) {
  Compiled it;
  it.config.process->args = {"prog"};
  it.config.process->env = {"PATH=/a::/b/"};
  Plan plan = it.plan();
  const FindExeArgs& find = plan.steps[index_of(plan, Op::FindExe)].args.find_exe;
  ASSERT_EQ(find.n, 3u);
  const std::string& data = plan.arena.data();
  EXPECT_NE(data.find(std::string("/a/prog\0", 8)), std::string::npos);
  EXPECT_NE(data.find(std::string("./prog\0", 7)), std::string::npos);
  EXPECT_NE(data.find("/b//prog"), std::string::npos);
}

TEST(Compile, HomeIsFetchedOnlyWhenItIsMissing) {
  Compiled it;
  it.config.process->env = {"HOME=/root"};
  EXPECT_EQ(index_of(it.plan(), Op::FetchHome), it.plan().steps.size());
  it.config.process->env = {"A=1", "HOME="};
  Plan plan = it.plan();
  EXPECT_LT(index_of(plan, Op::FetchHome), plan.steps.size());
  EXPECT_EQ(plan.steps.back().args.exec.home_index, 1);
}

// Text that a step refers to.
const char* at(const Plan& plan, Address address) {
  return plan.arena.data().data() + (address - kPlanAddress - sizeof(Header));
}
std::string text_at(const Plan& plan, Address address) {
  return at(plan, address);
}

// The value of parameter `key` of the file system that a step with these words makes; "" if it has
// none.
std::string parameter(const Plan& plan, const std::string& what, const std::string& key) {
  for (size_t i = 0; i < plan.steps.size(); i++) {
    if (plan.info[i].what != what) continue;
    const MountNewArgs& args = plan.steps[i].args.mount_new;
    for (uint32_t n = 0; n < args.n_params; n++) {
      FsParam param;
      memcpy(&param, at(plan, args.params + n * sizeof param), sizeof param);
      if (text_at(plan, param.key) == key) return text_at(plan, param.value);
    }
    return "";
  }
  ADD_FAILURE() << "no step '" << what << "'";
  return "";
}

Compiled labelled() {
  Compiled it;
  it.facts.selinux = true;
  it.config.linux_->mount_label = "u:r:t:s0:c1,c2";
  return it;
}

TEST(Labels, OfAModuleThatIsNotThere) {
  Compiled it;
  it.config.process->selinux_label = "u:r:t:s0";
  EXPECT_NE(it.error().find("SELinux is not enabled"), std::string::npos);
  it = Compiled();
  it.config.process->apparmor_profile = "p";
  EXPECT_NE(it.error().find("AppArmor is not enabled"), std::string::npos);
  it = labelled();
  it.facts.selinux = false;
  EXPECT_NE(
      it.error().find("linux.mountLabel: 'u:r:t:s0:c1,c2' is set, but SELinux is not enabled"),
      std::string::npos);
}

TEST(Labels, OfTheProcessAndItsKeyringGoThroughTheHostsProcfs) {
  Compiled it;
  it.facts.selinux = it.facts.apparmor = true;
  it.config.process->selinux_label = "u:r:t:s0";
  it.config.process->apparmor_profile = "p";
  Plan plan = it.plan();
  EXPECT_EQ(std::ranges::count(plan.handed, Handed::Kind::Procfs, &Handed::kind), 1);
  auto step = [&plan](const std::string& what) {
    auto same = [&](const StepInfo& info) { return info.what == what; };
    return static_cast<size_t>(std::find_if(plan.info.begin(), plan.info.end(), same) -
                               plan.info.begin());
  };
  size_t keyring = step("write 'u:r:t:s0' to `/proc/thread-self/attr/keycreate`");
  EXPECT_LT(keyring, call_index(plan, SYS_keyctl));
  EXPECT_LT(call_index(plan, SYS_pivot_root),
            step("write 'u:r:t:s0' to `/proc/thread-self/attr/exec`"));
  EXPECT_LT(step("write 'exec p' to `/proc/thread-self/attr/apparmor/exec`"),
            index_of(plan, Op::Exec));
}

TEST(Labels, OfMounts) {
  Compiled it = labelled();
  it.config.mounts.push_back({.destination = "/own",
                              .type = "tmpfs",
                              .source = "tmpfs",
                              .options = {"context=\"u:r:other:s0\""},
                              .uid_mappings = {},
                              .gid_mappings = {}});
  it.config.mounts.push_back({.destination = "/old",
                              .type = "tmpfs",
                              .source = "tmpfs",
                              .options = {"iversion", "size=1m"},
                              .uid_mappings = {},
                              .gid_mappings = {}});
  Plan plan = it.plan();
  EXPECT_EQ(parameter(plan, "mount 'tmpfs' on '/dev'", "context"), "u:r:t:s0:c1,c2");
  EXPECT_EQ(parameter(plan, "mount 'devpts' on '/dev/pts'", "context"), "u:r:t:s0:c1,c2");
  for (const char* view :
       {"mount 'proc' on '/proc'", "mount 'sysfs' on '/sys'", "mount 'mqueue' on '/dev/mqueue'"}) {
    EXPECT_EQ(parameter(plan, view, "context"), "") << view;
  }
  EXPECT_NE(parameter(plan, "mount 'tmpfs' on '/own'", "context").find("other"), std::string::npos);
  for (size_t i = 0; i < plan.steps.size(); i++) {
    if (plan.info[i].what == "mount 'mqueue' on '/dev/mqueue'") {
      EXPECT_EQ(text_at(plan, plan.steps[i].args.mount_new.label), "u:r:t:s0:c1,c2");
    }
    if (plan.info[i].what == "mount 'tmpfs' on '/old'") {
      EXPECT_EQ(text_at(plan, plan.steps[i].args.mount_new.legacy_data),
                "size=1m,context=\"u:r:t:s0:c1,c2\"");
    }
  }
  FsParam mask;
  memcpy(&mask, at(plan, plan.steps[index_of(plan, Op::Mask)].args.path.context), sizeof mask);
  EXPECT_EQ(text_at(plan, mask.key), "context");
  EXPECT_EQ(text_at(plan, mask.value), "u:r:t:s0:c1,c2");
}

TEST(Labels, TheirKindIsAnAnnotation) {
  Compiled it = labelled();
  it.config.annotations = {{"run.oci.mount_context_type", "rootcontext"}};
  Plan plan = it.plan();
  EXPECT_EQ(parameter(plan, "mount 'tmpfs' on '/dev'", "rootcontext"), "u:r:t:s0:c1,c2");
  EXPECT_EQ(parameter(plan, "mount 'tmpfs' on '/dev'", "context"), "");
  it.config.annotations = {{"run.oci.mount_context_type", "x"}};
  EXPECT_NE(it.error().find("unknown type 'x'"), std::string::npos);
}

TEST(Labels, AQuotationMarkIsRefused) {
  Compiled it = labelled();
  it.config.linux_->mount_label = "u\",exec,\"";
  EXPECT_NE(it.error().find("quotation mark"), std::string::npos);
}

TEST(Compile, GroupsOfTheCallerAreKeptIfTheAnnotationSaysSo) {
  Compiled it;
  it.config.process->user.additional_gids = {50};
  Plan plan = it.plan();
  EXPECT_LT(call_index(plan, SYS_setgroups), plan.steps.size());
  it.config.annotations = {{"run.oci.keep_original_groups", "0"}};
  plan = it.plan();
  EXPECT_LT(call_index(plan, SYS_setgroups), plan.steps.size());
  it.config.annotations = {{"run.oci.keep_original_groups", "1"}};
  plan = it.plan();
  EXPECT_EQ(call_index(plan, SYS_setgroups), plan.steps.size());
}

TEST(Compile, NetworkDevicesNeedANamespaceRootAndNames) {
  Compiled it;
  it.config.linux_->net_devices = {{"eth0", ""}, {"eth1", "net%d"}, {"eth2", "net%d"}};
  it.config.linux_->namespaces.push_back({spec::NamespaceType::Network, "/run/netns/x"});
  EXPECT_EQ(it.plan().net_devices, it.config.linux_->net_devices);
  it.config.linux_->net_devices.push_back({"eth3", "eth0"});
  EXPECT_EQ(it.error(), "linux.netDevices[\"eth3\"]: name: 'eth0' is the name of 'eth0' already");
  for (const char* name : {"%s", "net%", "%d%d", "100%d%"}) {
    it.config.linux_->net_devices = {{"eth0", name}};
    EXPECT_NE(it.error().find("a template has one %d"), std::string::npos) << name;
  }
  it.config.linux_->net_devices = {{"eth0", ""}};
  auto is_network = [](const spec::Namespace& item) {
    return item.type == spec::NamespaceType::Network;
  };
  std::erase_if(it.config.linux_->namespaces, is_network);
  EXPECT_NE(it.error().find("without a network namespace"), std::string::npos);
}

// config.md, "execCPUAffinity": the CPUs before the cgroup are the parent's to set, those after it
// init's.
TEST(CompileExec, TheInitialCpusAreTheParents) {
  Compiled it;
  spec::Process process = *it.config.process;
  auto compiled = [&](const char* initial, const char* final) {
    process.exec_cpu_affinity = spec::ExecCpuAffinity{initial, final};
    ExecInput input = {
        .config = it.config, .process = process, .id = "web", .joins = {}, .host = it.facts};
    Result<Plan> plan = compile_exec(input);
    EXPECT_TRUE(plan) << plan.error().text();
    return *std::move(plan);
  };
  Plan both = compiled("1", "0-2, 64,,");
  EXPECT_EQ(both.initial_cpus, std::vector<uint64_t>{2});
  size_t step = call_index(both, SYS_sched_setaffinity);
  ASSERT_LT(step, both.steps.size());
  EXPECT_EQ(both.steps[step].args.call.args[1], 16);  // two words
  EXPECT_GT(step, index_of(both, Op::Wait));
  Plan initial = compiled("1", "");
  EXPECT_EQ(call_index(initial, SYS_sched_setaffinity), initial.steps.size());
  Plan neither = compiled("", "");
  EXPECT_TRUE(neither.initial_cpus.empty());
  EXPECT_TRUE(has_step(neither, "reset the CPU affinity"));
}

TEST(Compile, NodesBeyondTheFirstThousandReachTheKernel) {
  Compiled it;
  it.config.linux_->memory_policy = spec::MemoryPolicy{spec::MemoryPolicyMode::Bind, "0,2000", {}};
  Plan plan = it.plan();
  const CallArgs& call = plan.steps[call_index(plan, SYS_set_mempolicy)].args.call;
  EXPECT_GT(call.args[2], 2000);
}

TEST(Capabilities, WhatCannotBeGrantedIsLeftOut) {
  spec::Capabilities caps;
  caps.bounding = caps.permitted =
      caps.effective = {"CAP_KILL", "CAP_SYS_RESOURCE", "CAP_NONSENSE"};
  caps.inheritable = {"CAP_KILL", "CAP_CHOWN"};
  caps.ambient = {"CAP_KILL", "CAP_SYS_RESOURCE"};
  uint64_t kill = 1ull << 5, resource = 1ull << 24;
  CapabilityMasks masks = capability_masks(caps, ~resource, 40);
  EXPECT_EQ(masks.bounding, kill);
  EXPECT_EQ(masks.permitted, kill);
  EXPECT_EQ(masks.inheritable, kill);  // CAP_CHOWN is beyond the bounding set
  EXPECT_EQ(masks.ambient, kill);
}

TEST(Capabilities, AbsentMeansNone) {
  CapabilityMasks masks = capability_masks(std::nullopt, ~0ull, 40);
  EXPECT_EQ(masks.bounding | masks.permitted | masks.effective | masks.inheritable | masks.ambient,
            0u);
}

TEST(Encode, PointersLieInsideTheBlock) {
  Plan plan = Compiled().plan();
  Encoding encoding;
  encoding.fds.assign(plan.handed.size(), 7);
  std::string block = encode(plan, encoding);
  Header header;
  memcpy(&header, block.data(), sizeof header);
  EXPECT_EQ(header.magic, kMagic);
  EXPECT_EQ(header.n_steps, plan.steps.size());
  EXPECT_EQ(header.fault_step, -1);
  EXPECT_GE(header.steps, kPlanAddress + sizeof header);
  EXPECT_LE(header.steps - kPlanAddress + header.n_steps * sizeof(Step), block.size());
  EXPECT_EQ(header.steps % alignof(Step), 0u);
  const std::string& argv0 = "/bin/true";
  const ExecArgs& exec = plan.steps.back().args.exec;
  Address first;
  memcpy(&first, block.data() + (exec.argv - kPlanAddress), sizeof first);
  EXPECT_STREQ(block.data() + (first - kPlanAddress), argv0.c_str());
}

TEST(Print, TextAndJsonNameEveryStep) {
  Plan plan = Compiled().plan();
  std::string text = print_text(plan);
  std::string json = print_json(plan);
  for (const StepInfo& info : plan.info) EXPECT_NE(text.find(info.what), std::string::npos);
  EXPECT_NE(json.find("\"op\": \"exec\""), std::string::npos);
}

}  // namespace
}  // namespace plan
