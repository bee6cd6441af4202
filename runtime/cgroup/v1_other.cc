// The small controllers of v1: pids, hugetlb, net_cls, net_prio, rdma.

#include "base/strings.h"
#include "runtime/cgroup/conversions.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/hugepages.h"
#include "runtime/cgroup/v1.h"

namespace cgroup::v1 {

// config-linux.md, "PIDs": -1 is no limit, 0 is a limit like any other.
Status set_pids(const Location& location, int64_t limit) {
  if (limit < 0 && location.find("pids") == nullptr) return {};
  std::string dir = TRY(need(location, "pids", "pids.limit"));
  return write_value(dir, "pids.max", limit_or_max(limit));
}

Status set_hugepages(const Location& location, const std::vector<spec::HugepageLimit>& limits) {
  if (limits.empty()) return {};
  std::string dir = TRY(need(location, "hugetlb", "hugepageLimits"));
  return set_hugepage_limits(dir, "limit_in_bytes", limits);
}

Status set_network(const Location& location, const spec::Network& network) {
  if (network.class_id.value_or(0) != 0) {
    std::string dir = TRY(need(location, "net_cls", "network.classID"));
    TRY(write_number(dir, "net_cls.classid", *network.class_id));
  }
  if (network.priorities.empty()) return {};
  std::string dir = TRY(need(location, "net_prio", "network.priorities"));
  for (const spec::InterfacePriority& item : network.priorities) {
    std::string line = format("%s %u", item.name.c_str(), item.priority);
    Status written = write_value(dir, "net_prio.ifpriomap", line);
    if (!written)
      return std::move(written).error().with_hint(
          "the interface must exist in the network namespace of the host");
  }
  return {};
}

Status set_rdma(const Location& location, const std::vector<spec::Rdma>& limits) {
  if (limits.empty()) return {};
  std::string dir = TRY(need(location, "rdma", "rdma limits"));
  for (const spec::Rdma& limit : limits) TRY(write_value(dir, "rdma.max", rdma_line(limit)));
  return {};
}

}  // namespace cgroup::v1
