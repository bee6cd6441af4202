// config.md, "Linux mount options": idmap, ridmap, and uidMappings and gidMappings of a mount.
// Files of the mount appear with other owners, and what is made there is stored with those the file
// system has.
//
// The kernel wants all rights over the file system's own user namespace (and Linux 5.12). So the
// mount is made, cloned and mapped by the parent and handed over; without root there is nothing
// that the parent could map, but init can map the file systems that it makes in the container's own
// user namespace.
#include <linux/sched.h>

#include "base/strings.h"
#include "runtime/plan/mount_steps.h"

namespace plan {

namespace {

// Where the container's id `id` lies on the host, and how many of those behind it lie there in a
// row.
struct Range {
  uint32_t first;
  uint32_t size;
};
std::optional<Range> to_host(const std::vector<spec::IdMapping>& maps, uint32_t id) {
  for (const spec::IdMapping& map : maps) {
    uint32_t offset = id - map.container_id;  // wraps around below the range, beyond any size
    if (offset < map.size) return Range{map.host_id + offset, map.size - offset};
  }
  return std::nullopt;
}
std::optional<Range> to_container(const std::vector<spec::IdMapping>& maps, uint32_t id) {
  for (const spec::IdMapping& map : maps) {
    uint32_t offset = id - map.host_id;
    if (offset < map.size) return Range{map.container_id + offset, map.size - offset};
  }
  return std::nullopt;
}

// "0-1-10": ten ids, those from 0 on of the file system are those from 1 on of the host.
std::optional<spec::IdMapping> parse_triplet(std::string_view text) {
  std::vector<std::string_view> parts = split(text, '-');
  if (parts.size() != 3) return std::nullopt;
  std::optional<uint32_t> from = parse_number<uint32_t>(parts[0]);
  std::optional<uint32_t> to = parse_number<uint32_t>(parts[1]);
  std::optional<uint32_t> size = parse_number<uint32_t>(parts[2]);
  if (!from || !to || !size || *size == 0) return std::nullopt;
  if (uint64_t{std::max(*from, *to)} + *size > UINT32_MAX) return std::nullopt;
  return spec::IdMapping{*from, *to, *size};
}

// "0-1-10#@10-11-10". With an @ the middle number is an id of the container's user namespace.
Result<std::vector<spec::IdMapping>> parse_ranges(std::string_view text,
                                                  const std::vector<spec::IdMapping>& container) {
  std::vector<spec::IdMapping> out;
  for (std::string_view part : split(text, '#')) {
    bool relative = part.starts_with('@');
    std::optional<spec::IdMapping> map = parse_triplet(part.substr(relative ? 1 : 0));
    if (!map) {
      return Error::make(Code::ConfigInvalid,
                         "'%s' is not of the form FROM-TO-SIZE[#FROM-TO-SIZE...]",
                         std::string(part).c_str());
    }
    if (relative) {
      std::optional<Range> range = to_host(container, map->host_id);
      if (!range || range->size < map->size) {
        return Error::make(Code::ConfigInvalid,
                           "'%s' is not in one range of the container's user namespace",
                           std::string(part).c_str());
      }
      map->host_id = range->first;
    }
    out.push_back(*map);
  }
  return out;
}

// What podman writes for crun: "uids=0-1-10#10-11-10;gids=0-100-10".
Status parse_option(std::string_view text, const spec::Linux& linux_config, MountIdMap& out) {
  for (std::string_view part : split(text, ';')) {
    if (part.starts_with("uids=")) {
      out.uids = TRY_IN("uids", parse_ranges(part.substr(5), linux_config.uid_mappings));
    } else if (part.starts_with("gids=")) {
      out.gids = TRY_IN("gids", parse_ranges(part.substr(5), linux_config.gid_mappings));
    } else if (!part.empty()) {
      return Error::make(Code::ConfigInvalid, "'%s': expected uids=... or gids=...",
                         std::string(part).c_str());
    }
  }
  if (!out.uids.empty() && !out.gids.empty()) return {};
  return Error::make(Code::ConfigInvalid, "both uids=... and gids=... are needed");
}

Status take_namespace_of(const spec::Config& config, MountIdMap& out) {
  static const spec::Linux kNothing;
  const spec::Linux& linux_config = config.linux_ ? *config.linux_ : kNothing;
  out.uids = linux_config.uid_mappings;
  out.gids = linux_config.gid_mappings;
  for (const spec::Namespace& item : linux_config.namespaces) {
    if (item.type != spec::NamespaceType::User) continue;
    out.user_namespace = item.path;
    return {};
  }
  return Error::make(Code::ConfigInvalid,
                     "idmap: there is nothing to map by: neither uidMappings and gidMappings nor a "
                     "user namespace");
}

// Seen from inside: what the host calls 100000 may be 0 there.
Result<std::string> inner_map(const std::vector<spec::IdMapping>& maps,
                              const std::vector<spec::IdMapping>& container) {
  std::string out;
  for (const spec::IdMapping& map : maps) {
    std::optional<Range> range = to_container(container, map.host_id);
    if (!range || range->size < map.size) {
      return Error::make(Code::ConfigInvalid,
                         "the ids %u to %u are not in one range of the container's user namespace",
                         map.host_id, map.host_id + map.size - 1);
    }
    out += format("%u %u %u\n", map.container_id, range->first, map.size);
  }
  return out;
}

}  // namespace

Result<std::optional<MountIdMap>> mount_id_map(const CreateInput& input,
                                               const Namespaces& namespaces,
                                               const spec::Mount& mount,
                                               const MountOptions& options) {
  bool own = !mount.uid_mappings.empty() || !mount.gid_mappings.empty();
  if (!options.idmap && !own) return std::optional<MountIdMap>();
  MountIdMap map;
  map.tree = options.ridmap;
  if (own && !options.id_map.empty()) {
    return Error::make(
        Code::ConfigInvalid,
        "uidMappings and gidMappings, and the option 'idmap=%s': only one of them can be",
        options.id_map.c_str());
  }
  if (own) {
    map.uids = mount.uid_mappings;
    map.gids = mount.gid_mappings;
  } else if (!options.id_map.empty()) {
    static const spec::Linux kNothing;
    TRY_IN("idmap", parse_option(options.id_map,
                                 input.config.linux_ ? *input.config.linux_ : kNothing, map));
  } else {
    TRY(take_namespace_of(input.config, map));
  }
  if (options.copy_symlink)
    return Error::make(Code::Unsupported, "idmap: not together with copy-symlink");
  if (options.remount)
    return Error::make(Code::ConfigInvalid, "idmap: a mount can only be mapped when it is made");
  if (options.mount2_only) {
    return Error::make(
        Code::Unsupported,
        "idmap: not together with an option that only mount(2) knows (iversion, silent, acl)");
  }
  if (!maps_in_parent(input) && !(namespaces.create & CLONE_NEWUSER)) {
    return Error::make(Code::Unsupported,
                       "idmap: without root it needs a new user namespace of the container's own");
  }
  return std::optional<MountIdMap>(std::move(map));
}

Result<int> add_id_map(Builder& builder, const MountIdMap& map) {
  const Namespaces& namespaces = builder.plan().namespaces;
  std::string uids = TRY_IN("uidMappings", inner_map(map.uids, namespaces.uid_map));
  std::string gids = TRY_IN("gidMappings", inner_map(map.gids, namespaces.gid_map));
  UserNamespaceArgs args = {};
  args.uid_map = builder.arena().text(uids);
  args.gid_map = builder.arena().text(gids);
  args.uid_map_size = static_cast<uint32_t>(uids.size());
  args.gid_map_size = static_cast<uint32_t>(gids.size());
  args.slot = static_cast<int16_t>(builder.new_slot());
  int slot = args.slot;
  builder.add(Op::UserNamespace, "make a user namespace for the mount's ids").args.user_namespace =
      args;
  return slot;
}

}  // namespace plan
