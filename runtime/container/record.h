// What `rt` remembers of a container between commands: <root>/<id>/state.json. This header is its documentation.
//
//   <root>/<id>/            0711, made first and removed last: the container exists while this directory does
//       state.json          this record, replaced atomically. Written before anything else is made (status "creating", no
//                           pid, but where the cgroup will be), so that `delete --force` can clean up after a create that
//                           was killed at any point; written again when the container is "created"
//       config.json         the configuration the container was created from (later edits of the bundle's have no effect)
//       start.sock          init listens here until it is started; gone = started. `rt start` connects and says go
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/cgroup/cgroup.h"
#include "spec/config.h"
#include "spec/state.h"

namespace container {

// A process that cannot be mistaken for another that got its number later.
struct ProcessRef {
  pid_t pid = 0;             // 0: there is none (yet)
  uint64_t start_time = 0;   // field 22 of /proc/PID/stat, clock ticks since boot
  std::string boot_id;       // /proc/sys/kernel/random/boot_id
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
  bool private_pid_namespace = true;
  bool rootless = false;
  spec::StringMap annotations;
};

std::string to_json(const Record& record);
Result<Record> parse_record(std::string_view text, const char* name);

// The directory <root>/<id>. make() is atomic: two creates of one id cannot both succeed.
class StateDir {
 public:
  // Makes <root> (0711) and <root>/<id>; an existing one is Code::ContainerExists. Removed by the destructor unless keep().
  static Result<StateDir> make(const std::string& root, const std::string& id);
  // Code::ContainerNotFound ("container does not exist", with the nearest id as hint) if it is not there.
  static Result<StateDir> open(const std::string& root, const std::string& id);

  StateDir(StateDir&& other) noexcept;
  StateDir& operator=(StateDir&& other) noexcept;
  ~StateDir();
  void keep() { remove_on_destroy_ = false; }

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  // One command at a time changes a container: flock on the directory, released with the object (or by death).
  Status lock();
  Status save(const Record& record) const;
  Result<std::optional<Record>> load() const;  // nothing: killed before the first save
  Status remove();

 private:
  StateDir() = default;
  std::string path_;
  Fd fd_;
  Fd root_fd_;
  std::string id_;
  bool remove_on_destroy_ = false;
};

Result<ProcessRef> ref_of(pid_t pid);
// A pidfd, if the process the reference was made of is still alive (not a zombie); nothing if it is gone.
Result<std::optional<Fd>> open_process(const ProcessRef& ref);
// creating, created (start.sock is there and init has not left its own program), running, paused or stopped.
Result<spec::ContainerStatus> status_of(const StateDir& dir, const Record& record);

}  // namespace container
