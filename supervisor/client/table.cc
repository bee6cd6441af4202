#include "supervisor/client/command.h"
#include "supervisor/client/config.h"

namespace client {

namespace {

using flags::Flag;
using flags::Kind;
using flags::Order;

constexpr Flag kGlobal[] = {
    {"dir", 0, Kind::Text, "DIR",
     "the daemon's directory (default: /run/rtd, or $XDG_RUNTIME_DIR/rtd)"},
    {"no-autostart", 0, Kind::Switch, nullptr, "start no daemon if none answers"},
    {"state-dir", 0, Kind::Text, "DIR", "passed to a daemon that is started"},
    {"version", 0, Kind::Switch, nullptr, "show the version"},
};

constexpr Flag kMakeFlags[] = {
    {"bundle", 'b', Kind::Text, "DIR",
     "a bundle with a config.json (without --rootfs and what goes with it)"},
    {"interactive", 'i', Kind::Switch, nullptr, "keep its standard input open"},
    {"label", 'l', Kind::List, "NAME=VALUE", "a label"},
    {"log-format", 0, Kind::Choice, "cri|raw", "how its log is written (default: cri)"},
    {"log-max-files", 0, Kind::Number, "N", "log files kept by rotation (default: 5)"},
    {"log-max-size", 0, Kind::Text, "SIZE",
     "rotate the log before it gets longer (default: never)"},
    {"name", 0, Kind::Text, "NAME", "what to call it (default: 16 random digits)"},
    {"restart", 0, Kind::Text, "POLICY",
     "no, on-failure[:N], unless-stopped or always (default: no)"},
    {"rm", 0, Kind::Switch, nullptr, "remove it when it has ended"},
    {"stop-signal", 0, Kind::Text, "SIGNAL", "what stop sends (default: TERM)"},
    {"stop-timeout", 0, Kind::Number, "SECONDS",
     "how long stop waits before it kills (default: 10)"},
};
constexpr size_t kMakeCount = std::size(kMakeFlags) + std::size(kConfigFlags);

// The flags of `create`, and of `run` with one more.
template <size_t N>
constexpr auto joined(const Flag (&more)[N]) {
  struct {
    Flag flags[kMakeCount + N];
  } all{};
  size_t n = 0;
  for (const Flag& flag : kMakeFlags) all.flags[n++] = flag;
  for (const Flag& flag : kConfigFlags) all.flags[n++] = flag;
  for (const Flag& flag : more) all.flags[n++] = flag;
  return all;
}
constexpr Flag kDetach[] = {
    {"detach", 'd', Kind::Switch, nullptr, "leave it in the background and print its id"}};
constexpr Flag kWeak[] = {{"quiet", 'q', Kind::Switch, nullptr, "do not print the id"}};
constexpr auto kRun = joined(kDetach);
constexpr auto kCreate = joined(kWeak);

constexpr Flag kFormat[] = {
    {"format", 'f', Kind::Choice, "json|table", "how to show it (default: table)"}};
constexpr Flag kPs[] = {
    {"all", 'a', Kind::Switch, nullptr, "those that do not run, too"},
    {"format", 'f', Kind::Choice, "json|table", "how to show it (default: table)"},
    {"quiet", 'q', Kind::Switch, nullptr, "ids alone"},
};
constexpr Flag kEvents[] = {
    {"format", 'f', Kind::Choice, "json|table", "how to show them (default: table)"},
    {"no-follow", 0, Kind::Switch, nullptr, "those there are, and end"},
    {"since", 0, Kind::Text, "N", "those after number N, then what happens"},
};
constexpr Flag kStop[] = {
    {"signal", 's', Kind::Text, "SIGNAL", "what to send first (default: the container's own)"},
    {"time", 't', Kind::Number, "SECONDS",
     "how long to wait before KILL (default: the container's own)"},
};
constexpr Flag kRestart[] = {{"time", 't', Kind::Number, "SECONDS",
                              "how long to wait before KILL (default: the container's own)"}};
constexpr Flag kKill[] = {{"signal", 's', Kind::Text, "SIGNAL", "what to send (default: KILL)"}};
constexpr Flag kRm[] = {{"force", 'f', Kind::Switch, nullptr, "kill it first if it runs"}};
constexpr Flag kLogs[] = {
    {"follow", 'f', Kind::Switch, nullptr, "go on until it has ended"},
    {"tail", 'n', Kind::Number, "N", "the last N lines alone (default: all)"},
    {"timestamps", 't', Kind::Switch, nullptr, "with the time of each line"},
};

constexpr Command kCommands[] = {
    {"attach",
     "CONTAINER",
     "join its input and output; ctrl-p ctrl-q leaves a terminal",
     {},
     Order::Anywhere,
     125,
     run_attach},
    {"create", "[COMMAND [ARG...]]", "make a container", kCreate.flags, Order::BeforeFirst, 125,
     run_create},
    {"events", "", "what happens, as it happens", kEvents, Order::Anywhere, 1, run_events},
    {"info", "", "the daemon, and how it is", kFormat, Order::Anywhere, 1, run_info},
    {"inspect",
     "CONTAINER...",
     "all that is known of containers, as JSON",
     {},
     Order::Anywhere,
     1,
     run_inspect},
    {"kill", "CONTAINER...", "send a signal", kKill, Order::Anywhere, 1, run_kill},
    {"logs", "CONTAINER", "what it has printed", kLogs, Order::Anywhere, 1, run_logs},
    {"pause", "CONTAINER...", "freeze its processes", {}, Order::Anywhere, 1, run_pause},
    {"ps", "", "the containers", kPs, Order::Anywhere, 1, run_ps},
    {"restart", "CONTAINER...", "stop and start", kRestart, Order::Anywhere, 1, run_restart},
    {"resume", "CONTAINER...", "go on after a pause", {}, Order::Anywhere, 1, run_resume},
    {"rm", "CONTAINER...", "remove what has ended, with its log", kRm, Order::Anywhere, 1, run_rm},
    {"run", "[COMMAND [ARG...]]", "make a container, start it, and join its output", kRun.flags,
     Order::BeforeFirst, 125, run_run},
    {"start",
     "CONTAINER...",
     "start what was created or has ended",
     {},
     Order::Anywhere,
     1,
     run_start},
    {"stop", "CONTAINER...", "end it, by KILL if need be", kStop, Order::Anywhere, 1, run_stop},
    {"wait",
     "CONTAINER...",
     "until it has ended; prints the status",
     {},
     Order::Anywhere,
     1,
     run_wait},
};

}  // namespace

std::span<const Flag> global_flags() {
  return kGlobal;
}
std::span<const Command> commands() {
  return kCommands;
}

}  // namespace client
