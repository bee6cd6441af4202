// What the daemon keeps of a container on disk: container.json in the container's directory.
//
// Two lines: the JSON, and "crc32c XXXXXXXX" of the first line. So a file that was cut, or zeroed
// by a power failure, is seen for what it is. Written whole or not at all.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "spec/config.h"
#include "spec/mapping.h"

namespace rtd {

// How a container's last run ended. Without code and signal that is not known, and `reason` says
// why.
struct LastExit {
  std::optional<int32_t> code, signal;
  bool core_dumped = false;
  std::optional<uint64_t> oom_kills;
  std::string started_at, exited_at;
  std::string reason;
  uint64_t lost_bytes = 0, lost_lines = 0;  // of the output
  // As a shell has it: the code, or 128 + signal; nothing if it is not known.
  std::optional<int> status() const;
};

struct Record {
  int32_t version = 1;
  std::string id, bundle, created_at;
  uint32_t owner = 0;
  bool terminal = false, input = false, remove = false;
  std::string log_format = "cri";
  uint64_t log_max_size = 0;
  int32_t log_max_files = 5;
  spec::StringMap labels;
  std::string stop_signal = "TERM";
  int64_t stop_timeout_ms = 10000;
  std::string restart = "no";
  int32_t restart_max = 0;

  bool stopped_by_user = false;
  int32_t restarts = 0;  // in a row, without ten good seconds in between
  std::string state;     // state_name()
  int32_t pid = 0;       // with its start time and the boot, a process and no other
  uint64_t pid_start = 0;
  std::string boot_id, started_at;
  std::optional<LastExit> exit;
  std::string error;  // why it failed
};

template <class V>
void fields(V& v, spec::Like<LastExit> auto& exit) {
  v.optional("code", exit.code);
  v.optional("signal", exit.signal);
  v.optional("coreDumped", exit.core_dumped);
  v.optional("oomKills", exit.oom_kills);
  v.optional("startedAt", exit.started_at);
  v.optional("exitedAt", exit.exited_at);
  v.optional("reason", exit.reason);
  v.optional("lostBytes", exit.lost_bytes);
  v.optional("lostLines", exit.lost_lines);
}

template <class V>
void fields(V& v, spec::Like<Record> auto& record) {
  v.required("v", record.version);
  v.required("id", record.id);
  v.required("bundle", record.bundle);
  v.required("createdAt", record.created_at);
  v.always("owner", record.owner);
  v.optional("terminal", record.terminal);
  v.optional("stdin", record.input);
  v.optional("remove", record.remove);
  v.always("logFormat", record.log_format);
  v.optional("logMaxSize", record.log_max_size);
  v.always("logMaxFiles", record.log_max_files);
  v.optional("labels", record.labels);
  v.always("stopSignal", record.stop_signal);
  v.always("stopTimeoutMs", record.stop_timeout_ms);
  v.always("restart", record.restart);
  v.optional("restartMax", record.restart_max);
  v.optional("stoppedByUser", record.stopped_by_user);
  v.optional("restarts", record.restarts);
  v.required("state", record.state);
  v.optional("pid", record.pid);
  v.optional("pidStart", record.pid_start);
  v.always("bootId", record.boot_id);
  v.optional("startedAt", record.started_at);
  v.optional("exit", record.exit);
  v.optional("error", record.error);
}

std::string to_text(const Record& record);
Result<Record> parse_record(std::string_view text);

// exit.json of a monitor (protocol/exit_record.h).
Result<LastExit> parse_exit_record(std::string_view text);

uint32_t crc32c(std::string_view data);

// Letters, digits, '_', '.' and '-', beginning with a letter or digit, at most 128: what is also a
// file's name.
Status check_id(std::string_view id);

}  // namespace rtd
