#include "runtime/container/home.h"

#include "base/strings.h"

namespace container {

std::string home_in_passwd(std::string_view passwd, uint32_t uid) {
  while (!passwd.empty()) {
    size_t end = passwd.find('\n');
    std::string_view line = passwd.substr(0, end);
    passwd.remove_prefix(end == std::string_view::npos ? passwd.size() : end + 1);
    std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() < 6 || parse_number<uint32_t>(fields[2]) != uid) continue;
    bool usable = !fields[5].empty() && fields[5].find('\0') == std::string_view::npos;
    return usable ? std::string(fields[5]) : "/";
  }
  return "/";
}

}  // namespace container
