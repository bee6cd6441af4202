// The rules of config-linux.md, "Control groups": also for `update --resources`. What depends on
// the hierarchy's version or on other limits in force is checked where it is written.
#include "spec/validate_rules.h"

namespace spec {

namespace {

Check check_device_rules(const std::vector<DeviceRule>& rules, const Place& at) {
  for (size_t i = 0; i < rules.size(); i++) {
    Place place = at[i];
    const DeviceRule& rule = rules[i];
    if (std::string_view("abc").find(rule.type) == std::string_view::npos) {
      return violation(place / "type", "expected \"a\", \"b\" or \"c\", got %s",
                       quote_briefly({&rule.type, 1}).c_str());
    }
    if (rule.access.find_first_not_of("rwm") != std::string::npos) {
      return violation(place / "access", "expected letters of \"rwm\", got %s",
                       quote_briefly(rule.access).c_str());
    }
    if (rule.major) CHECK(check_range<int64_t>(*rule.major, -1, UINT32_MAX, place / "major"));
    if (rule.minor) CHECK(check_range<int64_t>(*rule.minor, -1, UINT32_MAX, place / "minor"));
  }
  return std::nullopt;
}

Check check_memory(const Memory& memory, const Place& at) {
  const std::pair<const char*, const std::optional<int64_t>&> limits[] = {
      {"limit", memory.limit},
      {"reservation", memory.reservation},
      {"swap", memory.swap},
      {"kernel", memory.kernel},
      {"kernelTCP", memory.kernel_tcp}};
  for (const auto& [name, limit] : limits) {
    if (limit && *limit < -1)
      return violation(at / name, "must be a number of bytes, or -1 for unlimited");
  }
  if (memory.swappiness)
    CHECK(check_range<uint64_t>(*memory.swappiness, 0, 100, at / "swappiness"));
  return std::nullopt;
}

Check check_throttle(const std::vector<ThrottleDevice>& devices, const Place& at) {
  for (size_t i = 0; i < devices.size(); i++) {
    Place place = at[i];
    CHECK(check_range<int64_t>(devices[i].major, 0, UINT32_MAX, place / "major"));
    CHECK(check_range<int64_t>(devices[i].minor, 0, UINT32_MAX, place / "minor"));
  }
  return std::nullopt;
}

Check check_weight(const std::optional<uint16_t>& weight, const Place& at) {
  if (!weight) return std::nullopt;
  return check_range<uint16_t>(*weight, 0, 1000, at);  // 0: unset, as engines written in Go send it
}

Check check_block_io(const BlockIo& io, const Place& at) {
  CHECK(check_weight(io.weight, at / "weight"));
  CHECK(check_weight(io.leaf_weight, at / "leafWeight"));
  Place weights = at / "weightDevice";
  for (size_t i = 0; i < io.weight_device.size(); i++) {
    Place place = weights[i];
    const WeightDevice& device = io.weight_device[i];
    CHECK(check_range<int64_t>(device.major, 0, UINT32_MAX, place / "major"));
    CHECK(check_range<int64_t>(device.minor, 0, UINT32_MAX, place / "minor"));
    if (!device.weight && !device.leaf_weight)
      return violation(place, "needs a weight or a leafWeight");
    CHECK(check_weight(device.weight, place / "weight"));
    CHECK(check_weight(device.leaf_weight, place / "leafWeight"));
  }
  CHECK(check_throttle(io.throttle_read_bps, at / "throttleReadBpsDevice"));
  CHECK(check_throttle(io.throttle_write_bps, at / "throttleWriteBpsDevice"));
  CHECK(check_throttle(io.throttle_read_iops, at / "throttleReadIOPSDevice"));
  return check_throttle(io.throttle_write_iops, at / "throttleWriteIOPSDevice");
}

// The kernel's name of a huge page size, part of file names: 64KB, 2MB, 1GB.
bool is_page_size(std::string_view text) {
  if (text.size() < 3 || text.back() != 'B') return false;
  if (std::string_view("KMG").find(text[text.size() - 2]) == std::string_view::npos) return false;
  std::string_view digits = text.substr(0, text.size() - 2);
  return digits[0] != '0' && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

Check check_hugepages(const std::vector<HugepageLimit>& limits, const Place& at) {
  for (size_t i = 0; i < limits.size(); i++) {
    if (is_page_size(limits[i].page_size)) continue;
    return violation(at[i] / "pageSize",
                     "expected a size like \"64KB\", \"2MB\" or \"1GB\", got %s",
                     quote_briefly(limits[i].page_size).c_str());
  }
  return std::nullopt;
}

// The names are files of the cgroup's directory: one with a slash would be written somewhere else.
Check check_unified(const StringMap& files, const Place& at) {
  for (const auto& [name, text] : files) {
    bool plain = name.find('/') == std::string::npos;
    size_t dot = name.find('.');
    if (plain && dot != std::string::npos && dot > 0 && dot + 1 < name.size() &&
        name[dot + 1] != '.')
      continue;
    return violation(at / name,
                     "expected a name like \"memory.high\": CONTROLLER.PARAMETER, without slashes");
  }
  return std::nullopt;
}

}  // namespace

Check check_resources(const Resources& resources, const Place& at) {
  CHECK(check_device_rules(resources.devices, at / "devices"));
  if (resources.memory) CHECK(check_memory(*resources.memory, at / "memory"));
  if (resources.cpu && resources.cpu->idle)
    CHECK(check_range<int64_t>(*resources.cpu->idle, 0, 1, at / "cpu" / "idle"));
  if (resources.pids_limit && *resources.pids_limit < -1) {
    return violation(at / "pids" / "limit", "must be a number of tasks, or -1 for unlimited");
  }
  if (resources.block_io) CHECK(check_block_io(*resources.block_io, at / "blockIO"));
  CHECK(check_hugepages(resources.hugepage_limits, at / "hugepageLimits"));
  if (resources.network) {
    Place network = at / "network";
    Place priorities = network / "priorities";
    const std::vector<InterfacePriority>& all = resources.network->priorities;
    for (size_t i = 0; i < all.size(); i++) {
      if (all[i].name.empty()) return violation(priorities[i] / "name", "must not be empty");
    }
  }
  Place rdma = at / "rdma";
  for (const Rdma& device : resources.rdma) {
    if (!device.hca_handles && !device.hca_objects)
      return violation(rdma / device.device, "needs hcaHandles or hcaObjects");
  }
  return check_unified(resources.unified, at / "unified");
}

}  // namespace spec
