#include "runtime/plan/mount_options.h"

#include <linux/mount.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "base/strings.h"

// Linux 5.10; the headers of glibc 2.36 do not have it.
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

namespace plan {

namespace {

constexpr size_t kMaxFsconfigText = 255;  // fs/fsopen.c: strndup_user(..., 256), NUL included

enum class Group : unsigned char {
  Nothing,  // accepted without effect
  Bind,
  Remount,
  ReadOnly,      // of the mount and of the file system
  Attribute,     // of the mount
  Atime,         // a field of three values among the attributes; `attr` is the value
  RecAttribute,  // of the tree
  RecAtime,
  Superblock,  // fsconfig knows it by this name
  OnlyMount2,  // only mount(2) knows it
  Propagation,
  Runtime,  // for rt itself; `member` says which
};

struct Option {
  std::string_view name;
  Group group;
  bool clear = false;  // the option asks for `ms` or `attr` to be off
  unsigned long ms = 0;
  uint64_t attr = 0;
  bool MountOptions::*member = nullptr;
};

// Sorted by name: looked up by binary search, and the order is checked below.
constexpr Option kOptions[] = {
    {"_netdev", Group::Nothing},
    {"acl", Group::OnlyMount2, false, MS_POSIXACL},
    {"async", Group::Superblock, true, MS_SYNCHRONOUS},
    {"atime", Group::Atime, true, 0, MOUNT_ATTR_NOATIME},
    {"auto", Group::Nothing},
    {"bind", Group::Bind, false, MS_BIND},
    {"copy-symlink", Group::Runtime, false, 0, 0, &MountOptions::copy_symlink},
    {"defaults", Group::Nothing},
    {"dest-nofollow", Group::Runtime, false, 0, 0, &MountOptions::dest_nofollow},
    {"dev", Group::Attribute, true, MS_NODEV, MOUNT_ATTR_NODEV},
    {"diratime", Group::Attribute, true, MS_NODIRATIME, MOUNT_ATTR_NODIRATIME},
    {"dirsync", Group::Superblock, false, MS_DIRSYNC},
    {"exec", Group::Attribute, true, MS_NOEXEC, MOUNT_ATTR_NOEXEC},
    {"idmap", Group::Runtime, false, 0, 0, &MountOptions::idmap},
    {"iversion", Group::OnlyMount2, false, MS_I_VERSION},
    {"lazytime", Group::Superblock, false, MS_LAZYTIME},
    {"loud", Group::OnlyMount2, true, MS_SILENT},
    {"mand", Group::Superblock, false, MS_MANDLOCK},
    {"noacl", Group::OnlyMount2, true, MS_POSIXACL},
    {"noatime", Group::Atime, false, 0, MOUNT_ATTR_NOATIME},
    {"noauto", Group::Nothing},
    {"nodev", Group::Attribute, false, MS_NODEV, MOUNT_ATTR_NODEV},
    {"nodiratime", Group::Attribute, false, MS_NODIRATIME, MOUNT_ATTR_NODIRATIME},
    {"noexec", Group::Attribute, false, MS_NOEXEC, MOUNT_ATTR_NOEXEC},
    {"nogroup", Group::Nothing},
    {"noiversion", Group::OnlyMount2, true, MS_I_VERSION},
    {"nolazytime", Group::Superblock, true, MS_LAZYTIME},
    {"nomand", Group::Superblock, true, MS_MANDLOCK},
    {"noowner", Group::Nothing},
    {"norelatime", Group::Atime, true, 0, MOUNT_ATTR_RELATIME},
    {"nostrictatime", Group::Atime, true, 0, MOUNT_ATTR_STRICTATIME},
    {"nosuid", Group::Attribute, false, MS_NOSUID, MOUNT_ATTR_NOSUID},
    {"nosymfollow", Group::Attribute, false, MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW},
    {"nouser", Group::Nothing},
    {"private", Group::Propagation, false, MS_PRIVATE},
    {"ratime", Group::RecAtime, true, 0, MOUNT_ATTR_NOATIME},
    {"rbind", Group::Bind, false, MS_BIND | MS_REC},
    {"rdev", Group::RecAttribute, true, 0, MOUNT_ATTR_NODEV},
    {"rdiratime", Group::RecAttribute, true, 0, MOUNT_ATTR_NODIRATIME},
    {"relatime", Group::Atime, false, 0, MOUNT_ATTR_RELATIME},
    {"remount", Group::Remount, false, MS_REMOUNT},
    {"rexec", Group::RecAttribute, true, 0, MOUNT_ATTR_NOEXEC},
    {"ridmap", Group::Runtime, false, 0, 0, &MountOptions::ridmap},
    {"rnoatime", Group::RecAtime, false, 0, MOUNT_ATTR_NOATIME},
    {"rnodev", Group::RecAttribute, false, 0, MOUNT_ATTR_NODEV},
    {"rnodiratime", Group::RecAttribute, false, 0, MOUNT_ATTR_NODIRATIME},
    {"rnoexec", Group::RecAttribute, false, 0, MOUNT_ATTR_NOEXEC},
    {"rnorelatime", Group::RecAtime, true, 0, MOUNT_ATTR_RELATIME},
    {"rnostrictatime", Group::RecAtime, true, 0, MOUNT_ATTR_STRICTATIME},
    {"rnosuid", Group::RecAttribute, false, 0, MOUNT_ATTR_NOSUID},
    {"rnosymfollow", Group::RecAttribute, false, 0, MOUNT_ATTR_NOSYMFOLLOW},
    {"ro", Group::ReadOnly, false, MS_RDONLY, MOUNT_ATTR_RDONLY},
    {"rprivate", Group::Propagation, false, MS_PRIVATE | MS_REC},
    {"rrelatime", Group::RecAtime, false, 0, MOUNT_ATTR_RELATIME},
    {"rro", Group::RecAttribute, false, 0, MOUNT_ATTR_RDONLY},
    {"rrw", Group::RecAttribute, true, 0, MOUNT_ATTR_RDONLY},
    {"rshared", Group::Propagation, false, MS_SHARED | MS_REC},
    {"rslave", Group::Propagation, false, MS_SLAVE | MS_REC},
    {"rstrictatime", Group::RecAtime, false, 0, MOUNT_ATTR_STRICTATIME},
    {"rsuid", Group::RecAttribute, true, 0, MOUNT_ATTR_NOSUID},
    {"rsymfollow", Group::RecAttribute, true, 0, MOUNT_ATTR_NOSYMFOLLOW},
    {"runbindable", Group::Propagation, false, MS_UNBINDABLE | MS_REC},
    {"rw", Group::ReadOnly, true, MS_RDONLY, MOUNT_ATTR_RDONLY},
    {"shared", Group::Propagation, false, MS_SHARED},
    {"silent", Group::OnlyMount2, false, MS_SILENT},
    {"slave", Group::Propagation, false, MS_SLAVE},
    {"src-nofollow", Group::Runtime, false, 0, 0, &MountOptions::src_nofollow},
    {"strictatime", Group::Atime, false, 0, MOUNT_ATTR_STRICTATIME},
    {"suid", Group::Attribute, true, MS_NOSUID, MOUNT_ATTR_NOSUID},
    {"symfollow", Group::Attribute, true, MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW},
    {"sync", Group::Superblock, false, MS_SYNCHRONOUS},
    {"tmpcopyup", Group::Runtime, false, 0, 0, &MountOptions::tmpcopyup},
    {"unbindable", Group::Propagation, false, MS_UNBINDABLE},
};

constexpr bool by_name(const Option& a, const Option& b) {
  return a.name < b.name;
}
static_assert(std::is_sorted(std::begin(kOptions), std::end(kOptions), by_name));

const Option* find_option(std::string_view name) {
  const Option* at =
      std::lower_bound(std::begin(kOptions), std::end(kOptions), Option{name, {}}, by_name);
  return at != std::end(kOptions) && at->name == name ? at : nullptr;
}

// mount(8) keeps these to itself: comments for tools.
bool is_comment(std::string_view option) {
  return option.starts_with("x-") || option.starts_with("X-") || option.starts_with("comment=");
}

// At commas, but not at those inside double quotes (SELinux contexts) or after a backslash
// (overlayfs paths).
std::vector<std::string_view> split_option_list(std::string_view list) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i < list.size(); i++) {
    if (list[i] == '"') {
      quoted = !quoted;
    } else if (list[i] == '\\') {
      i++;
    } else if (list[i] == ',' && !quoted) {
      parts.push_back(list.substr(start, i - start));
      start = i + 1;
    }
  }
  parts.push_back(list.substr(start));
  return parts;
}

