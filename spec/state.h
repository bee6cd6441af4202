// The state of a container as runtime.md, "State", defines it: what `state` prints and hooks read
// on stdin.
#pragma once

#include <string>

#include "spec/config.h"

namespace spec {

// paused: runc's addition, which engines expect
enum class ContainerStatus { Creating, Created, Running, Paused, Stopped };
const char* status_name(ContainerStatus status);

struct State {
  std::string oci_version;
  std::string id;
  ContainerStatus status = ContainerStatus::Creating;
  int pid = 0;  // as seen by the reader; 0 when stopped
  std::string bundle;
  StringMap annotations;
  bool operator==(const State&) const = default;
};

}  // namespace spec
