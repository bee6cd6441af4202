// What each property of linux.seccomp does to the program. See seccomp_judges_test.cc for whole
// profiles.
#include "runtime/plan/seccomp.h"

#include <sys/syscall.h>

#include "tests/unit/plan/seccomp_testing.h"

#if defined(__x86_64__)

namespace plan {
namespace {

TEST(Seccomp, EveryActionReachesTheProgram) {
  struct Case {
    SeccompAction action;
    std::optional<uint32_t> errno_ret;
    uint32_t expected;
  };
  const Case cases[] = {
      {SeccompAction::Kill, {}, SECCOMP_RET_KILL_THREAD},
      {SeccompAction::KillThread, {}, SECCOMP_RET_KILL_THREAD},
      {SeccompAction::KillProcess, {}, SECCOMP_RET_KILL_PROCESS},
      {SeccompAction::Trap, {}, SECCOMP_RET_TRAP},
      {SeccompAction::Errno, {}, kErrno | EPERM},
      {SeccompAction::Errno, 38, kErrno | 38},
      {SeccompAction::Errno, 0, kErrno},
      {SeccompAction::Trace, {}, SECCOMP_RET_TRACE | EPERM},
      {SeccompAction::Trace, 65535, SECCOMP_RET_TRACE | 65535},
      {SeccompAction::Log, {}, SECCOMP_RET_LOG},
      {SeccompAction::Notify, {}, SECCOMP_RET_USER_NOTIF},
  };
  for (const Case& c : cases) {
    Seccomp config;
    config.listener_path = "/run/agent.sock";
    config.syscalls.push_back({{"mkdir"}, c.action, c.errno_ret, {}});
    config.syscalls.push_back({{"rmdir"}, c.action, c.errno_ret, {{0, 7, 0, SeccompOperator::Eq}}});
    SeccompProgram program = compiled(config);
    EXPECT_EQ(run(program.bpf, call(AUDIT_ARCH_X86_64, SYS_mkdir)), c.expected);
    EXPECT_EQ(run(program.bpf, call(AUDIT_ARCH_X86_64, SYS_rmdir, {7})), c.expected);
    EXPECT_EQ(run(program.bpf, call(AUDIT_ARCH_X86_64, SYS_rmdir, {8})), SECCOMP_RET_ALLOW);
    EXPECT_EQ(run(program.bpf, call(AUDIT_ARCH_X86_64, SYS_read)), SECCOMP_RET_ALLOW);
    EXPECT_EQ(program.notify, c.action == SeccompAction::Notify);
    if (c.action == SeccompAction::Notify) continue;
    Seccomp by_default;
    by_default.default_action = c.action;
    by_default.default_errno_ret = c.errno_ret;
    EXPECT_EQ(run(compiled(by_default).bpf, call(AUDIT_ARCH_X86_64, SYS_mkdir)), c.expected);
  }
}

TEST(Seccomp, ValuesAreOnlyForActionsThatTakeThem) {
  Seccomp config;
  config.default_errno_ret = 1;
  Error error = failure(config);
  EXPECT_EQ(error.code, Code::ConfigInvalid);
  EXPECT_EQ(error.what,
            "linux.seccomp.defaultErrnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take a value");
  config = allow_list({"read"});
  config.syscalls.push_back({{"write"}, SeccompAction::Kill, 1, {}});
  EXPECT_EQ(
      failure(config).what,
      "linux.seccomp.syscalls[1].errnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take a value");
  config.syscalls[1] = {{"write"}, SeccompAction::Errno, 4096, {}};
  EXPECT_EQ(failure(config).what, "linux.seccomp.syscalls[1].errnoRet: 4096 is more than 4095");
  config.syscalls[1] = {{"write"}, SeccompAction::Trace, 65536, {}};
  EXPECT_EQ(failure(config).what, "linux.seccomp.syscalls[1].errnoRet: 65536 is more than 65535");
}

TEST(Seccomp, EveryOperatorCompares64Bits) {
  const uint64_t value = 0x1'0000'0005, mask = 0xff'0000'000f;
  struct Case {
    SeccompOperator op;
    std::vector<uint64_t> yes, no;
  };
  const Case cases[] = {
      {SeccompOperator::Eq, {value}, {5, value + 1, 0x2'0000'0005}},
      {SeccompOperator::Ne, {5, value + 1, 0x2'0000'0005}, {value}},
      {SeccompOperator::Lt, {0, 0xffff'ffff, value - 1}, {value, value + 1, UINT64_MAX}},
      {SeccompOperator::Le, {0, 0xffff'ffff, value}, {value + 1, 0x2'0000'0000, UINT64_MAX}},
      {SeccompOperator::Gt, {value + 1, 0x2'0000'0000, UINT64_MAX}, {0, 0xffff'ffff, value}},
      {SeccompOperator::Ge, {value, value + 1, 0x2'0000'0000}, {0, 0xffff'ffff, value - 1}},
      {SeccompOperator::MaskedEq,
       {value, value | 0xf0, 0xf000'0001'0000'0005},
       {5, value ^ 1, 0x2'0000'0005}},
  };
  for (const Case& c : cases) {
    Seccomp config = allow_list({"mmap"});
    spec::SeccompArg arg{2, value, 0, c.op};
    if (c.op == SeccompOperator::MaskedEq) arg = {2, mask, value, c.op};
    config.syscalls.push_back(rule({"read"}, SeccompAction::Allow, {arg}));
    std::vector<sock_filter> code = compiled(config).bpf;
    for (uint64_t yes : c.yes) {
      EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read, {0, 0, yes})), SECCOMP_RET_ALLOW)
          << yes;
    }
    for (uint64_t no : c.no) {
      EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read, {0, 0, no})), kErrno | EPERM) << no;
    }
  }
}

TEST(Seccomp, ArgsOnOneIndexAreAlternativesAndOnSeveralAConjunction) {
  Seccomp config = allow_list({"mmap"});
  config.syscalls.push_back(rule({"personality"}, SeccompAction::Allow,
                                 {{0, 0, 0, SeccompOperator::Eq}, {0, 8, 0, SeccompOperator::Eq}}));
  config.syscalls.push_back(rule({"socket"}, SeccompAction::Allow,
                                 {{0, 2, 0, SeccompOperator::Eq}, {1, 1, 0, SeccompOperator::Eq}}));
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_personality, {0})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_personality, {8})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_personality, {1})), kErrno | EPERM);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_socket, {2, 1})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_socket, {2, 2})), kErrno | EPERM);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_socket, {1, 1})), kErrno | EPERM);

  config.syscalls.push_back(rule({"read"}, SeccompAction::Allow, {{6, 0, 0, SeccompOperator::Eq}}));
  EXPECT_EQ(failure(config).what,
            "linux.seccomp.syscalls[3].args: index 6: a system call has arguments 0 to 5");
}

