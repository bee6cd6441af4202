#include "supervisor/daemon/restart_policy.h"

#include <gtest/gtest.h>

namespace rtd {
namespace {

TEST(RestartPolicy, EveryPolicyAndEveryEnd) {
  struct Row {
    const char* policy;
    bool after_success, after_failure, after_stop;
  };
  for (const Row& row :
       {Row{"no", false, false, false}, Row{"on-failure", false, true, false},
        Row{"unless-stopped", true, true, false}, Row{"always", true, true, false}}) {
    RestartPolicy policy = *parse_restart_policy(row.policy);
    EXPECT_EQ(restart_delay(policy, 0, {.failed = false}).has_value(), row.after_success)
        << row.policy;
    EXPECT_EQ(restart_delay(policy, 0, {.failed = true}).has_value(), row.after_failure)
        << row.policy;
    EXPECT_EQ(restart_delay(policy, 0, {.failed = true, .stopped_by_user = true}).has_value(),
              row.after_stop)
        << row.policy;
  }
  EXPECT_FALSE(parse_restart_policy("sometimes"));
}

TEST(RestartPolicy, TheDelayDoublesUpToAMinute) {
  int64_t expected = 100;
  for (int restarts = 0; restarts < 40; restarts++) {
    EXPECT_EQ(restart_delay(RestartPolicy::Always, 0, {.failed = true, .restarts = restarts}),
              expected)
        << restarts;
    expected = std::min<int64_t>(expected * 2, 60000);
  }
}

TEST(RestartPolicy, OnFailureHasALimitAndTheOthersHaveNone) {
  EXPECT_TRUE(restart_delay(RestartPolicy::OnFailure, 3, {.failed = true, .restarts = 2}));
  EXPECT_FALSE(restart_delay(RestartPolicy::OnFailure, 3, {.failed = true, .restarts = 3}));
  EXPECT_TRUE(restart_delay(RestartPolicy::OnFailure, 0, {.failed = true, .restarts = 1000}));
  EXPECT_TRUE(restart_delay(RestartPolicy::Always, 3, {.failed = true, .restarts = 3}));
}

TEST(RestartPolicy, WhatStartsWithTheDaemon) {
  EXPECT_TRUE(starts_with_daemon(RestartPolicy::Always, true, false));
  EXPECT_TRUE(starts_with_daemon(RestartPolicy::Always, false, true));
  EXPECT_TRUE(starts_with_daemon(RestartPolicy::UnlessStopped, false, true));
  EXPECT_FALSE(starts_with_daemon(RestartPolicy::UnlessStopped, true, true));
  EXPECT_FALSE(starts_with_daemon(RestartPolicy::OnFailure, false, true));
  EXPECT_FALSE(starts_with_daemon(RestartPolicy::No, false, true));
}

}  // namespace
}  // namespace rtd
