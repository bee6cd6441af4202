// The typed model of config.json: runtime-spec 1.3, all of it that concerns Linux (config.md,
// config-linux.md).
//
// Plain structs. Names are the spec's, in snake_case; what is OPTIONAL there is std::optional here
// where "absent" and "zero" differ. Reading, writing and checking are in load.h; nothing here
// decides anything. Equality is member by member: round-trip tests and `update` compare with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spec {

using Strings = std::vector<std::string>;
using StringMap = std::vector<std::pair<std::string, std::string>>;  // in the order of the file

// config.md, "Root"
struct Root {
  std::string path;
  bool readonly = false;
  bool operator==(const Root&) const = default;
};

// config-linux.md, "User namespace mappings"
struct IdMapping {
  uint32_t container_id = 0;
  uint32_t host_id = 0;
  uint32_t size = 0;
  bool operator==(const IdMapping&) const = default;
};

// config.md, "Mounts"
struct Mount {
  std::string destination;
  std::string type;
  std::string source;
  Strings options;
  std::vector<IdMapping> uid_mappings;
  std::vector<IdMapping> gid_mappings;
  bool operator==(const Mount&) const = default;
};

struct ConsoleSize {
  uint64_t height = 0;
  uint64_t width = 0;
  bool operator==(const ConsoleSize&) const = default;
};

struct User {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::optional<uint32_t> umask;
  std::vector<uint32_t> additional_gids;
  std::string username;  // Windows; kept so that it survives a round trip
  bool operator==(const User&) const = default;
};

struct Capabilities {
  Strings bounding, effective, inheritable, permitted, ambient;
  bool operator==(const Capabilities&) const = default;
};

struct Rlimit {
  std::string type;  // "RLIMIT_NOFILE"
  uint64_t soft = 0;
  uint64_t hard = 0;
  bool operator==(const Rlimit&) const = default;
};

enum class SchedulerPolicy { Other, Fifo, Rr, Batch, Iso, Idle, Deadline };
enum class SchedulerFlag {
  ResetOnFork,
  Reclaim,
  DlOverrun,
  KeepPolicy,
  KeepParams,
  UtilClampMin,
  UtilClampMax,
};
struct Scheduler {
  SchedulerPolicy policy = SchedulerPolicy::Other;
  std::optional<int32_t> nice;
  std::optional<int32_t> priority;
  std::vector<SchedulerFlag> flags;
  std::optional<uint64_t> runtime, deadline, period;  // nanoseconds
  bool operator==(const Scheduler&) const = default;
};

enum class IoPriorityClass { Rt, Be, Idle };
struct IoPriority {
  IoPriorityClass io_class = IoPriorityClass::Be;
  int32_t priority = 0;
  bool operator==(const IoPriority&) const = default;
};

struct ExecCpuAffinity {
  std::string initial, final;  // CPU lists: "0-3,7"
  bool operator==(const ExecCpuAffinity&) const = default;
};

// config.md, "Process"
struct Process {
  bool terminal = false;
  std::optional<ConsoleSize> console_size;
  User user;
  Strings args;
  std::string command_line;  // Windows; kept
  Strings env;
  std::string cwd;
  std::optional<Capabilities> capabilities;
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = false;
  std::string apparmor_profile;
  std::optional<int32_t> oom_score_adj;
  std::string selinux_label;
  std::optional<Scheduler> scheduler;
  std::optional<IoPriority> io_priority;
  std::optional<ExecCpuAffinity> exec_cpu_affinity;
  bool operator==(const Process&) const = default;
};

// config.md, "POSIX-platform Hooks"
struct Hook {
  std::string path;
  Strings args;
  // absent: an empty environment in the runtime namespace (startContainer: the process's)
  std::optional<Strings> env;
  std::optional<int64_t> timeout;  // seconds, > 0
  bool operator==(const Hook&) const = default;
};
struct Hooks {
  std::vector<Hook> prestart, create_runtime, create_container, start_container, poststart,
      poststop;
  bool operator==(const Hooks&) const = default;
};

