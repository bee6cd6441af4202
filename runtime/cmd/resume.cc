#include "runtime/cmd/command.h"
#include "runtime/container/container.h"

namespace cmd {

Result<int> run_resume(const Invocation& call) {
  TRY(container::resume(call.globals, call.id));
  return 0;
}

}  // namespace cmd
