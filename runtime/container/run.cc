// `rt run`: create and start in one, and without --detach also the wait and the delete.
#include <sys/prctl.h>

#include <optional>

#include "base/log.h"
#include "runtime/container/console.h"
#include "runtime/container/container.h"
#include "runtime/container/foreground.h"
#include "runtime/container/hooks.h"
#include "runtime/container/make.h"
#include "runtime/container/notify.h"

namespace container {

namespace {

struct Started {
  pid_t pid;
  Fd pidfd, console;
  std::optional<NotifyProxy> notify;
};

Status run_poststart(const Blueprint& blueprint) {
  if (!blueprint.config.hooks) return {};
  return run_hooks(blueprint.config.hooks->poststart, "poststart",
                   state_of(blueprint.record, spec::ContainerStatus::Running));
}

// When this returns the program runs, and the container is on its own: other commands find it.
Result<Started> start_from(const Globals& globals, const CreateOptions& options,
                           Blueprint& blueprint) {
  Made made = TRY(make_container(globals, options, blueprint));
  if (!options.console_socket.empty())
    TRY(send_console(options.console_socket, made.child.console()));
  if (!options.pidfd_socket.empty()) {
    TRY_IN("--pidfd-socket", send_fd(options.pidfd_socket, made.child.pidfd(), "standard"));
  }
  blueprint.record.creating = false;
  TRY(made.dir.save(blueprint.record));
  PidFile pid_file = TRY(PidFile::write(options.pid_file, made.child.pid()));
  if (!options.detach && made.child.console() >= 0) {  // before the program asks, or writes
    copy_size(made.child.console());
    TRY(plain_newlines(made.child.console()));
  }
  // before the program can say anything
  std::optional<NotifyProxy> notify = TRY(NotifyProxy::open(made.dir.fd()));
  TRY(made.child.go());
  TRY(made.child.run_until_exec());
  TRY(write_timing(globals, made.child.timing()));
  TRY(run_poststart(blueprint));
  Started out = {made.child.pid(), made.child.take_pidfd(), Fd(), std::move(notify)};
  if (!options.detach) out.console = made.child.take_console();
  pid_file.keep();
  made.keep();
  return out;
}

// The container goes whatever the wait says; its exit status counts before a failed clean-up.
Result<int> wait_and_delete(const Globals& globals, const CreateOptions& options,
                            Foreground& foreground, Started started) {
  Result<int> status = foreground.wait(started.pid, started.pidfd.get(), std::move(started.console),
                                       started.notify ? &*started.notify : nullptr);
  if (options.keep && status) return status;
  Status removed = remove(globals, options.id, true);
  if (!status) return status;
  if (!removed) log_warning("delete after run: %s, ignoring", removed.error().text().c_str());
  return status;
}

}  // namespace

Result<int> run(const Globals& globals, const CreateOptions& given) {
  CreateOptions options = given;
  options.preserve_fds = TRY(inherited_fds(given.preserve_fds));
  std::optional<Foreground> foreground;
  if (!options.detach) {
    foreground.emplace();
    // What the container's processes leave behind when there is no pid namespace to end them.
    // from Linux 3.4: cannot fail
    if (!options.no_subreaper) (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  Blueprint blueprint = TRY(draw(globals, options, false));
  TRY(check_console(options, blueprint.config.process));
  Result<Started> started = start_from(globals, options, blueprint);
  if (!started) {
    run_poststop_after_failure(blueprint, started.error());
    return std::move(started).error();
  }
  if (options.detach) {
    if (started->notify) TRY(started->notify->pass_until_ready(started->pid, started->pidfd.get()));
    return 0;
  }
  return wait_and_delete(globals, options, *foreground, *std::move(started));
}

}  // namespace container
