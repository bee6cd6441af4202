// A request as a client of the control socket writes it; see control.h for what each means.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace monitor {

enum class Verb : unsigned char { Start, Signal, Rotate, Reopen, Status, Stop, Wait, Attach, Resize, CloseStdin };

struct Request {
  Verb verb;
  int signal = 0;
  int64_t grace_ms = 0;
  uint16_t columns = 0, rows = 0;
  bool wait = false, once = false;  // of attach
};

Result<Request> parse_request(std::string_view text);

}  // namespace monitor
