// A directory stream that closes itself, and the descriptor that it was made of.
#pragma once

#include <dirent.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using OpenDir = std::unique_ptr<DIR, DirCloser>;

// Nothing if it is not there. A symbolic link is an error.
Result<OpenDir> open_dir(int parent_fd, const char* name);

// All names but "." and "..". `name` is what the directory is called in the error.
Result<std::vector<std::string>> entries_of(DIR* dir, const char* name);
