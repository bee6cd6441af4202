// The client's side of the daemon's socket: one call at a time, blocking.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace client {

struct Where {
  std::string dir;        // the daemon's --dir
  std::string state_dir;  // passed to a daemon that is started; empty: its default
  bool autostart = true;
};

struct Reply {
  std::string result;   // JSON
  std::vector<Fd> fds;  // that came with it
};

class Connection {
 public:
  // Starts a daemon if none answers, unless told not to; the error then says how to start one.
  static Result<Connection> open(const Where& where);
  // `params` is a JSON object. An error of the daemon's comes back as one with its code, message
  // and hint.
  Result<Reply> call(std::string_view method, std::string_view params);
  // The next message that the daemon sends by itself.
  Result<std::string> next();

 private:
  explicit Connection(Fd fd) : fd_(std::move(fd)) {}
  Result<std::string> read_line(std::vector<Fd>* fds);
  Fd fd_;
  std::string buffer_;
  int64_t last_id_ = 0;
};

// The Code whose name on the wire this is.
Code code_of(std::string_view error_name);

}  // namespace client
