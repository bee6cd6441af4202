// When a container that has ended is started again: Docker's policies, as a function of what
// happened.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rtd {

enum class RestartPolicy : unsigned char { No, OnFailure, UnlessStopped, Always };
std::optional<RestartPolicy> parse_restart_policy(std::string_view name);  // "on-failure"

inline constexpr int64_t kFirstDelayMs = 100, kMaxDelayMs = 60000;
inline constexpr int64_t kGoodRunMs = 10000;  // a run as long as this begins the count anew

struct Ended {
  bool failed = false;           // a status other than 0, or one that is not known
  bool stopped_by_user = false;  // by stop, or by a kill that a client asked for
  int restarts = 0;              // in a row so far, this run not counted if it was a good one
};

// Milliseconds until the next start, or nothing: it stays as it is. `max`: how many restarts in a
// row on-failure makes; 0: no limit.
std::optional<int64_t> restart_delay(RestartPolicy policy, int max, const Ended& ended);

// Whether a container that is not running is started when the daemon (or the machine) starts.
// `was_running`: when it was last heard of.
bool starts_with_daemon(RestartPolicy policy, bool stopped_by_user, bool was_running);

}  // namespace rtd
