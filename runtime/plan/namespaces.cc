// config-linux.md, "Namespaces", "User namespace mappings", "Offset for Time Namespace".
#include <linux/sched.h>

#include "base/strings.h"
#include "runtime/plan/builder.h"

namespace plan {

namespace {

int clone_flag(spec::NamespaceType type) {
  switch (type) {
    case spec::NamespaceType::Mount: return CLONE_NEWNS;
    case spec::NamespaceType::Pid: return CLONE_NEWPID;
    case spec::NamespaceType::Network: return CLONE_NEWNET;
    case spec::NamespaceType::Uts: return CLONE_NEWUTS;
    case spec::NamespaceType::Ipc: return CLONE_NEWIPC;
    case spec::NamespaceType::User: return CLONE_NEWUSER;
    case spec::NamespaceType::Cgroup: return CLONE_NEWCGROUP;
    case spec::NamespaceType::Time: return CLONE_NEWTIME;
  }
  return 0;
}

// A line for each clock, as timens_offsets wants them (time_namespaces(7)).
void add_offset(std::string& out, const char* clock,
                const std::optional<spec::TimeOffset>& offset) {
  if (!offset) return;
  out += format("%s %lld %u\n", clock, static_cast<long long>(offset->secs.value_or(0)),
                offset->nanosecs.value_or(0));
}

Status check_user(const spec::Linux& linux_config, const Namespaces& namespaces) {
  bool mapped = !linux_config.uid_mappings.empty() || !linux_config.gid_mappings.empty();
  if (!(namespaces.create & CLONE_NEWUSER)) {
    if (mapped && !namespaces.joins_user) {
      return Error::make(
          Code::ConfigInvalid,
          "linux.uidMappings: user namespace mappings specified, but no user namespace is created");
    }
    return {};
  }
  if (linux_config.uid_mappings.empty() || linux_config.gid_mappings.empty()) {
    return Error::make(Code::ConfigInvalid,
                       "linux.%s: a new user namespace needs both uidMappings and gidMappings",
                       linux_config.uid_mappings.empty() ? "uidMappings" : "gidMappings");
  }
  return {};
}

}  // namespace

static const spec::Namespace* find(const spec::Config& config, spec::NamespaceType type) {
  if (!config.linux_) return nullptr;
  for (const spec::Namespace& item : config.linux_->namespaces) {
    if (item.type == type) return &item;
  }
  return nullptr;
}

bool has_namespace(const spec::Config& config, spec::NamespaceType type) {
  return find(config, type) != nullptr;
}

bool creates_namespace(const spec::Config& config, spec::NamespaceType type) {
  const spec::Namespace* item = find(config, type);
  return item != nullptr && item->path.empty();
}

Result<Namespaces> compile_namespaces(const CreateInput& input) {
  static const spec::Linux kNothing;
  const spec::Linux& linux_config = input.config.linux_ ? *input.config.linux_ : kNothing;
  Namespaces out;
  for (const spec::Namespace& item : linux_config.namespaces) {
    int flag = clone_flag(item.type);
    if (!item.path.empty()) {
      out.joins.push_back({item.path, flag});
      if (flag == CLONE_NEWUSER) out.joins_user = true;
    } else {
      out.create |= static_cast<uint64_t>(flag);
    }
  }
  TRY(check_user(linux_config, out));
  if (out.create & CLONE_NEWUSER) {
    out.uid_map = linux_config.uid_mappings;
    out.gid_map = linux_config.gid_mappings;
  }
  if (linux_config.time_offsets) {
    if (!(out.create & CLONE_NEWTIME)) {
      return Error::make(Code::ConfigInvalid,
                         "linux.timeOffsets: time namespace offsets specified, but no time "
                         "namespace is created")
          .with_hint("add {\"type\": \"time\"} to linux.namespaces");
    }
    add_offset(out.time_offsets, "monotonic", linux_config.time_offsets->monotonic);
    add_offset(out.time_offsets, "boottime", linux_config.time_offsets->boottime);
  }
  return out;
}

}  // namespace plan
