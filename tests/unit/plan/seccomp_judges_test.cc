// The compiled program against three judges: a plain reading of the rules, a filter made by
// libseccomp alone, and the kernel.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <set>

#include "tests/unit/plan/seccomp_testing.h"

#if defined(__x86_64__)

namespace plan {
namespace {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  uint64_t below(uint64_t limit) { return engine_() % limit; }
  template <class Container>
  const auto& one_of(const Container& from) {
    return from[below(std::size(from))];
  }

  // Few distinct values, near each other and near the ends, so that comparisons are hit from both
  // sides.
  uint64_t value() {
    constexpr uint64_t kBases[] = {
        0, 5, 0x7fff'ffff, 0xffff'ffff, 0x1'0000'0000, 0x1'0000'0005, UINT64_MAX - 2};
    return one_of(kBases) + below(3);
  }

  spec::SeccompArg arg() {
    auto op = static_cast<SeccompOperator>(below(7));
    return {static_cast<uint32_t>(below(3)), value(), value(), op};
  }

  SeccompAction action() {
    constexpr SeccompAction kActions[] = {SeccompAction::Allow, SeccompAction::Errno,
                                          SeccompAction::Trap,  SeccompAction::KillProcess,
                                          SeccompAction::Log,   SeccompAction::Trace};
    return one_of(kActions);
  }

  seccomp_data data(const ArchCase& arch, uint32_t nr) {
    uint64_t mask = arch.arch == SeccompArch::X86_64 ? UINT64_MAX : UINT32_MAX;
    return call(arch.audit, arch.bit | nr,
                {value() & mask, value() & mask, value() & mask, value() & mask});
  }

