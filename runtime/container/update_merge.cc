#include "runtime/container/update_merge.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace container {
namespace {

// Zero is "not set", as in the configuration of a new container.
template <class T>
bool is_set(const std::optional<T>& value) {
  return value.value_or(T{}) != T{};
}

template <class T>
void take(std::optional<T>* into, const std::optional<T>& from) {
  if (is_set(from)) *into = from;
}

// For what zero is a value.
template <class T>
void take_any(std::optional<T>* into, const std::optional<T>& from) {
  if (from) *into = from;
}

// Replaces the item of the same key or adds one.
template <class T, class Key>
void upsert(std::vector<T>* into, const std::vector<T>& from, Key key_of) {
  for (const T& item : from) {
    auto same = std::find_if(into->begin(), into->end(), [&item, &key_of](const T& other) {
      return key_of(other) == key_of(item);
    });
    if (same != into->end()) {
      *same = item;
    } else {
      into->push_back(item);
    }
  }
}

std::tuple<int64_t, int64_t> number_of(const spec::ThrottleDevice& device) {
  return {device.major, device.minor};
}

void complete_memory(const spec::Memory& saved, spec::Memory* asked) {
  if (!asked->check_before_update) asked->check_before_update = saved.check_before_update;
  if (asked->limit.value_or(0) == -1 && !is_set(asked->swap)) asked->swap = -1;
  if (asked->swap.value_or(0) > 0 && !is_set(asked->limit)) asked->limit = saved.limit;
}

void complete_cpu(const spec::Cpu& saved, spec::Cpu* asked) {
  if (is_set(asked->period) && !is_set(asked->quota)) asked->quota = saved.quota;
  if (is_set(asked->quota) && !is_set(asked->period)) asked->period = saved.period;
}

// On v2 memory.swap.max stays when only the limit of memory changes, so their sum changes with it.
void move_sum(spec::Memory* saved, int64_t new_limit) {
  int64_t old_limit = saved->limit.value_or(0);
  int64_t sum = saved->swap.value_or(0);
  if (sum <= 0) return;
  if (old_limit <= 0 || new_limit <= 0) {
    saved->swap.reset();
    return;
  }
  saved->swap = sum - old_limit + new_limit;
}

void remember_memory(spec::Memory* saved, const spec::Memory& asked, bool unified) {
  bool limit_alone = is_set(asked.limit) && !is_set(asked.swap);
  if (unified && limit_alone) move_sum(saved, *asked.limit);
  take(&saved->limit, asked.limit);
  take(&saved->swap, asked.swap);
  take(&saved->reservation, asked.reservation);
  take_any(&saved->swappiness, asked.swappiness);
  take_any(&saved->disable_oom_killer, asked.disable_oom_killer);
  take_any(&saved->use_hierarchy, asked.use_hierarchy);
  take_any(&saved->check_before_update, asked.check_before_update);
}

void remember_cpu(spec::Cpu* saved, const spec::Cpu& asked) {
  if (asked.idle.value_or(0) != 0) saved->shares.reset();  // an idle cgroup has none
  take(&saved->shares, asked.shares);
  take(&saved->quota, asked.quota);
  take(&saved->period, asked.period);
  take_any(&saved->burst, asked.burst);
  take(&saved->realtime_runtime, asked.realtime_runtime);
  take(&saved->realtime_period, asked.realtime_period);
  take_any(&saved->idle, asked.idle);
  if (!asked.cpus.empty()) saved->cpus = asked.cpus;
  if (!asked.mems.empty()) saved->mems = asked.mems;
}

void remember_block_io(spec::BlockIo* saved, const spec::BlockIo& asked) {
  take(&saved->weight, asked.weight);
  take(&saved->leaf_weight, asked.leaf_weight);
  upsert(&saved->weight_device, asked.weight_device,
         [](const spec::WeightDevice& device) { return std::tuple(device.major, device.minor); });
  upsert(&saved->throttle_read_bps, asked.throttle_read_bps, number_of);
  upsert(&saved->throttle_write_bps, asked.throttle_write_bps, number_of);
  upsert(&saved->throttle_read_iops, asked.throttle_read_iops, number_of);
  upsert(&saved->throttle_write_iops, asked.throttle_write_iops, number_of);
}

template <class T>
T& there(std::optional<T>* part) {
  return *part ? **part : part->emplace();
}

}  // namespace

ResourceChange merge_update(const spec::Resources& saved, const spec::Resources& asked,
                            bool unified) {
  ResourceChange change = {asked, saved};
  spec::Resources& apply = change.apply;
  spec::Resources& remember = change.remember;
  apply.devices.clear();
  if (apply.memory) {
    complete_memory(saved.memory.value_or(spec::Memory()), &*apply.memory);
    remember_memory(&there(&remember.memory), *apply.memory, unified);
  }
  if (apply.cpu) {
    complete_cpu(saved.cpu.value_or(spec::Cpu()), &*apply.cpu);
    remember_cpu(&there(&remember.cpu), *apply.cpu);
  }
  take_any(&remember.pids_limit, asked.pids_limit);
  if (asked.block_io) remember_block_io(&there(&remember.block_io), *asked.block_io);
  upsert(&remember.hugepage_limits, asked.hugepage_limits,
         [](const spec::HugepageLimit& limit) { return limit.page_size; });
  if (asked.network) {
    spec::Network& network = there(&remember.network);
    take(&network.class_id, asked.network->class_id);
    upsert(&network.priorities, asked.network->priorities,
           [](const spec::InterfacePriority& item) { return item.name; });
  }
  upsert(&remember.rdma, asked.rdma, [](const spec::Rdma& limit) { return limit.device; });
  upsert(&remember.unified, asked.unified, [](const auto& item) { return item.first; });
  return change;
}

}  // namespace container
