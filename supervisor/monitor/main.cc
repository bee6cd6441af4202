// rtmon: command line -> Monitor -> exit status. With --detach the monitor is a child, and this
// process is gone as soon as it is known how creating (and starting) went.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/flags.h"
#include "base/io.h"
#include "base/path.h"
#include "base/strings.h"
#include "supervisor/monitor/conmon.h"
#include "supervisor/monitor/monitor.h"

namespace {

using flags::Flag;
using flags::Kind;

constexpr int kOwnFailure = 125;  // as Docker: not a status of the container's

constexpr Flag kFlags[] = {
    {"adopt", 0, Kind::Text, "NAMES",
     "take over from a monitor that was killed: descriptors 3, 4, ... are these handles"},
    {"bundle", 'b', Kind::Text, "DIR", "the container's bundle (default: the working directory)"},
    {"detach", 'd', Kind::Switch, nullptr,
     "go to the background once the container is created (started)"},
    {"dir", 0, Kind::Text, "DIR",
     "where the monitor keeps control socket and exit record; required"},
    {"drain-timeout", 0, Kind::Number, "MS",
     "how long to wait for output after the exit (default: 2000)"},
    {"interactive", 'i', Kind::Switch, nullptr,
     "the container reads standard input (default: /dev/null)"},
    {"log", 'l', Kind::Text, "FILE", "where the container's output goes (default: log in --dir)"},
    {"log-format", 0, Kind::Choice, "cri|raw|none", "how it is written (default: cri)"},
    {"log-max-files", 0, Kind::Number, "N",
     "files kept by rotation, the current one included (default: 5)"},
    {"log-max-size", 0, Kind::Text, "BYTES",
     "rotate the log before it gets longer (default: never)"},
    {"remove", 0, Kind::Switch, nullptr, "have the runtime delete the container after its end"},
    {"root", 0, Kind::Text, "DIR", "passed to the runtime"},
    {"runtime", 0, Kind::Text, "PROGRAM", "the OCI runtime (default: rt)"},
    {"runtime-timeout", 0, Kind::Number, "SECONDS",
     "how long one call of the runtime may take (default: 60)"},
    {"start", 's', Kind::Switch, nullptr, "start the container's program at once"},
    {"stdin", 0, Kind::Switch, nullptr,
     "keep the container's standard input open, for clients that attach"},
    {"terminal", 't', Kind::Switch, nullptr,
     "the container has a terminal, as its configuration says"},
    {"version", 0, Kind::Switch, nullptr, "show the version"},
};

void print_help() {
  printf(
      "rtmon: keep one container: its output, its end, its monitor socket\n\nusage: rtmon [flags] "
      "--dir DIR ID\n\nflags:\n");
  for (const Flag& flag : kFlags)
    printf("  %-30s  %s\n", flags::flag_label(flag).c_str(), flag.help);
  printf("  %-30s  %s\n", "-h, --help", "show help");
  printf("\nCalled conmon, by a link, it takes conmon's flags (conmon --help).\n");
  printf(
      "The exit status is the container's, or 128 + N if signal N ended it; 125 is a failure of "
      "rtmon itself.\n");
}

int fail(const Error& error) {
  fprintf(stderr, "rtmon: %s\n", error.text().c_str());
  if (!error.hint.empty()) fprintf(stderr, "hint: %s\n", error.hint.c_str());
  return kOwnFailure;
}

int number_or(const flags::Parsed& given, const char* name, int otherwise) {
  return given.given(name) ? given.number(name) : otherwise;
}

std::string text_or(const flags::Parsed& given, const char* name, const std::string& otherwise) {
  return given.given(name) ? given.text(name) : otherwise;
}

Result<monitor::Options> options_of(const flags::Parsed& given) {
  monitor::Options options;
  if (given.args().size() != 1)
    return Error::make(Code::Usage, "expected one container id").with_hint("see rtmon --help");
  options.id = given.args()[0];
  if (!given.given("dir"))
    return Error::make(Code::Usage, "--dir is missing").with_hint("see rtmon --help");
  options.dir = absolute_path(given.text("dir"));
  options.bundle = absolute_path(text_or(given, "bundle", "."));
  std::string program = text_or(given, "runtime", "rt");
  bool has_path = program.find('/') != std::string::npos;
  options.runtime.program = has_path ? absolute_path(program) : program;
  if (given.given("root")) options.runtime.root = absolute_path(given.text("root"));
  options.log.path = absolute_path(text_or(given, "log", options.dir + "/log"));
  if (given.text("log-format") == "raw") options.log.format = monitor::LogFormat::Raw;
  if (given.text("log-format") == "none") options.log.format = monitor::LogFormat::None;
  options.log.max_files = number_or(given, "log-max-files", 5);
  if (options.log.max_files < 1)
    return Error::make(Code::Usage, "--log-max-files: expected 1 or more");
  if (given.given("log-max-size")) {
    std::optional<uint64_t> size = parse_number<uint64_t>(given.text("log-max-size"));
    if (!size) return Error::make(Code::Usage, "--log-max-size: expected a number of bytes");
    options.log.max_size = *size;
  }
  options.start = given.on("start");
  options.adopt = given.text("adopt");
  options.terminal = given.on("terminal");
  for (const char* other : {"start", "interactive"}) {
    if (options.adopt.empty() || !given.on(other)) continue;
    return Error::make(Code::Usage, "--adopt and --%s exclude each other: the container is there",
                       other);
  }
  if (given.on("interactive")) {
    for (const char* other : {"detach", "stdin", "terminal"}) {
      if (!given.on(other)) continue;
      return Error::make(Code::Usage,
                         "--interactive and --%s exclude each other: the container would read what "
                         "rtmon reads",
                         other)
          .with_hint("use --stdin or --terminal and attach to the control socket");
    }
    options.input = monitor::Options::Input::Ours;
  }
  if (given.on("stdin")) options.input = monitor::Options::Input::Open;
  options.remove = given.on("remove");
  options.drain_ms = number_or(given, "drain-timeout", 2000);
  options.runtime_ms = int64_t{1000} * number_or(given, "runtime-timeout", 60);
  return options;
}

Result<protocol::ExitRecord> monitor_to_end(const monitor::Options& options, Fd* ready) {
  // static: it holds the buffers, too large for a small stack
  static std::optional<monitor::Monitor> the_monitor;
  the_monitor.emplace(options);
  return the_monitor->run(ready);
}

// A session of its own; stdin, stdout and stderr of a process that nobody watches.
Status leave_caller() {
  if (setsid() < 0) return Error::sys("setsid");
  if (chdir("/") < 0) return Error::sys("chdir '/'");
  Fd null = TRY(open_at(AT_FDCWD, "/dev/null", O_RDWR));
  if (dup2(null.get(), STDIN_FILENO) < 0 || dup2(null.get(), STDOUT_FILENO) < 0 ||
      dup2(null.get(), STDERR_FILENO) < 0) {
    return Error::sys("dup2");
  }
  return {};
}

int foreground(const monitor::Options& options) {
  Fd nobody;
  Result<protocol::ExitRecord> end = monitor_to_end(options, &nobody);
  if (!end) return fail(end.error());
  return end->signal != 0 ? 128 + end->signal : end->exit_code;
}

// The child's side of --detach. `report` gets "ok" or the reason; a failure after the "ok" is on
// record in --dir only.
int background(const monitor::Options& options, Fd report) {
  Status left = leave_caller();
  Result<protocol::ExitRecord> end =
      left ? monitor_to_end(options, &report) : Result<protocol::ExitRecord>(left.error());
  if (end) return 0;
  std::string text = end.error().text();
  if (!end.error().hint.empty()) text += "\nhint: " + end.error().hint;
  if (report) (void)write_all(report.get(), text, "the parent");  // which may have gone
  return kOwnFailure;
}

int detach(const monitor::Options& options) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return fail(Error::sys("pipe"));
  Fd from_child(ends[0]), to_parent(ends[1]);
  pid_t pid = fork();
  if (pid < 0) return fail(Error::sys("fork"));
  if (pid == 0) {
    from_child.reset();
    return background(options, std::move(to_parent));
  }
  to_parent.reset();
  Result<std::string> text = read_fd(from_child.get(), "the monitor's report");
  if (!text) return fail(text.error());
  if (*text == "ok") return 0;
  if (text->empty()) *text = "the monitor was killed before the container was ready";
  fprintf(stderr, "rtmon: %s\n", text->c_str());
  return kOwnFailure;
}

}  // namespace

int main(int argc, char** argv) {
  std::span<char* const> args(argv, static_cast<size_t>(argc));
  if (!args.empty() && base_name(args[0]) == "conmon") return monitor::conmon_main(args.subspan(1));
  Result<flags::Parsed> given =
      flags::parse_flags(kFlags, flags::Order::Anywhere, args.empty() ? args : args.subspan(1));
  if (!given) return fail(given.error());
  if (given->help()) {
    print_help();
    return 0;
  }
  if (given->on("version")) {
    printf("rtmon version %s\n", RT_VERSION);
    return 0;
  }
  Result<monitor::Options> options = options_of(*given);
  if (!options) return fail(options.error());
  return given->on("detach") ? detach(*options) : foreground(*options);
}
