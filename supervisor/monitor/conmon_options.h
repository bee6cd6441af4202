// conmon's command line, as of version 2.1.
#pragma once

#include <span>
#include <string>

#include "base/error.h"
#include "supervisor/monitor/conmon.h"
#include "supervisor/monitor/monitor.h"

namespace monitor {

struct ConmonCommand {
  enum class What : unsigned char { Monitor, Help, Version } what = What::Monitor;
  Options options;  // options.conmon is set
};

// `args` without the program's name.
Result<ConmonCommand> parse_conmon(std::span<char* const> args);
std::string conmon_help();

// "k8s-file:PATH", "json-file:PATH" (the same), "PATH"; "journald"; "none", "off", "null" (no log).
Status parse_log_path(const std::string& text, LogOptions* log, bool* journal);

}  // namespace monitor
