// bpf(2), as far as cgroup device programs need it.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace sys {

// A loaded BPF_PROG_TYPE_CGROUP_DEVICE. Before 5.11 a program is charged to RLIMIT_MEMLOCK: if that
// is what stops it, again with the limit raised for the moment. On failure the error has the
// verifier's last words.
Result<Fd> load_cgroup_device_program(const std::vector<bpf_insn>& program);

// The ids of the device programs attached to that very cgroup (not those above).
Result<std::vector<uint32_t>> cgroup_device_programs(int cgroup_fd);
Result<Fd> open_bpf_program(uint32_t id);

// Adds to those that are attached; or takes the place of `replaced_fd` (-1: of none; since 5.6) at
// once.
Status attach_cgroup_device_program(int cgroup_fd, int program_fd, int replaced_fd);
Status detach_cgroup_device_program(int cgroup_fd, int program_fd);

}  // namespace sys
