// linux.resources.unified: files of v2 by name, written as they stand (config-linux.md, "Unified").

#include "base/strings.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/v2.h"

namespace cgroup::v2 {
namespace {

Status check_name(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return Error::make(Code::ConfigInvalid, "'%s' must be the name of a file, without '/'",
                       name.c_str());
  }
  size_t dot = name.find('.');
  if (dot == 0 || dot == std::string::npos || dot + 1 == name.size()) {
    return Error::make(Code::ConfigInvalid, "'%s' must be of the form CONTROLLER.PARAMETER",
                       name.c_str());
  }
  return {};
}

// A file that is missing, or that we may not create, as the kernel sees the attempt.
Error explain(Error error, const std::string& dir, const std::string& name) {
  std::string controller = name.substr(0, name.find('.'));
  Result<std::string> has = read_required(dir, "cgroup.controllers");
  if (controller != "cgroup" && has && !has_word(*has, controller)) {
    return Error::make(Code::Unsupported, "'%s' cannot be set: controller '%s' is not available",
                       name.c_str(), controller.c_str())
        .with_hint("the cgroup has: " + (has->empty() ? std::string("none") : *has));
  }
  return std::move(error).in(name);
}

}  // namespace

// Line by line: the kernel takes one setting a write.
Status set_unified(const std::string& dir, const spec::StringMap& unified) {
  for (const auto& [name, value] : unified) {
    TRY(check_name(name));
    for (std::string_view line : split(value, '\n')) {
      if (line.empty() && value.find('\n') != std::string::npos) continue;  // a line end at the end
      Status written = write_value(dir, name.c_str(), line);
      if (written) continue;
      if (written.error().errnum == 0 || written.error().errnum == EACCES ||
          written.error().errnum == EPERM)
        return explain(std::move(written).error(), dir, name);
      return std::move(written).error().in(name);
    }
  }
  return {};
}

}  // namespace cgroup::v2
