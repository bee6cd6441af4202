// Files of tests/data, as seen from the root of the repository, where tests are run.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/io.h"

inline std::string read_data(const std::string& path) {
  Result<std::string> text = read_file(AT_FDCWD, ("tests/data/" + path).c_str());
  EXPECT_TRUE(text) << text.error().text() << " (run the tests from the repository's root)";
  return text ? *text : "";
}

// Names of the files in tests/data/<directory> that end in `suffix`, sorted.
inline std::vector<std::string> list_data(const std::string& directory, const std::string& suffix) {
  std::vector<std::string> names;
  DIR* dir = opendir(("tests/data/" + directory).c_str());
  EXPECT_NE(dir, nullptr) << directory << " (run the tests from the repository's root)";
  if (dir == nullptr) return names;
  while (dirent* entry = readdir(dir)) {
    std::string name = entry->d_name;
    if (name.ends_with(suffix)) names.push_back(name);
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}
