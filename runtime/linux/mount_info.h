// /proc/self/mountinfo (proc(5)): what is mounted where. Slow on machines with many mounts, so only
// for what no other interface tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sys {

struct MountInfo {
  uint64_t id = 0;
  std::string path;     // of the mount point
  std::string options;  // of the mount: "rw,relatime,idmapped"
  std::string type;     // of the file system
};

// Entries that do not look like one are left out.
std::vector<MountInfo> parse_mount_info(std::string_view text);
Result<std::vector<MountInfo>> read_mount_info();

// The mount that `path` lies on; nothing if that cannot be told. Follows symbolic links.
std::optional<MountInfo> mount_of(const std::string& path);

}  // namespace sys
