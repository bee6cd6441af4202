#include "runtime/cmd/command.h"
#include "runtime/container/container.h"

namespace cmd {

Result<int> run_delete(const Invocation& call) {
  TRY(container::remove(call.globals, call.id, call.flags.on("force")));
  return 0;
}

}  // namespace cmd
