#include "runtime/plan/plan.h"

#include <cstring>

#include "base/strings.h"

namespace plan {

// The block begins with the header; the arena follows it, then the steps.
constexpr Address kArenaAddress = kPlanAddress + sizeof(Header);
static_assert(sizeof(Header) % 8 == 0);

Address Arena::bytes(const void* data, size_t size, size_t align) {
  while (data_.size() % align != 0) data_ += '\0';
  Address address = kArenaAddress + data_.size();
  data_.append(static_cast<const char*>(data), size);
  return address;
}

Address Arena::text(std::string_view value) {
  Address address = kArenaAddress + data_.size();
  data_.append(value);
  data_ += '\0';
  return address;
}

Address Arena::text_list(const std::vector<std::string>& values) {
  std::vector<Address> addresses;
  addresses.reserve(values.size() + 1);
  for (const std::string& value : values) addresses.push_back(text(value));
  addresses.push_back(0);
  return list(addresses);
}

std::string encode(const Plan& plan, const Encoding& encoding) {
  Arena arena = plan.arena;
  std::vector<int32_t> fds(encoding.fds.begin(), encoding.fds.end());
  Header header = {};
  header.magic = kMagic;
  header.slot_fds = arena.list(fds);
  header.n_handed = static_cast<uint32_t>(fds.size());
  header.own_slots =
      arena.list(std::vector<int32_t>(static_cast<size_t>(plan.n_slots - kFirstOwnSlot), -1));
  header.n_steps = static_cast<uint32_t>(plan.steps.size());
  header.steps = arena.list(plan.steps);
  header.flags = encoding.timing ? static_cast<uint32_t>(kTiming) : 0;
  header.root_slot = static_cast<int16_t>(plan.root_slot);
  header.proc_slot = static_cast<int16_t>(plan.proc_slot);
  header.lowest_fd = static_cast<uint32_t>(3 + plan.preserve_fds);
  header.fault_step = encoding.fault_step;
  header.fault_errno = encoding.fault_errno;
  std::string out(reinterpret_cast<const char*>(&header), sizeof header);
  return out + arena.data();
}

}  // namespace plan
