#include "runtime/plan/seccomp_syscalls.h"

#include <seccomp.h>

#include <cstdlib>

namespace plan {

namespace {

// What libseccomp gives for a call that an architecture only has through a multiplexer: -100 less
// its number for socketcall (include/uapi/linux/net.h), -200 less its number for ipc
// (include/uapi/linux/ipc.h).
constexpr int kSocketCalls = -100;
constexpr int kIpcCalls = -200;
constexpr int kIpcCallsEnd = -300;

// Where the multiplexed calls got numbers of their own: from 326 (sockets, ppc) to 402 (System V
// IPC, everywhere).
constexpr int kLateFirst = 320;
constexpr int kLateLast = 410;
constexpr int kMipsBase = 4000;

}  // namespace

SyscallNumbers SyscallTable::find(const std::string& name) {
  SyscallNumbers numbers;
  int number = seccomp_syscall_resolve_name_arch(scmp_, name.c_str());
  if (number >= 0) {
    numbers.direct = static_cast<uint32_t>(number);
    return numbers;
  }
  if (number >= kSocketCalls || number <= kIpcCallsEnd) return numbers;
  // Of an architecture without multiplexers the same negative number comes back.
  int multiplexer = seccomp_syscall_resolve_name_rewrite(scmp_, name.c_str());
  if (multiplexer < 0) return numbers;
  bool ipc = number < kIpcCalls;
  auto call = static_cast<uint32_t>((ipc ? kIpcCalls : kSocketCalls) - number);
  // socketcall takes an int. ipc has a version in the upper half (ipc/syscall.c), which does not
  // change what is called.
  numbers.multiplexed = {static_cast<uint32_t>(multiplexer), call, ipc ? 0xffff : UINT32_MAX};
  numbers.direct = find_late(name);
  return numbers;
}

std::optional<uint32_t> SyscallTable::find_late(const std::string& name) {
  if (late_.empty()) {
    int base = scmp_ == SCMP_ARCH_MIPS || scmp_ == SCMP_ARCH_MIPSEL ? kMipsBase : 0;
    // The sockets of mips came early: 4168 to 4185.
    for (int number = base + (base != 0 ? 160 : kLateFirst); number <= base + kLateLast; number++) {
      char* late_name = seccomp_syscall_resolve_num_arch(scmp_, number);
      if (!late_name) continue;
      late_.emplace(late_name, static_cast<uint32_t>(number));
      free(late_name);
    }
  }
  auto at = late_.find(name);
  if (at == late_.end()) return std::nullopt;
  return at->second;
}

bool is_syscall_name(const std::string& name) {
  return seccomp_syscall_resolve_name(name.c_str()) != __NR_SCMP_ERROR;
}

}  // namespace plan
