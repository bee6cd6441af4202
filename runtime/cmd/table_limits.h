// Flags and examples of the commands about a container's limits and what it uses: part of table.cc.
#pragma once

#include "runtime/cmd/command.h"

namespace cmd {

inline constexpr Flag kUpdate[] = {
    {"resources", 'r', Kind::Text, "FILE",
     "read the limits from FILE, a resources object of config.json (-: from stdin)"},
    {"memory", 0, Kind::Text, "SIZE", "limit memory, such as 512m (-1: no limit)"},
    {"memory-reservation", 0, Kind::Text, "SIZE", "memory that is taken back last (-1: all)"},
    {"memory-swap", 0, Kind::Text, "SIZE", "limit memory and swap together (-1: no limit)"},
    {"cpu-shares", 0, Kind::Text, "N", "CPU time relative to others: 2 to 262144, 1024 is usual"},
    {"cpu-share", 0, Kind::Text, "N", "the same as --cpu-shares"},
    {"cpu-quota", 0, Kind::Text, "USEC", "CPU time in each period (-1: no limit)"},
    {"cpu-period", 0, Kind::Text, "USEC", "the length of a period"},
    {"cpu-burst", 0, Kind::Text, "USEC", "CPU time saved up for use beyond the quota"},
    {"cpu-idle", 0, Kind::Text, "0|1", "1: run only when nothing else wants to"},
    {"cpu-rt-period", 0, Kind::Text, "USEC", "the period for real-time scheduling (cgroup v1)"},
    {"cpu-rt-runtime", 0, Kind::Text, "USEC", "real-time CPU time in it (cgroup v1)"},
    {"cpuset-cpus", 0, Kind::Text, "LIST", "the CPUs that may be used, such as 0-2,7"},
    {"cpuset-mems", 0, Kind::Text, "LIST", "the memory nodes that may be used"},
    {"pids-limit", 0, Kind::Text, "N", "limit processes and threads (-1: no limit)"},
    {"blkio-weight", 0, Kind::Text, "N", "disk time relative to others: 10 to 1000"},
    {"l3-cache-schema", 0, Kind::Text, "SCHEMA", "Intel RDT: parts of the L3 cache"},
    {"mem-bw-schema", 0, Kind::Text, "SCHEMA", "Intel RDT: memory bandwidth"},
    {"kernel-memory", 0, Kind::Text, "SIZE", "obsolete: has no effect"},
    {"kernel-memory-tcp", 0, Kind::Text, "SIZE", "obsolete: has no effect"},
};
inline constexpr Example kUpdateExamples[] = {
    {"rt update --memory 512m --memory-swap 1g web", "half a gigabyte, and as much swap"},
    {"rt update --cpu-quota 50000 --cpu-period 100000 web", "half a CPU"},
    {"echo '{\"pids\": {\"limit\": 100}}' | rt update -r - web", "from JSON"},
};

inline constexpr Example kMountsExamples[] = {
    {"rt mounts add web mounts.json", "more mounts, as in config.json"},
    {"echo '[{\"destination\": \"/data\"}]' | rt mounts remove web -", "one less"},
};

inline constexpr Flag kEvents[] = {
    {"interval", 0, Kind::Text, "TIME",
     "how often to show what it uses, such as 100ms or 1m30s (default: 5s)"},
    {"stats", 0, Kind::Switch, "", "show what it uses once, and return"},
};
inline constexpr Example kEventsExamples[] = {
    {"rt events --stats web", "what it has used so far"},
    {"rt events --interval 1s web", "a line every second, and one for each lack of memory"},
    {"rt events --interval 24h web | grep -m 1 '\"oom\"'", "return when its memory runs out"},
};

}  // namespace cmd
