#include "runtime/cgroup/systemd.h"

namespace cgroup {

Result<Location> locate_systemd(const Host&, const LocateOptions&) {
  return Error::make(Code::Unsupported, "the systemd cgroup manager is not supported by this build")
      .with_hint(
          "leave out --systemd-cgroup (or --cgroup-manager systemd) to use cgroupfs, and give "
          "cgroupsPath as a path");
}

}  // namespace cgroup
