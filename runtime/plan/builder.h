// Appends steps to a Plan. One function per topic (mounts.cc, devices.cc, process.cc ...), called
// in the order in which the container needs them by compile.cc, which is the table of contents.
#pragma once

#include <initializer_list>

#include "runtime/plan/compile.h"
#include "runtime/plan/mount_options.h"

namespace plan {

// System call arguments: a number, an address in the plan, or a slot.
struct CallArg {
  int64_t value;
  bool is_slot;
};
inline CallArg slot_arg(int slot) {
  return {slot, true};
}

class Builder {
 public:
  explicit Builder(Plan& plan) : plan_(plan) {}
  Plan& plan() { return plan_; }
  Arena& arena() { return plan_.arena; }

  // Where the steps that follow come from.
  void phase(const char* name, Code code) { phase_ = name, code_ = code; }
  void source(std::string where) { source_ = std::move(where); }

  Step& add(Op op, std::string what);

  struct CallOptions {
    int result_slot = -1;
    uint16_t tolerate = 0, tolerate2 = 0;
  };
  void call(std::string what, long nr, std::initializer_list<CallArg> args,
            const CallOptions& options);
  void call(std::string what, long nr, std::initializer_list<CallArg> args) {
    call(std::move(what), nr, args, CallOptions());
  }

  int new_slot() { return plan_.n_slots++; }
  // A slot the launcher fills.
  int hand(Handed handed);

  CallArg text(std::string_view value) {
    return {static_cast<int64_t>(arena().text(value)), false};
  }
  template <class T>
  CallArg bytes(const T& value) {
    return {static_cast<int64_t>(arena().bytes(&value, sizeof value, alignof(T))), false};
  }

 private:
  Plan& plan_;
  const char* phase_ = "init";
  Code code_ = Code::System;
  std::string source_;
};

inline CallArg num(int64_t value) {
  return {value, false};
}

// The topics. Each takes what it needs of the config and returns ConfigInvalid or Unsupported
// errors.
Result<Namespaces> compile_namespaces(const CreateInput& input);
Result<std::vector<spec::NetDevice>> compile_net_devices(const CreateInput& input);
// listed, created or joined
bool has_namespace(const spec::Config& config, spec::NamespaceType type);
// listed without a path
bool creates_namespace(const spec::Config& config, spec::NamespaceType type);

// labels.cc. What the kernel's security modules are told.
// Unsupported: a label of a module that is not there
Status check_labels(const spec::Process& process, const HostFacts& host);
void add_labels(Builder& builder, const spec::Process& process);  // of what execve starts
// of the keyrings made next
void add_keyring_label(Builder& builder, const spec::Process& process);
// The keyrings are the process's, and have its label.
void add_session(Builder& builder, const std::string& id, bool new_keyring,
                 const spec::Process* process);
// process_attributes.cc. `cpus`: "0-3,7"; empty: all that the cpuset allows.
Status add_affinity(Builder& builder, const std::string& source, const std::string& cpus);
// a bit for each
Result<std::vector<uint64_t>> cpu_set(const std::string& source, const std::string& cpus);
// cgroup namespace, loopback, host and domain name
Status add_identity(Builder& builder, const CreateInput& input);
void add_root(Builder& builder, const CreateInput& input);
Status add_mounts(Builder& builder, const CreateInput& input);
bool dev_is_readonly(const spec::Config& config);  // by its mount or a later remount
void add_devices(Builder& builder, const CreateInput& input);
void add_console(Builder& builder, const spec::Process& process, bool bind_console);
void add_hook_points(Builder& builder, const CreateInput& input);
Status add_sysctls(Builder& builder, const CreateInput& input);
Status add_masks(Builder& builder, const CreateInput& input);
void add_pivot(Builder& builder, const CreateInput& input);

struct ProcessContext {
  const spec::Config& config;
  const HostFacts& host;
  bool new_user_namespace;  // the process has all capabilities in a user namespace of its own
  bool may_set_groups;
  bool wait_for_start;  // create
  int listener_slot = -1;
  int start_state_slot = -1, start_output_slot = -1;  // startContainer hooks
};
Status add_process(Builder& builder, const spec::Process& process, const ProcessContext& context);

// process_attributes.cc: scheduler, I/O priority, memory policy, personality, rlimits.
Status add_process_attributes(Builder& builder, const spec::Process& process,
                              const spec::Config& config);
void add_hook(Builder& builder, const spec::Hook& hook, const char* kind, size_t n, int state_slot,
              int output_slot, const spec::Strings& default_env);

struct CapabilityMasks {
  uint64_t bounding = 0, effective = 0, permitted = 0, inheritable = 0, ambient = 0;
};
// Names to bits. Unknown names and what `grantable` lacks are warnings (config.md, "capabilities").
CapabilityMasks capability_masks(const std::optional<spec::Capabilities>& caps, uint64_t grantable,
                                 int last_cap);

}  // namespace plan
