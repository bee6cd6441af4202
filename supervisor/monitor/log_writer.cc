#include "supervisor/monitor/log_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "base/io.h"
#include "base/strings.h"

namespace monitor {

namespace {

constexpr size_t kTimeLength = 30;                          // "2026-11-24T06:24:15.988057403Z"
constexpr size_t kHeadLength = kTimeLength + 8 + 2;         // " stdout " and "F "
constexpr int64_t kFirstBackoff = 100, kMaxBackoff = 1000;  // ms

Result<Fd> open_log(const std::string& path) {
  return open_at(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0640);
}

std::string numbered(const std::string& path, int number) {
  return number == 0 ? path : format("%s.%d", path.c_str(), number);
}

}  // namespace

Moment Moment::now() {
  return Moment{monotonic_ms(), rfc3339_now()};
}

Status LogWriter::open(const LogOptions& options) {
  options_ = options;
  return reopen();
}

Status LogWriter::reopen() {
  if (options_.format == LogFormat::None) return {};
  Fd fd = TRY_IN("log", open_log(options_.path));
  struct stat info;
  if (fstat(fd.get(), &info) < 0) return Error::sys("log: fstat '%s'", options_.path.c_str());
  fd_ = std::move(fd);
  size_ = static_cast<uint64_t>(info.st_size);
  rotate_at_ = options_.max_size;
  return {};
}

Status LogWriter::rotate() {
  if (options_.format == LogFormat::None) return {};
  const std::string& path = options_.path;
  for (int n = options_.max_files - 1; n > 0; n--) {
    std::string from = numbered(path, n - 1), to = numbered(path, n);
    if (::rename(from.c_str(), to.c_str()) < 0 && errno != ENOENT) {
      return Error::sys("log: rename '%s' to '%s'", from.c_str(), to.c_str());
    }
  }
  if (options_.max_files == 1 && unlink(path.c_str()) < 0 && errno != ENOENT) {
    return Error::sys("log: remove '%s'", path.c_str());
  }
  return reopen();
}

void LogWriter::write(Stream stream, std::string_view data, const Moment& now) {
  if (options_.format == LogFormat::None) return;
  if (options_.format == LogFormat::Raw) {
    for (; !data.empty(); data.remove_prefix(std::min(data.size(), kMaxText)))
      put("", data.substr(0, kMaxText), "", now);
    flush(now);
    return;
  }
  char head[kHeadLength + 1];
  snprintf(head, sizeof head, "%.30s %s P ", now.text.c_str(),
           stream == Stream::Stdout ? "stdout" : "stderr");
  while (!data.empty()) {
    std::string_view text = data.substr(0, kMaxText);
    size_t newline = text.find('\n');
    bool whole = newline != std::string_view::npos;
    if (whole) text = text.substr(0, newline);
    head[kHeadLength - 2] = whole ? 'F' : 'P';
    put(std::string_view(head, kHeadLength), text, "\n", now);
    data.remove_prefix(text.size() + (whole ? 1 : 0));
  }
  flush(now);
}

void LogWriter::put(std::string_view head, std::string_view text, std::string_view end,
                    const Moment& now) {
  size_t length = head.size() + text.size() + end.size();
  if (used_ + length > sizeof buffer_) flush(now);
  if (rotate_at_ != 0 && size_ + used_ > 0 && size_ + used_ + length > rotate_at_) {
    flush(now);
    // Output goes before tidiness: in the old file on, and tried again when as much has come once
    // more.
    if (!rotate()) rotate_at_ = size_ + options_.max_size;
  }
  for (std::string_view part : {head, text, end}) {
    memcpy(buffer_ + used_, part.data(), part.size());
    used_ += part.size();
  }
}

void LogWriter::flush(const Moment& now) {
  if (used_ == 0) return;
  size_t kept = 0;
  if (now.ms >= retry_at_) {
    note_loss(now);
    kept = write_pending();
    bool all = kept == used_;
    backoff_ms_ = all ? 0 : std::clamp(backoff_ms_ * 2, kFirstBackoff, kMaxBackoff);
    retry_at_ = all ? 0 : now.ms + backoff_ms_;
  }
  drop(std::string_view(buffer_, used_).substr(kept));
  used_ = 0;
}

size_t LogWriter::write_pending() {
  size_t written = 0;
  while (written < used_) {
    ssize_t n = ::write(fd_.get(), buffer_ + written, used_ - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    written += static_cast<size_t>(n);
  }
  size_t kept = written;
  if (written < used_) {
    errnum_ = errno;
    if (options_.format == LogFormat::Cri) {
      // Half a line would be read as the start of the next one.
      size_t newline = std::string_view(buffer_, written).rfind('\n');
      kept = newline == std::string_view::npos ? 0 : newline + 1;
      if (kept < written && ftruncate(fd_.get(), static_cast<off_t>(size_ + kept)) < 0)
        kept = written;
    }
  }
  size_ += kept;
  return kept;
}

void LogWriter::drop(std::string_view records) {
  if (options_.format == LogFormat::Raw) {
    lost_bytes_ += records.size();
    lost_lines_ += static_cast<uint64_t>(std::count(records.begin(), records.end(), '\n'));
    return;
  }
  while (!records.empty()) {
    size_t length = records.find('\n') + 1;
    bool whole = length > kHeadLength && records[kHeadLength - 2] == 'F';
    lost_lines_ += whole ? 1 : 0;
    // The newline that ends a record is the container's own only in a whole line.
    if (length > kHeadLength) lost_bytes_ += length - kHeadLength - (whole ? 0 : 1);
    records.remove_prefix(length);
  }
}

void LogWriter::note_loss(const Moment& now) {
  if (options_.format == LogFormat::Raw ||
      (lost_bytes_ == told_bytes_ && lost_lines_ == told_lines_))
    return;
  std::string line =
      format("%.30s stderr F rtmon: %llu bytes of output lost here (%llu lines): %s\n",
             now.text.c_str(), static_cast<unsigned long long>(lost_bytes_ - told_bytes_),
             static_cast<unsigned long long>(lost_lines_ - told_lines_), strerror(errnum_));
  ssize_t n = ::write(fd_.get(), line.data(), line.size());
  if (n == static_cast<ssize_t>(line.size())) {
    told_bytes_ = lost_bytes_;
    told_lines_ = lost_lines_;
    size_ += line.size();
  } else if (n > 0 && ftruncate(fd_.get(), static_cast<off_t>(size_)) < 0) {
    size_ += static_cast<uint64_t>(n);
  }
}

}  // namespace monitor
