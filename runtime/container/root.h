// The directory that holds one directory per container: --root, by default /run/rt. Used by
// state_dir.cc and list.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace container {

// Opens it, after making it and its parents if need be: 0711, or 0700 and sticky below
// $XDG_RUNTIME_DIR (whose files may be pruned otherwise: XDG Base Directory Specification). "/" is
// refused. The fd is O_PATH.
Result<Fd> make_root(const std::string& root);
// Nothing if it is not there. The fd is readable, for names_in().
Result<std::optional<Fd>> open_root(const std::string& root);

// The directories in it whose names are possible ids, sorted. Moves the fd's read position.
Result<std::vector<std::string>> names_in(int root_fd, const std::string& root);

// Code::ContainerNotFound in runc's words, which engines look for, with a hint: the nearest name
// there is, or where it was looked for.
Error no_such_container(const std::string& root, const std::string& id);

// A failure to make something there, with what an ordinary user can do about a lack of permission.
Error no_root_for_us(Error error);

}  // namespace container
