#include "base/path.h"
#include "base/strings.h"
#include "runtime/cmd/create_options.h"
#include "runtime/container/container.h"

namespace cmd {

namespace {

// The whole text is UID or UID:GID in decimal; anything else could run the process as somebody
// nobody meant (CVE-2026-30892). 2^32-1 is no id: to the kernel it means "do not change".
bool is_user(std::string_view text) {
  auto is_id = [](std::string_view part) {
    std::optional<uint32_t> id = parse_number<uint32_t>(part);
    return id && *id != UINT32_MAX;
  };
  size_t colon = text.find(':');
  if (colon == std::string_view::npos) return is_id(text);
  return is_id(text.substr(0, colon)) && is_id(text.substr(colon + 1));
}

Status read_user(const Parsed& flags, container::ExecOptions* options) {
  if (flags.given("user")) {
    std::string user = flags.text("user");
    if (!is_user(user)) {
      return Error::make(Code::Usage, "invalid --user '%s': expected UID or UID:GID", user.c_str())
          .with_hint("names are not looked up: give numbers, such as 1000:1000");
    }
    options->user = user;
  }
  for (const std::string& text : flags.list("additional-gids")) {
    std::optional<uint32_t> gid = parse_number<uint32_t>(text);
    if (!gid || *gid == UINT32_MAX) {
      return Error::make(Code::Usage, "invalid --additional-gids '%s': expected a number",
                         text.c_str())
          .with_hint("group names are not looked up; give the flag once for each group");
    }
    options->additional_gids.push_back(*gid);
  }
  return {};
}

Status read_env(const Parsed& flags, container::ExecOptions* options) {
  options->env = flags.list("env");
  for (const std::string& entry : options->env) {
    size_t equals = entry.find('=');
    if (equals == std::string::npos) {
      return Error::make(Code::Usage, "invalid environment variable: missing '=' in '%s'",
                         entry.c_str())
          .with_hint("--env takes NAME=VALUE; to pass one of yours: -e " + shell_quote(entry) +
                     "=\"$NAME\"");
    }
    if (equals == 0) {
      return Error::make(Code::Usage,
                         "invalid environment variable: name missing before '=' in '%s'",
                         entry.c_str())
          .with_hint("--env takes NAME=VALUE");
    }
  }
  return {};
}

// With --process the file says what to run and whether on a terminal, as in runc; container/ checks
// that case.
Status check_process(const Parsed& flags, const container::ExecOptions& options) {
  if (!options.process_file.empty()) return {};
  if (flags.given("process")) {
    return Error::make(Code::Usage, "--process needs the name of a file")
        .with_hint("or leave it out and give a command");
  }
  if (options.args.empty()) {
    return Error::make(Code::Usage, "missing argument: COMMAND")
        .with_hint("say what to run: rt exec " + options.id +
                   " COMMAND [ARG...], or give --process");
  }
  if (options.tty && options.detach && options.console_socket.empty()) {
    return Error::make(Code::Usage,
                       "cannot allocate tty if rt will detach without setting console socket")
        .with_hint("give --console-socket, or leave out --tty or --detach");
  }
  if (!options.console_socket.empty() && !(options.tty && options.detach)) {
    return Error::make(Code::Usage,
                       "cannot use console socket if rt will not detach or allocate tty")
        .with_hint("--console-socket goes with --tty and --detach");
  }
  return {};
}

std::optional<std::string> if_given(const Parsed& flags, const char* name) {
  if (!flags.given(name)) return std::nullopt;
  return flags.text(name);
}

Result<container::ExecOptions> exec_options(const Invocation& call) {
  const Parsed& flags = call.flags;
  container::ExecOptions options;
  options.id = call.id;
  options.args = call.rest;
  options.process_file = absolute_or_empty(flags.text("process"));
  options.cwd = if_given(flags, "cwd");
  options.process_label = if_given(flags, "process-label");
  options.apparmor = if_given(flags, "apparmor");
  options.caps = flags.list("cap");
  options.cgroups = flags.list("cgroup");
  options.console_socket = absolute_or_empty(flags.text("console-socket"));
  options.pidfd_socket = absolute_or_empty(flags.text("pidfd-socket"));
  options.pid_file = absolute_or_empty(flags.text("pid-file"));
  options.tty = flags.on("tty");
  options.detach = flags.on("detach");
  if (flags.given("no-new-privs")) options.no_new_privs = flags.on("no-new-privs");
  options.ignore_paused = flags.on("ignore-paused");
  options.preserve_fds = flags.number("preserve-fds");
  if (options.cwd && !is_absolute(*options.cwd)) {
    return Error::make(Code::Usage, "invalid --cwd '%s': must be an absolute path",
                       options.cwd->c_str())
        .with_hint("it is a path in the container, such as /tmp");
  }
  TRY(read_user(flags, &options));
  TRY(read_env(flags, &options));
  TRY(check_process(flags, options));
  return options;
}

}  // namespace

Result<int> run_exec(const Invocation& call) {
  Result<container::ExecOptions> options = exec_options(call);
  if (!options) return std::move(options).error().in("exec failed");
  return container::exec(call.globals, *options);
}

}  // namespace cmd
