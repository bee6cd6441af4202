// A connection to a monitor's control socket (supervisor/monitor/control.h): one request, its
// reply, then the end.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "supervisor/daemon/loop.h"

namespace rtd {

class MonitorLink {
 public:
  // `reply` gets the text after "ok", or the monitor's error; `gone` is called when the connection
  // has ended, whether or not there was a reply. Neither is called from within connect(), nor after
  // the link was destroyed; both may destroy it.
  struct Handlers {
    std::function<void(Result<std::string>)> reply;
    std::function<void()> gone;
  };
  // Nothing if nobody listens there: there is no monitor.
  static Result<std::unique_ptr<MonitorLink>> connect(Loop* loop, const std::string& dir,
                                                      const std::string& request,
                                                      Handlers handlers);
  ~MonitorLink();
  MonitorLink(const MonitorLink&) = delete;
  MonitorLink& operator=(const MonitorLink&) = delete;

  pid_t monitor_pid() const;  // 0 if it cannot be known
  Fd take();                  // for somebody else to go on with, after a reply

 private:
  MonitorLink(Loop* loop, Fd fd, Handlers handlers)
      : loop_(loop), fd_(std::move(fd)), handlers_(std::move(handlers)) {}
  void on_ready();

  Loop* loop_;
  Fd fd_;
  Handlers handlers_;
};

// One request, of which nobody waits for more than the reply; `done` is called once, with
// Code::Timeout after `ms`.
void ask_monitor(Loop* loop, const std::string& dir, const std::string& request, int64_t ms,
                 std::function<void(Result<std::string>)> done);

// The reply's text as a result: "ok JSON" -> JSON, "error CODE TEXT" -> an Error.
Result<std::string> read_reply(std::string_view packet);

}  // namespace rtd
