// The containers' directory on disk: one directory each, with container.json (record.h) and, for
// some, bundle and log.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "supervisor/daemon/record.h"

namespace rtd {

class Store {
 public:
  // Makes `path`, `path`/containers and `path`/corrupt if need be.
  Status open(const std::string& path);

  struct Loaded {
    std::vector<Record> records;
    // what was wrong with which; they were moved away to corrupt/
    std::vector<std::string> corrupt;
  };
  // All that is there. One that cannot be read is moved to corrupt/ID.N and costs the others
  // nothing.
  Result<Loaded> load();

  std::string dir_of(const std::string& id) const { return path_ + "/containers/" + id; }
  // Makes the directory of a new container. Code::ContainerExists if there is one.
  Status make(const std::string& id);
  // Durable::Synced: what must outlive a power failure. What a boot id makes void anyway need not.
  Status save(const Record& record, Durable durable);
  // With everything in it.
  Status remove(const std::string& id);

 private:
  Status quarantine(const std::string& id);
  std::string path_;
  Fd containers_, corrupt_;
};

}  // namespace rtd