TEST(Seccomp, ARuleWithoutArgsComesBeforeOnesWithArgs) {
  Seccomp config = allow_list({"mmap"});
  config.syscalls.push_back({{"read"}, SeccompAction::Errno, 5, {{0, 1, 0, SeccompOperator::Eq}}});
  config.syscalls.push_back(rule({"read"}, SeccompAction::Allow));
  config.syscalls.push_back(rule({"read"}, SeccompAction::Trap));
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read, {1})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(by_libseccomp(config), call(AUDIT_ARCH_X86_64, SYS_read, {1})), SECCOMP_RET_ALLOW);
}

TEST(Seccomp, OfTwoRulesThatMatchTheFirstCounts) {
  Seccomp config = allow_list({"mmap"});
  config.syscalls.push_back(rule({"read"}, SeccompAction::Allow, {{0, 1, 0, SeccompOperator::Eq}}));
  config.syscalls.push_back(rule({"read"}, SeccompAction::Trap, {{0, 1, 0, SeccompOperator::Le}}));
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read, {1})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read, {0})), SECCOMP_RET_TRAP);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read, {2})), kErrno | EPERM);
}

// libseccomp 2.5.4 merges the two into a tree, and its filter lets the call with 2^32 through.
TEST(Seccomp, AThousandRulesForOneArgumentFitAndAreTold) {
  Seccomp config = allow_list({});
  config.default_action = SeccompAction::Allow;
  config.syscalls.clear();
  constexpr uint64_t kHigh = 0x7'0000'0000;
  for (uint64_t i = 0; i < 1000; i++) {
    uint64_t value = i < 500 ? i * 3 : kHigh + i * 3;
    SeccompAction action = i == 250 ? SeccompAction::KillProcess : SeccompAction::Errno;
    config.syscalls.push_back(rule({"personality"}, action, {{0, value, 0, SeccompOperator::Eq}}));
  }
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_LT(code.size(), 2100U);
  auto answer = [&](uint64_t value) {
    return run(code, call(AUDIT_ARCH_X86_64, __NR_personality, {value})) & SECCOMP_RET_ACTION_FULL;
  };
  for (uint64_t i = 0; i < 500; i++) {
    EXPECT_EQ(answer(i * 3), i == 250 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO) << i;
    EXPECT_EQ(answer(i * 3 + 1), SECCOMP_RET_ALLOW);
    EXPECT_EQ(answer(kHigh + i * 3), SECCOMP_RET_ALLOW);
    EXPECT_EQ(answer(kHigh + (500 + i) * 3), SECCOMP_RET_ERRNO);
    EXPECT_EQ(answer((500 + i) * 3), SECCOMP_RET_ALLOW);
  }
}

