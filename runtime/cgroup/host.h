// Which cgroup hierarchies this machine has and where they are mounted, as the calling process sees
// them.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace cgroup {

enum class Layout : unsigned char {
  None,  // no cgroup file system is mounted
  V1,    // controllers in v1 hierarchies only
  // controllers in v1 hierarchies, and a v2 hierarchy without controllers (/sys/fs/cgroup/unified)
  Hybrid,
  Unified,  // v2 only: /sys/fs/cgroup is cgroup2
};

struct Hierarchy {
  // v1: the directory's name under /sys/fs/cgroup ("cpu,cpuacct", "systemd"); v2: ""
  std::string name;
  std::string controllers;  // v1: as in /proc/self/cgroup: "cpu,cpuacct", "name=systemd"; v2: ""
  std::string mount_point;  // "/sys/fs/cgroup/memory"
  // the calling process's cgroup below mount_point: "/user.slice", "/"; "" if it is elsewhere
  std::string own_path;
};

struct Host {
  Layout layout = Layout::None;
  std::vector<Hierarchy> v1;
  std::string v2_mount_point;  // "" if there is none
  std::string v2_own_path;
};

Result<Host> probe_host();
// The same with another process's cgroups as own_path, where they are in the part of the hierarchy
// that we see.
Result<Host> probe_host_of(pid_t pid);

// The same from the two texts of /proc/self alone, for machines where the hierarchies are not at
// their usual places.
Host host_from(std::string_view self_cgroup, std::string_view mountinfo);

}  // namespace cgroup
