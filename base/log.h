// The one log of the process: where warnings and the final error go, and in what format.
//
// Engines read it: containerd takes the last JSON object whose level is "error"; podman parses
// every line. So a failure is logged exactly once, by main, and a line is always complete. With
// --log, nothing but the final error also goes to stderr: engines capture stdout and stderr of
// `state` and `ps` into one buffer and parse that as JSON.
#pragma once

#include <string>

#include "base/error.h"

enum class LogLevel : unsigned char { Error, Warning, Info, Debug };
enum class LogFormat : unsigned char { Text, Json };

struct LogOptions {
  std::string file;  // empty: stderr
  LogFormat format = LogFormat::Text;
  LogLevel level = LogLevel::Warning;
  const char* program = "rt";  // what lines on stderr begin with
};

// O_APPEND|O_CREAT, 0644; kept for the life of the process
Status log_open(const LogOptions& options);

bool log_enabled(LogLevel level);
// what we go on from; end with ", ignoring"
[[gnu::format(printf, 1, 2)]] void log_warning(const char* fmt, ...);
[[gnu::format(printf, 1, 2)]] void log_info(const char* fmt, ...);
[[gnu::format(printf, 1, 2)]] void log_debug(const char* fmt, ...);
// The final error: to the log, and to stderr too when the log is a file. Called once, by main.
void log_error(const Error& error);

// with the quotes; control characters and invalid UTF-8 escaped
std::string json_quote(std::string_view text);