TEST(Seccomp, RulesThatOverlapLoseNoCase) {
  Seccomp config;
  config.syscalls.push_back(
      rule({"ftruncate"}, SeccompAction::Trap, {{1, 0x1'0000'0000, 0, SeccompOperator::Lt}}));
  config.syscalls.push_back(
      rule({"ftruncate"}, SeccompAction::Trap, {{1, 0x8000'0000, 0, SeccompOperator::Ge}}));
  std::vector<sock_filter> code = compiled(config).bpf;
  for (uint64_t size : {uint64_t{0}, uint64_t{0x8000'0000}, uint64_t{0xffff'ffff},
                        uint64_t{0x1'0000'0000}, uint64_t{0x1'0000'0001}, UINT64_MAX}) {
    EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_ftruncate, {0, size})), SECCOMP_RET_TRAP)
        << size;
  }
}

TEST(Seccomp, On32BitArchitecturesTheUpperHalfOfAnArgumentDoesNotCount) {
  Seccomp config = allow_list({"mmap"});
  config.architectures = {SeccompArch::X86, SeccompArch::X32};
  config.syscalls.push_back(
      rule({"read"}, SeccompAction::Allow, {{0, UINT64_MAX, 0, SeccompOperator::Eq}}));
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 3, {0xffff'ffff})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, kX32, {0x1'ffff'ffff})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read, {0xffff'ffff})), kErrno | EPERM);
}

TEST(Seccomp, UnknownNamesAreIgnored) {
  Seccomp config = allow_list({"read", "no_such_system_call", ""});
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read)), SECCOMP_RET_ALLOW);
}

TEST(Seccomp, TheNativeArchitectureIsAlwaysThereAndOthersAreKilled) {
  std::vector<sock_filter> code = compiled(allow_list({"read"})).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read)), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 3)), SECCOMP_RET_KILL_THREAD);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_AARCH64, 63)), SECCOMP_RET_KILL_THREAD);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, kX32 | SYS_read)), SECCOMP_RET_KILL_THREAD);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, kX32 | 9999)), SECCOMP_RET_KILL_THREAD);
  // -1: a tracer has called the call off. It is not an x32 call.
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, UINT32_MAX)), kErrno | EPERM);
  EXPECT_EQ(run(by_libseccomp(allow_list({"read"})), call(AUDIT_ARCH_X86_64, UINT32_MAX)),
            kErrno | EPERM);

  Seccomp only_x86 = allow_list({"read"});
  only_x86.architectures = {SeccompArch::X86, SeccompArch::X86};
  code = compiled(only_x86).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_read)), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 3)), SECCOMP_RET_ALLOW);
}

TEST(Seccomp, ArchitecturesThatCannotBeAreRefused) {
  Seccomp config = allow_list({"read"});
  config.architectures = {SeccompArch::X86, SeccompArch::Mips};
  Error error = failure(config);
  EXPECT_EQ(error.code, Code::Unsupported);
  EXPECT_EQ(error.what, "linux.seccomp.architectures[1]: its byte order is not this machine's");
  std::vector<SeccompArch> known = known_seccomp_archs();
  EXPECT_GE(known.size(), 19U);
  if (std::find(known.begin(), known.end(), SeccompArch::M68k) == known.end()) {
    config.architectures = {SeccompArch::M68k};
    EXPECT_NE(failure(config).what.find("does not know this architecture"), std::string::npos);
  }
}

