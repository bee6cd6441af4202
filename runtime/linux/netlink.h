// rtnetlink(7): messages, and a socket that asks the kernel of one network namespace. What is said
// with it is in net_device.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace sys {

// A message with its fixed header (ifinfomsg, ifaddrmsg) and attributes, in the kernel's alignment.
class NetlinkMessage {
 public:
  template <class Header>
  NetlinkMessage(uint16_t type, const Header& header)
      : type_(type), body_(reinterpret_cast<const char*>(&header), sizeof header) {}
  void add(uint16_t attribute, const void* data, size_t size);
  void add_text(uint16_t attribute, const std::string& text) {
    add(attribute, text.c_str(), text.size() + 1);
  }
  void add_number(uint16_t attribute, uint32_t value) { add(attribute, &value, sizeof value); }

  std::string bytes(uint16_t flags, uint32_t sequence) const;

 private:
  uint16_t type_;
  std::string body_;
};

struct NetlinkAttribute {
  uint16_t type;
  std::string_view data;
};
// Those behind a fixed header of `header_size` bytes. Stops where they no longer fit their own
// lengths.
std::vector<NetlinkAttribute> netlink_attributes(std::string_view payload, size_t header_size);

class RouteSocket {
 public:
  static Result<RouteSocket> open();  // of the caller's network namespace
  // joins that one for a moment: the caller must have one thread
  static Result<RouteSocket> open_in(int netns_fd);

  // Sends and waits for the acknowledgement. The error has the kernel's errno and, if it gave one,
  // its sentence.
  Status request(const NetlinkMessage& message, uint16_t flags = 0);
  // The payload of the one answer. ENODEV is "not there".
  Result<std::optional<std::string>> get(const NetlinkMessage& message);
  // The payloads of all answers.
  Result<std::vector<std::string>> dump(const NetlinkMessage& message);

 private:
  explicit RouteSocket(Fd fd) : fd_(std::move(fd)) {}
  // Collects payloads until the acknowledgement, or the end of a dump.
  Result<std::vector<std::string>> talk(const NetlinkMessage& message, uint16_t flags);

  Fd fd_;
  uint32_t sequence_ = 0;
};

}  // namespace sys
