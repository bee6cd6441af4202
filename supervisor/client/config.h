// From the flags of `run` and `create`, which are podman's, to a config.json.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/flags.h"
#include "spec/config.h"

namespace client {

// The flags that make a configuration; rest of `run`'s are in table.cc.
inline constexpr flags::Flag kConfigFlags[] = {
    {"rootfs", 0, flags::Kind::Text, "DIR", "the root file system (without --bundle)"},
    {"cap-add", 0, flags::Kind::List, "CAP", "a capability more, or ALL"},
    {"cap-drop", 0, flags::Kind::List, "CAP", "a capability less, or ALL"},
    {"cpus", 0, flags::Kind::Text, "N", "how many CPUs' time it may use, such as 1.5"},
    {"env", 'e', flags::Kind::List, "NAME=VALUE",
     "an environment variable; NAME alone: with the value it has here"},
    {"hostname", 0, flags::Kind::Text, "NAME", "its host name (default: the container's id)"},
    {"memory", 'm', flags::Kind::Text, "SIZE", "limit memory, such as 512m"},
    {"network", 0, flags::Kind::Choice, "none|host",
     "its own, with a loopback device alone, or the host's (default: none)"},
    {"pids-limit", 0, flags::Kind::Number, "N", "limit processes and threads"},
    {"read-only", 0, flags::Kind::Switch, nullptr,
     "nothing can be written in the root file system"},
    {"tmpfs", 0, flags::Kind::List, "DIR[:OPTIONS]", "mount a tmpfs there"},
    {"tty", 't', flags::Kind::Switch, nullptr, "give it a terminal"},
    {"user", 'u', flags::Kind::Text, "UID[:GID]",
     "who its program runs as, by numbers (default: 0:0)"},
    {"volume", 'v', flags::Kind::List, "DIR:DIR[:OPTIONS]",
     "mount a directory or file of the host's; ro: read-only"},
    {"workdir", 'w', flags::Kind::Text, "DIR", "its working directory (default: /)"},
};

// `args`: the program and its arguments. `id`: becomes the host name.
Result<spec::Config> make_config(const flags::Parsed& given, const std::vector<std::string>& args,
                                 const std::string& id, bool cgroup_v2);

// "1.5": digits, and maybe a point and more digits; nothing else.
std::optional<double> parse_decimal(std::string_view text);

// "512m", "1.5g": bytes, units of 1024.
std::optional<int64_t> parse_size(std::string_view text);

}  // namespace client
