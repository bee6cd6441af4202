// How a container ended, as its monitor leaves it in exit.json: the one piece of news that may
// never be lost or guessed.
//
// The file appears whole or not at all, and has reached the disk when it appears. It is one JSON
// object on one line:
//
//   {"v":1,"id":"web","pid":4711,"exitCode":3,"signal":null,"coreDumped":false,"oomKills":0,
//    "createdAt":"...","startedAt":"...","exitedAt":"...","drain":"complete","log":{"bytes":10,"lostBytes":0,"lostLines":0}}
//
// Of exitCode and signal exactly one is a number; neither, if the monitor that was the parent was
// killed and the kernel tells nobody else. oomKills is how many processes of the container's cgroup
// the kernel killed for want of memory, null where no counter could be read. startedAt is null for
// a container that ended before it was started. drain is "timeout" when other processes still held
// stdout or stderr open and their output was not awaited.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace protocol {

struct ExitRecord {
  std::string id;
  pid_t pid = 0;
  int exit_code = 0;  // of a process that exited
  int signal = 0;     // or the signal that ended it; 0: none did
  bool core_dumped = false;
  bool unknown = false;  // nobody was told how it ended: neither of them
  std::optional<uint64_t> oom_kills;
  std::string created_at, started_at, exited_at;  // RFC 3339; started_at may be empty
  bool drained = true;
  uint64_t log_bytes = 0;                   // in the current log file
  uint64_t lost_bytes = 0, lost_lines = 0;  // of the container's output, that no log could take
};

std::string to_json(const ExitRecord& record);  // with the newline

// How a further program in the container ended (exec/NAME.json), the same way:
//
//   {"v":1,"id":"web","exec":"probe","pid":4720,"exitCode":0,"signal":null,"coreDumped":false,
//    "startedAt":"...","exitedAt":"...","drain":"complete"}
struct ExecRecord {
  std::string id, name;
  pid_t pid = 0;
  int exit_code = 0;
  int signal = 0;
  bool core_dumped = false;
  std::string started_at, exited_at;
  bool drained = true;
};

std::string to_json(const ExecRecord& record);

}  // namespace protocol
