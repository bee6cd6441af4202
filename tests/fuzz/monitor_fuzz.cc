// What others send a monitor, as any bytes: requests, lines of conmon's FIFOs, sd_notify messages,
// the runtime's log, cgroup files; and output, in pieces of any size, from whose log every byte
// comes back.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/io.h"
#include "base/strings.h"
#include "supervisor/monitor/conmon.h"
#include "supervisor/monitor/log_writer.h"
#include "supervisor/monitor/notify_relay.h"
#include "supervisor/monitor/oom.h"
#include "supervisor/monitor/request.h"
#include "supervisor/monitor/runtime.h"

namespace {

using monitor::LogWriter;
using monitor::Stream;

void require(bool condition) {
  if (!condition) abort();
}

void check_texts(const std::string& text) {
  Result<monitor::Request> request = monitor::parse_request(text);
  if (request) require(request->signal >= 0 && request->signal <= 64 && request->grace_ms >= 0);
  for (bool winsz : {false, true}) {
    std::string rest = text;
    for (size_t before = rest.size() + 1; before != rest.size();) {
      before = rest.size();
      (void)monitor::take_control_line(&rest, winsz);
      require(rest.size() <= before);
    }
    require(rest.find('\n') == std::string::npos);
  }
  std::string allowed = monitor::allowed_lines(text);
  for (std::string_view line : split(allowed, '\n')) {
    require(line.empty() || line.starts_with("STATUS=") ||
            (line.ends_with("=1") && line != "MAINPID=1"));
  }
  (void)monitor::last_error(text);
  (void)monitor::cgroup_path(text, "memory");
  (void)monitor::parse_oom_counter(text);
}

// The streams' bytes from the text of a CRI log; false if there is a line that is none.
void take_apart(std::string_view log, std::string* out, std::string* err) {
  while (!log.empty()) {
    size_t end = log.find('\n');
    require(end != std::string_view::npos);
    std::string_view line = log.substr(0, end);
    log.remove_prefix(end + 1);
    constexpr size_t kTime = 30, kHead = 40;
    require(line.size() >= kHead && line[kTime] == ' ');
    std::string_view stream = line.substr(kTime + 1, 6);
    require(stream == "stdout" || stream == "stderr");
    require(line[kHead - 3] == ' ' && line[kHead - 1] == ' ');
    std::string* into = stream == "stdout" ? out : err;
    *into += line.substr(kHead);
    require(line[kHead - 2] == 'F' || line[kHead - 2] == 'P');
    if (line[kHead - 2] == 'F') *into += '\n';
  }
}

// The first byte of each piece is its size and its stream; every third size is multiplied, past
// what one line may have.
void check_log(std::string_view data) {
  static LogWriter writer;  // static: it holds the buffer
  Fd memory(memfd_create("log", MFD_CLOEXEC));
  require(bool(memory));
  monitor::LogOptions options;
  options.path = format("/proc/self/fd/%d", memory.get());
  require(bool(writer.open(options)));
  std::string expected[2];
  while (!data.empty()) {
    auto size = static_cast<unsigned char>(data[0]);
    data.remove_prefix(1);
    std::string piece(data.substr(0, size / 2));
    data.remove_prefix(piece.size());
    if (size % 3 == 0 && !piece.empty()) {
      std::string once = piece;
      while (piece.size() <= LogWriter::kMaxText + 100) piece += once;
    }
    Stream stream = size % 2 == 0 ? Stream::Stdout : Stream::Stderr;
    expected[size % 2] += piece;
    writer.write(stream, piece, monitor::Moment{1, "2026-11-24T06:24:15.988057403Z"});
  }
  std::string log(writer.size(), '\0');
  require(pread(memory.get(), log.data(), log.size(), 0) == static_cast<ssize_t>(log.size()));
  std::string out, err;
  take_apart(log, &out, &err);
  require(out == expected[0] && err == expected[1] && writer.lost_bytes() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  check_texts(text);
  check_log(text);
  return 0;
}
