#include "runtime/cmd/use_json.h"

#include "spec/json_writer.h"

namespace cmd {
namespace {

using spec::JsonWriter;

// Most numbers are left out when they are 0.
void unless_zero(JsonWriter& out, const char* name, uint64_t value) {
  if (value != 0) out.field(name, value);
}

template <class T>
void unless_empty(JsonWriter& out, const char* name, const std::vector<T>& values) {
  if (values.empty()) return;
  out.key(name);
  out.begin_array();
  for (T value : values) out.number(value);
  out.end_array();
}

void write_stall(JsonWriter& out, const char* name, const cgroup::Stall& stall) {
  constexpr const char* kAverages[] = {"avg10", "avg60", "avg300"};
  out.key(name);
  out.begin_object();
  for (size_t i = 0; i < stall.average.size(); i++) {
    out.key(kAverages[i]);
    out.hundredths(stall.average[i]);
  }
  out.field("total", stall.total_us);
  out.end_object();
}

void write_pressure(JsonWriter& out, const std::optional<cgroup::Pressure>& pressure) {
  if (!pressure) return;
  out.key("psi");
  out.begin_object();
  write_stall(out, "some", pressure->some);
  write_stall(out, "full", pressure->full);
  out.end_object();
}

void write_cpu(JsonWriter& out, const cgroup::CpuUse& cpu) {
  out.key("cpu");
  out.begin_object();
  out.key("usage");
  out.begin_object();
  unless_zero(out, "total", cpu.total);
  unless_empty(out, "percpu", cpu.percpu);
  unless_empty(out, "percpu_kernel", cpu.percpu_kernel);
  unless_empty(out, "percpu_user", cpu.percpu_user);
  out.field("kernel", cpu.kernel);
  out.field("user", cpu.user);
  out.end_object();
  out.key("throttling");
  out.begin_object();
  unless_zero(out, "periods", cpu.periods);
  unless_zero(out, "throttledPeriods", cpu.throttled_periods);
  unless_zero(out, "throttledTime", cpu.throttled_time);
  out.end_object();
  write_pressure(out, cpu.pressure);
  out.end_object();
}

void write_cpuset(JsonWriter& out, const cgroup::CpusetState& set) {
  out.key("cpuset");
  out.begin_object();
  unless_empty(out, "cpus", set.cpus);
  out.field("cpu_exclusive", set.cpu_exclusive);
  unless_empty(out, "mems", set.mems);
  out.field("mem_hardwall", set.mem_hardwall);
  out.field("mem_exclusive", set.mem_exclusive);
  out.field("memory_migrate", set.memory_migrate);
  out.field("memory_spread_page", set.memory_spread_page);
  out.field("memory_spread_slab", set.memory_spread_slab);
  out.field("memory_pressure", set.memory_pressure);
  out.field("sched_load_balance", set.sched_load_balance);
  out.field("sched_relax_domain_level", set.sched_relax_domain_level);
  out.end_object();
}

void write_counter(JsonWriter& out, const char* name, const cgroup::MemoryUse::Counter& counter) {
  out.key(name);
  out.begin_object();
  out.field("limit", counter.limit);
  unless_zero(out, "usage", counter.usage);
  unless_zero(out, "max", counter.max);
  out.field("failcnt", counter.failcnt);
  out.end_object();
}

void write_memory(JsonWriter& out, const cgroup::MemoryUse& memory) {
  out.key("memory");
  out.begin_object();
  unless_zero(out, "cache", memory.cache);
  write_counter(out, "usage", memory.usage);
  write_counter(out, "swap", memory.swap);
  write_counter(out, "kernel", memory.kernel);
  write_counter(out, "kernelTCP", memory.kernel_tcp);
  if (!memory.raw.empty()) {
    out.key("raw");
    out.begin_object();
    for (const auto& [name, value] : memory.raw) out.field(name, value);
    out.end_object();
  }
  write_pressure(out, memory.pressure);
  out.end_object();
}

void write_entries(JsonWriter& out, const char* name, const cgroup::BlockUse::Entries& entries) {
  if (entries.empty()) return;
  out.key(name);
  out.begin_array();
  for (const cgroup::BlockUse::Entry& entry : entries) {
    out.begin_object();
    unless_zero(out, "major", entry.major);
    unless_zero(out, "minor", entry.minor);
    if (!entry.op.empty()) out.field("op", entry.op);
    unless_zero(out, "value", entry.value);
    out.end_object();
  }
  out.end_array();
}

void write_block(JsonWriter& out, const cgroup::BlockUse& block) {
  out.key("blkio");
  out.begin_object();
  write_entries(out, "ioServiceBytesRecursive", block.service_bytes);
  write_entries(out, "ioServicedRecursive", block.serviced);
  write_entries(out, "ioQueueRecursive", block.queued);
  write_entries(out, "ioServiceTimeRecursive", block.service_time);
  write_entries(out, "ioWaitTimeRecursive", block.wait_time);
  write_entries(out, "ioMergedRecursive", block.merged);
  write_entries(out, "ioTimeRecursive", block.time);
  write_entries(out, "sectorsRecursive", block.sectors);
  write_pressure(out, block.pressure);
  out.end_object();
}

void write_hugepages(JsonWriter& out, const std::vector<cgroup::HugepageUse>& sizes) {
  out.key("hugetlb");
  out.begin_object();
  for (const cgroup::HugepageUse& use : sizes) {
    out.key(use.size);
    out.begin_object();
    unless_zero(out, "usage", use.usage);
    unless_zero(out, "max", use.max);
    out.field("failcnt", use.failcnt);
    out.end_object();
  }
  out.end_object();
}

void write_interfaces(JsonWriter& out, const std::vector<sys::NetCounters>& interfaces) {
  out.key("network_interfaces");
  if (interfaces.empty()) return out.null();
  out.begin_array();
  for (const sys::NetCounters& interface : interfaces) {
    out.begin_object();
    out.field("Name", interface.name);
    out.field("RxBytes", interface.received.bytes);
    out.field("RxPackets", interface.received.packets);
    out.field("RxErrors", interface.received.errors);
    out.field("RxDropped", interface.received.dropped);
    out.field("TxBytes", interface.sent.bytes);
    out.field("TxPackets", interface.sent.packets);
    out.field("TxErrors", interface.sent.errors);
    out.field("TxDropped", interface.sent.dropped);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

std::string event_json(const std::string& id, const container::Use* use) {
  JsonWriter out(JsonWriter::kCompact);
  out.begin_object();
  out.field("type", use != nullptr ? "stats" : "oom");
  out.field("id", id);
  if (use != nullptr) {
    out.key("data");
    out.begin_object();
    write_cpu(out, use->cgroup.cpu);
    write_cpuset(out, use->cgroup.cpuset);
    write_memory(out, use->cgroup.memory);
    out.key("pids");
    out.begin_object();
    unless_zero(out, "current", use->cgroup.pids);
    unless_zero(out, "limit", use->cgroup.pids_limit);
    out.end_object();
    write_block(out, use->cgroup.block);
    write_hugepages(out, use->cgroup.hugepages);
    out.key("intel_rdt");
    out.begin_object();
    out.end_object();
    write_interfaces(out, use->interfaces);
    out.end_object();
  }
  out.end_object();
  return out.take() + "\n";
}

}  // namespace cmd
