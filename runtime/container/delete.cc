// `rt delete`: undoes what create made, in reverse, then runs the poststop hooks (runtime.md,
// "Lifecycle", 12 and 13).
//
// `rt gc` is the same for each create that was cut off.
//
// Each step can be repeated, and the record goes last, so a delete that is killed or fails is
// finished by the next one.

#include <fcntl.h>

#include <utility>

#include "base/io.h"
#include "base/log.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/container/container.h"
#include "runtime/container/hooks.h"
#include "runtime/container/open.h"
#include "runtime/container/root.h"
#include "runtime/container/root_mount.h"
#include "runtime/container/terminate.h"
#include "spec/load.h"

namespace container {
namespace {

using spec::ContainerStatus;

constexpr int kDeathMs = 10000;
constexpr int kLockMs = 10000;

Error not_stopped(const std::string& id, ContainerStatus status) {
  return Error::make(Code::ContainerState, "cannot delete container %s that is not stopped: %s",
                     id.c_str(), spec::status_name(status))
      .with_hint("'rt kill " + id + " KILL' stops it, 'rt delete --force " + id + "' does both");
}

// The hooks as they were at create. Parsing costs more than all the rest of a delete, and most have
// none.
std::vector<spec::Hook> poststop_hooks(const StateDir& dir) {
  Result<std::string> text = read_file(dir.fd(), kConfigFile, 64 << 20);
  if (!text && text.error().errnum == ENOENT) return {};  // create was cut off before it was saved
  if (!text) {
    log_warning("poststop hooks: %s, ignoring", text.error().text().c_str());
    return {};
  }
  bool escapes = text->find("\\u") != std::string::npos;  // a key may be spelt with them
  if (text->find("\"poststop\"") == std::string::npos && !escapes) return {};
  Result<spec::Config> config = spec::parse_config(*text, kConfigFile);
  if (!config) {
    log_warning("poststop hooks: %s, ignoring", config.error().text().c_str());
    return {};
  }
  if (!config->hooks) return {};
  return std::move(config->hooks->poststop);
}

Status remove_cgroup(const Record& record) {
  if (record.cgroup_shared) return {};
  cgroup::Cgroup cgroup = cgroup::Cgroup::open(record.cgroup);
  return cgroup.remove();
}

// Of a stopped container with a PID namespace of its own, nothing can be alive: the kernel ends the
// others before init.
bool may_have_processes(const Look& found) {
  return found.status != ContainerStatus::Stopped || !found.record.private_pid_namespace ||
         found.record.creating;
}

Status destroy(StateDir* dir, const Look& found) {
  const Record& record = found.record;
  if (may_have_processes(found)) TRY(kill_container_and_wait(record, kDeathMs));
  std::vector<spec::Hook> poststop = poststop_hooks(*dir);
  if (record.root_mount != 0) TRY(remove_root_mount(record.rootfs, record.root_mount));
  TRY(remove_cgroup(record));
  TRY_IN("linux.intelRdt", remove_rdt(record.rdt));
  TRY(dir->remove());
  spec::State state;
  state.oci_version = record.oci_version;
  state.id = record.id;
  state.status = ContainerStatus::Stopped;
  state.bundle = record.bundle;
  state.annotations = record.annotations;
  run_hooks_or_warn(poststop, "poststop", state);
  return {};
}

// Which processes and cgroups are the container's cannot be told any more, so neither can be
// removed blindly.
Error damaged(const StateDir& dir, Error error) {
  return std::move(error).with_hint("its record is damaged: end what is left in its cgroups (" +
                                    dir.path() + "/config.json names them), then remove '" +
                                    dir.path() + "'");
}

// With --force what lives dies before the lock is asked for: whoever holds it may be waiting for
// just that process. A create that loses its init undoes itself.
Status kill_before_lock(const StateDir& dir) {
  Result<std::optional<Look>> found = look(dir);
  if (!found) return damaged(dir, std::move(found).error());
  if (*found) (void)TRY(kill_container((*found)->record));
  return {};
}

// Without --force a create that is under way is not waited for.
Status lock_unless_creating(StateDir* dir, const std::string& id) {
  Status locked = dir->lock(0);
  if (locked || locked.error().code != Code::Timeout) return locked;
  std::optional<Look> found = TRY(look(*dir));
  if (found && found->status == ContainerStatus::Creating) return not_stopped(id, found->status);
  return dir->lock(kLockMs);
}

Status remove_opened(StateDir dir, const Globals& globals, const std::string& id, bool force) {
  if (force) {
    TRY(kill_before_lock(dir));
    TRY(dir.lock(kLockMs));
  } else {
    TRY(lock_unless_creating(&dir, id));
  }
  Result<std::optional<Look>> looked = look(dir);
  if (!looked) return force ? damaged(dir, std::move(looked).error()) : std::move(looked).error();
  const std::optional<Look>& found = *looked;
  if (!found) {
    if (force) return dir.remove();
    return no_such_container(globals.root, id)
        .with_hint("a create of it was cut off: 'rt delete --force " + id +
                   "' removes what it left");
  }
  bool deletable =
      found->status == ContainerStatus::Stopped || found->status == ContainerStatus::Created;
  if (!deletable && !force) return not_stopped(id, found->status);
  return destroy(&dir, *found);
}

// Whether there were remains of a create, and they are gone. The lock is held from the look to the
// end, so that nobody makes a container of that name meanwhile.
Result<bool> collect_one(const Globals& globals, const std::string& id) {
  StateDir dir = TRY(StateDir::open(globals.root, id));
  std::optional<Look> found = TRY(look(dir));
  if (found && !found->record.creating) return false;  // most are: without waiting for their lock
  TRY(dir.lock(0));
  found = TRY(look(dir));
  if (found && !found->record.creating) return false;
  if (!found) {
    TRY(dir.remove());
  } else {
    TRY(destroy(&dir, *found));
  }
  return true;
}

}  // namespace

Result<Collected> collect(const Globals& globals) {
  Collected done;
  std::optional<Fd> root = TRY(open_root(globals.root));
  if (!root && globals.root_is_default) return done;
  if (!root) return Error::make(Code::Usage, "--root: '%s' does not exist", globals.root.c_str());
  std::vector<std::string> ids = TRY(names_in(root->get(), globals.root));
  for (const std::string& id : ids) {
    Result<bool> removed = collect_one(globals, id);
    if (removed && *removed) done.removed.push_back(id);
    if (removed) continue;
    // Busy, or gone meanwhile: another command's affair.
    Code code = removed.error().code;
    if (code == Code::Timeout || code == Code::ContainerNotFound) continue;
    Error error = std::move(removed).error().in("container '" + id + "'");
    if (done.failure) {
      log_warning("%s, ignoring", error.text().c_str());
    } else {
      done.failure = std::move(error);
    }
  }
  return done;
}

Status remove(const Globals& globals, const std::string& id, bool force) {
  Result<StateDir> dir = StateDir::open(globals.root, id);
  Status removed;
  if (dir) {
    removed = remove_opened(*std::move(dir), globals, id, force);
  } else {
    removed = std::move(dir).error();
  }
  // --force asks for it to be gone, and it is.
  if (!removed && force && removed.error().code == Code::ContainerNotFound) return {};
  return removed;
}

}  // namespace container
