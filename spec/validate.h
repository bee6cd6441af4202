// What the spec demands of a configuration as a document, beyond types: nothing here looks at the
// machine or at a bundle.
//
// Rules that need to know the kernel, the caller or the other side of a path (is it a directory? is
// that namespace private?) belong to whoever acts on the property.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "spec/config.h"

namespace spec {

struct Violation {
  std::string pointer;  // JSON pointer to the value that breaks the rule, or would if it were there
  std::string message;
  Code code = Code::ConfigInvalid;
};

// The first rule broken, if any. Each also checks all that is inside.
std::optional<Violation> find_violation(const Config& config);
std::optional<Violation> find_violation(const Process& process);
std::optional<Violation> find_violation(const Resources& resources);

// The same as a Status, for what did not come from a text: "/process/cwd: must be an absolute
// path".
template <class T>
Status validate(const T& value) {
  if (std::optional<Violation> violation = find_violation(value)) {
    std::string where = violation->pointer.empty() ? "" : violation->pointer + ": ";
    return Error::make(violation->code, "%s%s", where.c_str(), violation->message.c_str());
  }
  return {};
}

}  // namespace spec
