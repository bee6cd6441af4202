#include "runtime/cmd/create_options.h"
#include "runtime/container/container.h"

namespace cmd {

Result<int> run_run(const Invocation& call) {
  container::CreateOptions options = create_options(call);
  options.detach = call.flags.on("detach");
  options.keep = call.flags.on("keep");
  // Whether a detached container has a terminal is for its configuration to say: container/ checks
  // that.
  if (!options.console_socket.empty() && !options.detach) {
    return Error::make(Code::Usage,
                       "cannot use console socket if rt will not detach or allocate tty")
        .with_hint("add --detach, or leave out --console-socket");
  }
  return container::run(call.globals, options);
}

}  // namespace cmd
