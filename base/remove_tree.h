// Removing a directory that is ours, with whatever is in it.
#pragma once

#include "base/error.h"

// Removes directory `name` of `parent_fd` and all that is below, by fd. Symbolic links are removed,
// never followed; a mount point is an error and what is behind it stays. `last` (may be nullptr) is
// the entry directly in it that goes after all others, so that an interrupted removal can be told
// from a whole one. A directory that is not there is success.
Status remove_tree(int parent_fd, const char* name, const char* last);
