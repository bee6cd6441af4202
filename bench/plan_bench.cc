// The parts of a plan that are not free: a seccomp profile of 350 names, as in engines' default
// profiles, on one architecture and on three (and by libseccomp alone, for comparison), and the
// options of a mount.
#include <benchmark/benchmark.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "runtime/plan/mount_options.h"
#include "runtime/plan/seccomp.h"

namespace {

spec::Seccomp usual_profile(bool three_archs) {
  spec::Seccomp config;
  config.default_action = spec::SeccompAction::Errno;
  if (three_archs) {
    config.architectures = {spec::SeccompArch::X86_64, spec::SeccompArch::X86,
                            spec::SeccompArch::X32};
  }
  spec::SeccompRule allowed;
  for (int number = 0; allowed.names.size() < 350; number++) {
    char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    if (name) allowed.names.emplace_back(name);
    free(name);
  }
  config.syscalls.push_back(std::move(allowed));
  for (uint64_t domain : {0x0, 0x8, 0x20000, 0x20008}) {
    config.syscalls.push_back({{"personality"},
                               spec::SeccompAction::Allow,
                               {},
                               {{0, domain, 0, spec::SeccompOperator::Eq}}});
  }
  return config;
}

void compile(benchmark::State& state) {
  spec::Seccomp config = usual_profile(state.range(0) == 3);
  size_t size = 0;
  for (auto unused : state) {
    (void)unused;
    Result<plan::SeccompProgram> program = plan::compile_seccomp(config);
    if (!program) return state.SkipWithError(program.error().what.c_str());
    size = program->bpf.size();
  }
  state.counters["instructions"] = static_cast<double>(size);
}
BENCHMARK(compile)->Arg(1)->Arg(3)->Unit(benchmark::kMicrosecond);

void compile_with_libseccomp(benchmark::State& state) {
  spec::Seccomp config = usual_profile(true);
  size_t size = 0;
  for (auto unused : state) {
    (void)unused;
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(1U));
    seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (state.range(0) == 3) {
      seccomp_arch_add(context, SCMP_ARCH_X86);
      seccomp_arch_add(context, SCMP_ARCH_X32);
    }
    for (const std::string& name : config.syscalls[0].names) {
      seccomp_rule_add(context, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(name.c_str()), 0);
    }
    int file = memfd_create("filter", MFD_CLOEXEC);
    if (seccomp_export_bpf(context, file) < 0) state.SkipWithError("seccomp_export_bpf");
    size = static_cast<size_t>(lseek(file, 0, SEEK_END)) / 8;
    close(file);
    seccomp_release(context);
  }
  state.counters["instructions"] = static_cast<double>(size);
}
BENCHMARK(compile_with_libseccomp)->Arg(1)->Arg(3)->Unit(benchmark::kMicrosecond);

void mount_options(benchmark::State& state) {
  const spec::Strings options = {"nosuid", "noexec", "nodev", "rbind", "rprivate", "ro", "rro"};
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(plan::parse_mount_options(options));
  }
}
BENCHMARK(mount_options);

}  // namespace

BENCHMARK_MAIN();
