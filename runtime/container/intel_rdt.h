// linux.intelRdt (config-linux.md, "IntelRdt"): the container's share of caches and memory
// bandwidth, as a group of resctrl (Documentation/arch/x86/resctrl.rst), and its monitoring group.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "spec/config.h"

namespace container {

// Worked out without touching anything, and saved before anything is made.
struct RdtLocation {
  std::string group;          // directory of the class of service
  bool remove_group = false;  // named after the container: made for it, and removed with it
  // directory of the monitoring group, which is always the container's own; "" without
  std::string monitor;
  bool operator==(const RdtLocation&) const = default;
};

// Where resctrl is mounted. Code::Unsupported if it is not.
Result<std::string> find_resctrl();

// Below `root`, the mount of resctrl. Fails if the group must be there and is not, or is there
// although it would be ours.
Result<RdtLocation> locate_rdt(const spec::IntelRdt& rdt, const std::string& id,
                               const std::string& root);

// Makes the groups, or, of one that is there already, checks that it has what is wanted. What was
// made is removed by the destructor unless keep() was called.
class RdtGroups {
 public:
  static Result<RdtGroups> make(const RdtLocation& location, const spec::IntelRdt& rdt);
  RdtGroups(RdtGroups&& other) noexcept;
  ~RdtGroups();
  void keep() { made_group_.clear(), made_monitor_.clear(); }

 private:
  RdtGroups() = default;
  std::string made_group_, made_monitor_;
};

Status join_rdt(const RdtLocation& location, pid_t pid);
Status remove_rdt(const RdtLocation& location);  // what is gone already is no error
// Other values for a container that lives. Empty: unchanged.
Status write_rdt(const RdtLocation& location, const std::string& l3_cache_schema,
                 const std::string& mem_bw_schema);

// Whether every value of the lines `wanted` ("L3:0=f;1=ff") is in `schemata`, the text of a group's
// file. An empty line is.
bool schemata_have(std::string_view schemata, std::string_view wanted);

}  // namespace container