template <class Flags>
void set_or_clear(Flags& set, Flags& clear, Flags bits, bool off) {
  (off ? set : clear) &= ~bits;
  (off ? clear : set) |= bits;
}

// The access time field, while the list is read. The kernel has one field of three values; the
// options are three pairs of on and off. Off means: back to the kernel's default, relatime, unless
// something else is in force already.
class Atime {
 public:
  void apply(uint64_t value, bool off) {
    if (!off) {
      value_ = value;
    } else if (value_ ? *value_ == value : value != MOUNT_ATTR_RELATIME) {
      value_ = MOUNT_ATTR_RELATIME;
    }
  }
  void store(uint64_t& set, uint64_t& clear) const {
    if (!value_) return;
    clear |= MOUNT_ATTR__ATIME;
    set |= *value_;
  }
  void store_legacy(unsigned long& set, unsigned long& clear) const {
    if (!value_) return;
    unsigned long flag = *value_ == MOUNT_ATTR_NOATIME       ? MS_NOATIME
                         : *value_ == MOUNT_ATTR_STRICTATIME ? MS_STRICTATIME
                                                             : MS_RELATIME;
    set |= flag;
    clear |= (MS_NOATIME | MS_STRICTATIME | MS_RELATIME) & ~flag;
  }

 private:
  std::optional<uint64_t> value_;
};

