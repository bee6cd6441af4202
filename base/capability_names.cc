#include "base/capability_names.h"

#include <linux/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <iterator>

namespace sys {

namespace {

// The index is the number.
constexpr std::string_view kNames[] = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",             // Linux 5.8
    "CAP_BPF",                 // Linux 5.8
    "CAP_CHECKPOINT_RESTORE",  // Linux 5.9
};
// When this fails, the kernel headers know a new capability: add it above.
static_assert(std::size(kNames) >= CAP_LAST_CAP + 1);

// EINVAL for a number the kernel does not know; needs no /proc and no privilege.
bool kernel_knows(int number) {
  return prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0;
}

}  // namespace

std::optional<int> capability_number(std::string_view name) {
  const auto* at = std::find(std::begin(kNames), std::end(kNames), name);
  if (at == std::end(kNames)) return std::nullopt;
  return static_cast<int>(at - std::begin(kNames));
}

std::string_view capability_name(int number) {
  if (number < 0 || number >= static_cast<int>(std::size(kNames))) return {};
  return kNames[number];
}

int last_capability() {
  int last = static_cast<int>(std::size(kNames)) - 1;
  while (last > 0 && !kernel_knows(last)) last--;
  while (last < 63 && kernel_knows(last + 1)) last++;  // the sets of capset(2) have 64 bits
  return last;
}

std::vector<std::string_view> known_capabilities() {
  return {std::begin(kNames), std::end(kNames)};
}

}  // namespace sys
