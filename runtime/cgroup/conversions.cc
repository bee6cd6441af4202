#include "runtime/cgroup/conversions.h"

#include <cmath>

#include "base/strings.h"

namespace cgroup {
namespace {

Status check_weight(const std::optional<uint16_t>& weight, const char* name) {
  unsigned value = weight.value_or(0);
  if (value <= 1000) return {};
  return Error::make(Code::ConfigInvalid, "%s: %u is not between 1 and 1000", name, value);
}

}  // namespace

uint64_t cpu_shares_to_weight(uint64_t shares) {
  constexpr uint64_t kMinShares = 2, kMaxShares = 262144, kMinWeight = 1, kMaxWeight = 10000;
  if (shares == 0) return 0;
  if (shares <= kMinShares) return kMinWeight;
  if (shares >= kMaxShares) return kMaxWeight;
  // The parabola in log2(shares) whose power of ten goes through (2, 1), (1024, 100) and (262144,
  // 10000).
  double l = std::log2(static_cast<double>(shares));
  double exponent = (l * l + 125 * l) / 612.0 - 7.0 / 34.0;
  return static_cast<uint64_t>(std::ceil(std::pow(10, exponent)));
}

uint64_t blkio_weight_to_io_weight(uint16_t weight) {
  if (weight == 0) return 0;
  if (weight < 10) return 1;
  return 1 + (static_cast<uint64_t>(weight) - 10) * 9999 / 990;
}

std::string limit_or_max(int64_t value) {
  return value < 0 ? "max" : std::to_string(value);
}

Result<std::string> swap_to_swap_max(int64_t limit, int64_t swap) {
  if (swap == 0) return std::string(limit < 0 ? "max" : "");
  if (swap < 0) return std::string("max");
  if (limit < 0) return std::to_string(swap);
  if (limit == 0) {
    return Error::make(Code::ConfigInvalid,
                       "swap: a limit of swap cannot be set without a memory limit")
        .with_hint("memory.swap counts memory and swap together: give memory.limit too");
  }
  if (swap < limit) {
    return Error::make(Code::ConfigInvalid, "swap: %lld is less than the memory limit %lld",
                       static_cast<long long>(swap), static_cast<long long>(limit))
        .with_hint("memory.swap counts memory and swap together");
  }
  return std::to_string(swap - limit);
}

Status check_memory_values(const spec::Memory& memory) {
  struct Named {
    const char* name;
    int64_t value;
  };
  for (const Named& item :
       {Named{"limit", memory.limit.value_or(0)}, Named{"swap", memory.swap.value_or(0)},
        Named{"reservation", memory.reservation.value_or(0)}}) {
    if (item.value >= -1) continue;
    return Error::make(Code::ConfigInvalid, "%s: %lld is neither a size nor -1 (unlimited)",
                       item.name, static_cast<long long>(item.value));
  }
  int64_t limit = memory.limit.value_or(0);
  int64_t swap = memory.swap.value_or(0);
  if (limit > 0 && swap > 0 && swap < limit) {
    return Error::make(Code::ConfigInvalid, "swap: %lld is less than the memory limit %lld",
                       static_cast<long long>(swap), static_cast<long long>(limit))
        .with_hint("memory.swap counts memory and swap together");
  }
  return {};
}

Status check_above_usage(const spec::Memory& memory, uint64_t usage) {
  int64_t swap = memory.swap.value_or(0);
  if (swap > 0 && static_cast<uint64_t>(swap) <= usage) {
    return Error::make(Code::CgroupFailed,
                       "swap: the limit of memory and swap, %lld, is not above the usage, %llu",
                       static_cast<long long>(swap), static_cast<unsigned long long>(usage))
        .with_hint("memory.checkBeforeUpdate asks for this check");
  }
  int64_t limit = memory.limit.value_or(0);
  if (limit > 0 && static_cast<uint64_t>(limit) <= usage) {
    return Error::make(Code::CgroupFailed, "limit: %lld is not above the usage, %llu",
                       static_cast<long long>(limit), static_cast<unsigned long long>(usage))
        .with_hint("memory.checkBeforeUpdate asks for this check");
  }
  return {};
}

bool sets_block_io(const spec::BlockIo& io) {
  return io.weight.value_or(0) != 0 || io.leaf_weight.value_or(0) != 0 ||
         !io.weight_device.empty() || !io.throttle_read_bps.empty() ||
         !io.throttle_write_bps.empty() || !io.throttle_read_iops.empty() ||
         !io.throttle_write_iops.empty();
}

Status check_block_io(const spec::BlockIo& io) {
  TRY(check_weight(io.weight, "weight"));
  TRY(check_weight(io.leaf_weight, "leafWeight"));
  for (size_t i = 0; i < io.weight_device.size(); i++) {
    TRY_IN(format("weightDevice[%zu]", i), check_weight(io.weight_device[i].weight, "weight"));
    TRY_IN(format("weightDevice[%zu]", i),
           check_weight(io.weight_device[i].leaf_weight, "leafWeight"));
  }
  return {};
}

std::string device_number(int64_t major, int64_t minor) {
  return std::to_string(major) + ":" + std::to_string(minor);
}

std::string rdma_line(const spec::Rdma& limit) {
  std::string line = limit.device;
  if (limit.hca_handles) line += " hca_handle=" + std::to_string(*limit.hca_handles);
  if (limit.hca_objects) line += " hca_object=" + std::to_string(*limit.hca_objects);
  return line;
}

}  // namespace cgroup
