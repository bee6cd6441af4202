// The rules of config-linux.md but for control groups and seccomp.
#include <algorithm>

#include "spec/enums.h"
#include "spec/validate_rules.h"

namespace spec {

// user_namespaces(7): the kernel refuses empty ranges and ranges that wrap around, with a bare
// EINVAL.
Check check_id_mappings(const std::vector<IdMapping>& mappings, const Place& at) {
  for (size_t i = 0; i < mappings.size(); i++) {
    const IdMapping& mapping = mappings[i];
    if (mapping.size == 0) return violation(at[i] / "size", "must be greater than 0");
    uint64_t first = std::max(mapping.container_id, mapping.host_id);
    if (first + mapping.size > UINT32_MAX)
      return violation(at[i] / "size", "the range goes beyond the last id (4294967294)");
  }
  return std::nullopt;
}

namespace {

Check check_namespaces(const std::vector<Namespace>& namespaces, const Place& at) {
  for (size_t i = 0; i < namespaces.size(); i++) {
    Place place = at[i];
    const Namespace& ns = namespaces[i];
    if (!ns.path.empty()) CHECK(check_absolute(ns.path, place / "path"));
    for (size_t earlier = 0; earlier < i; earlier++) {
      if (namespaces[earlier].type != ns.type) continue;
      return violation(place / "type", "%s is given twice, first in entry %zu",
                       enum_name(ns.type).data(), earlier);
    }
  }
  return std::nullopt;
}

const Namespace* find_namespace(const Linux& config, NamespaceType type) {
  for (const Namespace& ns : config.namespaces) {
    if (ns.type == type) return &ns;
  }
  return nullptr;
}

// What is set for a namespace must have that namespace to apply to.
Check check_namespace_settings(const Linux& config, const Place& at) {
  if (find_namespace(config, NamespaceType::User) == nullptr) {
    const char* mappings = !config.uid_mappings.empty() ? "uidMappings" : "gidMappings";
    if (!config.uid_mappings.empty() || !config.gid_mappings.empty()) {
      return violation(at / mappings,
                       "needs a user namespace: add {\"type\": \"user\"} to linux.namespaces");
    }
  }
  if (config.time_offsets) {
    const Namespace* time = find_namespace(config, NamespaceType::Time);
    if (time == nullptr) {
      return violation(at / "timeOffsets",
                       "needs a time namespace: add {\"type\": \"time\"} to linux.namespaces");
    }
    if (!time->path
             .empty()) {  // offsets are fixed once there is a process in it (time_namespaces(7))
      return violation(at / "timeOffsets", "cannot be set for a time namespace that is joined");
    }
  }
  return std::nullopt;
}

Check check_time_offset(const std::optional<TimeOffset>& offset, const Place& at) {
  if (!offset || !offset->nanosecs) return std::nullopt;
  return check_range<uint32_t>(*offset->nanosecs, 0, 999'999'999, at / "nanosecs");
}

Check check_devices(const std::vector<Device>& devices, const Place& at) {
  for (size_t i = 0; i < devices.size(); i++) {
    Place place = at[i];
    const Device& device = devices[i];
    if (std::string_view("cbup").find(device.type) == std::string_view::npos) {
      return violation(place / "type", "expected \"c\", \"b\", \"u\" or \"p\", got %s",
                       quote_briefly({&device.type, 1}).c_str());
    }
    CHECK(check_absolute(device.path, place / "path"));
    CHECK(check_range<int64_t>(device.major, 0, (1 << 12) - 1,
                               place / "major"));  // the kernel's MKDEV: 12 + 20 bits
    CHECK(check_range<int64_t>(device.minor, 0, (1 << 20) - 1, place / "minor"));
    if (device.uid) CHECK(check_id(*device.uid, place / "uid"));
    if (device.gid) CHECK(check_id(*device.gid, place / "gid"));
    // The schema stops at 0777. Engines copy the mode of the host's node, with its file type and
    // special bits.
    if (device.file_mode)
      CHECK(check_range<uint32_t>(*device.file_mode, 0, 0177777, place / "fileMode"));
  }
  return std::nullopt;
}

// What the kernel takes (dev_valid_name): at most 15 bytes, no slash, colon or white space, not "."
// or "..".
bool is_interface_name(std::string_view name) {
  constexpr size_t kLongest = 15;  // IFNAMSIZ - 1
  if (name.empty() || name.size() > kLongest || name == "." || name == "..") return false;
  return name.find_first_of("/: \t\n\v\f\r") == std::string_view::npos;
}

Check check_net_devices(const std::vector<NetDevice>& devices, const Place& at) {
  for (const NetDevice& device : devices) {
    Place place = at / device.host_name;
    if (!is_interface_name(device.host_name))
      return violation(place, "is not a possible name of a network device");
    if (device.name.empty()) continue;
    if (is_interface_name(device.name)) continue;
    return violation(place / "name", "%s is not a possible name of a network device",
                     quote_briefly(device.name).c_str());
  }
  return std::nullopt;
}

Check check_intel_rdt(const IntelRdt& rdt, const Place& at) {
  const std::string& id = rdt.clos_id;
  // The name of a directory below the file system's root; "/" is that root (since spec 1.3).
  if (id != "/" && (id == "." || id == ".." || id.find('/') != std::string::npos)) {
    return violation(at / "closID", "must be \"/\" or a name without slashes, not %s",
                     quote_briefly(id).c_str());
  }
  CHECK(check_no_newline(id, at / "closID"));
  CHECK(check_no_newline(rdt.l3_cache_schema, at / "l3CacheSchema"));
  CHECK(check_no_newline(rdt.mem_bw_schema, at / "memBwSchema"));
  if (!rdt.mem_bw_schema.empty() && !rdt.mem_bw_schema.starts_with("MB:")) {
    return violation(at / "memBwSchema", "must start with \"MB:\"");
  }
  Place schemata = at / "schemata";
  for (size_t i = 0; i < rdt.schemata.size(); i++)
    CHECK(check_no_newline(rdt.schemata[i], schemata[i]));
  return std::nullopt;
}

// set_mempolicy(2), which answers EINVAL to all of these.
Check check_memory_policy(const MemoryPolicy& policy, const Place& at) {
  using Mode = MemoryPolicyMode;
  auto has = [&](MemoryPolicyFlag flag) {
    return std::find(policy.flags.begin(), policy.flags.end(), flag) != policy.flags.end();
  };
  CHECK(check_number_list(policy.nodes, at / "nodes"));
  const char* mode = enum_name(policy.mode).data();
  bool nodes = policy.nodes.find_first_of("0123456789") != std::string::npos;
  if (nodes && (policy.mode == Mode::Default || policy.mode == Mode::Local)) {
    return violation(at / "nodes", "%s takes no nodes", mode);
  }
  if (!nodes && policy.mode != Mode::Default && policy.mode != Mode::Local &&
      policy.mode != Mode::Preferred) {
    return violation(at / "nodes", "%s needs at least one node", mode);
  }
  bool fixed = has(MemoryPolicyFlag::StaticNodes), relative = has(MemoryPolicyFlag::RelativeNodes);
  if (fixed && relative) {
    return violation(at / "flags",
                     "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
  }
  if (!nodes && (fixed || relative))
    return violation(at / "flags", "say how to read nodes, but there are none");
  bool balancing = policy.mode == Mode::Bind ||
                   policy.mode == Mode::PreferredMany;  // the latter since Linux 6.9
  if (has(MemoryPolicyFlag::NumaBalancing) && !balancing) {
    return violation(at / "flags",
                     "MPOL_F_NUMA_BALANCING goes with MPOL_BIND or MPOL_PREFERRED_MANY only");
  }
  return std::nullopt;
}

// A path below /proc/sys, with dots or slashes between its parts: an empty part (or two dots) would
// leave it.
Check check_sysctl(const StringMap& settings, const Place& at) {
  for (const auto& [name, text] : settings) {
    bool valid = true;
    char previous = '.';
    for (char c : name + ".") {
      bool separator = c == '.' || c == '/';
      if (separator && (previous == '.' || previous == '/')) valid = false;
      previous = c;
    }
    if (!valid) return violation(at / name, "is not a sysctl name like \"net.ipv4.ip_forward\"");
  }
  return std::nullopt;
}

Check check_paths(const Strings& paths, const Place& at) {
  for (size_t i = 0; i < paths.size(); i++) CHECK(check_absolute(paths[i], at[i]));
  return std::nullopt;
}

}  // namespace

Check check_linux(const Linux& config, const Place& at) {
  CHECK(check_namespaces(config.namespaces, at / "namespaces"));
  CHECK(check_namespace_settings(config, at));
  CHECK(check_id_mappings(config.uid_mappings, at / "uidMappings"));
  CHECK(check_id_mappings(config.gid_mappings, at / "gidMappings"));
  if (config.time_offsets) {
    Place offsets = at / "timeOffsets";
    CHECK(check_time_offset(config.time_offsets->boottime, offsets / "boottime"));
    CHECK(check_time_offset(config.time_offsets->monotonic, offsets / "monotonic"));
  }
  CHECK(check_devices(config.devices, at / "devices"));
  CHECK(check_net_devices(config.net_devices, at / "netDevices"));
  if (config.resources) CHECK(check_resources(*config.resources, at / "resources"));
  if (config.intel_rdt) CHECK(check_intel_rdt(*config.intel_rdt, at / "intelRdt"));
  if (config.memory_policy) CHECK(check_memory_policy(*config.memory_policy, at / "memoryPolicy"));
  CHECK(check_sysctl(config.sysctl, at / "sysctl"));
  if (config.seccomp) CHECK(check_seccomp(*config.seccomp, at / "seccomp"));
  CHECK(check_paths(config.masked_paths, at / "maskedPaths"));
  CHECK(check_paths(config.readonly_paths, at / "readonlyPaths"));
  if (config.personality && !config.personality->flags.empty()) {
    return unsupported(at / "personality" / "flags",
                       "no personality flags are supported");  // nor does the spec have any
  }
  return std::nullopt;
}

}  // namespace spec
