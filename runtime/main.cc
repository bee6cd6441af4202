// rt: argv -> command -> exit status. The only place that prints an error and picks an exit status.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <span>

#include "base/log.h"
#include "runtime/cmd/dispatch.h"

namespace {

// A caller may have closed stdin, stdout or stderr. The next file opened would get that number, and
// an error message would be written into it.
Status keep_standard_fds() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is `fd`: those below are open.
    if (open("/dev/null", O_RDWR) < 0) return Error::sys("open '/dev/null'");
  }
  return {};
}

// Ignored by the caller, it is ignored here, too: the kernel then reaps our children before we can
// ask how they ended.
void keep_children() {
  (void)signal(SIGCHLD, SIG_DFL);
}  // cannot fail

Result<int> rt(std::span<char* const> args, cmd::Invocation* call) {
  TRY(keep_standard_fds());
  keep_children();
  return cmd::dispatch(args, call);
}

}  // namespace

int main(int argc, char** argv) {
  cmd::Invocation call;
  std::span<char* const> args(argv, static_cast<size_t>(argc));
  Result<int> status = rt(args.empty() ? args : args.subspan(1), &call);
  if (status) return *status;
  log_error(status.error());
  return call.command != nullptr ? call.command->failure_status : 1;
}
