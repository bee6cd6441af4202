// Every flag and every command of `rt`. Plain constants: nothing here runs at start-up.
#include "base/strings.h"
#include "runtime/cmd/command.h"

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
     "run as an unprivileged user would (default: auto)"},
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
constexpr Example kSpecExamples[] = {
    {"mkdir -p web/rootfs && rt spec -b web", "a start for a bundle of your own"},
    {"rt spec --rootless", "one that needs no root"},
};
constexpr Example kHelpExamples[] = {{"rt help run", "the same as 'rt run --help'"}};
constexpr Example kCompletionExamples[] = {
    {"eval \"$(rt completion bash)\"", "in ~/.bashrc"},
    {"rt completion fish > ~/.config/fish/completions/rt.fish", "for fish"},
};

constexpr Command kCommands[] = {
    {"create", "ID", "make a container, ready to be started",
     "Makes the container's namespaces, mounts and limits and leaves its program waiting for 'rt "
     "start'.",
     kCreate, kCreateExamples, Order::Anywhere, 1, run_create},
    {"start",
     "ID",
     "start the program of a created container",
     "",
     {},
     kStartExamples,
     Order::Anywhere,
     1,
     run_start},
    {"run", "ID", "create a container, start it and wait for it to end",
     "Signals sent to 'rt run' reach the program. The exit status is the program's, 128 and the "
     "signal's number if a\n"
     "signal ended it, or 1 if the container could not be run.",
     kRun, kRunExamples, Order::Anywhere, 1, run_run},
    {"exec", "ID [COMMAND [ARG...]]", "run another program in a running container",
     "The exit status is the program's, 128 and the signal's number if a signal ended it, or 255 "
     "if it could not be run.\n"
     "What is not given by flags is taken from the process in the container's config.json.",
     kExec, kExecExamples, Order::BeforeFirst, 255, run_exec},
    {"kill", "ID [SIGNAL]", "send a signal to a container (default: TERM)",
     "SIGNAL is a name, with or without SIG and in any case, or a number.", kKill, kKillExamples,
     Order::BeforeFirst, 1, run_kill},
    {"delete", "ID", "remove a container that is stopped, or was never started", "", kDelete,
     kDeleteExamples, Order::Anywhere, 1, run_delete},
    {"pause",
     "ID",
     "freeze every process of a container",
     "",
     {},
     kPauseExamples,
     Order::Anywhere,
     1,
     run_pause},
    {"resume",
     "ID",
     "let a paused container go on",
     "",
     {},
     kResumeExamples,
     Order::Anywhere,
     1,
     run_resume},
    {"state",
     "ID",
     "show the state of a container as JSON",
     "",
     {},
     kStateExamples,
     Order::Anywhere,
     1,
     run_state},
    {"list", "", "list the containers under --root", "", kList, kListExamples, Order::Anywhere, 1,
     run_list},
    {"ps", "ID [PS-ARG...]", "list the processes of a container",
     "The table is that of ps(1), called with the arguments after ID (default: -ef), less the "
     "lines of other processes.",
     kPs, kPsExamples, Order::BeforeFirst, 1, run_ps},
    {"spec", "", "write a config.json to start from", "An existing config.json is not replaced.",
     kSpec, kSpecExamples, Order::Anywhere, 1, run_spec},
    {"help",
     "[COMMAND]",
     "show help for rt or for one command",
     "",
     {},
     kHelpExamples,
     Order::Anywhere,
     1,
     run_help},
    {"completion",
     "bash|zsh|fish",
     "print the completion script of a shell",
     "",
     {},
     kCompletionExamples,
     Order::Anywhere,
     1,
     run_completion},
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
