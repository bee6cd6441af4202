// linux.resources.blockIO on v1. Weights exist only with a scheduler that has them: CFQ until 5.0
// (blkio.weight), BFQ since (blkio.bfq.weight, for single devices since 5.4). Throttling is
// independent of both.

#include "base/strings.h"
#include "runtime/cgroup/conversions.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/v1.h"

namespace cgroup::v1 {
namespace {

Error no_weights(const std::string& dir, const char* file) {
  return Error::make(Code::Unsupported, "cgroup '%s' has no file '%s'", dir.c_str(), file)
      .with_hint(
          "weights need an I/O scheduler that knows them: load the 'bfq' module, or leave the "
          "weights out");
}

Status set_weights(const std::string& dir, const spec::BlockIo& io) {
  bool cfq = file_exists(dir, "blkio.weight");
  const char* weight_file = cfq ? "blkio.weight" : "blkio.bfq.weight";
  const char* device_file = cfq ? "blkio.weight_device" : "blkio.bfq.weight_device";
  auto write = [&dir](const char* file, const std::string& value) -> Status {
    if (!file_exists(dir, file)) return no_weights(dir, file);
    return write_value(dir, file, value);
  };
  if (io.weight.value_or(0) != 0) TRY(write(weight_file, std::to_string(*io.weight)));
  if (io.leaf_weight.value_or(0) != 0)
    TRY(write("blkio.leaf_weight", std::to_string(*io.leaf_weight)));
  for (const spec::WeightDevice& device : io.weight_device) {
    std::string number = device_number(device.major, device.minor) + " ";
    if (device.weight.value_or(0) != 0)
      TRY(write(device_file, number + std::to_string(*device.weight)));
    if (device.leaf_weight.value_or(0) == 0) continue;
    TRY(write("blkio.leaf_weight_device", number + std::to_string(*device.leaf_weight)));
  }
  return {};
}

// A rate of 0 takes the limit away.
Status set_throttle(const std::string& dir, const char* file,
                    const std::vector<spec::ThrottleDevice>& devices) {
  for (const spec::ThrottleDevice& device : devices) {
    std::string line =
        device_number(device.major, device.minor) + " " + std::to_string(device.rate);
    Status written = write_value(dir, file, line);
    if (!written && written.error().errnum == 0) return written;
    if (!written)
      return std::move(written).error().with_hint(
          "it must be a whole block device that exists, not a partition");
  }
  return {};
}

}  // namespace

Status set_block_io(const Location& location, const spec::BlockIo& io) {
  TRY(check_block_io(io));
  if (!sets_block_io(io)) return {};
  std::string dir = TRY(need(location, "blkio", "blockIO limits"));
  TRY(set_weights(dir, io));
  TRY(set_throttle(dir, "blkio.throttle.read_bps_device", io.throttle_read_bps));
  TRY(set_throttle(dir, "blkio.throttle.write_bps_device", io.throttle_write_bps));
  TRY(set_throttle(dir, "blkio.throttle.read_iops_device", io.throttle_read_iops));
  return set_throttle(dir, "blkio.throttle.write_iops_device", io.throttle_write_iops);
}

}  // namespace cgroup::v1
