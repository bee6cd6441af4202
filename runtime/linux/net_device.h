// Network devices of a namespace, over a RouteSocket: looking them up, moving, naming, addressing
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/linux/netlink.h"

namespace sys {

struct NetLink {
  int index = 0;
  bool up = false;
  bool loopback = false;
  std::string name;
};
Result<std::optional<NetLink>> find_link(RouteSocket& socket, const std::string& name);
Result<std::optional<NetLink>> find_link(RouteSocket& socket, int index);

// To another network namespace, where it is down, has no addresses, and is called `name`, which
// must be free there.
Status move_link(RouteSocket& socket, int index, int netns_fd, const std::string& name);
// It must be down on kernels before 6.2. A name with %d: the first number that is free.
Status rename_link(RouteSocket& socket, int index, const std::string& name);
Status set_link_up(RouteSocket& socket, int index);

// An address as it can be given to a device again.
struct NetAddress {
  uint8_t family = 0, prefix = 0;
  uint32_t flags = 0;  // IFA_F_*, those that can be asked for
  struct Attribute {
    uint16_t type;
    std::string data;
  };
  std::vector<Attribute> attributes;  // without the label
  std::string label;                  // IPv4: "eth0:1"
  std::string text() const;           // "192.0.2.1/24"
};
// Those of a device that are permanent (no lifetime) and global in scope, in the order of the
// kernel.
Result<std::vector<NetAddress>> permanent_addresses(RouteSocket& socket, int index);
Status add_address(RouteSocket& socket, int index, const NetAddress& address);

// The label that an address of `old_name` has on a device of another name: "eth0:1" -> "net1:1"; ""
// if it is none of its own.
std::string renamed_label(const std::string& label, const std::string& old_name,
                          const std::string& new_name);

}  // namespace sys
