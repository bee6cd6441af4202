// How often the kernel killed in a container's cgroup for want of memory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fd.h"

namespace monitor {

// The file that counts, of the memory cgroup that `pid` is in: memory.events (v2) or
// memory.oom_control (v1, counts since Linux 4.13). No descriptor where there is none. Opened while
// the process lives: afterwards nothing says which cgroup it was.
Fd open_oom_counter(pid_t pid);
std::optional<uint64_t> read_oom_counter(int counter_fd);

// Where a process is, from the text of /proc/PID/cgroup: the path below the mount of the v1 memory
// controller ("memory") or of the unified hierarchy ("").
std::optional<std::string_view> cgroup_path(std::string_view proc_cgroup,
                                            std::string_view controller);
std::optional<uint64_t> parse_oom_counter(std::string_view text);

}  // namespace monitor
