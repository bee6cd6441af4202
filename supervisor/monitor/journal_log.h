// The container's output in systemd's journal, by its native protocol: a datagram a line, with the
// fields that conmon gives and podman looks for. A line without its newline, or a piece of one that
// is too long, has CONTAINER_PARTIAL_MESSAGE=true.
//
// A journal that takes nothing more holds up nobody: what it misses is counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "supervisor/monitor/log_writer.h"

namespace monitor {

struct JournalOptions {
  std::string id, name, tag;  // of the container; name and tag may be empty
  std::string socket = "/run/systemd/journal/socket";
};

class JournalLog {
 public:
  Status open(const JournalOptions& options);  // an error: there is no journal
  void write(Stream stream, std::string_view data);
  uint64_t lost_lines() const { return lost_lines_; }

 private:
  std::string fields_;  // of every entry
  Fd fd_;
  uint64_t lost_lines_ = 0;
};

}  // namespace monitor
