// What has happened, numbered: two files in the daemon's directory, "events" and the one before it,
// "events.1".
//
// A line is "CRC32C JSON"; the JSON has "seq", which goes on across daemons. An event is in the
// journal before what it tells of is on record elsewhere, so that after a crash one may be told
// twice but none is missing. The directory does not outlive a restart of the machine, and neither
// do the events.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace rtd {

class Journal {
 public:
  static constexpr size_t kMaxFile = size_t{4} << 20;
  using Listener = std::function<void(uint64_t seq, const std::string& json)>;

  // What a crash left of a line that was being written is cut off.
  Status open(const std::string& dir, size_t max_file = kMaxFile);
  void on_event(Listener listener) { listener_ = std::move(listener); }

  // `more`: further members, such as "\"status\":3"; or "". A disk that is full costs the replay,
  // not the event: it is told to the listener all the same.
  void add(std::string_view type, std::string_view container, const std::string& more);

  uint64_t last() const { return last_; }
  uint64_t oldest() const { return oldest_; }  // last() + 1 if there is none

  // The events after `since`, as JSON texts, about `limit` bytes of them at most. Code::EventsGone
  // if some of them are not kept any more.
  struct Some {
    std::vector<std::string> events;
    uint64_t last = 0;  // the number of the last of these; `since` if there are none
  };
  Result<Some> since(uint64_t since, size_t limit) const;

 private:
  Status rotate();

  Fd dir_, file_;
  Listener listener_;
  size_t max_file_ = kMaxFile;
  size_t size_ = 0;
  uint64_t last_ = 0, oldest_ = 1;
  uint64_t oldest_here_ = 1;  // of the current file
};

}  // namespace rtd
