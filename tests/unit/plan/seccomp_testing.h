// What the seccomp tests share: short ways to write profiles and calls, and two judges of a
// compiled program.
#pragma once

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/ipc.h>
#include <linux/net.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "runtime/plan/seccomp.h"
#include "runtime/plan/seccomp_arch.h"
#include "runtime/plan/seccomp_values.h"
#include "tests/unit/plan/bpf_interpreter.h"

namespace plan {

using spec::Seccomp;
using spec::SeccompAction;
using spec::SeccompArch;
using spec::SeccompOperator;

constexpr uint32_t kX32 = 0x40000000;
constexpr uint32_t kErrno = SECCOMP_RET_ERRNO;
constexpr uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;

// Numbers in these tests are those of x86_64 and of its two companions.
struct ArchCase {
  SeccompArch arch;
  uint32_t scmp, audit, bit;
};
constexpr ArchCase kArchs[] = {{SeccompArch::X86_64, SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0},
                               {SeccompArch::X86, SCMP_ARCH_X86, AUDIT_ARCH_I386, 0},
                               {SeccompArch::X32, SCMP_ARCH_X32, AUDIT_ARCH_X86_64, kX32}};

inline SeccompProgram compiled(const Seccomp& config) {
  Result<SeccompProgram> result = compile_seccomp(config);
  EXPECT_TRUE(result) << result.error().text();
  return result ? *std::move(result) : SeccompProgram{};
}

inline Error failure(const Seccomp& config) {
  Result<SeccompProgram> result = compile_seccomp(config);
  EXPECT_FALSE(result);
  return result ? Error{} : result.error();
}

inline seccomp_data call(uint32_t audit, uint32_t nr, std::initializer_list<uint64_t> args = {}) {
  seccomp_data data{};
  data.arch = audit;
  data.nr = static_cast<int>(nr);
  std::copy(args.begin(), args.end(), data.args);
  return data;
}

inline uint32_t run(const std::vector<sock_filter>& code, const seccomp_data& data) {
  return BpfInterpreter(code).run(data);
}

inline spec::SeccompRule rule(spec::Strings names, SeccompAction action,
                              std::vector<spec::SeccompArg> args = {}) {
  return {std::move(names), action, {}, std::move(args)};
}

inline Seccomp allow_list(spec::Strings names) {
  Seccomp config;
  config.default_action = SeccompAction::Errno;
  config.syscalls.push_back(rule(std::move(names), SeccompAction::Allow));
  return config;
}

// x86's system calls that can be made through socketcall(2) or ipc(2) too, or only.
struct MultiplexedCall {
  const char* name;
  int direct, multiplexer, call;
};
inline constexpr MultiplexedCall kMultiplexed[] = {
    {"socket", 359, 102, SYS_SOCKET},
    {"bind", 361, 102, SYS_BIND},
    {"connect", 362, 102, SYS_CONNECT},
    {"listen", 363, 102, SYS_LISTEN},
    {"accept", -1, 102, SYS_ACCEPT},
    {"getsockname", 367, 102, SYS_GETSOCKNAME},
    {"getpeername", 368, 102, SYS_GETPEERNAME},
    {"socketpair", 360, 102, SYS_SOCKETPAIR},
    {"send", -1, 102, SYS_SEND},
    {"recv", -1, 102, SYS_RECV},
    {"sendto", 369, 102, SYS_SENDTO},
    {"recvfrom", 371, 102, SYS_RECVFROM},
    {"shutdown", 373, 102, SYS_SHUTDOWN},
    {"setsockopt", 366, 102, SYS_SETSOCKOPT},
    {"getsockopt", 365, 102, SYS_GETSOCKOPT},
    {"sendmsg", 370, 102, SYS_SENDMSG},
    {"recvmsg", 372, 102, SYS_RECVMSG},
    {"accept4", 364, 102, SYS_ACCEPT4},
    {"recvmmsg", 337, 102, SYS_RECVMMSG},
    {"sendmmsg", 345, 102, SYS_SENDMMSG},
    {"semop", -1, 117, SEMOP},
    {"semget", 393, 117, SEMGET},
    {"semctl", 394, 117, SEMCTL},
    {"semtimedop", -1, 117, SEMTIMEDOP},
    {"msgsnd", 400, 117, MSGSND},
    {"msgrcv", 401, 117, MSGRCV},
    {"msgget", 399, 117, MSGGET},
    {"msgctl", 402, 117, MSGCTL},
    {"shmat", 397, 117, SHMAT},
    {"shmdt", 398, 117, SHMDT},
    {"shmget", 395, 117, SHMGET},
    {"shmctl", 396, 117, SHMCTL},
};

// A filter by libseccomp alone, from the same rules; empty where it finds that they contradict each
// other.
inline std::vector<sock_filter> by_libseccomp(const Seccomp& config) {
  uint32_t default_action = *action_value(config.default_action, config.default_errno_ret, "");
  scmp_filter_ctx context = seccomp_init(default_action);
  for (SeccompArch arch : config.architectures) {
    int result = seccomp_arch_add(context, seccomp_arch_info(arch)->scmp);
    EXPECT_TRUE(result == 0 || result == -EEXIST);
  }
  for (const spec::SeccompRule& given : config.syscalls) {
    uint32_t action = *action_value(given.action, given.errno_ret, "");
    if (action == default_action) continue;
    for (const std::string& name : given.names) {
      int nr = seccomp_syscall_resolve_name(name.c_str());
      if (nr == __NR_SCMP_ERROR) continue;
      std::vector<Comparisons> conditions = *alternatives(given.args, "");
      if (conditions.empty()) conditions.emplace_back();
      for (const Comparisons& all : conditions) {
        auto size = static_cast<unsigned>(all.size());
        int result = seccomp_rule_add_array(context, action, nr, size, all.data());
        if (result == -EEXIST) {
          seccomp_release(context);
          return {};
        }
        EXPECT_EQ(result, 0) << name;
      }
    }
  }
  int fd = memfd_create("filter", MFD_CLOEXEC);
  EXPECT_EQ(seccomp_export_bpf(context, fd), 0);
  seccomp_release(context);
  auto bytes = static_cast<size_t>(lseek(fd, 0, SEEK_END));
  std::vector<sock_filter> code(bytes / sizeof(sock_filter));
  EXPECT_EQ(pread(fd, code.data(), bytes, 0), static_cast<ssize_t>(bytes));
  close(fd);
  return code;
}

// A system call table as libseccomp has it, found by walking the numbers.
inline spec::Strings syscall_names(uint32_t scmp) {
  spec::Strings names;
  for (int nr = 0; nr < 1024; nr++) {
    int number = scmp == SCMP_ARCH_X32 ? nr | static_cast<int>(kX32) : nr;
    if (char* name = seccomp_syscall_resolve_num_arch(scmp, number)) {
      names.emplace_back(name);
      free(name);
    }
  }
  return names;
}

// The rules read as the comment of compile_seccomp() has them.
struct Judge {
  const Seccomp& config;
  uint32_t scmp;  // the architecture in question

