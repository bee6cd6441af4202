// `rt create`: a container, complete but for its program. Read top down: each call is a door into
// the file of that name.
#include <linux/sched.h>

#include "runtime/container/console.h"
#include "runtime/container/container.h"
#include "runtime/container/fault.h"
#include "runtime/container/make.h"

namespace container {

namespace {

Status create_from(const Globals& globals, const CreateOptions& options, Blueprint& blueprint) {
  Made made = TRY(make_container(globals, options, blueprint));
  if (made.child.console() >= 0) TRY(send_console(options.console_socket, made.child.console()));
  if (!options.pidfd_socket.empty()) {
    TRY_IN("--pidfd-socket", send_fd(options.pidfd_socket, made.child.pidfd(), "standard"));
  }
  blueprint.record.creating = false;
  TRY(made.dir.save(blueprint.record));  // from here the container exists
  TRY(fault_point("recorded"));
  PidFile pid_file = TRY(PidFile::write(options.pid_file, made.child.pid()));
  TRY(write_timing(globals, made.child.timing()));
  TRY(made.child.go());  // on to the wait for `start`, which outlives us
  pid_file.keep();
  made.keep();
  return {};
}

}  // namespace

Status create(const Globals& globals, const CreateOptions& given) {
  CreateOptions options = given;
  options.preserve_fds = TRY(inherited_fds(given.preserve_fds));
  Blueprint blueprint = TRY(draw(globals, options, true));
  TRY(check_console(options, blueprint.config.process));
  Status created = create_from(globals, options, blueprint);
  if (!created) run_poststop_after_failure(blueprint, created.error());
  return created;
}

}  // namespace container
