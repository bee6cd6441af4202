#include "supervisor/daemon/journal.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "supervisor/daemon/record.h"

namespace rtd {

namespace {

constexpr const char* kFile = "events";
constexpr const char* kOld = "events.1";
constexpr size_t kSum = 9;  // "01234567 "

// Calls `each` with number and text of every line that is whole; returns how many bytes those are.
template <class Each>
size_t read_lines(std::string_view text, Each each) {
  constexpr std::string_view kSeq = "{\"seq\":";
  size_t at = 0;
  for (size_t end; (end = text.find('\n', at)) != std::string_view::npos; at = end + 1) {
    std::string_view line = text.substr(at, end - at);
    if (line.size() < kSum) break;
    std::string_view json = line.substr(kSum);
    if (parse_number<uint32_t>(line.substr(0, kSum - 1), 16) != crc32c(json) ||
        !json.starts_with(kSeq))
      break;
    std::string_view number = json.substr(kSeq.size());
    std::optional<uint64_t> seq = parse_number<uint64_t>(number.substr(0, number.find(',')));
    if (!seq) break;
    each(*seq, json);
  }
  return at;
}

Result<std::string> read_optional(int dirfd, const char* name) {
  Result<std::string> text = read_file(dirfd, name);
  if (!text && text.error().errnum == ENOENT) return std::string();
  return text;
}

}  // namespace

Status Journal::open(const std::string& dir, size_t max_file) {
  max_file_ = max_file;
  dir_ = TRY(open_at(AT_FDCWD, dir.c_str(), O_RDONLY | O_DIRECTORY));
  std::string old = TRY(read_optional(dir_.get(), kOld)),
              current = TRY(read_optional(dir_.get(), kFile));
  uint64_t first = 0, first_here = 0;
  auto note = [&](uint64_t seq, std::string_view) {
    if (first == 0) first = seq;
    last_ = seq;
  };
  (void)read_lines(old, note);
  size_ = read_lines(current, [&](uint64_t seq, std::string_view json) {
    if (first_here == 0) first_here = seq;
    note(seq, json);
  });
  file_ = TRY(open_at(dir_.get(), kFile, O_WRONLY | O_CREAT | O_APPEND, 0600));
  if (ftruncate(file_.get(), static_cast<off_t>(size_)) < 0)
    return Error::sys("truncate '%s'", kFile);
  oldest_ = first == 0 ? last_ + 1 : first;
  oldest_here_ = first_here == 0 ? last_ + 1 : first_here;
  return {};
}

Status Journal::rotate() {
  if (renameat(dir_.get(), kFile, dir_.get(), kOld) < 0) return Error::sys("rename '%s'", kFile);
  file_ = TRY(open_at(dir_.get(), kFile, O_WRONLY | O_CREAT | O_APPEND, 0600));
  size_ = 0;
  oldest_ = oldest_here_;
  oldest_here_ = last_ + 1;
  return {};
}

void Journal::add(std::string_view type, std::string_view container, const std::string& more) {
  if (size_ >= max_file_) {
    Status rotated = rotate();
    if (!rotated) log_warning("events: %s, ignoring", rotated.error().text().c_str());
  }
  std::string json = "{\"seq\":" + std::to_string(++last_) + ",\"time\":\"" + rfc3339_now() +
                     "\",\"type\":" + json_quote(type);
  if (!container.empty()) json += ",\"id\":" + json_quote(container);
  if (!more.empty()) json += "," + more;
  json += "}";
  std::string line = format("%08x ", crc32c(json)) + json + "\n";
  Status written = write_all(file_.get(), line, kFile);
  if (written) {
    size_ += line.size();
  } else {
    // Half a line would hide those after it, and a replay that leaves one out would be a lie.
    if (ftruncate(file_.get(), static_cast<off_t>(size_)) < 0) size_ = max_file_;
    oldest_ = oldest_here_ = last_ + 1;
    log_warning("events: %s, ignoring", written.error().text().c_str());
  }
  if (listener_) listener_(last_, json);
}

Result<Journal::Some> Journal::since(uint64_t since, size_t limit) const {
  if (since + 1 < oldest_) {
    return Error::make(Code::EventsGone, "events up to number %llu are not kept any more",
                       static_cast<unsigned long long>(oldest_ - 1))
        .with_hint(
            format("the oldest one is %llu: ask since %llu, and look at the containers as they are",
                   static_cast<unsigned long long>(oldest_),
                   static_cast<unsigned long long>(oldest_ - 1)));
  }
  Some some;
  some.last = since;
  size_t bytes = 0;
  auto take = [&](uint64_t seq, std::string_view json) {
    if (seq <= some.last || seq < oldest_ || bytes >= limit) return;
    some.events.emplace_back(json);
    some.last = seq;
    bytes += json.size();
  };
  if (since + 1 < oldest_here_) {
    std::string old = TRY(read_optional(dir_.get(), kOld));
    (void)read_lines(old, take);
  }
  std::string current = TRY(read_optional(dir_.get(), kFile));
  (void)read_lines(current, take);
  return some;
}

}  // namespace rtd
