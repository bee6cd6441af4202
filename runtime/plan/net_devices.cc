// config-linux.md, "Network Devices": what can be said before anything is moved. The parent moves
// them (container/net_devices.cc).
#include <algorithm>

#include "base/strings.h"
#include "runtime/plan/builder.h"

namespace plan {

namespace {

// "net%d": the kernel puts the first number that is free there.
Result<bool> is_template(const std::string& name) {
  size_t percent = name.find('%');
  if (percent == std::string::npos) return false;
  bool one =
      name.compare(percent, 2, "%d") == 0 && name.find('%', percent + 1) == std::string::npos;
  if (one) return true;
  return Error::make(Code::ConfigInvalid, "name: '%s': a template has one %%d and no other %%",
                     name.c_str());
}

Status check_net_device(const std::vector<spec::NetDevice>& devices, size_t i) {
  const std::string& name = devices[i].name.empty() ? devices[i].host_name : devices[i].name;
  if (TRY(is_template(name))) return {};
  for (size_t earlier = 0; earlier < i; earlier++) {
    const std::string& other =
        devices[earlier].name.empty() ? devices[earlier].host_name : devices[earlier].name;
    if (other == name) {
      return Error::make(Code::ConfigInvalid, "name: '%s' is the name of '%s' already",
                         name.c_str(), devices[earlier].host_name.c_str());
    }
  }
  return {};
}

}  // namespace

Result<std::vector<spec::NetDevice>> compile_net_devices(const CreateInput& input) {
  if (!input.config.linux_ || input.config.linux_->net_devices.empty())
    return std::vector<spec::NetDevice>();
  const std::vector<spec::NetDevice>& devices = input.config.linux_->net_devices;
  if (!has_namespace(input.config, spec::NamespaceType::Network)) {
    return Error::make(
               Code::ConfigInvalid,
               "linux.netDevices: unable to move network devices without a network namespace")
        .with_hint("add {\"type\": \"network\"} to linux.namespaces");
  }
  if (input.host.euid != 0) {
    return Error::make(Code::Unsupported, "linux.netDevices: only root can move network devices");
  }
  for (size_t i = 0; i < devices.size(); i++) {
    TRY_IN(format("linux.netDevices[\"%s\"]", devices[i].host_name.c_str()),
           check_net_device(devices, i));
  }
  return devices;
}

}  // namespace plan
