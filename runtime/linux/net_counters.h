// What network interfaces have sent and received.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sys {

struct NetCounters {
  std::string name;
  struct Direction {
    uint64_t bytes = 0, packets = 0, errors = 0, dropped = 0;
    bool operator==(const Direction&) const = default;
  };
  Direction received, sent;
};

// The interfaces of /proc/PID/net/dev (two lines of titles, then "  eth0: RECEIVED x 8 SENT x 8"), without loopback.
std::vector<NetCounters> parse_net_counters(std::string_view text);

}  // namespace sys
