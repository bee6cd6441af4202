// What is particular to version 1: a hierarchy for each controller (or few), each with its own
// directory.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"
#include "runtime/cgroup/cgroup.h"
#include "spec/config.h"

namespace cgroup::v1 {

// A new cpuset has neither CPUs nor memory nodes and takes no process (ENOSPC). Gives `dir`, and
// every cgroup above that has none either, those of its parent.
Status init_cpuset(const std::string& dir);

// All of `resources` but the device rules, which are in device_list.h.
Status apply(const Location& location, const spec::Resources& resources);

// The directory of a controller that `setting` cannot do without.
Result<std::string> need(const Location& location, const char* controller, const char* setting);

// One function for each part of linux.resources. Each writes what is set in it and nothing else.
Status set_memory(const Location& location, const spec::Memory& memory);
Status set_cpu(const Location& location, const spec::Cpu& cpu);
Status set_cpuset(const Location& location, const spec::Cpu& cpu);
Status set_block_io(const Location& location, const spec::BlockIo& io);
Status set_pids(const Location& location, int64_t limit);
Status set_hugepages(const Location& location, const std::vector<spec::HugepageLimit>& limits);
Status set_network(const Location& location, const spec::Network& network);
Status set_rdma(const Location& location, const std::vector<spec::Rdma>& limits);

}  // namespace cgroup::v1
