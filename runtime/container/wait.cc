// `rt wait`: until the container's first process has ended.

#include <sys/wait.h>

#include "base/process_exit.h"
#include "runtime/container/container.h"
#include "runtime/container/open.h"

namespace container {

// Neither the lock nor the state directory is held while waiting: the container can be started,
// changed and deleted.
Result<std::optional<int>> wait(const Globals& globals, const std::string& id) {
  std::optional<Fd> process;
  pid_t pid = 0;
  {
    Opened opened = TRY(open_container(globals, id));
    if (opened.status == spec::ContainerStatus::Creating) {
      return Error::make(Code::ContainerState, "container is still being created")
          .with_hint("try again when 'rt create' has returned");
    }
    pid = opened.record.init.pid;
    process = TRY(open_process(opened.record.init));
  }
  if (!process) return std::optional<int>();
  std::optional<int> status = TRY(sys::wait_for_exit(process->get(), pid));
  if (!status) return std::optional<int>();
  return std::optional<int>(WIFSIGNALED(*status) ? 128 + WTERMSIG(*status) : WEXITSTATUS(*status));
}

}  // namespace container
