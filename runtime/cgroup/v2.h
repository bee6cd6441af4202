// What is particular to version 2: one hierarchy, whose controllers a cgroup has only if the one
// above gives them to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/cgroup/cgroup.h"
#include "spec/config.h"

namespace cgroup::v2 {

// Makes the one directory of `location`, and the parents it lacks, and has every controller there
// is enabled in it: also those without a limit, for statistics. Fails if one that `resources` needs
// cannot be. What was made is appended to `made`. Of a best-effort location that may not be made,
// the directory is dropped.
Status make_dirs(Location* location, const spec::Resources& resources,
                 std::vector<std::string>* made);

// Has the controllers that `resources` needs enabled in a cgroup that is there; fails if one cannot
// be.
Status need_controllers(const Location& location, const spec::Resources& resources);

// All of `resources` but the device rules, which are in devices.h. `unified` is last, and so has
// the last word.
Status apply(const Location& location, const spec::Resources& resources);

// The controllers that `resources` cannot do without: "memory", "cpu", ... sorted, each once.
std::vector<std::string> needed_controllers(const spec::Resources& resources);

// One function for each part of linux.resources, on the directory `dir`. Each writes what is set in
// it and nothing else.
Status set_memory(const std::string& dir, const spec::Memory& memory);
Status set_cpu(const std::string& dir, const spec::Cpu& cpu);
Status set_block_io(const std::string& dir, const spec::BlockIo& io);
Status set_unified(const std::string& dir, const spec::StringMap& unified);

}  // namespace cgroup::v2