enum class NamespaceType { Mount, Pid, Network, Uts, Ipc, User, Cgroup, Time };
struct Namespace {
  NamespaceType type = NamespaceType::Mount;
  std::string path;  // empty: create a new one
  bool operator==(const Namespace&) const = default;
};

// config-linux.md, "Devices"
struct Device {
  char type = 'c';  // c, b, u (as c), p
  std::string path;
  int64_t major = 0;
  int64_t minor = 0;
  std::optional<uint32_t> file_mode;
  std::optional<uint32_t> uid, gid;
  bool operator==(const Device&) const = default;
};

struct NetDevice {
  std::string host_name;  // the key in the map
  std::string name;       // inside the container; empty: unchanged
  bool operator==(const NetDevice&) const = default;
};

// config-linux.md, "Control groups"
struct DeviceRule {
  bool allow = false;
  char type = 'a';               // a, b, c
  std::optional<int64_t> major;  // absent or -1: all
  std::optional<int64_t> minor;
  std::string access;  // of r, w, m; empty: all three
  bool operator==(const DeviceRule&) const = default;
};
struct Memory {
  std::optional<int64_t> limit, reservation, swap, kernel, kernel_tcp;  // bytes, -1: unlimited
  std::optional<uint64_t> swappiness;
  std::optional<bool> disable_oom_killer, use_hierarchy, check_before_update;
  bool operator==(const Memory&) const = default;
};
struct Cpu {
  std::optional<uint64_t> shares;
  std::optional<int64_t> quota;
  std::optional<uint64_t> burst, period;
  std::optional<int64_t> realtime_runtime;
  std::optional<uint64_t> realtime_period;
  std::string cpus, mems;
  std::optional<int64_t> idle;
  bool operator==(const Cpu&) const = default;
};
struct WeightDevice {
  int64_t major = 0, minor = 0;
  std::optional<uint16_t> weight, leaf_weight;
  bool operator==(const WeightDevice&) const = default;
};
struct ThrottleDevice {
  int64_t major = 0, minor = 0;
  uint64_t rate = 0;
  bool operator==(const ThrottleDevice&) const = default;
};
struct BlockIo {
  std::optional<uint16_t> weight, leaf_weight;
  std::vector<WeightDevice> weight_device;
  std::vector<ThrottleDevice> throttle_read_bps, throttle_write_bps, throttle_read_iops,
      throttle_write_iops;
  bool operator==(const BlockIo&) const = default;
};
struct HugepageLimit {
  std::string page_size;  // "2MB"
  uint64_t limit = 0;
  bool operator==(const HugepageLimit&) const = default;
};
struct InterfacePriority {
  std::string name;
  uint32_t priority = 0;
  bool operator==(const InterfacePriority&) const = default;
};
struct Network {
  std::optional<uint32_t> class_id;
  std::vector<InterfacePriority> priorities;
  bool operator==(const Network&) const = default;
};
struct Rdma {
  std::string device;  // the key in the map
  std::optional<uint32_t> hca_handles, hca_objects;
  bool operator==(const Rdma&) const = default;
};
struct Resources {
  std::vector<DeviceRule> devices;
  std::optional<Memory> memory;
  std::optional<Cpu> cpu;
  std::optional<int64_t> pids_limit;  // pids.limit
  std::optional<BlockIo> block_io;
  std::vector<HugepageLimit> hugepage_limits;
  std::optional<Network> network;
  std::vector<Rdma> rdma;
  StringMap unified;
  bool operator==(const Resources&) const = default;
};

// config-linux.md, "IntelRdt"
struct IntelRdt {
  std::string clos_id;
  Strings schemata;
  std::string l3_cache_schema, mem_bw_schema;
  bool enable_monitoring = false;
  bool operator==(const IntelRdt&) const = default;
};

