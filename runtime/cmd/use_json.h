// What a container has used as JSON: the lines of `rt events`, in runc's words (its types/events.go
// is what go-runc reads).
#pragma once

#include <string>

#include "runtime/container/container.h"

namespace cmd {

// {"type":"stats","id":"web","data":{...}}, on one line with its end. `use` nullptr:
// {"type":"oom","id":"web"}.
std::string event_json(const std::string& id, const container::Use* use);

}  // namespace cmd
