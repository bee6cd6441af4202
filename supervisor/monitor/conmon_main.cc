// rtmon under the name of conmon. The process that was started ends as soon as there is a child
// that goes on.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <optional>

#include "base/io.h"
#include "base/strings.h"
#include "supervisor/monitor/conmon_options.h"
#include "supervisor/monitor/monitor.h"

namespace monitor {

namespace {

int fail(const Error& error) {
  fprintf(stderr, "conmon: %s\n", error.text().c_str());
  if (!error.hint.empty()) fprintf(stderr, "hint: %s\n", error.hint.c_str());
  return 1;
}

Status leave_caller() {
  if (setsid() < 0) return Error::sys("setsid");
  Fd null = TRY(open_at(AT_FDCWD, "/dev/null", O_RDWR));
  if (dup2(null.get(), STDIN_FILENO) < 0 || dup2(null.get(), STDOUT_FILENO) < 0 ||
      dup2(null.get(), STDERR_FILENO) < 0) {
    return Error::sys("dup2");
  }
  return {};
}

int monitor_to_end(const Options& options, Conmon* conmon) {
  static std::optional<Monitor> the_monitor;  // static: it holds the buffers
  Status left = leave_caller();
  Fd nobody;
  the_monitor.emplace(options, conmon);
  Result<protocol::ExitRecord> end =
      left ? the_monitor->run(&nobody) : Result<protocol::ExitRecord>(left.error());
  if (!end) conmon->failed(end.error());
  conmon->run_exit_command();
  return end ? 0 : 1;
}

Status write_pid(const ConmonSetting& setting, pid_t pid) {
  if (setting.conmon_pid_file.empty()) return {};
  return write_file_atomic(AT_FDCWD, setting.conmon_pid_file.c_str(), std::to_string(pid), 0644);
}

}  // namespace

int conmon_main(std::span<char* const> args) {
  Result<ConmonCommand> command = parse_conmon(args);
  if (!command) return fail(command.error());
  if (command->what == ConmonCommand::What::Help) {
    printf("%s", conmon_help().c_str());
    return 0;
  }
  if (command->what == ConmonCommand::What::Version) {
    printf("conmon version 2.1.6\ncommit: rtmon\n");
    return 0;
  }
  const ConmonSetting& setting = *command->options.conmon;
  Conmon conmon(setting);
  Status ready = conmon.take_environment();
  if (!ready) return fail(ready.error());
  pid_t pid = setting.sync ? 0 : fork();
  if (pid < 0) return fail(Error::sys("fork"));
  if (pid == 0) return monitor_to_end(command->options, &conmon);
  Status written = write_pid(setting, pid);
  return written ? 0 : fail(written.error());
}

}  // namespace monitor
