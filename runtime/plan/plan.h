// The compiled form of a container (or of an exec): everything that launching it needs, decided.
//
// Pure data. `rt plan` prints it, tests compare it, launch.cc hands it to the kernel and to init.
// See steps.h for what init executes; the rest is what the parent does around it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/plan/mount_options.h"
#include "runtime/plan/steps.h"
#include "spec/config.h"
#include "spec/state.h"

namespace plan {

// The words for a step, which stay on this side: init only ever says a number.
struct StepInfo {
  std::string what;    // "mount 'tmpfs' on '/dev'"
  std::string source;  // "mounts[1]": where in the config it comes from; may be empty
  const char* phase;   // "mounts", "devices", "process", ...
  Code code;           // of the error when it fails
};

// The ids that an id-mapped mount shows: those of the file system (container_id) as those of the
// host (host_id).
struct MountIdMap {
  std::vector<spec::IdMapping> uids, gids;
  std::string user_namespace;  // instead of both: the file of a namespace that has them
  bool tree = false;           // ridmap: the mounts below as well
};

// An open file that the parent hands to init, by slot number.
struct Handed {
  enum class Kind {
    Sync,      // slot 0: init's end of the channel
    Listener,  // start.sock
    // a detached clone of a host path: what init could not reach itself inside a user namespace
    MountSource,
    // a detached new mount, id-mapped: its file system is to belong to our user namespace
    MountNew,
    HookState,   // sealed memfd: the state JSON, written after the pid is known
    HookOutput,  // memfd that takes a hook's stdout and stderr
    Procfs,      // the host's /proc: what the container has there may be anything (CVE-2019-16884)
    Root,        // the root directory of a container that has no mount namespace of its own
  };
  Kind kind = Kind::Sync;
  std::string path = {};                     // MountSource, Root; of MountNew the type
  bool recursive = false;                    // MountSource
  bool no_follow = false;                    // MountSource
  std::vector<FsParameter> parameters = {};  // MountNew
  std::optional<MountIdMap> id_map = {};     // MountSource, MountNew
  std::string where = {};                    // for errors: "mounts[3]"
  spec::ContainerStatus status = spec::ContainerStatus::Creating;  // HookState
};

// What the first process's namespaces are to be: created with it, or joined before.
struct Namespaces {
  // CLONE_NEW*; NEWCGROUP is not here but a step, as it must follow the move into the cgroup
  uint64_t create = 0;
  struct Join {
    // of a namespace file; empty: the descriptor `pidfd` of a process whose namespaces to join
    std::string path;
    int type;  // CLONE_NEW*; with pidfd: all of them at once (Linux 5.8)
    int pidfd = -1;
  };
  std::vector<Join> joins;
  std::vector<spec::IdMapping> uid_map, gid_map;  // with CLONE_NEWUSER in `create`
  // what to write into timens_offsets; with CLONE_NEWTIME
  std::string time_offsets;
  bool joins_user = false;
};

// Builds the block of bytes behind the steps. Addresses are final from the start: the block is
// mapped at kPlanAddress.
class Arena {
 public:
  Address text(std::string_view value);  // with a final NUL
  Address bytes(const void* data, size_t size, size_t align = 8);
  // const char*[n + 1], ended by nullptr
  Address text_list(const std::vector<std::string>& values);
  template <class T>
  Address list(const std::vector<T>& values) {
    return values.empty() ? 0 : bytes(values.data(), values.size() * sizeof(T), alignof(T));
  }
  const std::string& data() const { return data_; }

 private:
  std::string data_;
};

struct Plan {
  Namespaces namespaces;
  std::vector<Step> steps;
  std::vector<StepInfo> info;  // one for each step
  std::vector<Handed> handed;  // slots 0..n-1
  // The parent binds the rootfs onto itself first, in its own mount namespace, to take away all
  // mounts at once later.
  bool mounts_in_runtime_namespace = false;
  std::vector<spec::NetDevice> net_devices;  // moved by the parent before init goes on
  int n_slots = kFirstOwnSlot;               // the next one for a step to fill
  int root_slot = -1;
  int proc_slot = -1;
  int preserve_fds = 0;
  // The parent's own just before clone, so that a child inherits them.
  std::optional<int> oom_score_adj;
  std::vector<uint64_t> initial_cpus;  // a bit for each; empty: unchanged
  // What init asks for itself. In a user namespace only the parent may raise a hard limit.
  std::vector<spec::Rlimit> rlimits;
  std::string program;    // args[0], for messages
  uint32_t home_uid = 0;  // whose home FetchHome asks for
  Arena arena;
};

// What the launcher adds when it knows: descriptors for `plan.handed`, timing, and faults for
// tests.
struct Encoding {
  std::vector<int> fds;
  bool timing = false;
  int fault_step = -1;
  int fault_errno = 0;
};
// The bytes to be mapped at kPlanAddress.
std::string encode(const Plan& plan, const Encoding& encoding);

// Everything about the machine and the caller that the compiler takes into account; probed once,
// faked in tests.
struct HostFacts {
  uint32_t euid = 0;
  bool in_user_namespace = false;   // root's rights end at what this namespace owns
  bool may_clone_mounts = true;     // of the caller's mount namespace
  bool setgroups_denied = false;    // here and in every user namespace below
  uint64_t permitted_caps = ~0ull;  // what can be granted when no user namespace is created
  int last_cap = 40;
  bool apparmor = false;
  bool selinux = false;
};
HostFacts probe_host_facts();

}  // namespace plan
