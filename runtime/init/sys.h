// What init needs of a libc: typed system calls and four string functions. Every call returns >= 0,
// or -errno.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "runtime/linux/raw_syscall.h"
#include "runtime/plan/steps.h"

namespace init {

using raw::arg;
using raw::call;

constexpr int kPathMax = 4096;

// Closes what it holds at the end of the scope. Same shape as base/fd.h, which is not available
// here.
class File {
 public:
  File() = default;
  explicit File(long fd) : fd_(static_cast<int>(fd)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File(File&& other) noexcept : fd_(other.release()) {}
  ~File() {
    if (fd_ >= 0) call(__NR_close, fd_);
  }
  int get() const { return fd_; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(long fd) {
    if (fd_ >= 0) call(__NR_close, fd_);
    fd_ = static_cast<int>(fd);
  }
  bool ok() const { return fd_ >= 0; }
  long error() const { return fd_; }  // -errno, when !ok()

 private:
  int fd_ = -1;
};

inline long openat(int dirfd, const char* path, int flags, int mode = 0) {
  return call(__NR_openat, dirfd, arg(path), flags | O_CLOEXEC, mode);
}
inline long openat2(int dirfd, const char* path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {flags | O_CLOEXEC, 0, resolve};
  return call(__NR_openat2, dirfd, arg(path), arg(&how), sizeof how);
}
inline long open_tree(int dirfd, const char* path, unsigned flags) {
  return call(__NR_open_tree, dirfd, arg(path), flags | OPEN_TREE_CLOEXEC);
}
// Attaches the (detached or attached) mount `mount_fd` on top of what `target_fd` is open on.
inline long move_mount(int mount_fd, int target_fd) {
  return call(__NR_move_mount, mount_fd, arg(""), target_fd, arg(""),
              MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

// The kernel's own struct stat, from <asm/stat.h>, is what these fill; glibc's has the same layout
// on 64-bit machines.
inline long stat_fd(int fd, struct stat* out) {
  return call(__NR_newfstatat, fd, arg(""), arg(out), AT_EMPTY_PATH);
}
inline long stat_at(int dirfd, const char* path, struct stat* out, int flags) {
  return call(__NR_newfstatat, dirfd, arg(path), arg(out), flags);
}
long fs_magic(int fd);  // f_type of fstatfs, or -errno

inline size_t length(const char* s) {
  size_t n = 0;
  while (s[n] != 0) n++;
  return n;
}
inline bool equal(const char* a, const char* b) {
  while (*a != 0 && *a == *b) a++, b++;
  return *a == *b;
}
inline void copy(char* to, const char* from, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = from[i];
}
template <class T>
const T* at(plan::Address address) {
  return reinterpret_cast<const T*>(address);
}
inline const char* text(plan::Address address) {
  return at<char>(address);
}

// "/proc/self/fd/N": the host's procfs, until pivot_root. Only for calls that have no form with a
// descriptor.
struct FdPath {
  explicit FdPath(int fd);
  char path[32];
};

// --- the run of the plan
// ----------------------------------------------------------------------------------------------

struct Run {
  const plan::Header* header;
  // where failures go: the sync socket, after start the connection of `rt start`
  int report_fd;
  uint32_t step;       // the one being executed
  const char* chosen;  // FindExe's answer
  // The kernel's or a hook's own words on a failure, sent along with it.
  char detail[512];
  size_t detail_size;
};
extern Run run;

// The plan's segment is a private mapping, so this array is ours to write.
inline int& slot(int64_t index) {
  plan::Address array = index < plan::kFirstOwnSlot ? run.header->slot_fds : run.header->own_slots;
  return reinterpret_cast<int*>(array)[index % plan::kFirstOwnSlot];
}
inline int root() {
  return slot(run.header->root_slot);
}

// channel.cc
long send(plan::Kind kind, int32_t value, const char* bytes = nullptr, size_t size = 0, int fd = -1,
          uint64_t nanoseconds = 0);
// 0, or -errno; end of file (the parent died) ends init
long wait_go();
long wait_text(char* buffer, size_t size);  // length
[[noreturn]] void fail(long error);         // Message Failed, exit
[[noreturn]] void quit(int status);

// walk.cc Opens `path` (O_PATH) as a process whose root is root() would see it, without ever
// leaving that root.
long open_in_root(const char* path, uint32_t target_flags);
// The same, making what is missing: directories 0755, and the last component of `kind`.
long make_in_root(const char* path, plan::TargetKind kind, uint32_t target_flags);
// That again for a path which open_in_root() has just not found.
long create_in_root(const char* path, plan::TargetKind kind, uint32_t target_flags);
// Opens (making it if need be) the directory that holds `path`, and points `name` at the last
// component.
long parent_in_root(const char* path, const char** name);

// mount.cc
long target_of(const plan::Target& target, plan::TargetKind kind_if_missing);
long set_attr(int mount_fd, const plan::MountAttr& attr, bool recursive, bool attached);
long set_propagation(int mount_fd, const uint32_t* flags);
long open_root(const plan::RootArgs& args);
long mount_new(const plan::MountNewArgs& args);
long mount_bind(const plan::MountBindArgs& args);
long mount_set(const plan::MountSetArgs& args);
long move_root();

// proc.cc
long open_proc(const plan::ProcArgs& args);
long write_proc(const plan::WriteProcArgs& args);

// user_namespace.cc
long make_user_namespace(const plan::UserNamespaceArgs& args);

// copy_up.cc
long copy_up(int from_dir, int to_dir);

// node.cc
long make_dir(const plan::PathArgs& args);
long make_device(const plan::DeviceArgs& args);
long make_symlink(const plan::SymlinkArgs& args);
long copy_symlink(const char* path, const char* target);  // what is there already must be the same

// mask.cc
long mask(const plan::PathArgs& args);
void close_mask_sources();  // what mask() keeps from one call to the next
long make_readonly(const plan::PathArgs& args);

// console.cc
long open_console(const plan::ConsoleArgs& args);
long fix_stdio(const plan::FixStdioArgs& args);

// hook.cc
long run_hook(const plan::HookArgs& args);

// program.cc
long fetch_home();
long change_dir(const plan::PathArgs& args);
long find_exe(const plan::FindExeArgs& args);
long await_start(const plan::AwaitArgs& args);
long load_seccomp(const plan::SeccompArgs& args);
long close_fds(const plan::CloseFdsArgs& args);
long reset_signals();
long exec_program(const plan::ExecArgs& args);

}  // namespace init