class Parser {
 public:
  Status add(std::string_view option);
  Result<MountOptions> finish() &&;

 private:
  void add_known(const Option& option);
  Status add_data(std::string_view option);

  MountOptions out_;
  Atime atime_, rec_atime_;
};

Status Parser::add(std::string_view option) {
  if (option.empty() || is_comment(option)) return {};
  if (option.find('\0') != std::string_view::npos) {
    return Error::make(Code::ConfigInvalid, "mount option '%s' contains a NUL byte",
                       std::string(option.substr(0, option.find('\0'))).c_str());
  }
  if (const Option* known = find_option(option)) {
    add_known(*known);
    return {};
  }
  return add_data(option);
}

void Parser::add_known(const Option& option) {
  switch (option.group) {
    case Group::Nothing: return;
    case Group::Bind:
      out_.bind = true;
      if (option.ms & MS_REC) out_.rbind = true;
      break;
    case Group::Remount: out_.remount = true; break;
    case Group::ReadOnly: out_.superblock_read_only = !option.clear; [[fallthrough]];
    case Group::Attribute:
      set_or_clear(out_.attr_set, out_.attr_clear, option.attr, option.clear);
      break;
    case Group::Atime: atime_.apply(option.attr, option.clear); break;
    case Group::RecAttribute:
      set_or_clear(out_.rec_attr_set, out_.rec_attr_clear, option.attr, option.clear);
      break;
    case Group::RecAtime: rec_atime_.apply(option.attr, option.clear); break;
    case Group::Superblock:
      std::erase_if(out_.superblock, [&](const FsParameter& earlier) {
        return find_option(earlier.key)->ms == option.ms;
      });
      out_.superblock.push_back({std::string(option.name), std::nullopt});
      break;
    case Group::OnlyMount2: break;
    case Group::Propagation:
      out_.propagation.push_back(option.ms);
      return;  // mount(2) refuses propagation together with other flags
    case Group::Runtime: out_.*option.member = true; break;
  }
  set_or_clear(out_.legacy_flags, out_.legacy_clear, option.ms, option.clear);
}

