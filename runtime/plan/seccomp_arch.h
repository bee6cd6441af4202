// Architectures as config.json, libseccomp and the kernel know them, and where each puts new system
// calls.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "spec/config.h"

namespace plan {

struct SeccompArchInfo {
  spec::SeccompArch name;
  uint32_t scmp;   // libseccomp's token, SCMP_ARCH_*
  uint32_t audit;  // what the kernel puts into seccomp_data.arch; x32 shares that of x86_64
  bool wide;       // arguments have 64 bits
};

// Nothing if this libseccomp does not know it.
std::optional<SeccompArchInfo> seccomp_arch_info(spec::SeccompArch arch);
// By libseccomp's token.
std::optional<SeccompArchInfo> seccomp_arch_info(uint32_t scmp);

// x32 calls are told from x86_64 ones by this bit. -1, which a tracer writes over a number to skip
// the call, has it as well.
constexpr uint32_t kX32First = 0x40000000;
constexpr uint32_t kX32Last = UINT32_MAX - 1;

struct SyscallRange {
  uint32_t first, last;  // both included
};

// Whether `number` is one of those that the kernel hands out in order, so that a higher one is a
// newer call.
bool numbered_in_order(uint32_t scmp, uint32_t number);
// The numbers that are newer than `newest`, the highest one in order that is known.
std::vector<SyscallRange> newer_syscalls(uint32_t scmp, uint32_t newest);

}  // namespace plan
