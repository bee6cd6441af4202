// The mount calls of Linux 5.2 and 5.12 as plain functions that set errno; glibc has them since
// 2.36, as functions that a build against older headers would lack. Everything they open is
// close-on-exec.
#pragma once

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace sys {

inline int open_tree(int dirfd, const char* path, unsigned flags) {
  return static_cast<int>(::syscall(SYS_open_tree, dirfd, path, flags | OPEN_TREE_CLOEXEC));
}
inline int fsopen(const char* type) {
  return static_cast<int>(::syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}
inline int fsconfig(int fs_fd, unsigned command, const char* key, const void* value) {
  return static_cast<int>(::syscall(SYS_fsconfig, fs_fd, command, key, value, 0));
}
inline int fsmount(int fs_fd, uint64_t attributes) {
  return static_cast<int>(::syscall(SYS_fsmount, fs_fd, FSMOUNT_CLOEXEC, attributes));
}

// An unattached mount onto a target, both by descriptor.
inline int move_mount(int mount_fd, int target_fd) {
  return static_cast<int>(::syscall(SYS_move_mount, mount_fd, "", target_fd, "",
                                    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}
// MOUNT_ATTR_* to set and to clear; `propagation`: MS_SHARED and the like, or 0.
inline int set_mount_attributes(int mount_fd, uint64_t set, uint64_t clear, uint64_t propagation,
                                bool recursive) {
  struct {
    uint64_t set, clear, propagation, userns_fd;
  } attr = {set, clear, propagation, 0};
  unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u);
  return static_cast<int>(::syscall(SYS_mount_setattr, mount_fd, "", flags, &attr, sizeof attr));
}

// MOUNT_ATTR_IDMAP: the ids of the user namespace become those of the mount, and with `tree` of all
// mounts below it.
inline int map_mount_ids(int mount_fd, int user_namespace_fd, bool tree) {
  struct {
    uint64_t set, clear, propagation, userns_fd;
  } attr = {MOUNT_ATTR_IDMAP, 0, 0, static_cast<uint64_t>(user_namespace_fd)};
  unsigned flags = AT_EMPTY_PATH | (tree ? AT_RECURSIVE : 0u);
  return static_cast<int>(::syscall(SYS_mount_setattr, mount_fd, "", flags, &attr, sizeof attr));
}

}  // namespace sys