TEST(Seccomp, NotifyNeedsAListenerAndNotTheCallThatBringsIt) {
  Seccomp config = allow_list({"read"});
  config.syscalls.push_back(rule({"mkdir"}, SeccompAction::Notify));
  EXPECT_EQ(failure(config).what,
            "linux.seccomp.listenerPath: needed for SCMP_ACT_NOTIFY, but not set");
  config.listener_path = "/run/agent.sock";
  EXPECT_TRUE(compiled(config).notify);
  for (const char* name : {"write", "sendmsg"}) {
    config.syscalls[1].names = {"mkdir", name};
    EXPECT_EQ(failure(config).what,
              std::string("linux.seccomp.syscalls[1]: SCMP_ACT_NOTIFY cannot be "
                          "used for the ") +
                  name + " syscall");
  }
  config = allow_list({"read"});
  config.default_action = SeccompAction::Notify;
  EXPECT_EQ(failure(config).what,
            "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action");
  // Without SCMP_ACT_NOTIFY the path says nothing.
  config.default_action = SeccompAction::Errno;
  config.listener_path = "/run/agent.sock";
  EXPECT_FALSE(compiled(config).notify);
}

TEST(Seccomp, FlagsAreThoseOfTheKernel) {
  using spec::SeccompFlag;
  Seccomp config = allow_list({"read"});
  SeccompProgram program = compiled(config);
  EXPECT_EQ(program.flags, unsigned{SECCOMP_FILTER_FLAG_SPEC_ALLOW});
  EXPECT_EQ(program.optional_flags, program.flags);
  config.flags.emplace();
  EXPECT_EQ(compiled(config).flags, 0U);
  config.flags = {SeccompFlag::Tsync, SeccompFlag::Log, SeccompFlag::SpecAllow,
                  SeccompFlag::WaitKillableRecv};
  const unsigned three =
      SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  EXPECT_EQ(compiled(config).flags, three);  // nothing to wait for without a listener
  config.syscalls.push_back(rule({"mkdir"}, SeccompAction::Notify));
  config.listener_path = "/run/agent.sock";
  program = compiled(config);
  EXPECT_EQ(program.flags, three | SECCOMP_FILTER_FLAG_NEW_LISTENER |
                               SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
                               SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  EXPECT_EQ(program.optional_flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW |
                                        SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

TEST(Seccomp, NewerCallsGetEnosys) {
  Seccomp config = allow_list({"read", "openat2"});  // 437 everywhere
  config.architectures = {SeccompArch::X86_64, SeccompArch::X86, SeccompArch::X32};
  std::vector<sock_filter> code = compiled(config).bpf;
  for (const ArchCase& arch : kArchs) {
    EXPECT_EQ(run(code, call(arch.audit, arch.bit | 437)), SECCOMP_RET_ALLOW);
    EXPECT_EQ(run(code, call(arch.audit, arch.bit | 436)), kErrno | EPERM);
    EXPECT_EQ(run(code, call(arch.audit, arch.bit | 438)), kEnosys);
    EXPECT_EQ(run(code, call(arch.audit, arch.bit | 9999)), kEnosys);
  }
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, UINT32_MAX)), kEnosys);
}

TEST(Seccomp, X32sOwnNumbersDoNotHideNewerCalls) {
  // ioctl is 514 on x32 and 16 on x86_64: neither says that the profile knows 438.
  Seccomp config = allow_list({"ioctl", "openat2"});
  config.architectures = {SeccompArch::X32};
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, kX32 | 514)), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, kX32 | 515)), kErrno | EPERM);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, kX32 | 438)), kEnosys);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, kX32 | 548)), kEnosys);
}

TEST(Seccomp, ArmsPrivateNumbersDoNotHideNewerCalls) {
  Seccomp config = allow_list({"openat2", "cacheflush"});  // 0xf0002
  config.architectures = {SeccompArch::Arm};
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_ARM, 0xf0002)), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_ARM, 0xf0005)), kErrno | EPERM);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_ARM, 438)), kEnosys);
}

TEST(Seccomp, OnlyADefaultThatRefusesIsReplacedByEnosys) {
  for (SeccompAction action : {SeccompAction::Allow, SeccompAction::Log, SeccompAction::Trace}) {
    Seccomp config;
    config.default_action = action;
    config.syscalls.push_back(rule({"openat2"}, SeccompAction::Trap));
    EXPECT_EQ(run(compiled(config).bpf, call(AUDIT_ARCH_X86_64, 9999)),
              *action_value(action, {}, ""));
  }
  for (SeccompAction action : {SeccompAction::Kill, SeccompAction::KillProcess, SeccompAction::Trap,
                               SeccompAction::Errno}) {
    Seccomp config = allow_list({"openat2"});
    config.default_action = action;
    EXPECT_EQ(run(compiled(config).bpf, call(AUDIT_ARCH_X86_64, 9999)), kEnosys);
    EXPECT_EQ(run(compiled(config).bpf, call(AUDIT_ARCH_X86_64, 436)),
              *action_value(action, {}, ""));
  }
}

