// The limits of a cgroup before a change, so that a change the kernel refuses half-way can be taken
// back (`update`).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/cgroup/cgroup.h"
#include "spec/config.h"

namespace cgroup {

class Snapshot {
 public:
  // Reads every file that Cgroup::apply(resources) may write, but for the device rules.
  static Result<Snapshot> take(const Location& location, const spec::Resources& resources);
  // Writes back what differs, in whatever order the kernel takes it. The error is of the first file
  // that stays as it is.
  Status restore() const;

 private:
  // How a file is written back.
  enum class Form : unsigned char {
    Whole,  // one value
    Lines,  // one line for each device: "8:0 rbps=1 ..."; each is a write of its own
  };
  struct File {
    std::string dir, name;
    Form form;
    // Lines: what takes a device's line away again, after its name; nullptr: nothing does
    const char* gone;
    std::string text;
  };
  friend class SnapshotTaker;

  static Result<std::string> current(const File& file);
  static Status put_back(const File& file);
  std::vector<File> files_;
};

// The writes that turn the keyed lines `now` into `before`: lines that differ, and for a key (a
// line's first word) that is new the key and `gone`.
std::vector<std::string> lines_back(std::string_view before, std::string_view now,
                                    const char* gone);

}  // namespace cgroup
