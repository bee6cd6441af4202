// The container's output, written to a file as it comes: bounded memory, rotation between lines,
// and a full disk that costs output but neither blocks the container nor goes unsaid.
//
// Format "cri" is that of Kubernetes: "TIME stdout|stderr F|P TEXT", F for a piece that ended in a
// newline, P for one that did not (the rest follows, or never came). So the exact bytes of each
// stream can be put together again. "raw" is the output itself, both streams in one. "none" is no
// log, no file.
//
// When a write fails, what it was about is dropped and counted, in whole lines for cri; further
// writes are tried after 100 ms, doubling to 1 s. The first cri line after a loss says how much is
// missing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

namespace monitor {

enum class Stream : unsigned char { Stdout, Stderr };
enum class LogFormat : unsigned char { Cri, Raw, None };

struct LogOptions {
  std::string path;
  LogFormat format = LogFormat::Cri;
  uint64_t max_size = 0;  // bytes after which the file is rotated; 0: never
  int max_files = 5;      // how many there may be, the current one among them
};

// When something was read. `text` is rfc3339_now()'s, of fixed length.
struct Moment {
  int64_t ms = 0;  // monotonic
  std::string text;
  static Moment now();
};

class LogWriter {
 public:
  // of one cri line; longer ones come in pieces marked P
  static constexpr size_t kMaxText = 16 << 10;

  Status open(const LogOptions& options);  // appends to what is there
  void write(Stream stream, std::string_view data, const Moment& now);
  // PATH -> PATH.1 -> PATH.2 ...; the oldest goes. An error leaves the writer where it was.
  Status rotate();
  // For whoever moved the file away: from here on to a new PATH. An error leaves the writer where
  // it was.
  Status reopen();

  uint64_t size() const { return size_; }  // of the current file
  uint64_t lost_bytes() const { return lost_bytes_; }
  uint64_t lost_lines() const { return lost_lines_; }

 private:
  void put(std::string_view head, std::string_view text, std::string_view end, const Moment& now);
  void flush(const Moment& now);
  size_t write_pending();  // how many bytes of the buffer are in the file for good
  void drop(std::string_view records);
  void note_loss(const Moment& now);

  LogOptions options_;
  Fd fd_;
  uint64_t size_ = 0;
  uint64_t rotate_at_ = 0;
  uint64_t lost_bytes_ = 0, lost_lines_ = 0;
  uint64_t told_bytes_ = 0, told_lines_ = 0;  // losses that the log itself tells of
  int64_t retry_at_ = 0;
  int64_t backoff_ms_ = 0;
  int errnum_ = 0;
  size_t used_ = 0;
  char buffer_[128 << 10];
};

}  // namespace monitor
