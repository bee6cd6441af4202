#include "supervisor/protocol/paths.h"

#include <stdlib.h>

#include "base/path.h"

namespace protocol {

Result<std::string> user_dir() {
  const char* runtime = getenv("XDG_RUNTIME_DIR");
  if (runtime == nullptr || !is_absolute(runtime)) {
    return Error::make(Code::Usage, "XDG_RUNTIME_DIR is not set to a path")
        .with_hint("name a directory with --dir");
  }
  return join_path(runtime, "rtd");
}

Result<std::string> user_state_dir() {
  const char* state = getenv("XDG_STATE_HOME");
  if (state != nullptr && is_absolute(state)) return join_path(state, "rtd");
  const char* home = getenv("HOME");
  if (home == nullptr || !is_absolute(home)) {
    return Error::make(Code::Usage, "neither XDG_STATE_HOME nor HOME is set to a path")
        .with_hint("name a directory with --state-dir");
  }
  return join_path(home, ".local/state/rtd");
}

Result<std::string> dir_of(uid_t uid) {
  return uid == 0 ? Result<std::string>(std::string(kSystemDir)) : user_dir();
}

}  // namespace protocol
