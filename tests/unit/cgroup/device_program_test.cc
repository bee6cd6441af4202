// The emitted program, run on a small machine, against what the rules mean.

#include "runtime/cgroup/device_program.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/cgroup/device_model.h"
#include "tests/unit/cgroup/ebpf_machine.h"

namespace cgroup {
namespace {

bool run(const std::vector<bpf_insn>& program, const model::Request& request) {
  bpf_cgroup_dev_ctx context = {};
  uint32_t type = request.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
  context.access_type = request.access << 16 | type;
  context.major = request.major;
  context.minor = request.minor;
  std::optional<uint64_t> answer = model::EbpfMachine::run(program, context);
  EXPECT_TRUE(answer && *answer <= 1);
  return answer.value_or(0) == 1;
}

TEST(DeviceProgram, OurAccessBitsAreTheKernels) {
  EXPECT_EQ(static_cast<int>(kMknod), static_cast<int>(BPF_DEVCG_ACC_MKNOD));
  EXPECT_EQ(static_cast<int>(kRead), static_cast<int>(BPF_DEVCG_ACC_READ));
  EXPECT_EQ(static_cast<int>(kWrite), static_cast<int>(BPF_DEVCG_ACC_WRITE));
}

TEST(DeviceProgram, RandomRules) {
  std::mt19937 random(3);
  for (int round = 0; round < 3000; round++) {
    std::vector<spec::DeviceRule> rules = model::random_rules(random, 8);
    std::vector<bpf_insn> program = compile_device_program(rules);
    ASSERT_EQ(model::EbpfMachine::unreachable(program), 0u) << model::text_of(rules);
    for (const model::Request& request : model::all_requests()) {
      ASSERT_EQ(run(program, request), model::allows(rules, request))
          << model::text_of(rules) << " for " << model::text_of(request);
    }
  }
}

TEST(DeviceProgram, NoRulesDeny) {
  std::vector<bpf_insn> program = compile_device_program({});
  EXPECT_FALSE(run(program, {'c', 1, 3, kRead}));
}

TEST(DeviceProgram, DefaultsGoWithDenyAll) {
  std::vector<bpf_insn> program =
      compile_device_program(with_default_devices({{false, 'a', {}, {}, "rwm"}}));
  EXPECT_TRUE(run(program, {'c', 1, 3, kRead | kWrite}));
  EXPECT_TRUE(run(program, {'c', 136, 77, kAllAccess}));
  EXPECT_TRUE(run(program, {'b', 8, 0, kMknod}));
  EXPECT_FALSE(run(program, {'b', 8, 0, kMknod | kRead}));
  EXPECT_FALSE(run(program, {'c', 1, 1, kRead}));
}

TEST(DeviceProgram, LargeNumbers) {
  std::vector<bpf_insn> program = compile_device_program(
      {{true, 'c', 0xfff, 0xfffff, "r"}, {true, 'b', 0x80000001, 0xffffffff, "r"}});
  EXPECT_TRUE(run(program, {'c', 0xfff, 0xfffff, kRead}));
  EXPECT_TRUE(run(program, {'b', 0x80000001, 0xffffffff, kRead}));
  EXPECT_FALSE(run(program, {'b', 1, 0xffffffff, kRead}));
}

TEST(DeviceProgram, NumbersThatNoDeviceHasFitNothing) {
  std::vector<bpf_insn> program = compile_device_program({{true, 'c', int64_t{1} << 32, 3, "r"}});
  EXPECT_FALSE(run(program, {'c', 0, 3, kRead}));
}

TEST(DeviceProgram, RulesBeforeADecidingOneAreLeftOut) {
  std::vector<spec::DeviceRule> rules = {
      {true, 'c', 1, 3, "rwm"}, {false, 'a', {}, {}, ""}, {true, 'c', 1, 5, "rwm"}};
  EXPECT_LT(compile_device_program(rules).size(),
            compile_device_program({rules[0], rules[2]}).size());
}

}  // namespace
}  // namespace cgroup
