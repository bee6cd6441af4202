// What `update` is asked for, and what the container has, put together. Pure functions.
#pragma once

#include "spec/config.h"

namespace container {

struct ResourceChange {
  spec::Resources apply;     // what to write: what was asked for, and what goes with it
  spec::Resources remember;  // what the saved configuration says afterwards
};

// `asked` without its device rules: a live container's are never touched, as others (GPU plugins)
// add to them.
//
// Added to what was asked for, from `saved`: the other one of quota and period, and the memory
// limit that goes with a limit of memory and swap, because cgroup v2 and systemd take them
// together; and checkBeforeUpdate. A memory limit of -1 takes the limit of swap away too.
// `unified`: the container is on cgroup v2, where swap is limited by itself and stays when memory
// changes.
ResourceChange merge_update(const spec::Resources& saved, const spec::Resources& asked,
                            bool unified);

}  // namespace container
