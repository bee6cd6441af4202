// Every flag and every command of `rt`. Plain constants: nothing here runs at start-up.
#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "runtime/cmd/table_limits.h"

namespace cmd {

namespace {

constexpr Flag kGlobal[] = {
    {"root", 'r', Kind::Text, "DIR",
     "where the state of containers is kept (default: /run/rt, or $XDG_RUNTIME_DIR/rt)"},
    {"log", 0, Kind::Text, "FILE",
     "append warnings and errors to FILE; errors still go to stderr too"},
    {"log-format", 0, Kind::Choice, "text|json", "how log lines are written (default: text)"},
    {"log-level", 0, Kind::Choice, "error|warning|info|debug",
     "the least important lines to write (default: warning)"},
    {"debug", 0, Kind::Switch, "", "the same as --log-level debug"},
    {"systemd-cgroup", 0, Kind::Switch, "", "the same as --cgroup-manager systemd"},
    {"cgroup-manager", 0, Kind::Choice, "cgroupfs|systemd|disabled",
     "who makes cgroups (default: cgroupfs)"},
    {"rootless", 0, Kind::Choice, "true|false|auto",
     "accepted for compatibility: rt goes by the rights it has"},
    {"timing", 0, Kind::Text, "FILE", "append to FILE, as JSON lines, how long each step took"},
    {"version", 'v', Kind::Switch, "", "show the version and what it is built with"},
};

constexpr Flag kRun[] = {
    {"bundle", 'b', Kind::Text, "DIR",
     "the bundle: config.json and the root filesystem (default: the working directory)"},
    {"config", 'f', Kind::Text, "FILE",
     "read the configuration from FILE (default: config.json of the bundle)"},
    {"console-socket", 0, Kind::Text, "SOCKET",
     "send the terminal's master end to this unix socket"},
    {"pidfd-socket", 0, Kind::Text, "SOCKET",
     "send a pidfd of the container's first process to this unix socket"},
    {"pid-file", 0, Kind::Text, "FILE", "write the pid of the container's first process to FILE"},
    {"no-pivot", 0, Kind::Switch, "",
     "use chroot where pivot_root cannot work (a root on a ramdisk)"},
    {"no-new-keyring", 0, Kind::Switch, "", "let the container use the caller's session keyring"},
    {"preserve-fds", 0, Kind::Number, "N",
     "pass N more file descriptors, from 3 on, to the container"},
    {"no-subreaper", 0, Kind::Switch, "",
     "do not adopt processes that the container leaves behind"},
    {"detach", 'd', Kind::Switch, "", "leave the container running and return"},
    {"keep", 0, Kind::Switch, "", "keep the stopped container, to be removed with 'rt delete'"},
};
// `create` takes what `run` takes, up to where waiting for the container comes in.
constexpr size_t kCreateFlags = 9;
static_assert(std::string_view(kRun[kCreateFlags].name) == "detach");
constexpr std::span<const Flag> kCreate = std::span<const Flag>(kRun).first(kCreateFlags);

constexpr Flag kExec[] = {
    {"process", 'p', Kind::Text, "FILE",
     "read the process to run from FILE, a process object of config.json"},
    {"tty", 't', Kind::Switch, "", "give the process a terminal"},
    {"detach", 'd', Kind::Switch, "", "leave the process running and return"},
    {"user", 'u', Kind::Text, "UID[:GID]", "run as this user (default: the container's)"},
    {"additional-gids", 'g', Kind::List, "GID", "add a supplementary group"},
    {"env", 'e', Kind::List, "NAME=VALUE", "set an environment variable"},
    {"cwd", 0, Kind::Text, "DIR", "start in this directory of the container"},
    {"cap", 'c', Kind::List, "CAP", "add a capability, such as CAP_NET_ADMIN"},
    {"no-new-privs", 0, Kind::Switch, "", "forbid gaining privileges through setuid programs"},
    {"process-label", 0, Kind::Text, "LABEL", "run with this SELinux label"},
    {"apparmor", 0, Kind::Text, "PROFILE", "run with this AppArmor profile"},
    {"cgroup", 0, Kind::List, "[CTRL,..:]PATH", "run in PATH below the container's cgroup"},
    {"console-socket", 0, Kind::Text, "SOCKET",
     "send the terminal's master end to this unix socket"},
    {"pidfd-socket", 0, Kind::Text, "SOCKET", "send a pidfd of the process to this unix socket"},
    {"pid-file", 0, Kind::Text, "FILE", "write the pid of the process to FILE"},
    {"preserve-fds", 0, Kind::Number, "N",
     "pass N more file descriptors, from 3 on, to the process"},
    {"ignore-paused", 0, Kind::Switch, "",
     "start it in a paused container too; it runs after 'rt resume'"},
};

constexpr Flag kKill[] = {
    {"all", 'a', Kind::Switch, "", "signal every process of the container, not only the first"},
};

constexpr Flag kDelete[] = {
    {"force", 'f', Kind::Switch, "",
     "kill it first if it runs; no error if there is no such container"},
};

constexpr Flag kList[] = {
    {"format", 'f', Kind::Choice, "table|json", "how to print (default: table)"},
    {"quiet", 'q', Kind::Switch, "", "print the ids only"},
};

constexpr Flag kPs[] = {
    {"format", 'f', Kind::Choice, "table|json",
     "a table made by ps, or an array of pids (default: table)"},
};

constexpr Flag kSpec[] = {
    {"bundle", 'b', Kind::Text, "DIR", "write to this directory (default: the working directory)"},
    {"rootless", 0, Kind::Switch, "", "for a container run by an unprivileged user: the caller"},
};

constexpr Flag kCheck[] = {
    {"bundle", 'b', Kind::Text, "DIR",
     "the bundle: config.json and the root filesystem (default: the working directory)"},
    {"config", 0, Kind::Text, "FILE",
     "read the configuration from FILE (default: config.json of the bundle)"},
    {"format", 'f', Kind::Choice, "text|json", "how to print (default: text)"},
};
constexpr Flag kPlan[] = {
    {"bundle", 'b', Kind::Text, "DIR",
     "the bundle: config.json and the root filesystem (default: the working directory)"},
    {"config", 0, Kind::Text, "FILE",
     "read the configuration from FILE (default: config.json of the bundle)"},
    {"format", 'f', Kind::Choice, "text|json", "how to print (default: text)"},
    {"no-pivot", 0, Kind::Switch, "", "as for 'rt create'"},
    {"no-new-keyring", 0, Kind::Switch, "", "as for 'rt create'"},
};

constexpr Example kCreateExamples[] = {
    {"rt create -b ./web web", "make it from the bundle ./web"},
    {"rt start web", "and start its program"},
};
constexpr Example kStartExamples[] = {
    {"rt start web", "run the program of a container made by 'rt create'"}};
constexpr Example kRunExamples[] = {
    {"rt run web", "from the bundle in the working directory, until it ends"},
    {"rt run -d --pid-file web.pid -b ./web web", "in the background"},
    {"rt run --keep -b ./web web", "keep it afterwards, for 'rt state web'"},
};
constexpr Example kExecExamples[] = {
    {"rt exec web ps -ef", "flags after the id belong to the program"},
    {"rt exec -t web sh", "a shell on a terminal"},
    {"rt exec -u 1000:1000 -e LANG=C --cwd /tmp web id", "as another user, somewhere else"},
};
constexpr Example kKillExamples[] = {
    {"rt kill web", "ask it to end (TERM)"},
    {"rt kill web KILL", "end it; 9 and SIGKILL are the same"},
};
constexpr Example kDeleteExamples[] = {
    {"rt delete web", "remove a stopped container"},
    {"rt delete --force web", "whatever state it is in, and if it is there at all"},
};
constexpr Example kPauseExamples[] = {{"rt pause web", "until 'rt resume web'"}};
constexpr Example kResumeExamples[] = {{"rt resume web", "go on after 'rt pause web'"}};
constexpr Example kStateExamples[] = {
    {"rt state web", ""},
    {"rt state web | jq -r .status", "creating, created, running, paused or stopped"},
};
constexpr Example kListExamples[] = {
    {"rt list", ""},
    {"rt list -q", "ids, one a line"},
    {"rt list -f json | jq -r '.[].bundle'", "for programs"},
};
constexpr Example kPsExamples[] = {
    {"rt ps web", ""},
    {"rt ps web -o pid,rss,args", "arguments after the id are those of ps"},
    {"rt ps -f json web", "only the pids"},
};
constexpr Example kWaitExamples[] = {
    {"rt wait web", "print its exit status when it has ended"},
};
constexpr Example kGcExamples[] = {{"rt gc", "after a crash, before containers are made again"}};
constexpr Example kSpecExamples[] = {
    {"mkdir -p web/rootfs && rt spec -b web", "a start for a bundle of your own"},
    {"rt spec --rootless", "one that needs no root"},
};
constexpr Example kCheckExamples[] = {
    {"rt check -b ./web", "would it work here?"},
    {"rt check -f json | jq -r '.[].what'", "for programs"},
};
constexpr Example kPlanExamples[] = {
    {"rt plan -b ./web", "what 'rt create -b ./web' and 'rt start' would do"},
    {"rt plan -f json -b ./web | jq -r '.steps[].what'", "for programs"},
};
constexpr Example kFeaturesExamples[] = {{"rt features | jq .linux.seccomp.actions", ""}};
constexpr Example kHelpExamples[] = {{"rt help run", "the same as 'rt run --help'"}};
constexpr Example kCompletionExamples[] = {
    {"eval \"$(rt completion bash)\"", "in ~/.bashrc"},
    {"rt completion fish > ~/.config/fish/completions/rt.fish", "for fish"},
};

constexpr Command kCommands[] = {
    {.name = "create",
     .arguments = "ID",
     .summary = "make a container, ready to be started",
     .about = "Makes the container's namespaces, mounts and limits and leaves its program waiting "
              "for 'rt start'.",
     .flags = kCreate,
     .examples = kCreateExamples,
     .run = run_create},
    {.name = "start",
     .arguments = "ID",
     .summary = "start the program of a created container",
     .examples = kStartExamples,
     .run = run_start},
    {.name = "run",
     .arguments = "ID",
     .summary = "create a container, start it and wait for it to end",
     .about = "Signals sent to 'rt run' reach the program. The exit status is the program's, 128 "
              "and the\n"
              "signal's number if a signal ended it, or 1 if the container could not be run.",
     .flags = kRun,
     .examples = kRunExamples,
     .run = run_run},
    {.name = "exec",
     .arguments = "ID [COMMAND [ARG...]]",
     .summary = "run another program in a running container",
     .about = "The exit status is the program's, 128 and the signal's number if a signal ended it, "
              "or 255 if\n"
              "it could not be run. What no flag says is taken from the process of the container's "
              "config.",
     .flags = kExec,
     .examples = kExecExamples,
     .order = Order::BeforeFirst,
     .failure_status = 255,
     .run = run_exec},
    {.name = "kill",
     .arguments = "ID [SIGNAL]",
     .summary = "send a signal to a container (default: TERM)",
     .about = "SIGNAL is a name, with or without SIG and in any case, or a number.",
     .flags = kKill,
     .examples = kKillExamples,
     .order = Order::BeforeFirst,
     .run = run_kill},
    {.name = "delete",
     .arguments = "ID",
     .summary = "remove a container that is stopped, or was never started",
     .flags = kDelete,
     .examples = kDeleteExamples,
     .run = run_delete},
    {.name = "pause",
     .arguments = "ID",
     .summary = "freeze every process of a container",
     .examples = kPauseExamples,
     .run = run_pause},
    {.name = "resume",
     .arguments = "ID",
     .summary = "let a paused container go on",
     .examples = kResumeExamples,
     .run = run_resume},
    {.name = "update",
     .arguments = "ID",
     .summary = "change the limits of a container that lives",
     .about = "Only what is given changes; device rules never do. If one value is refused, none is "
              "in force.\n"
              "With --resources the other flags have no effect.",
     .flags = kUpdate,
     .examples = kUpdateExamples,
     .run = run_update},
    {.name = "mounts",
     .arguments = "add|remove ID FILE",
     .summary = "mount, or unmount, in a container that lives",
     .about = "FILE has a list of mounts as in config.json; - is stdin. All are made, or none. Of "
              "what is to be removed "
              "the\ndestination counts.",
     .examples = kMountsExamples,
     .run = run_mounts},
    {.name = "events",
     .arguments = "ID",
     .summary = "show what a container uses, and when its memory runs out",
     .about = "One line of JSON for each event, until the container has ended: 'stats' every "
              "interval, 'oom' when\n"
              "the kernel finds no memory for it.",
     .flags = kEvents,
     .examples = kEventsExamples,
     .run = run_events},
    {.name = "state",
     .arguments = "ID",
     .summary = "show the state of a container as JSON",
     .examples = kStateExamples,
     .run = run_state},
    {.name = "list",
     .arguments = "",
     .summary = "list the containers under --root",
     .flags = kList,
     .examples = kListExamples,
     .run = run_list},
    {.name = "ps",
     .arguments = "ID [PS-ARG...]",
     .summary = "list the processes of a container",
     .about = "The table is that of ps(1), called with the arguments after ID (default: -ef), less "
              "the lines\n"
              "of other processes.",
     .flags = kPs,
     .examples = kPsExamples,
     .order = Order::BeforeFirst,
     .run = run_ps},
    {.name = "wait",
     .arguments = "ID",
     .summary = "wait for a container to end and print its exit status",
     .about = "The status is 128 + the signal's number if a signal ended it; 'unknown' if it had "
              "stopped before,\n"
              "or the kernel does not tell.",
     .examples = kWaitExamples,
     .run = run_wait},
    {.name = "gc",
     .arguments = "",
     .summary = "remove what creates that were cut off have left",
     .about = "Prints the ids. Containers that are complete, or being made, are not touched.",
     .examples = kGcExamples,
     .run = run_gc},
    {.name = "spec",
     .arguments = "",
     .summary = "write a config.json to start from",
     .about = "An existing config.json is not replaced.",
     .flags = kSpec,
     .examples = kSpecExamples,
     .run = run_spec},
    {.name = "plan",
     .arguments = "[ID]",
     .summary = "show, step by step, what creating a container would do",
     .about =
         "A dry run: nothing is made. The steps are those that would be executed in the container.",
     .flags = kPlan,
     .examples = kPlanExamples,
     .run = run_plan},
    {.name = "check",
     .arguments = "[ID]",
     .summary = "say what in a bundle would fail on this machine, and why",
     .about = "Makes nothing. Exits with 1 if the container could not be created or started.",
     .flags = kCheck,
     .examples = kCheckExamples,
     .run = run_check},
    {.name = "features",
     .arguments = "",
     .summary = "show what this rt can do, as JSON",
     .examples = kFeaturesExamples,
     .run = run_features},
    {.name = "help",
     .arguments = "[COMMAND]",
     .summary = "show help for rt or for one command",
     .examples = kHelpExamples,
     .run = run_help},
    {.name = "completion",
     .arguments = "bash|zsh|fish",
     .summary = "print the completion script of a shell",
     .examples = kCompletionExamples,
     .run = run_completion},
};

}  // namespace

std::span<const Flag> global_flags() {
  return kGlobal;
}
std::span<const Command> commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

Error unknown_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  std::string near = nearest(name, names);
  Error error = Error::make(Code::Usage, "unknown command '%.*s'", static_cast<int>(name.size()),
                            name.data());
  return std::move(error).with_hint(near.empty() ? "'rt help' lists the commands"
                                                 : "did you mean 'rt " + near + "'?");
}

}  // namespace cmd
