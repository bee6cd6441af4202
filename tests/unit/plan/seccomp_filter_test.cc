#include "runtime/plan/seccomp_filter.h"

#include <linux/audit.h>

#include <algorithm>
#include <random>

#include "tests/unit/plan/bpf_interpreter.h"

namespace plan {
namespace {

constexpr uint32_t kDefault = 0x1234, kForeign = 0x5678;

FilterRange range(uint32_t first, uint32_t last, uint32_t action) {
  return {first, last, {{}, action}};
}

class Filter {
 public:
  explicit Filter(const std::vector<FilterArch>& archs)
      : code_(build_filter(archs, kDefault, kForeign)) {}
  uint32_t operator()(uint32_t arch, uint32_t nr, uint64_t first = 0, uint64_t second = 0) const {
    return BpfInterpreter(code_).run({static_cast<int>(nr), arch, 0, {first, second}});
  }
  size_t size() const { return code_.size(); }

 private:
  std::vector<sock_filter> code_;
};

TEST(SeccompFilter, WithoutRangesTheArchitectureDecides) {
  Filter filter(std::vector<FilterArch>{{AUDIT_ARCH_X86_64, {}}});
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 0), kDefault);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, UINT32_MAX), kDefault);
  EXPECT_EQ(filter(AUDIT_ARCH_I386, 0), kForeign);
}

TEST(SeccompFilter, RangesAnswerFromEndToEnd) {
  Filter filter({{AUDIT_ARCH_X86_64,
                  {range(5, 7, 57), range(0, 0, 1), range(8, 8, 8), range(20, UINT32_MAX, 99)}},
                 {AUDIT_ARCH_I386, {range(5, 5, 3)}}});
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 0), 1U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 1), kDefault);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 4), kDefault);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 5), 57U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 7), 57U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 8), 8U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 9), kDefault);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 19), kDefault);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 20), 99U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, UINT32_MAX), 99U);
  EXPECT_EQ(filter(AUDIT_ARCH_I386, 5), 3U);
  EXPECT_EQ(filter(AUDIT_ARCH_I386, 6), kDefault);
  EXPECT_EQ(filter(AUDIT_ARCH_I386, 20), kDefault);
  EXPECT_EQ(filter(AUDIT_ARCH_AARCH64, 5), kForeign);
}

TEST(SeccompFilter, OfTwoRangesFromOneNumberTheEarlierCounts) {
  Filter filter({{AUDIT_ARCH_X86_64, {range(5, 5, 1), range(5, 5, 2), range(5, 6, 3)}}});
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 5), 1U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 6), 3U);
}

TEST(SeccompFilter, ClausesAreTriedInOrder) {
  Answer answer{{{{{0, SCMP_CMP_GT, 9, 0}}, 1, true}, {{{1, SCMP_CMP_EQ, 7, 0}}, 2, true}}, 4};
  Filter filter({{AUDIT_ARCH_X86_64, {{5, 5, answer}, range(6, 6, 3)}}});
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 5, 10, 7), 1U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 5, 9, 7), 2U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 5, 9, 8), 4U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 6, 10, 7), 3U);
  EXPECT_EQ(filter(AUDIT_ARCH_X86_64, 4, 10, 7), kDefault);
}

TEST(SeccompFilter, NeighboursWithOneAnswerAreOneRange) {
  std::vector<FilterRange> ranges;
  for (uint32_t nr = 0; nr < 400; nr++) ranges.push_back(range(nr, nr, 7));
  EXPECT_LE(Filter({{AUDIT_ARCH_X86_64, ranges}}).size(), 8U);
}

// Sections of more than 255 instructions, where conditional jumps do not reach.
TEST(SeccompFilter, LongProgramsJumpFarEnough) {
  std::vector<FilterRange> ranges;
  for (uint32_t nr = 0; nr < 600; nr += 2) ranges.push_back(range(nr, nr, nr + 1));
  Filter filter({{AUDIT_ARCH_I386, ranges}, {AUDIT_ARCH_X86_64, ranges}});
  ASSERT_GT(filter.size(), 2U * 600);
  for (uint32_t arch : {uint32_t{AUDIT_ARCH_I386}, uint32_t{AUDIT_ARCH_X86_64}}) {
    for (uint32_t nr = 0; nr < 610; nr++) {
      EXPECT_EQ(filter(arch, nr), nr < 600 && nr % 2 == 0 ? nr + 1 : kDefault) << nr;
    }
  }
  EXPECT_EQ(filter(AUDIT_ARCH_ARM, 0), kForeign);
}

TEST(SeccompFilter, RandomTablesAnswerAsALookupWould) {
  std::mt19937 engine(1);
  auto random = [&](uint32_t below) { return static_cast<uint32_t>(engine() % below); };
  for (int round = 0; round < 200; round++) {
    std::vector<uint32_t> table(300, kDefault);
    std::vector<FilterRange> ranges;
    for (uint32_t nr = 0; nr < table.size();) {
      uint32_t last = std::min<uint32_t>(nr + random(5), 299);
      if (random(3) != 0) {
        uint32_t action = 1 + random(3);
        ranges.push_back(range(nr, last, action));
        for (uint32_t i = nr; i <= last; i++) table[i] = action;
      }
      nr = last + 1;
    }
    std::shuffle(ranges.begin(), ranges.end(), engine);
    Filter filter({{AUDIT_ARCH_AARCH64, ranges}});
    for (uint32_t nr = 0; nr < table.size(); nr++) {
      ASSERT_EQ(filter(AUDIT_ARCH_AARCH64, nr), table[nr]) << "round " << round << " nr " << nr;
    }
  }
}

}  // namespace
}  // namespace plan
