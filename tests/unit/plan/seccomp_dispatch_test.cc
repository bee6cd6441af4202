#include "runtime/plan/seccomp_dispatch.h"

#include <linux/audit.h>

#include <algorithm>
#include <random>

#include "tests/unit/plan/bpf_interpreter.h"

namespace plan {
namespace {

constexpr uint32_t kFilter = 0x1234;  // what the "filter" behind the search returns

class Dispatch {
 public:
  explicit Dispatch(const std::vector<DispatchArch>& archs) : code_(build_dispatch(archs)) {
    code_.push_back(BPF_STMT(BPF_RET | BPF_K, kFilter));
  }
  uint32_t operator()(uint32_t arch, uint32_t nr) const {
    seccomp_data data{};
    data.arch = arch;
    data.nr = static_cast<int>(nr);
    return BpfInterpreter(code_).run(data);
  }
  size_t size() const { return code_.size(); }

 private:
  std::vector<sock_filter> code_;
};

TEST(SeccompDispatch, WithoutRangesAllGoToTheFilter) {
  EXPECT_EQ(Dispatch({})(AUDIT_ARCH_X86_64, 0), kFilter);
  Dispatch empty(std::vector<DispatchArch>{{AUDIT_ARCH_X86_64, {}}});
  EXPECT_EQ(empty(AUDIT_ARCH_X86_64, 0), kFilter);
  EXPECT_EQ(empty(AUDIT_ARCH_I386, 0), kFilter);
}

TEST(SeccompDispatch, RangesAnswerFromEndToEnd) {
  Dispatch dispatch({{AUDIT_ARCH_X86_64, {{5, 7, 57}, {0, 0, 1}, {8, 8, 8}, {20, UINT32_MAX, 99}}},
                     {AUDIT_ARCH_I386, {{5, 5, 3}}}});
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 0), 1U);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 1), kFilter);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 4), kFilter);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 5), 57U);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 7), 57U);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 8), 8U);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 9), kFilter);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 19), kFilter);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 20), 99U);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, UINT32_MAX), 99U);
  EXPECT_EQ(dispatch(AUDIT_ARCH_I386, 5), 3U);
  EXPECT_EQ(dispatch(AUDIT_ARCH_I386, 6), kFilter);
  EXPECT_EQ(dispatch(AUDIT_ARCH_I386, 20), kFilter);
  EXPECT_EQ(dispatch(AUDIT_ARCH_AARCH64, 5), kFilter);
}

TEST(SeccompDispatch, OfTwoRangesFromOneNumberTheEarlierCounts) {
  Dispatch dispatch({{AUDIT_ARCH_X86_64, {{5, 5, 1}, {5, 5, 2}, {5, 6, 3}}}});
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 5), 1U);
  EXPECT_EQ(dispatch(AUDIT_ARCH_X86_64, 6), 3U);
}

TEST(SeccompDispatch, NeighboursWithOneAnswerAreOneRange) {
  std::vector<DispatchRange> ranges;
  for (uint32_t nr = 0; nr < 400; nr++) ranges.push_back({nr, nr, 7});
  EXPECT_LE(Dispatch({{AUDIT_ARCH_X86_64, ranges}}).size(), 8U);
}

// Sections of more than 255 instructions, where conditional jumps do not reach.
TEST(SeccompDispatch, LongProgramsJumpFarEnough) {
  std::vector<DispatchRange> ranges;
  for (uint32_t nr = 0; nr < 600; nr += 2) ranges.push_back({nr, nr, nr + 1});
  Dispatch dispatch({{AUDIT_ARCH_I386, ranges}, {AUDIT_ARCH_X86_64, ranges}});
  ASSERT_GT(dispatch.size(), 2U * 600);
  for (uint32_t arch : {uint32_t{AUDIT_ARCH_I386}, uint32_t{AUDIT_ARCH_X86_64}}) {
    for (uint32_t nr = 0; nr < 610; nr++) {
      EXPECT_EQ(dispatch(arch, nr), nr < 600 && nr % 2 == 0 ? nr + 1 : kFilter) << nr;
    }
  }
  EXPECT_EQ(dispatch(AUDIT_ARCH_ARM, 0), kFilter);
}

TEST(SeccompDispatch, RandomTablesAnswerAsALookupWould) {
  std::mt19937 engine(1);
  auto random = [&](uint32_t below) { return static_cast<uint32_t>(engine() % below); };
  for (int round = 0; round < 200; round++) {
    std::vector<uint32_t> table(300, kFilter);
    std::vector<DispatchRange> ranges;
    for (uint32_t nr = 0; nr < table.size();) {
      uint32_t last = std::min<uint32_t>(nr + random(5), 299);
      if (random(3) != 0) {
        uint32_t action = 1 + random(3);
        ranges.push_back({nr, last, action});
        for (uint32_t i = nr; i <= last; i++) table[i] = action;
      }
      nr = last + 1;
    }
    std::shuffle(ranges.begin(), ranges.end(), engine);
    Dispatch dispatch({{AUDIT_ARCH_AARCH64, ranges}});
    for (uint32_t nr = 0; nr < table.size(); nr++) {
      ASSERT_EQ(dispatch(AUDIT_ARCH_AARCH64, nr), table[nr]) << "round " << round << " nr " << nr;
    }
  }
}

}  // namespace
}  // namespace plan
