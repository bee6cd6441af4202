#include "supervisor/monitor/oom.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "base/io.h"
#include "base/strings.h"

namespace monitor {

std::optional<std::string_view> cgroup_path(std::string_view proc_cgroup,
                                            std::string_view controller) {
  // "9:memory:/path", "4:cpu,cpuacct:/path", "0::/path"
  for (std::string_view line : split(proc_cgroup, '\n')) {
    size_t first = line.find(':');
    size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    for (std::string_view name : split(line.substr(first + 1, second - first - 1), ',')) {
      if (name == controller) return line.substr(second + 1);
    }
  }
  return std::nullopt;
}

std::optional<uint64_t> parse_oom_counter(std::string_view text) {
  for (std::string_view line : split(text, '\n')) {
    constexpr std::string_view kName = "oom_kill ";
    if (line.substr(0, kName.size()) == kName)
      return parse_number<uint64_t>(line.substr(kName.size()));
  }
  return std::nullopt;
}

Fd open_oom_counter(pid_t pid) {
  Result<std::string> where =
      read_file(AT_FDCWD, format("/proc/%d/cgroup", static_cast<int>(pid)).c_str());
  if (!where) return Fd();
  if (std::optional<std::string_view> v1 = cgroup_path(*where, "memory")) {
    std::string path = "/sys/fs/cgroup/memory" + std::string(*v1) + "/memory.oom_control";
    return Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (std::optional<std::string_view> v2 = cgroup_path(*where, "")) {
    std::string path = "/sys/fs/cgroup" + std::string(*v2) + "/memory.events";
    return Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  return Fd();
}

std::optional<uint64_t> read_oom_counter(int counter_fd) {
  if (counter_fd < 0) return std::nullopt;
  char text[1024];
  ssize_t n = pread(counter_fd, text, sizeof text, 0);
  if (n < 0) return std::nullopt;
  return parse_oom_counter(std::string_view(text, static_cast<size_t>(n)));
}

}  // namespace monitor
