// What `rt` remembers of a container between commands: <root>/<id>/state.json. This header is its
// documentation.
//
//   <root>/<id>/            0711, made first and removed last: the container exists while this directory does
//       state.json          this record, replaced atomically. Written before anything else is made (status "creating", no
//                           pid, but where the cgroup will be), so that `delete --force` can clean up after a create that
//                           was killed at any point; written again when the container is "created"
//       config.json         the configuration the container was created from (later edits of the bundle's have no effect),
//                           with the limits of the last `rt update`, if there was one
//       notify/             where there is a NOTIFY_SOCKET: notify.h
//       start.sock          init listens here until it is started; gone = started. `rt start` connects and says go
//
// What is in there is removed before state.json is, so a directory without it is always a create
// that was cut off (or, for the microseconds until the first save, one that holds the lock).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/cgroup/cgroup.h"
#include "runtime/container/intel_rdt.h"
#include "spec/config.h"
#include "spec/state.h"

namespace container {

inline constexpr char kRecordFile[] = "state.json";
inline constexpr char kConfigFile[] = "config.json";
inline constexpr char kStartSocket[] = "start.sock";
// The name of init's memfd: /proc/PID/exe reads "/memfd:rt-init (deleted)" until the user's program
// runs.
inline constexpr char kInitName[] = "rt-init";

// A process that cannot be mistaken for another that got its number later.
struct ProcessRef {
  pid_t pid = 0;            // 0: there is none (yet)
  uint64_t start_time = 0;  // field 22 of /proc/PID/stat, clock ticks since boot
  std::string boot_id;      // /proc/sys/kernel/random/boot_id
};

struct Record {
  std::string id;
  std::string oci_version;
  std::string bundle;   // absolute
  std::string rootfs;   // absolute
  std::string created;  // RFC 3339 with nanoseconds
  bool creating = false;
  ProcessRef init;
  cgroup::Location cgroup;
  bool cgroup_shared = false;  // not made by us: never removed
  RdtLocation rdt;             // linux.intelRdt; empty without
  bool private_pid_namespace = true;
  // id of the mount on `rootfs` that `delete` takes away: root_mount.h. 0: none
  uint64_t root_mount = 0;
  bool rootless = false;
  spec::StringMap annotations;
};

std::string to_json(const Record& record);
Result<Record> parse_record(std::string_view text, const char* name);

// The directory <root>/<id>. make() is atomic: two creates of one id cannot both succeed.
class StateDir {
 public:
  // Makes <root> (0711) and <root>/<id>, locked; an existing one is Code::ContainerExists. Removed
  // by the destructor unless keep().
  static Result<StateDir> make(const std::string& root, const std::string& id);
  // Code::ContainerNotFound ("container does not exist", with the nearest id as hint) if it is not
  // there.
  static Result<StateDir> open(const std::string& root, const std::string& id);

  StateDir(StateDir&& other) noexcept;
  StateDir& operator=(StateDir&& other) noexcept;
  ~StateDir();
  void keep() { remove_on_destroy_ = false; }

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  // One command at a time changes a container: flock on the directory, released with the object (or
  // by death). Waits that long for another command, then Code::Timeout. Code::ContainerNotFound if
  // the container was deleted in the meantime.
  Status lock(int timeout_ms = 60000);
  // Whether the directory is still there under its name: not deleted since it was opened.
  Result<bool> exists() const;
  // Whether another process holds the lock.
  Result<bool> locked_by_other() const;
  Status save(const Record& record) const;
  Result<std::optional<Record>> load() const;  // nothing: killed before the first save, or deleted
  // With all that is in it, state.json last.
  Status remove();

  // What load() does, for state.json at `path` below `dirfd`: nothing if there is none. `name`
  // stands for it in messages, `id` is whose it must be.
  static Result<std::optional<Record>> load_at(int dirfd, const char* path, const std::string& name,
                                               const std::string& id);

 private:
  StateDir() = default;
  std::string path_;
  Fd fd_;
  Fd root_fd_;
  std::string id_;
  bool locked_ = false;
  bool remove_on_destroy_ = false;
};

Result<ProcessRef> ref_of(pid_t pid);
// Whether the process the reference was made of still is, and is not a zombie.
Result<bool> alive(const ProcessRef& ref);
// Whether a process still executes init, and not yet a program of the container's. Where the kernel
// does not let the caller see it (an undumpable process, no privilege over its user namespace), it
// is taken for true.
Result<bool> runs_init(pid_t pid);
// A pidfd, if the process the reference was made of is still alive (not a zombie); nothing if it is
// gone.
Result<std::optional<Fd>> open_process(const ProcessRef& ref);
// Decided anew each time, from the kernel's answers, cheapest first; nothing is remembered that
// could be wrong later:
//   creating  the record says so, and a command still holds the lock (if none does, create was killed: stopped)
//   stopped   init is gone or a zombie
//   paused    its cgroup is frozen, started or not
//   created   start.sock is there and /proc/PID/exe is still init's own program
//   running   otherwise
Result<spec::ContainerStatus> status_of(const StateDir& dir, const Record& record);
// The same for a record that is not "creating", without a StateDir: start.sock is at `socket` below
// `dirfd`.
Result<spec::ContainerStatus> settled_status(int dirfd, const char* socket, const Record& record);

}  // namespace container
