// linux.resources.blockIO on v2. Weights are taken by BFQ (io.bfq.weight, the same scale) where it
// is in use, else by the io.cost controller (io.weight, another scale).

#include "base/log.h"
#include "base/strings.h"
#include "runtime/cgroup/conversions.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/v2.h"

namespace cgroup::v2 {
namespace {

constexpr char kDeviceHint[] = "it must be a whole block device that exists, not a partition";

Status set_weights(const std::string& dir, const spec::BlockIo& io) {
  constexpr char kBfq[] = "io.bfq.weight", kWeight[] = "io.weight";
  bool bfq = file_exists(dir, kBfq);
  const char* file = bfq ? kBfq : kWeight;
  auto scaled = [bfq](uint16_t weight) {
    return std::to_string(bfq ? weight : blkio_weight_to_io_weight(weight));
  };
  if (io.weight.value_or(0) != 0) TRY(write_value(dir, file, scaled(*io.weight)));
  for (const spec::WeightDevice& device : io.weight_device) {
    if (device.weight.value_or(0) == 0) continue;
    std::string line = device_number(device.major, device.minor) + " " + scaled(*device.weight);
    Status written = write_value(dir, file, line);
    if (!written && written.error().errnum == ENODEV)
      return std::move(written).error().with_hint(kDeviceHint);
    if (!written && bfq && written.error().errnum == EINVAL) {
      return std::move(written).error().with_hint(
          "BFQ takes weights of single devices since Linux 5.4");
    }
    TRY(std::move(written));
  }
  return {};
}

void warn_leaf_weights(const spec::BlockIo& io) {
  bool used = io.leaf_weight.value_or(0) != 0;
  for (const spec::WeightDevice& device : io.weight_device)
    used = used || device.leaf_weight.value_or(0) != 0;
  if (used) log_warning("linux.resources.blockIO.leafWeight does not exist on cgroup v2, ignoring");
}

// A rate of 0 is "no limit" in v1, which v2 calls "max".
Status set_throttle(const std::string& dir, const char* key,
                    const std::vector<spec::ThrottleDevice>& devices) {
  for (const spec::ThrottleDevice& device : devices) {
    std::string rate = device.rate == 0 ? "max" : std::to_string(device.rate);
    std::string line = device_number(device.major, device.minor) + " " + key + "=" + rate;
    Status written = write_value(dir, "io.max", line);
    if (!written && written.error().errnum == 0) return written;
    if (!written) return std::move(written).error().with_hint(kDeviceHint);
  }
  return {};
}

}  // namespace

Status set_block_io(const std::string& dir, const spec::BlockIo& io) {
  TRY(check_block_io(io));
  warn_leaf_weights(io);
  TRY(set_weights(dir, io));
  TRY(set_throttle(dir, "rbps", io.throttle_read_bps));
  TRY(set_throttle(dir, "wbps", io.throttle_write_bps));
  TRY(set_throttle(dir, "riops", io.throttle_read_iops));
  return set_throttle(dir, "wiops", io.throttle_write_iops);
}

}  // namespace cgroup::v2
