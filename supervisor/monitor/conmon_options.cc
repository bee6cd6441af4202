#include "supervisor/monitor/conmon_options.h"

#include "base/flags.h"
#include "base/path.h"
#include "base/strings.h"

namespace monitor {

namespace {

using flags::Flag;
using flags::Kind;

constexpr Flag kFlags[] = {
    {"api-version", 0, Kind::Number, "N", "1: what is written to the pipes is called \"data\""},
    {"bundle", 'b', Kind::Text, "DIR", "the container's bundle (default: the working directory)"},
    {"cid", 'c', Kind::Text, "ID", "the container's id; required"},
    {"conmon-pidfile", 'P', Kind::Text, "FILE", "where the monitor's pid goes"},
    {"container-pidfile", 'p', Kind::Text, "FILE", "where the runtime writes the container's pid"},
    {"cuuid", 'u', Kind::Text, "ID", "the name of the link in --socket-dir-path"},
    {"exec", 'e', Kind::Switch, nullptr,
     "run --exec-process-spec in the container instead of creating one"},
    {"exec-attach", 0, Kind::Switch, nullptr,
     "say when the attach socket is there, and begin when told to"},
    {"exec-process-spec", 0, Kind::Text, "FILE", "the process, as in config.json"},
    {"exit-command", 0, Kind::Text, "PROGRAM", "run at the end"},
    {"exit-command-arg", 0, Kind::List, "ARG", "an argument of it"},
    {"exit-delay", 0, Kind::Number, "SECONDS", "wait before it"},
    {"exit-dir", 0, Kind::Text, "DIR", "where the exit status goes, under the container's id"},
    {"full-attach", 0, Kind::Switch, nullptr,
     "the attach socket is used by its path in the bundle"},
    {"leave-stdin-open", 0, Kind::Switch, nullptr, "a client that goes does not end the input"},
    {"log-level", 0, Kind::Text, "LEVEL", "accepted, without effect"},
    {"log-path", 'l', Kind::List, "DRIVER:PATH", "k8s-file:PATH, journald, or none"},
    {"log-size-max", 0, Kind::Text, "BYTES",
     "rotate the log before it gets longer; one older file is kept"},
    {"log-tag", 0, Kind::Text, "TAG", "what the journal calls the container"},
    {"name", 'n', Kind::Text, "NAME", "the container's name, for the journal"},
    {"no-new-keyring", 0, Kind::Switch, nullptr, "passed to the runtime"},
    {"no-pivot", 0, Kind::Switch, nullptr, "passed to the runtime"},
    {"no-sync-log", 0, Kind::Switch, nullptr, "accepted, without effect"},
    {"persist-dir", '0', Kind::Text, "DIR", "where the exit status goes, as `exit`"},
    {"restore", 0, Kind::Text, "DIR", "restore the container from a checkpoint"},
    {"runtime", 'r', Kind::Text, "PROGRAM", "the OCI runtime; required"},
    {"runtime-arg", 0, Kind::List, "ARG", "passed to the runtime, before the command"},
    {"runtime-opt", 0, Kind::List, "ARG", "passed to the runtime, after the command"},
    {"sdnotify-socket", 0, Kind::Text, "SOCKET",
     "where the container's sd_notify messages are passed on to"},
    {"socket-dir-path", 0, Kind::Text, "DIR", "where a link to the bundle is made"},
    {"stdin", 'i', Kind::Switch, nullptr, "the container reads what attached clients send"},
    {"sync", 0, Kind::Switch, nullptr, "stay the caller's child"},
    {"syslog", 0, Kind::Switch, nullptr, "accepted, without effect"},
    {"systemd-cgroup", 's', Kind::Switch, nullptr, "passed to the runtime"},
    {"terminal", 't', Kind::Switch, nullptr, "the container has a terminal"},
    {"timeout", 'T', Kind::Number, "SECONDS", "kill the container after that time"},
    {"version", 0, Kind::Switch, nullptr, "show the version of conmon that this stands for"},
};

Status require(const flags::Parsed& given, const char* flag) {
  if (!given.text(flag).empty()) return {};
  return Error::make(Code::Usage, "--%s is missing", flag);
}

ConmonSetting setting_of(const flags::Parsed& given, const std::string& bundle) {
  ConmonSetting setting;
  setting.cid = given.text("cid");
  setting.cuuid = given.text("cuuid");
  setting.bundle = bundle;
  setting.exit_dir = given.text("exit-dir");
  setting.persist_dir = given.text("persist-dir");
  setting.socket_dir = given.text("socket-dir-path");
  setting.sdnotify_socket = given.text("sdnotify-socket");
  setting.conmon_pid_file = given.text("conmon-pidfile");
  if (given.given("exit-command")) {
    setting.exit_command = given.list("exit-command-arg");
    setting.exit_command.insert(setting.exit_command.begin(), given.text("exit-command"));
  }
  setting.exit_delay = given.number("exit-delay");
  setting.api_version = given.number("api-version");
  setting.exec = given.on("exec");
  setting.exec_attach = given.on("exec-attach");
  setting.full_attach = given.on("full-attach");
  setting.leave_stdin_open = given.on("leave-stdin-open");
  setting.sync = given.on("sync");
  return setting;
}

Status check(const flags::Parsed& given) {
  TRY(require(given, "cid"));
  TRY(require(given, "runtime"));
  if (given.on("exec")) TRY(require(given, "exec-process-spec"));
  if (given.on("exec") && given.given("restore"))
    return Error::make(Code::Usage, "--exec and --restore exclude each other");
  if (given.on("exec-attach") && !given.on("exec"))
    return Error::make(Code::Usage, "--exec-attach goes with --exec");
  if (given.on("exec-attach") && given.number("api-version") < 1) {
    return Error::make(Code::Usage, "--exec-attach needs --api-version 1");
  }
  if ((!given.on("exec") || given.number("api-version") > 0)) TRY(require(given, "cuuid"));
  return {};
}

}  // namespace

Status parse_log_path(const std::string& text, LogOptions* log, bool* journal) {
  size_t colon = text.find(':');
  std::string driver = colon == std::string::npos ? "" : text.substr(0, colon);
  std::string path = colon == std::string::npos ? text : text.substr(colon + 1);
  if (colon == std::string::npos && (text == "none" || text == "off" || text == "null" ||
                                     text == "journald" || text == "passthrough")) {
    std::swap(driver, path);
  }
  if (driver == "none" || driver == "off" || driver == "null") return {};
  if (driver == "journald") {
    *journal = true;
    return {};
  }
  if (!driver.empty() && driver != "k8s-file" && driver != "json-file") {
    return Error::make(Code::Unsupported, "log driver '%s' is not supported", driver.c_str())
        .with_hint("use k8s-file, journald or none");
  }
  if (path.empty()) return Error::make(Code::Usage, "--log-path: '%s' names no file", text.c_str());
  if (log->format != LogFormat::None)
    return Error::make(Code::Unsupported, "--log-path: more than one file is not supported");
  log->format = LogFormat::Cri;
  log->path = absolute_path(path);
  return {};
}

Result<ConmonCommand> parse_conmon(std::span<char* const> args) {
  flags::Parsed given = TRY(flags::parse_flags(kFlags, flags::Order::Anywhere, args));
  ConmonCommand command;
  if (given.help()) command.what = ConmonCommand::What::Help;
  if (given.on("version")) command.what = ConmonCommand::What::Version;
  if (command.what != ConmonCommand::What::Monitor) return command;
  TRY(check(given));
  Options& options = command.options;
  options.id = given.text("cid");
  options.bundle = absolute_path(given.given("bundle") ? given.text("bundle") : ".");
  options.dir = options.bundle + "/rtmon";
  options.conmon = setting_of(given, options.bundle);
  options.runtime.program = given.text("runtime");
  options.runtime.args = given.list("runtime-arg");
  if (given.on("systemd-cgroup") && !given.on("exec"))
    options.runtime.args.insert(options.runtime.args.begin(), "--systemd-cgroup");
  options.pid_file = absolute_path(
      given.given("container-pidfile") ? given.text("container-pidfile") : "pidfile-" + options.id);
  if (given.on("exec")) options.exec_process = absolute_path(given.text("exec-process-spec"));
  if (given.given("restore")) options.restore_from = absolute_path(given.text("restore"));
  for (const char* flag : {"no-pivot", "no-new-keyring"}) {
    if (given.on(flag) && !given.on("exec"))
      options.create_opts.push_back(std::string("--") + flag);
  }
  for (const std::string& opt : given.list("runtime-opt")) options.create_opts.push_back(opt);
  options.terminal = given.on("terminal");
  if (given.on("stdin")) options.input = Options::Input::Open;
  options.timeout_ms = int64_t{1000} * given.number("timeout");
  // who is left when the first process has gone was not waited for by conmon either
  options.drain_ms = 300;
  options.log.format = LogFormat::None;
  bool journal = false;
  for (const std::string& path : given.list("log-path"))
    TRY(parse_log_path(path, &options.log, &journal));
  if (journal) {
    options.journal.emplace();
    options.journal->id = options.id;
    options.journal->name = given.text("name");
    options.journal->tag = given.text("log-tag");
  }
  options.log.max_files = 2;
  if (given.given("log-size-max")) {
    std::optional<int64_t> size = parse_number<int64_t>(given.text("log-size-max"));
    if (!size) return Error::make(Code::Usage, "--log-size-max: expected a number of bytes");
    options.log.max_size = static_cast<uint64_t>(std::max<int64_t>(*size, 0));  // -1: no limit
  }
  return command;
}

std::string conmon_help() {
  std::string text =
      "conmon, as rtmon: keep one container, or one program in it, for podman or CRI-O\n\nusage: "
      "conmon [flags]\n\nflags:\n";
  for (const Flag& flag : kFlags)
    text += format("  %-34s  %s\n", flags::flag_label(flag).c_str(), flag.help);
  return text + format("  %-34s  %s\n", "-h, --help", "show help");
}

}  // namespace monitor
