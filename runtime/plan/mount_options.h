// The option strings of a mount, sorted by who has to act on them.
//
// One string list of config.json speaks to five interfaces: fsopen/fsconfig (the file system),
// fsmount and mount_setattr (the mount), mount(2) for propagation and for old kernels, and the
// runtime itself. Pure: nothing here makes a system call on a mount. Sources: config.md, "Linux
// mount options"; mount(8); mount_setattr(2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace plan {

// One fsconfig(2) call: FSCONFIG_SET_STRING, or FSCONFIG_SET_FLAG when there is no value.
struct FsParameter {
  std::string key;
  std::optional<std::string> value;
  bool operator==(const FsParameter&) const = default;
};

struct MountOptions {
  // What kind of mount it is. `bind` is set by "bind" and by "rbind"; only the latter sets `rbind`.
  bool bind = false;
  bool rbind = false;
  bool remount = false;

  // MOUNT_ATTR_* of this mount. What an option of the list asked to be off ("rw", "exec", "dev",
  // ...) is in attr_clear, so that a bind mount does not keep it from its source. When any atime
  // option was given, attr_clear holds the whole field MOUNT_ATTR__ATIME (the kernel refuses less)
  // and attr_set the new value. Fit for mount_setattr as they are; fsmount takes attr_set.
  // MOUNT_ATTR_NOSYMFOLLOW needs Linux 5.14 there, and 5.10 in mount(2).
  uint64_t attr_set = 0;
  uint64_t attr_clear = 0;
  // The same for mount_setattr with AT_RECURSIVE: "rro", "rexec", ... (Linux 5.12).
  uint64_t rec_attr_set = 0;
  uint64_t rec_attr_clear = 0;

  // MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE, each with MS_REC or without: one mount(2) call
  // each, in this order.
  std::vector<unsigned long> propagation;

  // What the kernel's VFS takes for every file system: sync, dirsync, lazytime, mand and their
  // opposites, but not ro and rw.
  std::vector<FsParameter> superblock;
  // The last of "ro" and "rw"; nothing if there was neither. See fs_parameters().
  std::optional<bool> superblock_read_only;
  // Options that rt does not know: the file system's own. Empty for bind mounts.
  std::vector<FsParameter> data;

  // The same for mount(2): MS_* to set (with MS_BIND, MS_REC, MS_REMOUNT, without propagation),
  // MS_* that were asked to be off, and the unknown options joined by commas.
  unsigned long legacy_flags = 0;
  unsigned long legacy_clear = 0;
  std::string legacy_data;
  // True when fsconfig cannot say what was asked for and mount(2) can: "iversion", "silent" and
  // "acl" have no fsconfig name, and a value of fsconfig ends at 255 bytes. Never true for bind
  // mounts, where none of it has a meaning.
  bool mount2_only = false;

  bool tmpcopyup = false;
  bool idmap = false;   // "idmap" or "ridmap"
  bool ridmap = false;  // "ridmap": the whole tree
  std::string id_map;   // what follows "idmap=" or "ridmap=": see id_mapped_mounts.cc
  bool copy_symlink = false;
  bool src_nofollow = false;
  bool dest_nofollow = false;
};

// Sorts `options`. Of options that exclude each other the last one wins. An element with commas
// counts as several options, as it would in mount(2)'s data. Fails (ConfigInvalid) on a NUL byte,
// on an option without a name, on data that does not fit the page mount(2) has for it, and on file
// system options of a bind mount, which the kernel would ignore.
Result<MountOptions> parse_mount_options(const spec::Strings& options);

// The fsconfig calls for a mount of type `fs_type`: superblock, then data. "ro" is among them only
// where it has to be: on kernel file systems MOUNT_ATTR_RDONLY says it all, and a superblock that
// is shared with other mounts (sysfs: one for each network namespace; cgroup, mqueue) would stay
// read-only for all that come later.
std::vector<FsParameter> fs_parameters(const MountOptions& options, std::string_view fs_type);

// For the error of a refused mount: a sentence if one of the unknown options looks like a misspelt
// known one, else "".
std::string misspelt_option_hint(const MountOptions& options);

// All option names that parse_mount_options() acts on, sorted: `rt features`, mountOptions.
std::vector<std::string_view> known_mount_options();

}  // namespace plan
