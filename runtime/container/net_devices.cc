#include "runtime/container/net_devices.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"

namespace container {

namespace {

bool is_template(const std::string& name) {
  return name.find('%') != std::string::npos;
}

Result<bool> same_file(int a, int b) {
  struct stat first, second;
  if (fstat(a, &first) < 0 || fstat(b, &second) < 0)
    return Error::sys("fstat of a network namespace");
  return first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

// A name that nothing has: the device is moved under it, and named as it shall be once it can be
// told by its number there.
Result<std::string> unused_name() {
  uint32_t number;
  if (getrandom(&number, sizeof number, 0) != sizeof number) return Error::sys("getrandom");
  return format("rt-%08x", number);
}

Error move_error(Error error, const sys::NetLink& link) {
  error = std::move(error).in(
      format("move '%s' to the container's network namespace", link.name.c_str()));
  // dev_change_net_namespace() says it of devices that cannot leave theirs.
  if (error.errnum == EINVAL)
    error.hint = link.loopback ? "the loopback device cannot be moved"
                               : "this kind of device cannot be moved";
  return error;
}

Status add_addresses(sys::RouteSocket& socket, int index,
                     const std::vector<sys::NetAddress>& addresses, const std::string& old_name,
                     const std::string& new_name) {
  for (sys::NetAddress address : addresses) {
    address.label = sys::renamed_label(address.label, old_name, new_name);
    TRY_IN(format("give it the address %s", address.text().c_str()),
           sys::add_address(socket, index, address));
  }
  return {};
}

}  // namespace

Result<NetDevices> NetDevices::move(const std::vector<spec::NetDevice>& devices, int pid) {
  NetDevices out;
  if (devices.empty()) return out;
  std::string path = format("/proc/%d/ns/net", pid);
  out.host_ = TRY(open_at(AT_FDCWD, "/proc/self/ns/net", O_RDONLY));
  out.target_ = TRY(open_at(AT_FDCWD, path.c_str(), O_RDONLY));
  if (TRY(same_file(out.host_.get(), out.target_.get()))) {
    return Error::make(Code::ConfigInvalid,
                       "linux.netDevices: the container's network namespace is the caller's own");
  }
  out.host_socket_ = TRY_IN("linux.netDevices", sys::RouteSocket::open());
  out.target_socket_ = TRY_IN("linux.netDevices", sys::RouteSocket::open_in(out.target_.get()));
  for (const spec::NetDevice& device : devices) {
    Status moved = out.move_one(device);
    if (!moved) {
      std::string where = format("linux.netDevices[\"%s\"]", device.host_name.c_str());
      return std::move(moved).error().in(where).as(Code::NamespaceFailed).at("network");
    }
  }
  return out;
}

Status NetDevices::move_one(const spec::NetDevice& device) {
  std::optional<sys::NetLink> link = TRY(sys::find_link(*host_socket_, device.host_name));
  if (!link) return Error::msg("there is no such network device in the caller's network namespace");
  // An alternative name finds it as well.
  const std::string& name = device.name.empty() ? device.host_name : device.name;
  if (!is_template(name) && TRY(sys::find_link(*target_socket_, name))) {
    return Error::msg("the container's network namespace has a device '%s' already", name.c_str());
  }
  Moved moved;
  moved.before = *link;
  moved.addresses = TRY(sys::permanent_addresses(*host_socket_, link->index));
  std::string passing_name = TRY(unused_name());
  Status gone = sys::move_link(*host_socket_, link->index, target_.get(), passing_name);
  if (!gone) return move_error(std::move(gone).error(), *link);
  std::optional<sys::NetLink> there = TRY(sys::find_link(*target_socket_, passing_name));
  if (!there) return Error::msg("it did not arrive");
  moved.index = there->index;
  moved_.push_back(std::move(moved));
  return name_and_set_up(moved_.back(), device);
}

Status NetDevices::name_and_set_up(Moved& moved, const spec::NetDevice& device) {
  const std::string& name = device.name.empty() ? device.host_name : device.name;
  TRY_IN(format("name it '%s'", name.c_str()),
         sys::rename_link(*target_socket_, moved.index, name));
  std::optional<sys::NetLink> named = TRY(sys::find_link(*target_socket_, moved.index));
  if (!named) return Error::msg("it is gone");
  TRY(add_addresses(*target_socket_, moved.index, moved.addresses, moved.before.name, named->name));
  TRY_IN("set it up", sys::set_link_up(*target_socket_, moved.index));
  return {};
}

Status NetDevices::take_back(const Moved& moved) {
  TRY(sys::move_link(*target_socket_, moved.index, host_.get(), moved.before.name));
  std::optional<sys::NetLink> back = TRY(sys::find_link(*host_socket_, moved.before.name));
  if (!back) return Error::msg("it did not arrive");
  TRY(add_addresses(*host_socket_, back->index, moved.addresses, moved.before.name,
                    moved.before.name));
  return moved.before.up ? sys::set_link_up(*host_socket_, back->index) : Status();
}

NetDevices::~NetDevices() {
  while (!moved_.empty()) {
    const Moved& last = moved_.back();
    Status back = take_back(last);
    if (!back)
      log_warning("take the network device '%s' back: %s, ignoring", last.before.name.c_str(),
                  back.error().text().c_str());
    moved_.pop_back();
  }
}

}  // namespace container
