// The table of contents of every plan.
#include "runtime/plan/compile.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capability_names.h"
#include "base/io.h"
#include "base/strings.h"
#include "runtime/linux/mount_api.h"
#include "runtime/linux/user_namespace.h"
#include "runtime/plan/builder.h"

namespace plan {

static void add_wait(Builder& builder, const char* what) {
  builder.phase("launch", Code::CgroupFailed);
  builder.add(Op::Wait, what);
}

// The procfs that sysctls are written through; opened while the host's is still in sight, as that
// is the fallback.
static void add_private_proc(Builder& builder, const CreateInput& input) {
  bool needed = input.config.linux_ && !input.config.linux_->sysctl.empty();
  if (!needed) return;
  builder.phase("sysctl", Code::SecurityFailed);
  builder.plan().proc_slot = builder.new_slot();
  bool host = !creates_namespace(input.config, spec::NamespaceType::Pid);
  builder.add(Op::OpenProc, "open a procfs of our own").args.proc = {
      static_cast<int16_t>(builder.plan().proc_slot), host ? 1u : 0u};
}

static void add_cwd(Builder& builder, const spec::Process& process) {
  if (process.cwd == "/" || process.cwd.empty()) return;
  builder.phase("rootfs", Code::BundleInvalid);
  builder.source("process.cwd");
  PathArgs args = {builder.arena().text(process.cwd), 0755, 0};
  builder.add(Op::MakeDir, format("make the directory '%s', if missing", process.cwd.c_str()))
      .args.path = args;
  builder.source("");
}

static ProcessContext process_context(const CreateInput& input, const Namespaces& namespaces,
                                      Builder& builder) {
  bool new_user = (namespaces.create & CLONE_NEWUSER) != 0 || namespaces.joins_user;
  // One mapped gid: setgroups was denied, as an unprivileged gid_map requires (user_namespaces(7)).
  bool single = namespaces.gid_map.size() == 1 && namespaces.gid_map[0].size == 1;
  bool may_set_groups = !(input.host.euid != 0 && single) && !input.host.setgroups_denied;
  ProcessContext context = {input.config, input.host, new_user, may_set_groups,
                            input.wait_for_start};
  if (input.wait_for_start) context.listener_slot = builder.hand({.kind = Handed::Kind::Listener});
  if (input.config.hooks && !input.config.hooks->start_container.empty()) {
    context.start_state_slot =
        builder.hand({.kind = Handed::Kind::HookState, .status = spec::ContainerStatus::Created});
    context.start_output_slot = builder.hand({.kind = Handed::Kind::HookOutput});
  }
  return context;
}

static Status check_slots(const Plan& plan) {
  if (plan.handed.size() <= kFirstOwnSlot && plan.n_slots <= kMaxSlots) return {};
  return Error::make(Code::Unsupported, "mounts: more than %d take a descriptor of their own",
                     kFirstOwnSlot)
      .with_hint(
          "a bind mount does in a user namespace, and so does an id-mapped one: fewer of these");
}

Result<Plan> compile_create(const CreateInput& input) {
  Plan plan;
  Builder builder(plan);
  plan.preserve_fds = input.preserve_fds;
  plan.handed.push_back({.kind = Handed::Kind::Sync});
  if (input.config.process) TRY(check_labels(*input.config.process, input.host));
  plan.namespaces = TRY(compile_namespaces(input));
  plan.namespaces.create &= ~static_cast<uint64_t>(CLONE_NEWCGROUP);
  plan.net_devices = TRY(compile_net_devices(input));

  add_wait(builder, "wait until the parent has set up cgroups, ids and network devices");
  add_session(builder, input.id, !input.no_new_keyring,
              input.config.process ? &*input.config.process : nullptr);
  TRY(add_affinity(builder, "", ""));
  TRY(add_identity(builder, input));
  add_root(builder, input);
  TRY(add_mounts(builder, input));
  add_devices(builder, input);
  if (input.config.process) {
    add_console(builder, *input.config.process, true);
    add_cwd(builder, *input.config.process);
  }
  add_private_proc(builder, input);
  add_hook_points(builder, input);
  TRY(add_sysctls(builder, input));
  TRY(add_masks(builder, input));
  add_pivot(builder, input);
  if (!input.config.process) {
    return Error::make(Code::ConfigInvalid, "process: missing; there is nothing to run")
        .with_hint("'rt spec' writes an example");
  }
  TRY(add_process(builder, *input.config.process,
                  process_context(input, plan.namespaces, builder)));
  TRY(check_slots(plan));
  return plan;
}

Result<Plan> compile_exec(const ExecInput& input) {
  Plan plan;
  Builder builder(plan);
  plan.preserve_fds = input.preserve_fds;
  plan.handed.push_back({.kind = Handed::Kind::Sync});
  plan.namespaces.joins = input.joins;
  plan.namespaces.joins_user = input.joins_user;

  // config.md, "execCPUAffinity": `initial` holds until the process is in the container's cgroup,
  // `final` from then on.
  spec::ExecCpuAffinity affinity =
      input.process.exec_cpu_affinity.value_or(spec::ExecCpuAffinity{});
  // The child is born in the cgroup, or enters it before its first step, so `initial` is set by the
  // parent on itself.
  if (!affinity.initial.empty()) {
    plan.initial_cpus = TRY(cpu_set("process.execCPUAffinity.initial", affinity.initial));
  }
  add_wait(builder, "wait until the parent has set up cgroups");
  TRY(check_labels(input.process, input.host));
  add_session(builder, input.id, !input.no_new_keyring, &input.process);
  if (!affinity.final.empty() || affinity.initial.empty()) {
    TRY(add_affinity(builder, "process.execCPUAffinity.final", affinity.final));
  }
  builder.phase("rootfs", Code::System);
  if (!input.root.empty()) {
    int root = builder.hand({.kind = Handed::Kind::Root, .path = input.root});
    builder.call("enter the rootfs", SYS_fchdir, {slot_arg(root)});
    builder.call("chroot into the rootfs", SYS_chroot, {builder.text(".")});
  }
  plan.root_slot = builder.new_slot();
  builder.call("open the root", SYS_openat,
               {num(AT_FDCWD), builder.text("/"), num(O_PATH | O_DIRECTORY | O_CLOEXEC)},
               {.result_slot = plan.root_slot});
  add_console(builder, input.process, false);
  bool may_set_groups = input.may_set_groups && !input.host.setgroups_denied;
  ProcessContext context = {input.config, input.host, input.joins_user, may_set_groups, false};
  TRY(add_process(builder, input.process, context));
  return plan;
}

// One system call: /proc/self/status costs fifty times as much.
static uint64_t permitted_capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) < 0) return 0;
  return data[0].permitted | static_cast<uint64_t>(data[1].permitted) << 32;
}

// Rights over the mount namespace are its owner's: root of a user namespace that kept its caller's
// has none.
static bool may_clone_mounts() {
  Fd tree(sys::open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE));
  return static_cast<bool>(tree);
}

static bool setgroups_denied() {
  Result<std::string> text = read_file(AT_FDCWD, "/proc/self/setgroups", 64);
  return text && trim(*text) == "deny";
}

HostFacts probe_host_facts() {
  HostFacts facts;
  facts.euid = geteuid();
  facts.may_clone_mounts = facts.euid == 0;
  facts.in_user_namespace = sys::in_user_namespace();
  if (facts.in_user_namespace) {
    facts.may_clone_mounts = may_clone_mounts();
    facts.setgroups_denied = setgroups_denied();
  }
  facts.permitted_caps = permitted_capabilities();
  facts.last_cap = sys::last_capability();
  facts.apparmor = access("/sys/kernel/security/apparmor", F_OK) == 0;
  facts.selinux = access("/sys/fs/selinux/enforce", F_OK) == 0;
  return facts;
}

}  // namespace plan
