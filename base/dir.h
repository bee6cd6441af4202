// A directory stream that closes itself, and the descriptor that it was made of.
#pragma once

#include <dirent.h>

#include <memory>

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using OpenDir = std::unique_ptr<DIR, DirCloser>;
