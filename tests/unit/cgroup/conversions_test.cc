#include "runtime/cgroup/conversions.h"

#include <gtest/gtest.h>

namespace cgroup {
namespace {

TEST(Conversions, SharesToWeightFollowTheCurve) {
  struct Case {
    uint64_t shares, weight;
  };
  // Worked out with 50 digits.
  constexpr Case kCases[] = {
      {0, 0},         {1, 1},          {2, 1},          {3, 2},
      {4, 2},         {10, 4},         {51, 11},        {102, 17},
      {128, 21},      {256, 35},       {512, 59},       {1000, 99},
      {1023, 100},    {1024, 100},     {1025, 101},     {2048, 174},
      {4096, 303},    {8192, 532},     {10000, 627},    {65536, 3023},
      {131072, 5478}, {262143, 10000}, {262144, 10000}, {UINT64_MAX, 10000},
  };
  for (const Case& item : kCases)
    EXPECT_EQ(cpu_shares_to_weight(item.shares), item.weight) << item.shares;
}

TEST(Conversions, MoreSharesAreNeverLessWeightAndAlwaysValid) {
  uint64_t before = 1;
  for (uint64_t shares = 2; shares <= 262144; shares++) {
    uint64_t weight = cpu_shares_to_weight(shares);
    ASSERT_GE(weight, before) << shares;
    ASSERT_LE(weight, 10000u) << shares;
    before = weight;
  }
}

TEST(Conversions, BlockIoWeight) {
  struct Case {
    uint16_t v1;
    uint64_t v2;
  };
  constexpr Case kCases[] = {{0, 0},   {1, 1},     {9, 1},      {10, 1},
                             {11, 11}, {100, 910}, {500, 4950}, {1000, 10000}};
  for (const Case& item : kCases) EXPECT_EQ(blkio_weight_to_io_weight(item.v1), item.v2) << item.v1;
}

TEST(Conversions, SwapOfBothTogetherToSwapAlone) {
  struct Case {
    int64_t limit, swap;
    const char* value;  // nullptr: an error
  };
  constexpr Case kCases[] = {
      // no limit of memory, and nothing said of swap
      {0, 0, ""},       {100, 0, ""},      {-1, 0, "max"},      {100, 300, "200"},
      {100, 100, "0"},  {100, -1, "max"},  {-1, -1, "max"},     {0, -1, "max"},
      {-1, 300, "300"}, {0, 300, nullptr}, {300, 100, nullptr},
  };
  for (const Case& item : kCases) {
    Result<std::string> value = swap_to_swap_max(item.limit, item.swap);
    ASSERT_EQ(static_cast<bool>(value), item.value != nullptr) << item.limit << " " << item.swap;
    if (value) {
      EXPECT_EQ(*value, item.value) << item.limit << " " << item.swap;
    } else {
      EXPECT_EQ(value.error().code, Code::ConfigInvalid);
    }
  }
}

TEST(Conversions, LimitOrMax) {
  EXPECT_EQ(limit_or_max(-1), "max");
  EXPECT_EQ(limit_or_max(0), "0");
  EXPECT_EQ(limit_or_max(INT64_MAX), "9223372036854775807");
}

spec::Memory memory_of(int64_t limit, int64_t swap) {
  spec::Memory memory;
  memory.limit = limit;
  memory.swap = swap;
  return memory;
}

TEST(Conversions, MemoryValuesThatContradictThemselvesAreErrors) {
  EXPECT_TRUE(check_memory_values({}));
  EXPECT_TRUE(check_memory_values(memory_of(100, 100)));
  EXPECT_TRUE(check_memory_values(memory_of(100, -1)));
  EXPECT_TRUE(check_memory_values(memory_of(-1, 0)));
  EXPECT_FALSE(check_memory_values(memory_of(100, 99)));
  EXPECT_FALSE(check_memory_values(memory_of(-2, 0)));
  EXPECT_FALSE(check_memory_values(memory_of(0, -5)));
}

TEST(Conversions, CheckBeforeUpdateWantsLimitsAboveTheUsage) {
  EXPECT_TRUE(check_above_usage(memory_of(101, 200), 100));
  EXPECT_TRUE(check_above_usage(memory_of(-1, -1), 100));
  EXPECT_FALSE(check_above_usage(memory_of(100, 200), 100));
  Status refused = check_above_usage(memory_of(0, 100), 200);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("100"), std::string::npos);
  EXPECT_NE(refused.error().what.find("200"), std::string::npos);
}

TEST(Conversions, BlockIoWeightsAreChecked) {
  spec::BlockIo io;
  EXPECT_FALSE(sets_block_io(io));
  io.weight = 0;
  EXPECT_TRUE(check_block_io(io));
  io.weight = 1001;
  EXPECT_FALSE(check_block_io(io));
  io.weight = 1000;
  EXPECT_TRUE(check_block_io(io));
  io.weight_device.push_back({8, 0, 500, 2000});
  Status refused = check_block_io(io);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "weightDevice[0]: leafWeight: 2000 is not between 1 and 1000");
}

TEST(Conversions, RdmaLineHasOnlyWhatIsSet) {
  EXPECT_EQ(rdma_line({"mlx5_1", 3, 10000}), "mlx5_1 hca_handle=3 hca_object=10000");
  EXPECT_EQ(rdma_line({"rxe3", std::nullopt, 7}), "rxe3 hca_object=7");
}

}  // namespace
}  // namespace cgroup
