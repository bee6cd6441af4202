#include "runtime/plan/seccomp_arch.h"

#include <seccomp.h>

#include <algorithm>
#include <iterator>

namespace plan {

namespace {

using spec::SeccompArch;

constexpr SeccompArchInfo kArchs[] = {
    {SeccompArch::X86, SCMP_ARCH_X86, SCMP_ARCH_X86},
    {SeccompArch::X86_64, SCMP_ARCH_X86_64, SCMP_ARCH_X86_64},
    {SeccompArch::X32, SCMP_ARCH_X32, SCMP_ARCH_X86_64},
    {SeccompArch::Arm, SCMP_ARCH_ARM, SCMP_ARCH_ARM},
    {SeccompArch::Aarch64, SCMP_ARCH_AARCH64, SCMP_ARCH_AARCH64},
    {SeccompArch::Mips, SCMP_ARCH_MIPS, SCMP_ARCH_MIPS},
    {SeccompArch::Mips64, SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64},
    {SeccompArch::Mips64n32, SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPS64N32},
    {SeccompArch::Mipsel, SCMP_ARCH_MIPSEL, SCMP_ARCH_MIPSEL},
    {SeccompArch::Mipsel64, SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64},
    {SeccompArch::Mipsel64n32, SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_MIPSEL64N32},
    {SeccompArch::Ppc, SCMP_ARCH_PPC, SCMP_ARCH_PPC},
    {SeccompArch::Ppc64, SCMP_ARCH_PPC64, SCMP_ARCH_PPC64},
    {SeccompArch::Ppc64le, SCMP_ARCH_PPC64LE, SCMP_ARCH_PPC64LE},
    {SeccompArch::S390, SCMP_ARCH_S390, SCMP_ARCH_S390},
    {SeccompArch::S390x, SCMP_ARCH_S390X, SCMP_ARCH_S390X},
    {SeccompArch::Parisc, SCMP_ARCH_PARISC, SCMP_ARCH_PARISC},
    {SeccompArch::Parisc64, SCMP_ARCH_PARISC64, SCMP_ARCH_PARISC64},
    {SeccompArch::Riscv64, SCMP_ARCH_RISCV64, SCMP_ARCH_RISCV64},
// libseccomp 2.6
#ifdef SCMP_ARCH_LOONGARCH64
    {SeccompArch::Loongarch64, SCMP_ARCH_LOONGARCH64, SCMP_ARCH_LOONGARCH64},
#endif
#ifdef SCMP_ARCH_M68K
    {SeccompArch::M68k, SCMP_ARCH_M68K, SCMP_ARCH_M68K},
#endif
#ifdef SCMP_ARCH_SH
    {SeccompArch::Sh, SCMP_ARCH_SH, SCMP_ARCH_SH},
#endif
#ifdef SCMP_ARCH_SHEB
    {SeccompArch::Sheb, SCMP_ARCH_SHEB, SCMP_ARCH_SHEB},
#endif
};

// The bit that tells x32 calls from x86_64 ones; of the numbers below it, 512 to 547 are x32's own, closed since Linux 5.4.
constexpr uint32_t kX32Bit = 0x40000000;
constexpr uint32_t kX32OwnFirst = kX32Bit | 512;
constexpr uint32_t kX32OwnLast = kX32Bit | 547;
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
    case SCMP_ARCH_X86_64: return {{newest + 1, kX32Bit - 1}};
    case SCMP_ARCH_X32: return {{newest + 1, kX32OwnFirst - 1}, {kX32OwnLast + 1, UINT32_MAX}};
    case SCMP_ARCH_ARM: return {{newest + 1, kArmPrivate - 1}};
    case SCMP_ARCH_S390:
    case SCMP_ARCH_S390X:
      // A number that the running kernel does not know reaches seccomp as 0 (arch/s390/kernel/syscall.c). 0 itself is
      // setup(2), which only the kernel's own first process could call.
      return {{0, 0}, {newest + 1, UINT32_MAX}};
    default: return {{newest + 1, UINT32_MAX}};
  }
}

}  // namespace plan