 private:
  std::mt19937_64 engine_;
};

// `overlap`: several rules with args for one call, and args that share an index.
Seccomp random_profile(Random& random, const spec::Strings& names, bool overlap) {
  Seccomp config;
  config.default_action = random.action();
  for (const ArchCase& arch : kArchs) {
    if (random.below(2) != 0) config.architectures.push_back(arch.arch);
  }
  std::set<std::string> with_args;
  size_t n_rules = 1 + random.below(20);
  for (size_t i = 0; i < n_rules; i++) {
    spec::SeccompRule made;
    made.action = random.action();
    if (random.below(3) == 0) {
      size_t n_args = 1 + random.below(3);
      for (size_t k = 0; k < n_args; k++) {
        made.args.push_back(random.arg());
        if (overlap) continue;
        spec::SeccompArg& arg = made.args.back();
        arg.index = static_cast<uint32_t>(k);
        // Under a mask of 0 libseccomp takes the rule for one without args.
        if (arg.op == SeccompOperator::MaskedEq) arg.value |= 1;
      }
    }
    size_t n_names = 1 + random.below(20);
    for (size_t k = 0; k < n_names; k++) {
      const std::string& name = random.one_of(names);
      if (overlap || made.args.empty() || with_args.insert(name).second) made.names.push_back(name);
    }
    config.syscalls.push_back(std::move(made));
  }
  return config;
}

bool covers(const Seccomp& config, const ArchCase& arch) {
  return arch.arch == SeccompArch::X86_64 ||
         std::find(config.architectures.begin(), config.architectures.end(), arch.arch) !=
             config.architectures.end();
}

TEST(Seccomp, RandomProfilesGiveWhatTheirRulesSay) {
  Random random(7);
  spec::Strings names = syscall_names(SCMP_ARCH_X86_64);
  for (const MultiplexedCall& entry : kMultiplexed) names.emplace_back(entry.name);
  ASSERT_GT(names.size(), 250U);
  for (int round = 0; round < 60; round++) {
    Seccomp config = random_profile(random, names, true);
    std::vector<sock_filter> code = compiled(config).bpf;
    for (const ArchCase& arch : kArchs) {
      Judge judge{config, arch.scmp};
      for (int i = 0; i < 60; i++) {
        auto nr = static_cast<uint32_t>(random.below(560));
        if (random.below(10) == 0) nr = random.below(2) != 0 ? 102 : 117;
        seccomp_data data = random.data(arch, nr);
        if (random.below(2) != 0) data.args[0] = random.below(26);  // socketcall, ipc
        uint32_t expected = covers(config, arch) ? judge(data) : uint32_t{SECCOMP_RET_KILL_THREAD};
        ASSERT_EQ(run(code, data), expected)
            << "round " << round << " nr " << nr << " arch " << std::hex << arch.scmp;
      }
    }
  }
}

void expect_same(const Seccomp& config, const std::vector<sock_filter>& reference, Random& random) {
  std::vector<sock_filter> code = compiled(config).bpf;
  bool refuses = default_refuses(*action_value(config.default_action, {}, ""));
  for (const ArchCase& arch : kArchs) {
    for (uint32_t nr = 0; nr < 512; nr++) {
      seccomp_data data = random.data(arch, nr);
      if (nr == 102 || nr == 117) data.args[0] = random.below(26);
      uint32_t got = run(code, data);
      // Newer than the profile: the test above knows where that may be.
      if (got == kEnosys && refuses) continue;
      ASSERT_EQ(got, run(reference, data)) << "nr " << nr << " arch " << std::hex << arch.scmp;
    }
  }
}

// libseccomp 2.5.4 is right on several architectures as long as no rule has args. With args it can
// forget, on the second one, to load the number before it compares it.
TEST(Seccomp, RandomProfilesWithoutArgsGiveWhatLibseccompGives) {
  Random random(11);
  spec::Strings names = syscall_names(SCMP_ARCH_X86_64);
  for (const std::string& name : syscall_names(SCMP_ARCH_X86)) names.push_back(name);
  for (int round = 0; round < 30; round++) {
    Seccomp config = random_profile(random, names, false);
    // It refuses contradictions on multiplexed calls: give each name one action.
    std::set<std::string> seen;
    for (spec::SeccompRule& given : config.syscalls) {
      given.args.clear();
      std::erase_if(given.names,
                    [&](const std::string& name) { return !seen.insert(name).second; });
    }
    std::vector<sock_filter> reference = by_libseccomp(config);
    ASSERT_FALSE(reference.empty());
    expect_same(config, reference, random);
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

// Architectures of this byte order that are not this machine's, among them those with multiplexers.
TEST(Seccomp, RandomProfilesForOtherArchitecturesGiveWhatLibseccompGives) {
  const SeccompArch others[] = {SeccompArch::Arm,     SeccompArch::Aarch64,
                                SeccompArch::Mipsel,  SeccompArch::Mipsel64n32,
                                SeccompArch::Ppc64le, SeccompArch::Riscv64};
  Random random(13);
  spec::Strings names = syscall_names(SCMP_ARCH_X86_64);
  for (const MultiplexedCall& entry : kMultiplexed) names.emplace_back(entry.name);
  // openat2 is 437 everywhere, above the architecture's base.
  std::erase_if(names, [](const std::string& name) {
    return seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name.c_str()) > 437;
  });
  for (SeccompArch other : others) {
    SeccompArchInfo info = *seccomp_arch_info(other);
    uint32_t base = other == SeccompArch::Mipsel        ? 4000
                    : other == SeccompArch::Mipsel64n32 ? 6000
                                                        : 0;
    spec::Strings all = names;
    std::shuffle(all.begin(), all.end(), std::mt19937(1));
    all.resize(150);
    Seccomp config = allow_list(all);
    config.syscalls[0].names.emplace_back("openat2");
    config.architectures = {other};
    std::vector<sock_filter> code = compiled(config).bpf, reference = by_libseccomp(config);
    size_t allowed = 0;
    for (uint32_t nr = base; nr < base + 438; nr++) {
      for (uint64_t first = 0; first < 26; first++) {
        seccomp_data data = call(info.audit, nr, {first, random.value()});
        ASSERT_EQ(run(code, data), run(reference, data))
            << "arch " << std::hex << info.scmp << std::dec << " nr " << nr;
        allowed += run(code, data) == SECCOMP_RET_ALLOW;
      }
    }
    EXPECT_GT(allowed, 100U * 26);
    EXPECT_EQ(run(code, call(info.audit, base + 438)), kEnosys);
    EXPECT_EQ(run(code, call(info.audit, base + 450)), kEnosys);
  }
}

// And on one architecture, as long as the rules of a call do not overlap.
TEST(Seccomp, RandomProfilesWithoutOverlapGiveWhatLibseccompGives) {
  Random random(12);
  spec::Strings names = syscall_names(SCMP_ARCH_X86_64);
  for (int round = 0; round < 30; round++) {
    Seccomp config = random_profile(random, names, false);
    config.architectures.clear();
    std::vector<sock_filter> reference = by_libseccomp(config);
    ASSERT_FALSE(reference.empty());
    expect_same(config, reference, random);
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

// As engines' default profiles are made: most calls, a few left out, a few with conditions, three
// architectures.
Seccomp usual_profile() {
  spec::Strings names = syscall_names(SCMP_ARCH_X86_64);
  std::erase_if(names, [](const std::string& name) {
    return name == "personality" || name == "socket" || name.find("module") != std::string::npos ||
           name == "mount" || name == "reboot" || name == "kexec_load" || name == "bpf" ||
           name == "ptrace";
  });
  Seccomp config = allow_list(std::move(names));
  config.architectures = {SeccompArch::X86_64, SeccompArch::X86, SeccompArch::X32};
  for (uint64_t domain : {0x0, 0x8, 0x20000, 0x20008}) {
    config.syscalls.push_back(
        rule({"personality"}, SeccompAction::Allow, {{0, domain, 0, SeccompOperator::Eq}}));
  }
  config.syscalls.push_back(
      rule({"socket"}, SeccompAction::Allow, {{0, 40, 0, SeccompOperator::Ne}}));
  return config;
}

TEST(Seccomp, AUsualProfileIsSmallAndCompilesFast) {
  Seccomp config = usual_profile();
  ASSERT_GT(config.syscalls[0].names.size(), 330U);
  auto start = std::chrono::steady_clock::now();
  SeccompProgram program = compiled(config);
  auto ours = std::chrono::steady_clock::now() - start;
  start = std::chrono::steady_clock::now();
  std::vector<sock_filter> reference = by_libseccomp(config);
  auto theirs = std::chrono::steady_clock::now() - start;
  EXPECT_LT(program.bpf.size() * 3, reference.size() * 2);
  EXPECT_LT(ours * 2, theirs);  // in truth some 20 times
  for (const ArchCase& arch : kArchs) {
    for (uint32_t nr = 0; nr < 450; nr++) {
      seccomp_data data = call(arch.audit, arch.bit | nr, {8});
      uint32_t got = run(program.bpf, data);
      EXPECT_TRUE(got == kEnosys || got == run(reference, data)) << nr;
    }
    size_t steps = 0;
    BpfInterpreter(program.bpf).run(call(arch.audit, arch.bit | 1), &steps);
    EXPECT_LT(steps, 20U);
  }
}

TEST(Seccomp, ProgramsTheKernelWouldRefuseAreRefusedHere) {
  Seccomp config = allow_list({"read"});
  for (uint64_t i = 0; i < 1500; i++) {
    config.syscalls.push_back(
        rule({"write"}, SeccompAction::Allow, {{0, i << 33 | i * 7, 0, SeccompOperator::Eq}}));
  }
  Error error = failure(config);
  EXPECT_EQ(error.code, Code::ConfigInvalid);
  EXPECT_NE(error.what.find("the kernel takes 4096"), std::string::npos) << error.what;
}

// Loads `program` in a child and returns the child's exit status: `probe`'s result, or 100 when
// loading failed.
int in_a_child(const SeccompProgram& program, int (*probe)()) {
  pid_t child = fork();
  if (child == 0) {
    sock_fprog filter{static_cast<unsigned short>(program.bpf.size()),
                      const_cast<sock_filter*>(program.bpf.data())};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) _exit(100);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, program.flags, &filter) < 0) _exit(100);
    _exit(probe());
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Seccomp, TheKernelTakesTheProgramAndObeys) {
  SeccompProgram program = compiled(usual_profile());
  if ((supported_seccomp_flags() & program.flags) != program.flags)
    GTEST_SKIP() << "no seccomp here";
  int wrong = in_a_child(program, [] {
    int bad = 0;
    if (syscall(SYS_getppid) <= 0) bad |= 1;
    if (syscall(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr) != -1 || errno != EPERM) bad |= 2;
    if (syscall(9999) != -1 || errno != ENOSYS) bad |= 4;
    if (syscall(SYS_personality, 0xffffffff) != -1 || errno != EPERM) bad |= 8;
    if (syscall(SYS_personality, 0) < 0) bad |= 16;
    if (syscall(SYS_socket, 40, 1, 0) != -1 || errno != EPERM) bad |= 32;
    return bad;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Seccomp, TheKernelReturnsAListenerForNotify) {
  Seccomp config = allow_list({"read"});
  config.default_action = SeccompAction::Allow;
  config.syscalls = {rule({"mkdir"}, SeccompAction::Notify)};
  config.listener_path = "/run/agent.sock";
  config.flags = {spec::SeccompFlag::Tsync};
  SeccompProgram program = compiled(config);
  if ((supported_seccomp_flags() & program.flags) != program.flags)
    GTEST_SKIP() << "no listeners here";
  EXPECT_EQ(in_a_child(program, [] { return fcntl(3, F_GETFD) >= 0 ? 0 : 1; }), 0);
}

}  // namespace
}  // namespace plan

#endif  // __x86_64__
