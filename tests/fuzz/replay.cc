// main() for a fuzz target without libFuzzer: runs it once on every file of the directories given,
// so that `make check` keeps every input that once mattered, with the compiler and the flags at
// hand. Names each file first: the last "seed" line of the output is the one that crashed.
#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/io.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void run(const std::string& name, const std::string& data) {
  printf("seed %s\n", name.c_str());
  fflush(stdout);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(data.data()), data.size());
}

// False when the directory is not there.
bool run_directory(const std::string& directory) {
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) return false;
  std::vector<std::string> names;
  while (dirent* entry = readdir(stream)) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  closedir(stream);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    std::string path = directory + "/" + name;
    Result<std::string> data = read_file(AT_FDCWD, path.c_str());
    if (!data) {
      fprintf(stderr, "%s\n", data.error().text().c_str());
      return false;
    }
    run(path, *data);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  run("(nothing)", "");
  for (int i = 1; i < argc; i++) {
    if (run_directory(argv[i])) continue;
    fprintf(stderr, "%s: cannot read the seeds\n", argv[i]);
    return 1;
  }
  return 0;
}
