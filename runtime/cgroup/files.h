// The files of a cgroup directory: one short text each, read and written whole.
//
// Errors are Code::CgroupFailed and name the whole path. A missing file is Code::Unsupported and
// carries no errno: engines look for "no such file or directory" in our errors and take it to mean
// that the container's program is missing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace cgroup {

// One write(). The kernel takes or refuses a value as a whole.
Status write_value(const std::string& dir, const char* name, std::string_view value);
Status write_number(const std::string& dir, const char* name, uint64_t value);
Status write_signed(const std::string& dir, const char* name, int64_t value);
// False if there is no such file.
Result<bool> write_if_there(const std::string& dir, const char* name, std::string_view value);

// Without white space at the ends; nothing if there is no such file or directory.
Result<std::optional<std::string>> read_value(const std::string& dir, const char* name);
// A file that has to be there.
Result<std::string> read_required(const std::string& dir, const char* name);
// The same for a number; v2's "max" is the largest there is.
Result<uint64_t> read_number(const std::string& dir, const char* name);

bool file_exists(const std::string& dir, const char* name);

// The words of `text`, separated by blanks or line ends, contain `word`.
bool has_word(std::string_view text, std::string_view word);

// EPERM, EACCES, EROFS: what is in the way of who is not root.
bool is_permission(int errnum);

}  // namespace cgroup
