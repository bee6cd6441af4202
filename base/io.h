// Reading and writing whole files, relative to a directory fd (AT_FDCWD: the working directory).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

// openat with O_CLOEXEC added; the error names call and path.
Result<Fd> open_at(int dirfd, const char* path, int flags, mode_t mode = 0);

// All of it, up to `limit` bytes; more than that is an error.
Result<std::string> read_file(int dirfd, const char* path, size_t limit = 16 << 20);
Result<std::string> read_fd(int fd, const char* name_for_errors, size_t limit = 16 << 20);

// Loops over short writes and EINTR.
Status write_all(int fd, std::string_view data, const char* name_for_errors);

// One write() to a file that is there (O_WRONLY, no create, no truncate): kernel files of /proc,
// /sys and cgroups.
Status write_kernel_file(int dirfd, const char* path, std::string_view data);

// Readers see the old content or the new, never half: temporary file, then rename. Mode is exact
// (umask ignored). Synced: the new content is on the disk once this returned, whole, whatever
// happens to the machine.
enum class Durable : unsigned char { Written, Synced };
Status write_file_atomic(int dirfd, const char* path, std::string_view data, mode_t mode,
                         Durable durable = Durable::Written);
