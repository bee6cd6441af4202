// HOME for a process whose environment has none: from the container's /etc/passwd, which the image
// wrote. No getpwuid: a static binary would load the host's NSS modules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace container {

// The home of `uid` in the text of a passwd file; "/" if it has none (passwd(5); as runc).
std::string home_in_passwd(std::string_view passwd, uint32_t uid);

}  // namespace container
