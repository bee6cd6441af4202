// What a cgroup has used so far: the numbers of `rt events`, alike on both versions as far as they
// count alike.
//
// A file or a controller that is not there leaves its numbers 0 (lists: empty): which ones there
// are depends on the kernel, its configuration and the machine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "runtime/cgroup/cgroup.h"

namespace cgroup {

inline constexpr uint64_t kNanosecondsPerMicrosecond = 1000;

// Pressure stall information (Documentation/accounting/psi.rst): how long processes waited for a
// resource.
struct Stall {
  std::array<uint64_t, 3> average{};  // over 10, 60 and 300 s, in hundredths of a percent
  uint64_t total_us = 0;
  bool operator==(const Stall&) const = default;
};
struct Pressure {
  Stall some, full;  // at least one waited; all did
  bool operator==(const Pressure&) const = default;
};
// "some avg10=0.00 avg60=0.12 avg300=1.50 total=123\nfull ...". What is not understood stays 0.
Pressure parse_pressure(std::string_view text);

struct CpuUse {
  // Nanoseconds.
  uint64_t total = 0, kernel = 0, user = 0, throttled_time = 0;
  std::vector<uint64_t> percpu, percpu_kernel, percpu_user;  // v1
  uint64_t periods = 0, throttled_periods = 0;
  std::optional<Pressure> pressure;
};

// Of v1. On v2 there is nothing to count in it.
struct CpusetState {
  std::vector<uint16_t> cpus, mems;
  uint64_t cpu_exclusive = 0, mem_hardwall = 0, mem_exclusive = 0, memory_migrate = 0;
  uint64_t memory_spread_page = 0, memory_spread_slab = 0, memory_pressure = 0,
           sched_load_balance = 0;
  int64_t sched_relax_domain_level = 0;
};

struct MemoryUse {
  struct Counter {
    uint64_t limit = 0, usage = 0, max = 0, failcnt = 0;  // bytes; `max` is the most there ever was
  };
  uint64_t cache = 0;
  Counter usage, swap, kernel, kernel_tcp;            // swap: memory and swap together
  std::vector<std::pair<std::string, uint64_t>> raw;  // memory.stat
  std::optional<Pressure> pressure;
};

struct BlockUse {
  struct Entry {
    uint64_t major = 0, minor = 0;
    std::string op;  // "Read", "Write", ...; "" where the number is for all
    uint64_t value = 0;
    bool operator==(const Entry&) const = default;
  };
  using Entries = std::vector<Entry>;
  Entries service_bytes, serviced, queued, service_time, wait_time, merged, time, sectors;
  std::optional<Pressure> pressure;
};

struct HugepageUse {
  std::string size;  // "2MB"
  uint64_t usage = 0, max = 0, failcnt = 0;
};

struct Stats {
  CpuUse cpu;
  CpusetState cpuset;
  MemoryUse memory;
  uint64_t pids = 0, pids_limit = 0;  // limit 0: none
  BlockUse block;
  std::vector<HugepageUse> hugepages;
};

// The numbers of the container whose cgroup is at `location`. Fails where a file is there but
// cannot be read.
Result<Stats> read_stats(const Location& location);

namespace v1 {
Status read_stats(const Location& location, Stats* stats);
}
namespace v2 {
Status read_stats(const std::string& dir, Stats* stats);
}

}  // namespace cgroup
