// config-linux.md, "Network Devices": moved by the parent while init waits in the namespace.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "runtime/linux/net_device.h"
#include "spec/config.h"

namespace container {

// The devices of a container that is being made. Unless kept they go back where they came from:
// with the namespace the kernel would destroy a virtual one.
class NetDevices {
 public:
  NetDevices() = default;
  NetDevices(NetDevices&&) noexcept = default;
  NetDevices& operator=(NetDevices&&) = delete;
  ~NetDevices();

  // To the network namespace of process `pid`, in the order of the list; each comes up with the
  // addresses that are permanent and global in scope.
  static Result<NetDevices> move(const std::vector<spec::NetDevice>& devices, int pid);
  void keep() { moved_.clear(); }

 private:
  struct Moved {
    sys::NetLink before;  // on the host
    std::vector<sys::NetAddress> addresses;
    int index = 0;  // in the container
  };
  Status move_one(const spec::NetDevice& device);
  Status name_and_set_up(Moved& moved, const spec::NetDevice& device);
  Status take_back(const Moved& moved);

  Fd host_, target_;  // the namespaces
  std::optional<sys::RouteSocket> host_socket_, target_socket_;
  std::vector<Moved> moved_;
};

}  // namespace container
