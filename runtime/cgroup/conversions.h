// Values of linux.resources, which speak cgroup v1, as v2 wants them; and checks of them. Pure
// functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "spec/config.h"

namespace cgroup {

// cpu.shares (2..262144, default 1024) to cpu.weight (1..10000, default 100), on a curve through
// those three points. 0 is "not set" in both.
uint64_t cpu_shares_to_weight(uint64_t shares);

// blkio.weight (10..1000) to io.weight (1..10000), linearly. 0 is "not set" in both.
uint64_t blkio_weight_to_io_weight(uint16_t weight);

// -1 as "max", else the number.
std::string limit_or_max(int64_t value);

// memory.swap counts memory and swap together, memory.swap.max swap alone. Empty: leave it as it
// is. Code::ConfigInvalid when one cannot be worked out of the other.
Result<std::string> swap_to_swap_max(int64_t limit, int64_t swap);

// Sizes below -1 and swap below limit: Code::ConfigInvalid.
Status check_memory_values(const spec::Memory& memory);
// memory.checkBeforeUpdate: Code::CgroupFailed if a limit in it is not above `usage`.
Status check_above_usage(const spec::Memory& memory, uint64_t usage);

// Whether there is anything in it at all.
bool sets_block_io(const spec::BlockIo& io);
// Weights are 1..1000 (CFQ: from 10), or 0 for "not set": else Code::ConfigInvalid.
Status check_block_io(const spec::BlockIo& io);

std::string device_number(int64_t major, int64_t minor);  // "8:16"
std::string rdma_line(const spec::Rdma& limit);           // "mlx5_1 hca_handle=3 hca_object=10000"

}  // namespace cgroup
