// The v2 side of device rules: a program attached to the cgroup.

#include <fcntl.h>

#include "base/io.h"
#include "base/log.h"
#include "runtime/cgroup/device_program.h"
#include "runtime/cgroup/devices.h"
#include "runtime/cgroup/files.h"
#include "runtime/linux/bpf.h"
#include "runtime/linux/user_namespace.h"

namespace cgroup {
namespace {

// One that is there is replaced in one step, so that there is no moment without or with both;
// kernels before 5.6 (EINVAL) and several of them (not our doing) take the new one first and lose
// the old ones after. All must allow, so both at once only means less.
Status attach(int cgroup_fd, int program_fd) {
  std::vector<uint32_t> ids = TRY(sys::cgroup_device_programs(cgroup_fd));
  std::vector<Fd> old;
  for (uint32_t id : ids) {
    Result<Fd> program = sys::open_bpf_program(id);
    if (!program && program.error().errnum == ENOENT) continue;  // detached meanwhile
    old.push_back(TRY(std::move(program)));
  }
  if (old.size() == 1) {
    Status replaced = sys::attach_cgroup_device_program(cgroup_fd, program_fd, old[0].get());
    if (replaced || replaced.error().errnum != EINVAL) return replaced;
  }
  TRY(sys::attach_cgroup_device_program(cgroup_fd, program_fd, -1));
  for (const Fd& program : old) TRY(sys::detach_cgroup_device_program(cgroup_fd, program.get()));
  return {};
}

Status load_and_attach(const std::string& dir, const std::vector<spec::DeviceRule>& rules) {
  Fd cgroup = TRY(open_at(AT_FDCWD, dir.c_str(), O_RDONLY | O_DIRECTORY));
  Fd program = TRY(sys::load_cgroup_device_program(compile_device_program(rules)));
  return attach(cgroup.get(), program.get());
}

}  // namespace

Status set_device_program(const std::string& dir, const std::vector<spec::DeviceRule>& rules) {
  Status done = load_and_attach(dir, rules);
  if (done) return {};
  Error error = std::move(done).error().in("cgroup '" + dir + "'");
  if (error.code == Code::System) error.code = Code::CgroupFailed;
  bool forbidden = error.errnum == EPERM || error.errnum == EACCES;
  // Whoever has no rights to it can make no container outside of a user namespace, and there are no
  // device nodes inside one.
  if (!forbidden || sys::is_machine_root()) return error;
  log_info("device rules: %s, ignoring", error.text().c_str());
  return {};
}

}  // namespace cgroup
