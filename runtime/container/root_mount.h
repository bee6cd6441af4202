// A container without a mount namespace of its own is mounted in the runtime's (config-linux.md,
// "Namespaces": what is not listed is inherited). All of its mounts lie on one: the root file
// system, bound onto itself. So one unmount takes them away.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace container {

// The mount of a container that is being made. Unless kept it goes with the object, and all on it.
class RootMount {
 public:
  RootMount() = default;
  RootMount(RootMount&& other) noexcept;
  RootMount& operator=(RootMount&& other) noexcept;
  ~RootMount();

  // Makes it, private, and puts it nowhere yet: its id is to be recorded first.
  static Result<RootMount> prepare(const std::string& rootfs);
  Status attach();
  uint64_t id() const { return id_; }
  void keep() { id_ = 0; }

 private:
  std::string rootfs_;
  Fd detached_;
  uint64_t id_ = 0;
};

// Takes away the mount `id` and all on it, if it is still what lies on `rootfs`: what somebody else
// mounted there is left alone.
Status remove_root_mount(const std::string& rootfs, uint64_t id);

}  // namespace container
