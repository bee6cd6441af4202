// Device rules as an eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE, which the kernel runs on
// every open and mknod of a device.
#pragma once

#include <linux/bpf.h>

#include <vector>

#include "spec/config.h"

namespace cgroup {

// Returns 1 (allow) if for each kind of access asked for, the last rule that fits allows it; else
// 0. No rule is denied.
std::vector<bpf_insn> compile_device_program(const std::vector<spec::DeviceRule>& rules);

}  // namespace cgroup
