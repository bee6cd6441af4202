#include "spec/enums.h"

#include "base/strings.h"
#include "spec/json.h"

namespace spec {

namespace {

// Table entry i must be value i, and the last one the enum's last: then enum_name() may index.
template <size_t N, class E>
constexpr bool complete(const EnumName (&table)[N], E last) {
  for (size_t i = 0; i < N; i++) {
    if (table[i].value != static_cast<int>(i)) return false;
  }
  return N == static_cast<size_t>(last) + 1;
}

template <class E>
constexpr EnumName entry(E value, std::string_view name) {
  return {name, static_cast<int>(value)};
}

constexpr EnumName kSchedulerPolicy[] = {
    entry(SchedulerPolicy::Other, "SCHED_OTHER"),
    entry(SchedulerPolicy::Fifo, "SCHED_FIFO"),
    entry(SchedulerPolicy::Rr, "SCHED_RR"),
    entry(SchedulerPolicy::Batch, "SCHED_BATCH"),
    entry(SchedulerPolicy::Iso, "SCHED_ISO"),
    entry(SchedulerPolicy::Idle, "SCHED_IDLE"),
    entry(SchedulerPolicy::Deadline, "SCHED_DEADLINE"),
};
static_assert(complete(kSchedulerPolicy, SchedulerPolicy::Deadline));

constexpr EnumName kSchedulerFlag[] = {
    entry(SchedulerFlag::ResetOnFork, "SCHED_FLAG_RESET_ON_FORK"),
    entry(SchedulerFlag::Reclaim, "SCHED_FLAG_RECLAIM"),
    entry(SchedulerFlag::DlOverrun, "SCHED_FLAG_DL_OVERRUN"),
    entry(SchedulerFlag::KeepPolicy, "SCHED_FLAG_KEEP_POLICY"),
    entry(SchedulerFlag::KeepParams, "SCHED_FLAG_KEEP_PARAMS"),
    entry(SchedulerFlag::UtilClampMin, "SCHED_FLAG_UTIL_CLAMP_MIN"),
    entry(SchedulerFlag::UtilClampMax, "SCHED_FLAG_UTIL_CLAMP_MAX"),
};
static_assert(complete(kSchedulerFlag, SchedulerFlag::UtilClampMax));

constexpr EnumName kIoPriorityClass[] = {
    entry(IoPriorityClass::Rt, "IOPRIO_CLASS_RT"),
    entry(IoPriorityClass::Be, "IOPRIO_CLASS_BE"),
    entry(IoPriorityClass::Idle, "IOPRIO_CLASS_IDLE"),
};
static_assert(complete(kIoPriorityClass, IoPriorityClass::Idle));

constexpr EnumName kNamespaceType[] = {
    entry(NamespaceType::Mount, "mount"),     entry(NamespaceType::Pid, "pid"),
    entry(NamespaceType::Network, "network"), entry(NamespaceType::Uts, "uts"),
    entry(NamespaceType::Ipc, "ipc"),         entry(NamespaceType::User, "user"),
    entry(NamespaceType::Cgroup, "cgroup"),   entry(NamespaceType::Time, "time"),
};
static_assert(complete(kNamespaceType, NamespaceType::Time));

constexpr EnumName kMemoryPolicyMode[] = {
    entry(MemoryPolicyMode::Default, "MPOL_DEFAULT"),
    entry(MemoryPolicyMode::Bind, "MPOL_BIND"),
    entry(MemoryPolicyMode::Interleave, "MPOL_INTERLEAVE"),
    entry(MemoryPolicyMode::WeightedInterleave, "MPOL_WEIGHTED_INTERLEAVE"),
    entry(MemoryPolicyMode::Preferred, "MPOL_PREFERRED"),
    entry(MemoryPolicyMode::PreferredMany, "MPOL_PREFERRED_MANY"),
    entry(MemoryPolicyMode::Local, "MPOL_LOCAL"),
};
static_assert(complete(kMemoryPolicyMode, MemoryPolicyMode::Local));

constexpr EnumName kMemoryPolicyFlag[] = {
    entry(MemoryPolicyFlag::NumaBalancing, "MPOL_F_NUMA_BALANCING"),
    entry(MemoryPolicyFlag::RelativeNodes, "MPOL_F_RELATIVE_NODES"),
    entry(MemoryPolicyFlag::StaticNodes, "MPOL_F_STATIC_NODES"),
};
static_assert(complete(kMemoryPolicyFlag, MemoryPolicyFlag::StaticNodes));

constexpr EnumName kPersonalityDomain[] = {
    entry(PersonalityDomain::Linux, "LINUX"),
    entry(PersonalityDomain::Linux32, "LINUX32"),
};
static_assert(complete(kPersonalityDomain, PersonalityDomain::Linux32));

constexpr EnumName kSeccompAction[] = {
    entry(SeccompAction::Kill, "SCMP_ACT_KILL"),
    entry(SeccompAction::KillProcess, "SCMP_ACT_KILL_PROCESS"),
    entry(SeccompAction::KillThread, "SCMP_ACT_KILL_THREAD"),
    entry(SeccompAction::Trap, "SCMP_ACT_TRAP"),
    entry(SeccompAction::Errno, "SCMP_ACT_ERRNO"),
    entry(SeccompAction::Trace, "SCMP_ACT_TRACE"),
    entry(SeccompAction::Allow, "SCMP_ACT_ALLOW"),
    entry(SeccompAction::Log, "SCMP_ACT_LOG"),
    entry(SeccompAction::Notify, "SCMP_ACT_NOTIFY"),
};
static_assert(complete(kSeccompAction, SeccompAction::Notify));

constexpr EnumName kSeccompArch[] = {
    entry(SeccompArch::X86, "SCMP_ARCH_X86"),
    entry(SeccompArch::X86_64, "SCMP_ARCH_X86_64"),
    entry(SeccompArch::X32, "SCMP_ARCH_X32"),
    entry(SeccompArch::Arm, "SCMP_ARCH_ARM"),
    entry(SeccompArch::Aarch64, "SCMP_ARCH_AARCH64"),
    entry(SeccompArch::Loongarch64, "SCMP_ARCH_LOONGARCH64"),
    entry(SeccompArch::M68k, "SCMP_ARCH_M68K"),
    entry(SeccompArch::Mips, "SCMP_ARCH_MIPS"),
    entry(SeccompArch::Mips64, "SCMP_ARCH_MIPS64"),
    entry(SeccompArch::Mips64n32, "SCMP_ARCH_MIPS64N32"),
    entry(SeccompArch::Mipsel, "SCMP_ARCH_MIPSEL"),
    entry(SeccompArch::Mipsel64, "SCMP_ARCH_MIPSEL64"),
    entry(SeccompArch::Mipsel64n32, "SCMP_ARCH_MIPSEL64N32"),
    entry(SeccompArch::Ppc, "SCMP_ARCH_PPC"),
    entry(SeccompArch::Ppc64, "SCMP_ARCH_PPC64"),
    entry(SeccompArch::Ppc64le, "SCMP_ARCH_PPC64LE"),
    entry(SeccompArch::S390, "SCMP_ARCH_S390"),
    entry(SeccompArch::S390x, "SCMP_ARCH_S390X"),
    entry(SeccompArch::Sh, "SCMP_ARCH_SH"),
    entry(SeccompArch::Sheb, "SCMP_ARCH_SHEB"),
    entry(SeccompArch::Parisc, "SCMP_ARCH_PARISC"),
    entry(SeccompArch::Parisc64, "SCMP_ARCH_PARISC64"),
    entry(SeccompArch::Riscv64, "SCMP_ARCH_RISCV64"),
};
static_assert(complete(kSeccompArch, SeccompArch::Riscv64));

constexpr EnumName kSeccompFlag[] = {
    entry(SeccompFlag::Tsync, "SECCOMP_FILTER_FLAG_TSYNC"),
    entry(SeccompFlag::Log, "SECCOMP_FILTER_FLAG_LOG"),
    entry(SeccompFlag::SpecAllow, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"),
    entry(SeccompFlag::WaitKillableRecv, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
};
static_assert(complete(kSeccompFlag, SeccompFlag::WaitKillableRecv));

constexpr EnumName kSeccompOperator[] = {
    entry(SeccompOperator::Ne, "SCMP_CMP_NE"),
    entry(SeccompOperator::Lt, "SCMP_CMP_LT"),
    entry(SeccompOperator::Le, "SCMP_CMP_LE"),
    entry(SeccompOperator::Eq, "SCMP_CMP_EQ"),
    entry(SeccompOperator::Ge, "SCMP_CMP_GE"),
    entry(SeccompOperator::Gt, "SCMP_CMP_GT"),
    entry(SeccompOperator::MaskedEq, "SCMP_CMP_MASKED_EQ"),
};
static_assert(complete(kSeccompOperator, SeccompOperator::MaskedEq));

constexpr EnumName kRootfsPropagation[] = {
    entry(RootfsPropagation::Unset, ""),
    entry(RootfsPropagation::Private, "private"),
    entry(RootfsPropagation::Shared, "shared"),
    entry(RootfsPropagation::Slave, "slave"),
    entry(RootfsPropagation::Unbindable, "unbindable"),
    // Not in the schema; Docker and podman write them, with the meaning they have as mount options.
    entry(RootfsPropagation::Rprivate, "rprivate"),
    entry(RootfsPropagation::Rshared, "rshared"),
    entry(RootfsPropagation::Rslave, "rslave"),
    entry(RootfsPropagation::Runbindable, "runbindable"),
};
static_assert(complete(kRootfsPropagation, RootfsPropagation::Runbindable));

constexpr EnumName kContainerStatus[] = {
    entry(ContainerStatus::Creating, "creating"), entry(ContainerStatus::Created, "created"),
    entry(ContainerStatus::Running, "running"),   entry(ContainerStatus::Paused, "paused"),
    entry(ContainerStatus::Stopped, "stopped"),
};
static_assert(complete(kContainerStatus, ContainerStatus::Stopped));

}  // namespace

template <>
std::span<const EnumName> enum_names<SchedulerPolicy>() {
  return kSchedulerPolicy;
}
template <>
std::span<const EnumName> enum_names<SchedulerFlag>() {
  return kSchedulerFlag;
}
template <>
std::span<const EnumName> enum_names<IoPriorityClass>() {
  return kIoPriorityClass;
}
template <>
std::span<const EnumName> enum_names<NamespaceType>() {
  return kNamespaceType;
}
template <>
std::span<const EnumName> enum_names<MemoryPolicyMode>() {
  return kMemoryPolicyMode;
}
template <>
std::span<const EnumName> enum_names<MemoryPolicyFlag>() {
  return kMemoryPolicyFlag;
}
template <>
std::span<const EnumName> enum_names<PersonalityDomain>() {
  return kPersonalityDomain;
}
template <>
std::span<const EnumName> enum_names<SeccompAction>() {
  return kSeccompAction;
}
template <>
std::span<const EnumName> enum_names<SeccompArch>() {
  return kSeccompArch;
}
template <>
std::span<const EnumName> enum_names<SeccompFlag>() {
  return kSeccompFlag;
}
template <>
std::span<const EnumName> enum_names<SeccompOperator>() {
  return kSeccompOperator;
}
template <>
std::span<const EnumName> enum_names<RootfsPropagation>() {
  return kRootfsPropagation;
}
template <>
std::span<const EnumName> enum_names<ContainerStatus>() {
  return kContainerStatus;
}

const char* status_name(ContainerStatus status) {
  return enum_name(status).data();
}

std::optional<int> find_enum_value(std::span<const EnumName> names, std::string_view name) {
  for (const EnumName& known : names) {
    if (known.name == name) return known.value;
  }
  return std::nullopt;
}

std::string unknown_enum_value(std::span<const EnumName> names, std::string_view given) {
  std::vector<std::string_view> candidates;
  for (const EnumName& known : names) {
    if (!known.name.empty()) candidates.push_back(known.name);
  }
  std::string text = "unknown value " + quote_briefly(given);
  std::string near = nearest(given, candidates);
  if (!near.empty()) return text + ", did you mean \"" + near + "\"?";
  text += ", expected one of";
  for (std::string_view candidate : candidates) {
    text += candidate == candidates.front() ? " " : ", ";
    text += candidate;
  }
  return text;
}

}  // namespace spec
