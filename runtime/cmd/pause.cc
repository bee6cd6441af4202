#include "runtime/cmd/command.h"
#include "runtime/container/container.h"

namespace cmd {

Result<int> run_pause(const Invocation& call) {
  TRY(container::pause(call.globals, call.id));
  return 0;
}

}  // namespace cmd
