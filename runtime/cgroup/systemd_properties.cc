// linux.resources as properties of a unit (org.freedesktop.systemd1(5),
// systemd.resource-control(5)): those that both know. 242 is the first systemd with
// CPUQuotaPeriodUSec, 244 with AllowedCPUs; an older one says which it does not know.

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "runtime/cgroup/conversions.h"
#include "runtime/cgroup/systemd.h"

namespace cgroup::systemd {
namespace {

constexpr uint64_t kInfinity = ~uint64_t{0};
constexpr uint64_t kDefaultPeriodUs = 100000;

void number(dbus::Writer* out, const char* name, uint64_t value) {
  out->align(8);
  out->text(name);
  out->signature("t");
  out->u64(value);
}

uint64_t size_or_infinity(int64_t value) {
  return value < 0 ? kInfinity : static_cast<uint64_t>(value);
}

Status add_memory(const spec::Memory& memory, dbus::Writer* out) {
  int64_t limit = memory.limit.value_or(0);
  if (limit != 0) number(out, "MemoryMax", size_or_infinity(limit));
  int64_t reservation = memory.reservation.value_or(0);
  if (reservation != 0) number(out, "MemoryLow", size_or_infinity(reservation));
  std::string swap = TRY(swap_to_swap_max(limit, memory.swap.value_or(0)));
  if (!swap.empty()) number(out, "MemorySwapMax", parse_number<uint64_t>(swap).value_or(kInfinity));
  return {};
}

// systemd counts in whole percents of a CPU, and refuses less: rounded up, as systemd would.
void add_bandwidth(int64_t quota, uint64_t period, dbus::Writer* out) {
  constexpr uint64_t kSecondUs = 1000000, kPercentUs = kSecondUs / 100;
  if (period == 0) period = kDefaultPeriodUs;
  uint64_t per_second = kInfinity;
  if (quota > 0) {
    uint64_t product = 0;
    if (!__builtin_mul_overflow(static_cast<uint64_t>(quota), kSecondUs, &product))
      per_second = (product / period + kPercentUs - 1) / kPercentUs * kPercentUs;
  }
  number(out, "CPUQuotaPerSecUSec", per_second);
  number(out, "CPUQuotaPeriodUSec", period);
}

Status add_mask(const char* name, const std::string& list, dbus::Writer* out) {
  if (list.empty()) return {};
  std::string mask = TRY_IN("linux.resources.cpu", cpu_mask(list));
  out->align(8);
  out->text(name);
  out->signature("ay");
  dbus::Writer::Array bytes = out->begin(1);
  for (char byte : mask) out->byte(static_cast<uint8_t>(byte));
  out->end(bytes);
  return {};
}

Status add_cpu(const spec::Cpu& cpu, dbus::Writer* out) {
  uint64_t weight = cpu_shares_to_weight(cpu.shares.value_or(0));
  if (weight != 0) number(out, "CPUWeight", weight);
  int64_t quota = cpu.quota.value_or(0);
  uint64_t period = cpu.period.value_or(0);
  if (quota != 0 || period != 0) add_bandwidth(quota, period, out);
  TRY(add_mask("AllowedCPUs", cpu.cpus, out));
  return add_mask("AllowedMemoryNodes", cpu.mems, out);
}

// systemd finds the device by the path of its node; udev makes these.
std::string node_of(int64_t major, int64_t minor) {
  return "/dev/block/" + device_number(major, minor);
}

void for_device(dbus::Writer* out, const char* name, int64_t major, int64_t minor, uint64_t value) {
  out->align(8);
  out->text(name);
  out->signature("a(st)");
  dbus::Writer::Array list = out->begin(8);
  out->align(8);
  out->text(node_of(major, minor));
  out->u64(value);
  out->end(list);
}

void add_throttle(const char* name, const std::vector<spec::ThrottleDevice>& devices,
                  dbus::Writer* out) {
  for (const spec::ThrottleDevice& device : devices)
    for_device(out, name, device.major, device.minor, device.rate == 0 ? kInfinity : device.rate);
}

void add_block_io(const spec::BlockIo& io, dbus::Writer* out) {
  if (io.weight.value_or(0) != 0) number(out, "IOWeight", blkio_weight_to_io_weight(*io.weight));
  for (const spec::WeightDevice& device : io.weight_device) {
    if (device.weight.value_or(0) == 0) continue;
    for_device(out, "IODeviceWeight", device.major, device.minor,
               blkio_weight_to_io_weight(*device.weight));
  }
  add_throttle("IOReadBandwidthMax", io.throttle_read_bps, out);
  add_throttle("IOWriteBandwidthMax", io.throttle_write_bps, out);
  add_throttle("IOReadIOPSMax", io.throttle_read_iops, out);
  add_throttle("IOWriteIOPSMax", io.throttle_write_iops, out);
}

// linux.resources.unified: files that hold one number, "max" being none. Not memory.zswap.max:
// before 253, systemd refuses the whole unit for it.
struct FileProperty {
  const char* file;
  const char* property;
};
constexpr FileProperty kFileProperties[] = {
    {"cpu.weight", "CPUWeight"},          {"io.weight", "IOWeight"},
    {"memory.min", "MemoryMin"},          {"memory.low", "MemoryLow"},
    {"memory.high", "MemoryHigh"},        {"memory.max", "MemoryMax"},
    {"memory.swap.max", "MemorySwapMax"}, {"pids.max", "TasksMax"},
};

// What systemd has no property for, or does not read as we do, is in force all the same: the file
// was written, or the kernel will say what is wrong with the value.
void add_file(const std::string& file, std::string_view value, dbus::Writer* out) {
  for (const FileProperty& known : kFileProperties) {
    if (file != known.file) continue;
    std::optional<uint64_t> amount = parse_number<uint64_t>(value);
    if (value == "max") amount = kInfinity;
    if (file == "pids.max" && amount == uint64_t{0}) amount = 1;
    if (amount) number(out, known.property, *amount);
  }
  if (file == "cpu.max") {
    std::vector<std::string_view> parts = split(value, ' ');
    std::optional<int64_t> quota = parts[0] == "max" ? -1 : parse_number<int64_t>(parts[0]);
    uint64_t period = parts.size() == 2 ? parse_number<uint64_t>(parts[1]).value_or(0) : 0;
    if (quota) add_bandwidth(*quota, period, out);
  }
  if (file == "cpuset.cpus") (void)add_mask("AllowedCPUs", std::string(value), out);
  if (file == "cpuset.mems") (void)add_mask("AllowedMemoryNodes", std::string(value), out);
}

}  // namespace

Result<std::string> cpu_mask(std::string_view list) {
  constexpr unsigned kMost = 8192;  // NR_CPUS is never above
  std::string mask;
  for (std::string_view part : split(list, ',')) {
    part = trim(part);
    size_t dash = part.find('-');
    std::optional<unsigned> first = parse_number<unsigned>(part.substr(0, dash));
    std::optional<unsigned> last =
        dash == part.npos ? first : parse_number<unsigned>(part.substr(dash + 1));
    if (!first || !last || *first > *last || *last >= kMost)
      return Error::make(Code::ConfigInvalid, "'%.*s' is no list like \"0-2,5\"",
                         static_cast<int>(list.size()), list.data());
    mask.resize(std::max<size_t>(mask.size(), *last / 8 + 1));
    for (unsigned cpu = *first; cpu <= *last; cpu++)
      mask[cpu / 8] = static_cast<char>(static_cast<unsigned char>(mask[cpu / 8]) | 1U << cpu % 8);
  }
  return mask;
}

Status add_properties(const spec::Resources& resources, dbus::Writer* out) {
  if (resources.memory) TRY(add_memory(*resources.memory, out));
  if (resources.cpu) TRY(add_cpu(*resources.cpu, out));
  // systemd has no TasksMax of 0; one is the least that it takes.
  if (resources.pids_limit)
    number(out, "TasksMax",
           *resources.pids_limit == 0 ? 1 : size_or_infinity(*resources.pids_limit));
  if (resources.block_io) add_block_io(*resources.block_io, out);
  for (const auto& [file, value] : resources.unified) add_file(file, trim(value), out);
  return {};
}

}  // namespace cgroup::systemd
