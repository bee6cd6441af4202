#include "runtime/container/open.h"

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
