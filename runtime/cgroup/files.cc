#include "runtime/cgroup/files.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"

namespace cgroup {
namespace {

std::string path_of(const std::string& dir, const char* name) {
  return dir + "/" + name;
}

Error missing(const std::string& dir, const char* name) {
  if (::access(dir.c_str(), F_OK) < 0) {
    return Error::make(Code::CgroupFailed, "cgroup '%s' does not exist", dir.c_str())
        .with_hint("it was removed by somebody else, or never made");
  }
  return Error::make(Code::Unsupported, "cgroup '%s' has no file '%s'", dir.c_str(), name)
      .with_hint("this kernel does not have that control, or its controller is not enabled there");
}

// ENODEV: the cgroup was removed while the file was open. Or, to a write into a file that is still
// there, that the device it is about does not exist (io.max).
bool is_missing(int errnum, const std::string& dir, const char* name) {
  return errnum == ENOENT || (errnum == ENODEV && !file_exists(dir, name));
}

Error explain(Error error, const std::string& dir, const char* name) {
  if (is_missing(error.errnum, dir, name)) return missing(dir, name);
  return std::move(error).as(Code::CgroupFailed);
}

}  // namespace

Status write_value(const std::string& dir, const char* name, std::string_view value) {
  std::string path = path_of(dir, name);
  Status written = write_kernel_file(AT_FDCWD, path.c_str(), value);
  if (!written) return explain(std::move(written).error(), dir, name);
  return {};
}

Status write_number(const std::string& dir, const char* name, uint64_t value) {
  return write_value(dir, name, std::to_string(value));
}

Status write_signed(const std::string& dir, const char* name, int64_t value) {
  return write_value(dir, name, std::to_string(value));
}

Result<bool> write_if_there(const std::string& dir, const char* name, std::string_view value) {
  std::string path = path_of(dir, name);
  Status written = write_kernel_file(AT_FDCWD, path.c_str(), value);
  if (written) return true;
  if (is_missing(written.error().errnum, dir, name)) return false;
  return std::move(written).error().as(Code::CgroupFailed);
}

Result<std::optional<std::string>> read_value(const std::string& dir, const char* name) {
  std::string path = path_of(dir, name);
  Result<std::string> text = read_file(AT_FDCWD, path.c_str());
  if (text) return std::optional<std::string>(trim(*text));
  if (is_missing(text.error().errnum, dir, name)) return std::optional<std::string>();
  return std::move(text).error().as(Code::CgroupFailed);
}

Result<std::string> read_required(const std::string& dir, const char* name) {
  std::optional<std::string> text = TRY(read_value(dir, name));
  if (!text) return missing(dir, name);
  return *std::move(text);
}

Result<uint64_t> read_number(const std::string& dir, const char* name) {
  std::string text = TRY(read_required(dir, name));
  if (text == "max") return UINT64_MAX;
  std::optional<uint64_t> value = parse_number<uint64_t>(text);
  if (!value) {
    return Error::make(Code::CgroupFailed, "'%s/%s': expected a number, found '%s'", dir.c_str(),
                       name, text.c_str());
  }
  return *value;
}

bool file_exists(const std::string& dir, const char* name) {
  return ::access(path_of(dir, name).c_str(), F_OK) == 0;
}

bool has_word(std::string_view text, std::string_view word) {
  constexpr std::string_view kBlanks = " \t\n";
  while (!text.empty()) {
    size_t end = text.find_first_of(kBlanks);
    if (text.substr(0, end) == word) return true;
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return false;
}

bool is_permission(int errnum) {
  return errnum == EPERM || errnum == EACCES || errnum == EROFS;
}

}  // namespace cgroup
