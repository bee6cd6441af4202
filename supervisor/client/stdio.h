// A container's stdio, as a monitor hands it out (supervisor/monitor/control.h, "Attached"), joined
// to ours.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace client {

struct Session {
  bool input = false;     // our stdin is the container's
  bool terminal = false;  // the container has one: ours goes raw if it is one, ctrl-p ctrl-q detach
  std::function<void(int)> signal;  // passes one on
  std::function<void(int columns, int rows)> resize;
};

// Until the container has ended or the user detached. The status as a shell has it; nothing after
// detaching. `started` is called once the terminal is as it should be, and its error ends the
// session.
Result<std::optional<int>> join_stdio(Fd container, const Session& session,
                                      const std::function<Status()>& started);

// What of `typed` goes to the container, and whether the keys to detach (ctrl-p ctrl-q) came.
// `held` remembers a ctrl-p.
std::string take_typed(std::string_view typed, bool* held, bool* detach);

// The status in an exit record: the code, or 128 + signal.
Result<int> status_in(std::string_view exit_record);

}  // namespace client
