#include "supervisor/daemon/restart_policy.h"

#include <algorithm>

namespace rtd {

std::optional<RestartPolicy> parse_restart_policy(std::string_view name) {
  struct Name {
    std::string_view text;
    RestartPolicy policy;
  };
  static constexpr Name kNames[] = {{"no", RestartPolicy::No},
                                    {"on-failure", RestartPolicy::OnFailure},
                                    {"unless-stopped", RestartPolicy::UnlessStopped},
                                    {"always", RestartPolicy::Always}};
  for (const Name& known : kNames) {
    if (name == known.text) return known.policy;
  }
  return std::nullopt;
}

std::optional<int64_t> restart_delay(RestartPolicy policy, int max, const Ended& ended) {
  if (policy == RestartPolicy::No || ended.stopped_by_user) return std::nullopt;
  if (policy == RestartPolicy::OnFailure && (!ended.failed || (max > 0 && ended.restarts >= max)))
    return std::nullopt;
  int doublings = std::clamp(ended.restarts, 0, 20);
  return std::min(kFirstDelayMs << doublings, kMaxDelayMs);
}

bool starts_with_daemon(RestartPolicy policy, bool stopped_by_user, bool was_running) {
  switch (policy) {
    case RestartPolicy::No:
    case RestartPolicy::OnFailure: return false;
    case RestartPolicy::UnlessStopped: return was_running && !stopped_by_user;
    case RestartPolicy::Always: return was_running || stopped_by_user;
  }
  return false;
}

}  // namespace rtd
