#include "runtime/container/seccomp_agent.h"

#include "base/log.h"
#include "base/strings.h"
#include "runtime/container/console.h"
#include "spec/load.h"

namespace container {

Status send_listener(const spec::Seccomp& seccomp, const spec::State& state, int pid,
                     int listener_fd) {
  std::string message =
      format("{\"ociVersion\":%s,\"fds\":[\"seccompFd\"],\"pid\":%d,\"metadata\":%s,\"state\":",
             json_quote(state.oci_version).c_str(), pid,
             json_quote(seccomp.listener_metadata).c_str()) +
      spec::to_json(state, false) + "}";
  Status sent = send_fd(seccomp.listener_path, listener_fd, message);
  if (sent) return {};
  return std::move(sent)
      .error()
      .in("linux.seccomp.listenerPath")
      .as(Code::SecurityFailed)
      .with_hint("the seccomp agent must listen on that socket before the container starts");
}

}  // namespace container
