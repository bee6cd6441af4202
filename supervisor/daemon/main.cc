// rtd: command line -> Daemon -> exit status.
#include <stdio.h>
#include <unistd.h>

#include <span>
#include <string>

#include "base/flags.h"
#include "base/log.h"
#include "base/path.h"
#include "supervisor/daemon/background.h"
#include "supervisor/daemon/daemon.h"
#include "supervisor/protocol/paths.h"

namespace {

using flags::Flag;
using flags::Kind;

constexpr Flag kFlags[] = {
    {"detach", 'd', Kind::Switch, nullptr, "go to the background once the daemon serves"},
    {"dir", 0, Kind::Text, "DIR", "where the daemon keeps socket and monitors (default: /run/rtd)"},
    {"log", 'l', Kind::Text, "FILE", "write the log to FILE (default: stderr)"},
    {"log-format", 0, Kind::Choice, "text|json", "how the log is written (default: text)"},
    {"monitor", 0, Kind::Text, "PROGRAM", "the monitor (default: rtmon beside rtd, or in PATH)"},
    {"operators", 0, Kind::Text, "GROUP", "its members may act on containers that are their own"},
    {"readers", 0, Kind::Text, "GROUP", "its members may look"},
    {"runtime", 0, Kind::Text, "PROGRAM", "the OCI runtime (default: rt beside rtd, or in PATH)"},
    {"socket", 0, Kind::Text, "PATH", "where to listen (default: rtd.sock in --dir)"},
    {"state-dir", 0, Kind::Text, "DIR", "where containers are on record (default: /var/lib/rtd)"},
    {"user", 0, Kind::Switch, nullptr, "a user's own daemon: --dir is $XDG_RUNTIME_DIR/rtd"},
    {"version", 0, Kind::Switch, nullptr, "show the version"},
};

void print_help() {
  printf(
      "rtd: the supervisor daemon: keeps containers and answers questions\n\nusage: rtd "
      "[flags]\n\nflags:\n");
  for (const Flag& flag : kFlags)
    printf("  %-30s  %s\n", flags::flag_label(flag).c_str(), flag.help);
  printf("  %-30s  %s\n", "-h, --help", "show help");
  printf("\nSignals TERM and INT end the daemon; containers go on.\n");
}

int fail(const Error& error) {
  log_error(error);
  return 1;
}

Status open_log(const flags::Parsed& given) {
  LogOptions options;
  options.program = "rtd";
  options.level = LogLevel::Info;
  if (given.given("log")) options.file = absolute_path(given.text("log"));
  if (given.text("log-format") == "json") options.format = LogFormat::Json;
  return log_open(options);
}

// As given; else the one that lies beside this program; else a name, for PATH.
std::string program_of(const flags::Parsed& given, const char* flag, const char* name) {
  std::string program = given.text(flag);
  if (program.find('/') != std::string::npos) return absolute_path(program);
  if (!program.empty()) return program;
  char self[4096];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length <= 0) return name;
  std::string beside = join_path(dir_name({self, static_cast<size_t>(length)}), name);
  return access(beside.c_str(), X_OK) == 0 ? beside : name;
}

Result<rtd::Options> options_of(const flags::Parsed& given) {
  if (!given.args().empty())
    return Error::make(Code::Usage, "expected no argument, got '%s'", given.args()[0].c_str());
  rtd::Options options;
  options.version = RT_VERSION;
  if (given.given("dir")) {
    options.dir = absolute_path(given.text("dir"));
  } else {
    options.dir = given.on("user") ? TRY(protocol::user_dir()) : std::string(protocol::kSystemDir);
  }
  if (given.given("state-dir")) {
    options.state_dir = absolute_path(given.text("state-dir"));
  } else {
    options.state_dir =
        given.on("user") ? TRY(protocol::user_state_dir()) : std::string(protocol::kSystemStateDir);
  }
  options.runtime = program_of(given, "runtime", "rt");
  options.monitor = program_of(given, "monitor", "rtmon");
  if (given.given("socket")) options.socket = absolute_path(given.text("socket"));
  if (given.given("operators"))
    options.operators = TRY_IN("--operators", rtd::find_group(given.text("operators")));
  if (given.given("readers"))
    options.readers = TRY_IN("--readers", rtd::find_group(given.text("readers")));
  return options;
}

int serve(const rtd::Options& options, Fd report) {
  static rtd::Daemon the_daemon(options);
  Status opened = the_daemon.open();
  bool told = static_cast<bool>(report);
  rtd::report_to_caller(&report, opened);
  if (!opened) return told ? 1 : fail(opened.error());
  the_daemon.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  LogOptions to_stderr;
  to_stderr.program = "rtd";
  (void)log_open(to_stderr);  // opens no file, so it cannot fail
  std::span<char* const> args(argv, static_cast<size_t>(argc));
  Result<flags::Parsed> given =
      flags::parse_flags(kFlags, flags::Order::Anywhere, args.empty() ? args : args.subspan(1));
  if (given && given->help()) {
    print_help();
    return 0;
  }
  if (given && given->on("version")) {
    printf("rtd version %s\n", RT_VERSION);
    return 0;
  }
  if (!given) return fail(given.error());
  Status logging = open_log(*given);
  if (!logging) return fail(logging.error());
  Result<rtd::Options> options = options_of(*given);
  if (!options) return fail(options.error());
  if (!given->on("detach")) return serve(*options, Fd());
  Status started =
      rtd::run_in_background([&](Fd report) { return serve(*options, std::move(report)); });
  return started ? 0 : fail(started.error());
}
