#include "base/path.h"
#include "runtime/cmd/create_options.h"
#include "runtime/container/container.h"

namespace cmd {

std::string absolute_or_empty(const std::string& path) {
  return path.empty() ? path : absolute_path(path);
}

container::CreateOptions create_options(const Invocation& call) {
  const Parsed& flags = call.flags;
  container::CreateOptions options;
  options.id = call.id;
  options.bundle = absolute_path(flags.text("bundle"));
  options.config_file = absolute_or_empty(flags.text("config"));
  options.console_socket = absolute_or_empty(flags.text("console-socket"));
  options.pidfd_socket = absolute_or_empty(flags.text("pidfd-socket"));
  options.pid_file = absolute_or_empty(flags.text("pid-file"));
  options.no_pivot = flags.on("no-pivot");
  options.no_new_keyring = flags.on("no-new-keyring");
  options.preserve_fds = flags.number("preserve-fds");
  options.no_subreaper = flags.on("no-subreaper");
  return options;
}

Result<int> run_create(const Invocation& call) {
  TRY(container::create(call.globals, create_options(call)));
  return 0;
}

}  // namespace cmd
