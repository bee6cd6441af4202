#include "runtime/plan/seccomp_arch.h"

#include <linux/audit.h>
#include <seccomp.h>

#include <algorithm>
#include <iterator>

namespace plan {

namespace {

using spec::SeccompArch;

// x32 alone has a token of libseccomp's making. The n32 calls of mips pass 32-bit arguments
// although the bit is set.
constexpr SeccompArchInfo arch_of(SeccompArch name, uint32_t token) {
  bool n32 = name == SeccompArch::Mips64n32 || name == SeccompArch::Mipsel64n32;
  return {name, token, token, (token & __AUDIT_ARCH_64BIT) != 0 && !n32};
}

constexpr SeccompArchInfo kArchs[] = {
    arch_of(SeccompArch::X86, SCMP_ARCH_X86),
    arch_of(SeccompArch::X86_64, SCMP_ARCH_X86_64),
    {SeccompArch::X32, SCMP_ARCH_X32, SCMP_ARCH_X86_64, false},
    arch_of(SeccompArch::Arm, SCMP_ARCH_ARM),
    arch_of(SeccompArch::Aarch64, SCMP_ARCH_AARCH64),
    arch_of(SeccompArch::Mips, SCMP_ARCH_MIPS),
    arch_of(SeccompArch::Mips64, SCMP_ARCH_MIPS64),
    arch_of(SeccompArch::Mips64n32, SCMP_ARCH_MIPS64N32),
    arch_of(SeccompArch::Mipsel, SCMP_ARCH_MIPSEL),
    arch_of(SeccompArch::Mipsel64, SCMP_ARCH_MIPSEL64),
    arch_of(SeccompArch::Mipsel64n32, SCMP_ARCH_MIPSEL64N32),
    arch_of(SeccompArch::Ppc, SCMP_ARCH_PPC),
    arch_of(SeccompArch::Ppc64, SCMP_ARCH_PPC64),
    arch_of(SeccompArch::Ppc64le, SCMP_ARCH_PPC64LE),
    arch_of(SeccompArch::S390, SCMP_ARCH_S390),
    arch_of(SeccompArch::S390x, SCMP_ARCH_S390X),
    arch_of(SeccompArch::Parisc, SCMP_ARCH_PARISC),
    arch_of(SeccompArch::Parisc64, SCMP_ARCH_PARISC64),
    arch_of(SeccompArch::Riscv64, SCMP_ARCH_RISCV64),
// libseccomp 2.6
#ifdef SCMP_ARCH_LOONGARCH64
    arch_of(SeccompArch::Loongarch64, SCMP_ARCH_LOONGARCH64),
#endif
#ifdef SCMP_ARCH_M68K
    arch_of(SeccompArch::M68k, SCMP_ARCH_M68K),
#endif
#ifdef SCMP_ARCH_SH
    arch_of(SeccompArch::Sh, SCMP_ARCH_SH),
#endif
#ifdef SCMP_ARCH_SHEB
    arch_of(SeccompArch::Sheb, SCMP_ARCH_SHEB),
#endif
};

// Of the numbers with the bit, 512 to 547 are x32's own, closed since Linux 5.4.
constexpr uint32_t kX32OwnFirst = kX32First | 512;
constexpr uint32_t kX32OwnLast = kX32First | 547;
// arch/arm/include/uapi/asm/unistd.h, __ARM_NR_BASE: cacheflush, set_tls and the like.
constexpr uint32_t kArmPrivate = 0x0f0000;

template <class Predicate>
std::optional<SeccompArchInfo> find_arch(Predicate matches) {
  const auto* at = std::find_if(std::begin(kArchs), std::end(kArchs), matches);
  if (at == std::end(kArchs)) return std::nullopt;
  return *at;
}

}  // namespace

std::optional<SeccompArchInfo> seccomp_arch_info(spec::SeccompArch arch) {
  return find_arch([arch](const SeccompArchInfo& info) { return info.name == arch; });
}

std::optional<SeccompArchInfo> seccomp_arch_info(uint32_t scmp) {
  return find_arch([scmp](const SeccompArchInfo& info) { return info.scmp == scmp; });
}

bool numbered_in_order(uint32_t scmp, uint32_t number) {
  if (scmp == SCMP_ARCH_ARM) return number < kArmPrivate;
  if (scmp == SCMP_ARCH_X32) return number < kX32OwnFirst;
  return true;
}

std::vector<SyscallRange> newer_syscalls(uint32_t scmp, uint32_t newest) {
  switch (scmp) {
    case SCMP_ARCH_X86_64: return {{newest + 1, kX32First - 1}};
    case SCMP_ARCH_X32: return {{newest + 1, kX32OwnFirst - 1}, {kX32OwnLast + 1, kX32Last}};
    case SCMP_ARCH_ARM: return {{newest + 1, kArmPrivate - 1}};
    case SCMP_ARCH_S390:
    case SCMP_ARCH_S390X:
      // A number that the running kernel does not know reaches seccomp as 0
      // (arch/s390/kernel/syscall.c). 0 itself is setup(2), which only the kernel's own first
      // process could call.
      return {{0, 0}, {newest + 1, UINT32_MAX}};
    default: return {{newest + 1, UINT32_MAX}};
  }
}

}  // namespace plan