TEST(Seccomp, RulesWithTheDefaultActionAndWithArgsCountAsKnown) {
  Seccomp config = allow_list({"read"});
  config.syscalls.push_back(rule({"openat2"}, SeccompAction::Errno));  // redundant but mentioned
  EXPECT_EQ(run(compiled(config).bpf, call(AUDIT_ARCH_X86_64, 437)), kErrno | EPERM);
  EXPECT_EQ(run(compiled(config).bpf, call(AUDIT_ARCH_X86_64, 438)), kEnosys);
  config.syscalls[1] = rule({"openat2"}, SeccompAction::Allow, {{0, 1, 0, SeccompOperator::Eq}});
  EXPECT_EQ(run(compiled(config).bpf, call(AUDIT_ARCH_X86_64, 437, {1})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(compiled(config).bpf, call(AUDIT_ARCH_X86_64, 437, {2})), kErrno | EPERM);
}

TEST(Seccomp, AProfileWithoutCallsSaysNothingAboutNewerOnes) {
  Seccomp config;
  config.default_action = SeccompAction::Errno;
  EXPECT_EQ(run(compiled(config).bpf, call(AUDIT_ARCH_X86_64, 9999)), kErrno | EPERM);
}

TEST(Seccomp, MultiplexedCallsAreMetBothWays) {
  Seccomp config = allow_list({"socket", "semget", "openat2"});
  config.architectures = {SeccompArch::X86};
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 359)), SECCOMP_RET_ALLOW);                // socket
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 102, {SYS_SOCKET})), SECCOMP_RET_ALLOW);  // socketcall
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 102, {SYS_BIND})), kErrno | EPERM);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 393)), SECCOMP_RET_ALLOW);            // semget
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 117, {SEMGET})), SECCOMP_RET_ALLOW);  // ipc
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 117, {SEMCTL})), kErrno | EPERM);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, SYS_socket)), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_X86_64, 102, {1})), kErrno | EPERM);  // getuid there

  config.syscalls.push_back(rule({"socketcall"}, SeccompAction::Allow));
  code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 102, {SYS_BIND})), SECCOMP_RET_ALLOW);
}

TEST(Seccomp, EveryMultiplexedCallIsFound) {
  for (const MultiplexedCall& entry : kMultiplexed) {
    Seccomp config;
    config.architectures = {SeccompArch::X86};
    config.syscalls.push_back(rule({entry.name}, SeccompAction::Trap));
    std::vector<sock_filter> code = compiled(config).bpf;
    for (uint32_t nr = 0; nr < 450; nr++) {
      for (uint64_t first = 0; first < 30; first++) {
        bool hit =
            static_cast<int>(nr) == entry.direct ||
            (static_cast<int>(nr) == entry.multiplexer && static_cast<int>(first) == entry.call);
        ASSERT_EQ(run(code, call(AUDIT_ARCH_I386, nr, {first})),
                  hit ? SECCOMP_RET_TRAP : SECCOMP_RET_ALLOW)
            << entry.name << " " << nr << " " << first;
      }
    }
  }
}

// The kernel drops what is above bit 15 of ipc's first argument, and above bit 31 of socketcall's.
TEST(Seccomp, MultiplexedCallsDoNotHideBehindBitsTheKernelIgnores) {
  Seccomp config;
  config.architectures = {SeccompArch::X86};
  config.syscalls.push_back(rule({"shmat", "socket"}, SeccompAction::Trap));
  std::vector<sock_filter> code = compiled(config).bpf;
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 117, {SHMAT | 0x10000})), SECCOMP_RET_TRAP);
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 102, {SYS_SOCKET | 0x10000})),
            SECCOMP_RET_ALLOW);  // EINVAL there
  EXPECT_EQ(run(code, call(AUDIT_ARCH_I386, 102, {SYS_SOCKET | 0x1'0000'0000})), SECCOMP_RET_TRAP);
}

}  // namespace
}  // namespace plan

#endif  // __x86_64__
