// Where the daemon and its clients meet.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"

namespace protocol {

inline constexpr const char* kSystemDir = "/run/rtd";
inline constexpr const char* kSystemStateDir = "/var/lib/rtd";
inline constexpr const char* kSocketName = "rtd.sock";  // in the daemon's directory

// The directory of a user's own daemon, $XDG_RUNTIME_DIR/rtd: an error if that variable is not set.
Result<std::string> user_dir();
// $XDG_STATE_HOME/rtd, or $HOME/.local/state/rtd.
Result<std::string> user_state_dir();
// root's is that of the system.
Result<std::string> dir_of(uid_t uid);

}  // namespace protocol
