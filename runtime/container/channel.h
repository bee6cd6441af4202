// The parent's end of the conversation with init: packets of plan::Message, see plan/steps.h.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/plan/steps.h"

namespace container {

struct Packet {
  plan::Message message;
  std::string text;
  Fd file;
};

Status send_packet(int fd, plan::Kind kind, std::string_view text = {});
// Nothing at end of file: the other side is gone, or has become the program (died_as_init() tells).
Result<std::optional<Packet>> receive_packet(int fd);

// After the end of file: whether the process ended as init instead of becoming the program. A
// filter can refuse the very message that would say why. False also when the process is reaped
// already, by whoever its parent is.
bool died_as_init(pid_t pid);

}  // namespace container