Status Parser::add_data(std::string_view option) {
  size_t equals = option.find('=');
  FsParameter parameter{std::string(option.substr(0, equals)), std::nullopt};
  if (parameter.key.empty()) {
    return Error::make(Code::ConfigInvalid, "mount option '%s' has no name before '='",
                       std::string(option).c_str());
  }
  if (equals != std::string_view::npos && (parameter.key == "idmap" || parameter.key == "ridmap")) {
    out_.idmap = true;
    out_.ridmap |= parameter.key == "ridmap";
    out_.id_map = option.substr(equals + 1);
    return {};
  }
  if (equals != std::string_view::npos) {
    std::string_view value = option.substr(equals + 1);
    // The quotes protect commas in mount(2)'s list. A value on its own needs none.
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    parameter.value = std::string(value);
    if (value.size() > kMaxFsconfigText) out_.mount2_only = true;
  }
  out_.data.push_back(std::move(parameter));
  if (!out_.legacy_data.empty()) out_.legacy_data += ',';
  out_.legacy_data += option;
  return {};
}

Result<MountOptions> Parser::finish() && {
  if (out_.bind && !out_.data.empty()) {
    return Error::make(Code::ConfigInvalid,
                       "bind mounts cannot have any filesystem-specific options applied: '%s'",
                       out_.data.front().key.c_str())
        .with_hint(misspelt_option_hint(out_));
  }
  // mount(2) copies one page and cuts off the rest without a word.
  if (out_.legacy_data.size() >= static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    return Error::make(Code::ConfigInvalid,
                       "mount options of the file system are too long: %zu bytes",
                       out_.legacy_data.size());
  }
  atime_.store(out_.attr_set, out_.attr_clear);
  atime_.store_legacy(out_.legacy_flags, out_.legacy_clear);
  rec_atime_.store(out_.rec_attr_set, out_.rec_attr_clear);
  if (out_.ridmap) out_.idmap = true;
  // A fresh superblock has none of these flags, so only asking for one needs mount(2). Of the
  // three, a remount can take away only MS_I_VERSION (include/linux/fs.h, MS_RMT_MASK).
  constexpr unsigned long kOnlyMount2 = MS_POSIXACL | MS_I_VERSION | MS_SILENT;
  unsigned long asked = out_.legacy_flags | (out_.remount ? out_.legacy_clear & MS_I_VERSION : 0);
  if (!out_.bind && (asked & kOnlyMount2) != 0) out_.mount2_only = true;
  return std::move(out_);
}

// File systems whose read-only state is fully told by the mount's attribute: nothing below them
// would be written to, and the superblock may be one that others mount too.
bool read_only_by_attribute(std::string_view fs_type) {
  constexpr std::string_view kTypes[] = {"bpf",      "cgroup", "cgroup2", "debugfs", "devpts",
                                         "devtmpfs", "mqueue", "proc",    "ramfs",   "securityfs",
                                         "sysfs",    "tmpfs",  "tracefs"};
  return std::find(std::begin(kTypes), std::end(kTypes), fs_type) != std::end(kTypes);
}

}  // namespace

Result<MountOptions> parse_mount_options(const spec::Strings& options) {
  Parser parser;
  for (const std::string& element : options) {
    for (std::string_view option : split_option_list(element)) TRY(parser.add(option));
  }
  return std::move(parser).finish();
}

std::vector<FsParameter> fs_parameters(const MountOptions& options, std::string_view fs_type) {
  std::vector<FsParameter> parameters = options.superblock;
  if (options.superblock_read_only && !read_only_by_attribute(fs_type)) {
    parameters.push_back({*options.superblock_read_only ? "ro" : "rw", std::nullopt});
  }
  parameters.insert(parameters.end(), options.data.begin(), options.data.end());
  return parameters;
}

std::string misspelt_option_hint(const MountOptions& options) {
  for (const FsParameter& parameter : options.data) {
    if (parameter.value) continue;  // no option of the table takes a value
    std::string meant = nearest(parameter.key, known_mount_options());
    if (!meant.empty()) {
      return format("option '%s' is not known to rt; did you mean '%s'?", parameter.key.c_str(),
                    meant.c_str());
    }
  }
  return {};
}

std::vector<std::string_view> known_mount_options() {
  std::vector<std::string_view> names;
  for (const Option& option : kOptions) names.push_back(option.name);
  return names;
}

}  // namespace plan
