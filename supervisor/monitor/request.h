// A request as a client of the control socket writes it; see control.h for what each means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace monitor {

enum class Verb : unsigned char {
  Start,
  Signal,
  Rotate,
  Reopen,
  Status,
  Stop,
  Wait,
  Attach,
  Resize,
  CloseStdin,
  Exec,
  Execs,
  Handles
};

struct Request {
  Verb verb = Verb::Status;
  int signal = 0;
  int64_t grace_ms = 0;
  uint16_t columns = 0, rows = 0;
  bool wait = false, once = false;  // of attach
  std::string name;                 // of the exec that is meant; "": the container
  bool terminal = false, input = false, attach = false;  // of exec
};

Result<Request> parse_request(std::string_view text);

}  // namespace monitor
