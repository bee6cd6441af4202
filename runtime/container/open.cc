#include "runtime/container/open.h"

#include <fcntl.h>

#include <utility>

#include "runtime/container/root.h"

namespace container {
namespace {

Result<Opened> with_record(StateDir dir, const Globals& globals, const std::string& id) {
  std::optional<Look> found = TRY(look(dir));
  if (found) return Opened{std::move(dir), std::move(found->record), found->status};
  Error error = no_such_container(globals.root, id);
  bool exists = TRY(dir.exists());
  if (!exists) return error;
  bool busy = TRY(dir.locked_by_other());
  if (busy) return std::move(error).with_hint("it is being created or deleted at this moment");
  return std::move(error).with_hint("a create of it was cut off: 'rt delete --force " + id +
                                    "' removes what it left");
}

}  // namespace

Result<std::optional<Look>> look(const StateDir& dir) {
  std::optional<Record> record = TRY(dir.load());
  if (!record) return std::optional<Look>();
  if (record->creating) {
    // Once the lock is seen free, create has ended, and what is read after that is its last word.
    bool busy = TRY(dir.locked_by_other());
    if (busy) return std::optional<Look>(Look{*std::move(record), spec::ContainerStatus::Creating});
    record = TRY(dir.load());
    if (!record) return std::optional<Look>();
  }
  spec::ContainerStatus status = TRY(status_of(dir, *record));
  return std::optional<Look>(Look{*std::move(record), status});
}

Result<std::optional<Look>> glance(int root_fd, const std::string& root, const std::string& id) {
  std::string dir = root_fd == AT_FDCWD ? root + "/" + id : id;
  std::string file = dir + "/" + kRecordFile;
  std::string socket = dir + "/" + kStartSocket;
  std::string name = root + "/" + id + "/" + kRecordFile;
  Look found;
  Result<std::optional<Record>> record = StateDir::load_at(root_fd, file.c_str(), name, id);
  if (!record) {
    // No directory, or a symbolic link to another's: whoever opens it as one will say what is
    // wrong.
    const Error& error = record.error();
    bool odd =
        error.errnum == ENOTDIR || error.errnum == ELOOP || error.code == Code::ContainerState;
    if (odd) return std::optional<Look>();
    return std::move(record).error();
  }
  if (!*record || (**record).creating) return std::optional<Look>();
  found.record = **std::move(record);
  found.status = TRY(settled_status(root_fd, socket.c_str(), found.record));
  return std::optional<Look>(std::move(found));
}

Result<Opened> open_container(const Globals& globals, const std::string& id) {
  StateDir dir = TRY(StateDir::open(globals.root, id));
  return with_record(std::move(dir), globals, id);
}

Result<Opened> open_container_locked(const Globals& globals, const std::string& id,
                                     int timeout_ms) {
  StateDir dir = TRY(StateDir::open(globals.root, id));
  TRY(dir.lock(timeout_ms));
  return with_record(std::move(dir), globals, id);
}

}  // namespace container
