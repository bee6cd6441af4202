// How the process that becomes init gets into its namespaces: what enter.cc is told, and the
// conversation with it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/container/enter.h"
#include "runtime/container/for_children.h"
#include "runtime/plan/plan.h"

namespace container {

// Stacks for the children of enter.cc; guard pages are not needed for code that is all here and
// bounded.
constexpr size_t kEntryStackSize = 32 * 1024;

// What enter.cc works on, and the files that keep it alive.
struct Entry {
  Enter enter;
  std::vector<Fd> namespace_fds;
  std::vector<EnterJoin> joins;
  std::vector<std::string> join_words;
  Fd report_read, report_write, map_read, map_write;
  cgroup::Cgroup::Entrance cgroup;
  std::vector<int> tasks_fds;
  uint64_t clone_flags = 0;  // of the first clone
};

// Decides between the simple and the two-stage way, and fills `entry`; `pid_namespace` is joined if
// the plan says so.
Status prepare_entry(const plan::Plan& plan, Entry& entry, PidNamespaceForChildren& pid_namespace);

// The slow ways: ids to be mapped, a second stage. Returns when init runs; `init_pid` is set if the
// second stage made it. `pid` is what the first clone made.
Status follow_entry(const plan::Plan& plan, Entry& entry, pid_t pid, int& init_pid);

// What `entry` reports, in words.
Error entry_error(const EnterReport& report, const Entry& entry);

}  // namespace container