enum class MemoryPolicyMode {
  Default,
  Bind,
  Interleave,
  WeightedInterleave,
  Preferred,
  PreferredMany,
  Local
};
enum class MemoryPolicyFlag { NumaBalancing, RelativeNodes, StaticNodes };
struct MemoryPolicy {
  MemoryPolicyMode mode = MemoryPolicyMode::Default;
  std::string nodes;
  std::vector<MemoryPolicyFlag> flags;
  bool operator==(const MemoryPolicy&) const = default;
};

enum class PersonalityDomain { Linux, Linux32 };
struct Personality {
  PersonalityDomain domain = PersonalityDomain::Linux;
  Strings flags;
  bool operator==(const Personality&) const = default;
};

// config-linux.md, "Seccomp"
enum class SeccompAction { Kill, KillProcess, KillThread, Trap, Errno, Trace, Allow, Log, Notify };
enum class SeccompArch {
  X86,
  X86_64,
  X32,
  Arm,
  Aarch64,
  Loongarch64,
  M68k,
  Mips,
  Mips64,
  Mips64n32,
  Mipsel,
  Mipsel64,
  Mipsel64n32,
  Ppc,
  Ppc64,
  Ppc64le,
  S390,
  S390x,
  Sh,
  Sheb,
  Parisc,
  Parisc64,
  Riscv64,
};
enum class SeccompFlag { Tsync, Log, SpecAllow, WaitKillableRecv };
enum class SeccompOperator { Ne, Lt, Le, Eq, Ge, Gt, MaskedEq };
struct SeccompArg {
  uint32_t index = 0;
  uint64_t value = 0, value_two = 0;
  SeccompOperator op = SeccompOperator::Eq;
  bool operator==(const SeccompArg&) const = default;
};
struct SeccompRule {
  Strings names;
  SeccompAction action = SeccompAction::Allow;
  std::optional<uint32_t> errno_ret;
  std::vector<SeccompArg> args;
  bool operator==(const SeccompRule&) const = default;
};
struct Seccomp {
  SeccompAction default_action = SeccompAction::Allow;
  std::optional<uint32_t> default_errno_ret;
  std::vector<SeccompArch> architectures;
  // absent and empty differ: absent means the runtime's default
  std::optional<std::vector<SeccompFlag>> flags;
  std::string listener_path, listener_metadata;
  std::vector<SeccompRule> syscalls;
  bool operator==(const Seccomp&) const = default;
};

// The r* forms are not in the spec, but Docker and Kubernetes write them.
enum class RootfsPropagation {
  Unset,
  Private,
  Shared,
  Slave,
  Unbindable,
  Rprivate,
  Rshared,
  Rslave,
  Runbindable,
};

struct TimeOffset {
  std::optional<int64_t> secs;
  std::optional<uint32_t> nanosecs;
  bool operator==(const TimeOffset&) const = default;
};
struct TimeOffsets {
  std::optional<TimeOffset> boottime, monotonic;
  bool operator==(const TimeOffsets&) const = default;
};

// config-linux.md
struct Linux {
  std::vector<Namespace> namespaces;
  std::vector<IdMapping> uid_mappings, gid_mappings;
  std::optional<TimeOffsets> time_offsets;
  std::vector<Device> devices;
  std::vector<NetDevice> net_devices;
  std::string cgroups_path;
  std::optional<Resources> resources;
  std::optional<IntelRdt> intel_rdt;
  std::optional<MemoryPolicy> memory_policy;
  StringMap sysctl;
  std::optional<Seccomp> seccomp;
  RootfsPropagation rootfs_propagation = RootfsPropagation::Unset;
  Strings masked_paths, readonly_paths;
  std::string mount_label;
  std::optional<Personality> personality;
  bool operator==(const Linux&) const = default;
};

struct Config {
  std::string oci_version;
  std::optional<Root> root;
  std::vector<Mount> mounts;
  std::optional<Process> process;
  std::string hostname, domainname;
  std::optional<Hooks> hooks;
  StringMap annotations;
  // "linux": the trailing _ because GNU modes define a macro of that name
  std::optional<Linux> linux_;
  bool operator==(const Config&) const = default;
};

}  // namespace spec
