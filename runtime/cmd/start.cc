#include "runtime/cmd/command.h"
#include "runtime/container/container.h"

namespace cmd {

Result<int> run_start(const Invocation& call) {
  TRY(container::start(call.globals, call.id));
  return 0;
}

}  // namespace cmd
