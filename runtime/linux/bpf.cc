#include "runtime/linux/bpf.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/strings.h"

namespace sys {
namespace {

long bpf(int command, bpf_attr* attr) {
  return ::syscall(SYS_bpf, command, attr, sizeof(*attr));
}

uint64_t address(const void* pointer) {
  return reinterpret_cast<uintptr_t>(pointer);
}

bpf_attr empty_attr() {
  bpf_attr attr;
  std::memset(&attr, 0,
              sizeof(attr));  // the kernel refuses what is not zero in parts it does not know
  return attr;
}

int load(const std::vector<bpf_insn>& program, char* log, uint32_t log_size) {
  bpf_attr attr = empty_attr();
  attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attr.insn_cnt = static_cast<uint32_t>(program.size());
  attr.insns = address(program.data());
  attr.license = address("Apache-2.0");  // no GPL-only helper is called
  std::strcpy(attr.prog_name, "rt_devices");
  attr.log_buf = address(log);
  attr.log_size = log_size;
  attr.log_level = log_size != 0 ? 1 : 0;
  return static_cast<int>(bpf(BPF_PROG_LOAD, &attr));
}

// For as long as it lives, as much memory may be locked as we may set.
class RaisedMemlock {
 public:
  RaisedMemlock() {
    if (::getrlimit(RLIMIT_MEMLOCK, &before_) < 0) return;
    rlimit raised = {RLIM_INFINITY, RLIM_INFINITY};
    raised_ = ::setrlimit(RLIMIT_MEMLOCK, &raised) == 0;
  }
  RaisedMemlock(const RaisedMemlock&) = delete;
  RaisedMemlock& operator=(const RaisedMemlock&) = delete;
  ~RaisedMemlock() {
    if (raised_) (void)::setrlimit(RLIMIT_MEMLOCK, &before_);  // lowering is always allowed
  }

 private:
  rlimit before_ = {};
  bool raised_ = false;
};

// The verifier's log ends with the reason and then statistics.
std::string last_words(const char* log) {
  std::string_view text = trim(log);
  constexpr size_t kEnough = 400;
  return std::string(text.substr(text.size() > kEnough ? text.size() - kEnough : 0));
}

}  // namespace

Result<Fd> load_cgroup_device_program(const std::vector<bpf_insn>& program) {
  Fd fd(load(program, nullptr, 0));
  if (!fd && errno == EPERM) {
    RaisedMemlock raised;
    fd.reset(load(program, nullptr, 0));
  }
  if (fd) return fd;
  Error error = Error::sys("load a BPF device program of %zu instructions", program.size());
  if (error.errnum == EPERM) return std::move(error).as(Code::PermissionDenied);
  std::string log(16384, '\0');
  Fd again(load(program, log.data(), static_cast<uint32_t>(log.size())));
  if (again) return again;
  if (log[0] != '\0') error.hint = "the kernel's verifier says: " + last_words(log.c_str());
  return error;
}

Result<std::vector<uint32_t>> cgroup_device_programs(int cgroup_fd) {
  std::vector<uint32_t> ids(16);
  for (;;) {
    bpf_attr attr = empty_attr();
    attr.query.target_fd = static_cast<uint32_t>(cgroup_fd);
    attr.query.attach_type = BPF_CGROUP_DEVICE;
    attr.query.prog_ids = address(ids.data());
    attr.query.prog_cnt = static_cast<uint32_t>(ids.size());
    if (bpf(BPF_PROG_QUERY, &attr) == 0) {
      ids.resize(attr.query.prog_cnt);
      return ids;
    }
    if (errno != ENOSPC) return Error::sys("ask for the BPF device programs of a cgroup");
    ids.resize(ids.size() * 2);
  }
}

Result<Fd> open_bpf_program(uint32_t id) {
  bpf_attr attr = empty_attr();
  attr.prog_id = id;
  Fd fd(static_cast<int>(bpf(BPF_PROG_GET_FD_BY_ID, &attr)));
  if (!fd) return Error::sys("open BPF program %u", id);
  return fd;
}

Status attach_cgroup_device_program(int cgroup_fd, int program_fd, int replaced_fd) {
  bpf_attr attr = empty_attr();
  attr.target_fd = static_cast<uint32_t>(cgroup_fd);
  attr.attach_bpf_fd = static_cast<uint32_t>(program_fd);
  attr.attach_type = BPF_CGROUP_DEVICE;
  // MULTI: those of the cgroups above stay in force, and those below may add theirs.
  attr.attach_flags = BPF_F_ALLOW_MULTI;
  if (replaced_fd >= 0) {
    attr.attach_flags |= BPF_F_REPLACE;
    attr.replace_bpf_fd = static_cast<uint32_t>(replaced_fd);
  }
  if (bpf(BPF_PROG_ATTACH, &attr) < 0) return Error::sys("attach a BPF device program to a cgroup");
  return {};
}

Status detach_cgroup_device_program(int cgroup_fd, int program_fd) {
  bpf_attr attr = empty_attr();
  attr.target_fd = static_cast<uint32_t>(cgroup_fd);
  attr.attach_bpf_fd = static_cast<uint32_t>(program_fd);
  attr.attach_type = BPF_CGROUP_DEVICE;
  if (bpf(BPF_PROG_DETACH, &attr) < 0)
    return Error::sys("detach a BPF device program from a cgroup");
  return {};
}

}  // namespace sys
