#include "supervisor/daemon/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/log.h"
#include "base/remove_tree.h"
#include "base/strings.h"

namespace rtd {

namespace {

// With those above it, which are made for others to search.
Status make_dir(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    std::string above = path.substr(0, slash);
    if (mkdir(above.c_str(), 0755) < 0 && errno != EEXIST)
      return Error::sys("mkdir '%s'", above.c_str());
  }
  if (mkdir(path.c_str(), 0700) < 0 && errno != EEXIST)
    return Error::sys("mkdir '%s'", path.c_str());
  return {};
}

}  // namespace

Status Store::open(const std::string& path) {
  path_ = path;
  for (const std::string& dir : {path, path + "/containers", path + "/corrupt"}) TRY(make_dir(dir));
  containers_ = TRY(open_at(AT_FDCWD, (path + "/containers").c_str(), O_RDONLY | O_DIRECTORY));
  corrupt_ = TRY(open_at(AT_FDCWD, (path + "/corrupt").c_str(), O_RDONLY | O_DIRECTORY));
  return {};
}

Result<Store::Loaded> Store::load() {
  Loaded loaded;
  OpenDir dir = TRY(open_dir(containers_.get(), "."));
  std::vector<std::string> names = TRY(entries_of(dir.get(), "containers"));
  for (const std::string& name : names) {
    Result<std::string> text =
        read_file(containers_.get(), (name + "/container.json").c_str(), 4 << 20);
    Result<Record> record = text ? parse_record(*text) : Result<Record>(text.error());
    if (record && record->id != name)
      record =
          Error::make(Code::ConfigInvalid, "container.json: it is about '%s'", record->id.c_str());
    if (record) {
      loaded.records.push_back(std::move(*record));
      continue;
    }
    loaded.corrupt.push_back(name + ": " + record.error().text());
    Status moved = quarantine(name);
    if (!moved) log_warning("%s, ignoring", moved.error().text().c_str());
  }
  return loaded;
}

Status Store::quarantine(const std::string& id) {
  for (int n = 0; n < 1000; n++) {
    std::string name = format("%s.%d", id.c_str(), n);
    if (renameat(containers_.get(), id.c_str(), corrupt_.get(), name.c_str()) == 0) return {};
    if (errno != EEXIST && errno != ENOTEMPTY) break;
  }
  return Error::sys("move '%s' to corrupt", id.c_str());
}

Status Store::make(const std::string& id) {
  if (mkdirat(containers_.get(), id.c_str(), 0700) == 0) return {};
  if (errno == EEXIST)
    return Error::make(Code::ContainerExists, "there is a container '%s' already", id.c_str());
  return Error::sys("mkdir '%s'", id.c_str());
}

Status Store::save(const Record& record, Durable durable) {
  return write_file_atomic(containers_.get(), (record.id + "/container.json").c_str(),
                           to_text(record), 0600, durable);
}

Status Store::remove(const std::string& id) {
  return remove_tree(containers_.get(), id.c_str(), nullptr);
}

}  // namespace rtd
