// The answer to one request, to be given once, now or later; the client may have gone by then.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace rtd {

class Responder {
 public:
  // `send` gets the whole message, or "" for a notification, which has no answer.
  using Send = std::function<void(std::string text, std::vector<Fd> fds)>;
  Responder(std::string id, Send send) : id_(std::move(id)), send_(std::move(send)) {}

  // fds: SCM_RIGHTS at the message's first byte
  void result(std::string_view json, std::vector<Fd> fds = {});
  void done() { result("{\"ok\":true}"); }
  void fail(const Error& error);
  void done(const Status& status) {
    if (status) {
      done();
    } else {
      fail(status.error());
    }
  }

 private:
  std::string id_;
  Send send_;
};

}  // namespace rtd