  static bool holds(const spec::SeccompArg& arg, const seccomp_data& data, uint64_t mask) {
    uint64_t got = data.args[arg.index] & mask, value = arg.value & mask;
    switch (arg.op) {
      case SeccompOperator::Ne: return got != value;
      case SeccompOperator::Lt: return got < value;
      case SeccompOperator::Le: return got <= value;
      case SeccompOperator::Eq: return got == value;
      case SeccompOperator::Ge: return got >= value;
      case SeccompOperator::Gt: return got > value;
      case SeccompOperator::MaskedEq: return (got & value) == (arg.value_two & value);
    }
    return false;
  }

  bool matches(const spec::SeccompRule& given, const seccomp_data& data) const {
    // Registers of 32-bit programs have 32 bits.
    uint64_t mask = scmp == SCMP_ARCH_X86_64 ? UINT64_MAX : UINT32_MAX;
    bool all = true, any = given.args.empty(), repeated = false;
    unsigned seen = 0;
    for (const spec::SeccompArg& arg : given.args) {
      bool holds_here = holds(arg, data, mask);
      all &= holds_here;
      any |= holds_here;
      repeated |= (seen & 1U << arg.index) != 0;
      seen |= 1U << arg.index;
    }
    return repeated ? any : all;
  }

  const MultiplexedCall* multiplexed(const std::string& name) const {
    if (scmp != SCMP_ARCH_X86) return nullptr;
    const auto* at = std::find_if(std::begin(kMultiplexed), std::end(kMultiplexed),
                                  [&](const MultiplexedCall& entry) { return name == entry.name; });
    return at == std::end(kMultiplexed) ? nullptr : at;
  }

  int number(const std::string& name) const {
    if (const MultiplexedCall* entry = multiplexed(name)) return entry->direct;
    return seccomp_syscall_resolve_name_arch(scmp, name.c_str());
  }

  // In the first pass rules that need no look at arguments, in the second all others.
  bool applies(const spec::SeccompRule& given, const std::string& name, const seccomp_data& data,
               int pass) const {
    if (number(name) == data.nr) {
      return given.args.empty() ? pass == 1 : pass == 2 && matches(given, data);
    }
    const MultiplexedCall* entry = multiplexed(name);
    if (!entry || entry->multiplexer != data.nr || pass == 1) return false;
    uint64_t mask = entry->multiplexer == 117 ? 0xffff : UINT32_MAX;
    return (data.args[0] & mask) == static_cast<uint64_t>(entry->call);
  }

  int newest() const {
    int newest = -1;
    for (const spec::SeccompRule& given : config.syscalls) {
      for (const std::string& name : given.names) {
        int nr = number(name);
        bool own_of_x32 = scmp == SCMP_ARCH_X32 && nr >= static_cast<int>(kX32 | 512);
        if (!own_of_x32) newest = std::max(newest, nr);
      }
    }
    return newest;
  }

  uint32_t operator()(const seccomp_data& data) const {
    uint32_t default_action = *action_value(config.default_action, config.default_errno_ret, "");
    for (int pass : {1, 2}) {
      for (const spec::SeccompRule& given : config.syscalls) {
        uint32_t action = *action_value(given.action, given.errno_ret, "");
        if (action == default_action) continue;
        for (const std::string& name : given.names) {
          if (applies(given, name, data, pass)) return action;
        }
      }
    }
    bool refuses = config.default_action != SeccompAction::Allow &&
                   config.default_action != SeccompAction::Log &&
                   config.default_action != SeccompAction::Trace;
    // 512 to 547 are x32's own.
    bool in_order = scmp != SCMP_ARCH_X32 || data.nr < static_cast<int>(kX32 | 512) ||
                    data.nr > static_cast<int>(kX32 | 547);
    return refuses && in_order && newest() >= 0 && data.nr > newest() ? kEnosys : default_action;
  }
};

}  // namespace plan
