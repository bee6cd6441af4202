#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/clock.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/strings.h"

namespace {

struct Log {
  LogOptions options;
  Fd fd;
};

Log& the_log() {
  static Log log;
  return log;
}

const char* level_name(LogLevel level) {
  switch (level) {
    case LogLevel::Error: return "error";
    case LogLevel::Warning: return "warning";
    case LogLevel::Info: return "info";
    case LogLevel::Debug: return "debug";
  }
  return "error";
}

// The length of the valid UTF-8 sequence at the start of `text`, or 0.
size_t utf8_length(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  auto tail = [&](size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;
    if (lead == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

std::string line_of(LogFormat log_format, LogLevel level, const std::string& message,
                    const Error* error) {
  std::string line;
  if (log_format == LogFormat::Json) {
    line = "{\"level\":\"" + std::string(level_name(level)) + "\",\"msg\":" + json_quote(message) +
           ",\"time\":\"" + rfc3339_now() + "\"";
    if (error != nullptr) {
      line += ",\"code\":\"" + std::string(code_name(error->code)) + "\"";
      if (!error->phase.empty()) line += ",\"phase\":" + json_quote(error->phase);
      line += format(",\"errno\":%d", error->errnum);
      if (!error->hint.empty()) line += ",\"hint\":" + json_quote(error->hint);
    }
    return line + "}\n";
  }
  line =
      "time=\"" + rfc3339_now() + "\" level=" + level_name(level) + " msg=" + json_quote(message);
  if (error != nullptr) {
    line += " code=" + std::string(code_name(error->code));
    if (!error->phase.empty()) line += " phase=" + error->phase;
    line += format(" errno=%d", error->errnum);
  }
  return line + "\n";
}

void emit(LogLevel level, const std::string& message, const Error* error) {
  Log& log = the_log();
  if (log.fd) {
    std::string line = line_of(log.options.format, level, message, error);
    (void)write_all(log.fd.get(), line, "log");  // nowhere left to complain
    return;
  }
  std::string line =
      log.options.format == LogFormat::Json
          ? line_of(LogFormat::Json, level, message, error)
          : format("%s: %s%s\n", log.options.program,
                   level == LogLevel::Error ? "" : format("%s: ", level_name(level)).c_str(),
                   message.c_str());
  (void)write_all(STDERR_FILENO, line, "stderr");
}

void vlog(LogLevel level, const char* fmt, va_list args) {
  if (!log_enabled(level)) return;
  emit(level, Error::vmake(Code::Internal, 0, fmt, args).what, nullptr);
}

}  // namespace

Status log_open(const LogOptions& options) {
  Log& log = the_log();
  log.options = options;
  log.fd.reset();
  if (options.file.empty()) return {};
  log.fd = TRY_IN("--log", open_at(AT_FDCWD, options.file.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0644));
  // Out of the way of the numbers that --preserve-fds means.
  Fd high(fcntl(log.fd.get(), F_DUPFD_CLOEXEC, 512));
  if (high) log.fd = std::move(high);
  return {};
}

bool log_enabled(LogLevel level) {
  return level <= the_log().options.level;
}

void log_warning(const char* fmt, ...) {
  va_list args;
  va_start(args, fmt);
  vlog(LogLevel::Warning, fmt, args);
  va_end(args);
}

void log_info(const char* fmt, ...) {
  va_list args;
  va_start(args, fmt);
  vlog(LogLevel::Info, fmt, args);
  va_end(args);
}

void log_debug(const char* fmt, ...) {
  va_list args;
  va_start(args, fmt);
  vlog(LogLevel::Debug, fmt, args);
  va_end(args);
}

void log_error(const Error& error) {
  Log& log = the_log();
  emit(LogLevel::Error, error.text(), &error);
  bool json_on_stderr = !log.fd && log.options.format == LogFormat::Json;
  std::string extra;
  if (log.fd) extra = format("%s: %s\n", log.options.program, error.text().c_str());
  if (!error.hint.empty() && !json_on_stderr) extra += "hint: " + error.hint + "\n";
  if (!extra.empty()) (void)write_all(STDERR_FILENO, extra, "stderr");
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    size_t n = utf8_length(text);
    unsigned char c = static_cast<unsigned char>(text.front());
    if (n == 0) {
      out += "\\ufffd";
      n = 1;
    } else if (n > 1) {
      out += text.substr(0, n);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || c == 0x7f) {
      out += format("\\u%04x", c);
    } else {
      out += static_cast<char>(c);
    }
    text.remove_prefix(n);
  }
  return out + "\"";
}
