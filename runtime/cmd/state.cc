#include <unistd.h>

#include "runtime/cmd/command.h"
#include "runtime/cmd/output.h"
#include "runtime/container/container.h"

namespace cmd {

Result<int> run_state(const Invocation& call) {
  container::Info info = TRY(container::state(call.globals, call.id));
  info.owner.clear();  // as runc: only `list` says whose it is
  std::string text = state_json(info, "  ");
  if (isatty(STDOUT_FILENO) == 1)
    text += '\n';  // runc prints none, and some reader may count on it
  return print(text);
}

}  // namespace cmd
