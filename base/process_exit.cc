#include "base/process_exit.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/io.h"
#include "base/pidfd.h"
#include "base/strings.h"

namespace sys {
namespace {

// linux/pidfd.h of 6.15: the first 64 bytes, which any kernel with the call accepts.
struct PidfdInfo {
  uint64_t mask;
  uint64_t cgroup_id;
  uint32_t ids[11];
  int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr uint64_t kInfoExit = 1 << 3;
constexpr unsigned long kGetInfo = _IOWR(0xFF, 11, PidfdInfo);

// A parent that has not waited for its child by then may never do so.
constexpr int kReapMs = 1000;

enum class Told : unsigned char { Yes, NotYet, Never };

// The kernel keeps the status for whoever holds a pidfd from before, once the parent has waited.
Told ask_pidfd(int pidfd, int* status) {
  PidfdInfo info = {};
  info.mask = kInfoExit;
  if (::ioctl(pidfd, kGetInfo, &info) < 0) return Told::Never;
  if ((info.mask & kInfoExit) == 0) return Told::NotYet;
  *status = info.exit_code;
  return Told::Yes;
}

// proc(5): field 52 of /proc/PID/stat. It reads 0 for who may not trace the process, as its
// namespace links do not read at all.
std::optional<int> status_of_zombie(int pidfd, pid_t pid) {
  std::string dir = format("/proc/%d", static_cast<int>(pid));
  char link[64];
  if (::readlink((dir + "/ns/user").c_str(), link, sizeof link) < 0) return std::nullopt;
  Result<std::string> stat = read_file(AT_FDCWD, (dir + "/stat").c_str());
  if (!stat) return std::nullopt;
  // As long as the process has not been waited for, nobody else has its number: what was read is
  // about it.
  if (pidfd_send_signal(pidfd, 0) < 0) return std::nullopt;
  std::string_view text = trim(*stat);
  size_t name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> fields = split(text.substr(name_end + 2), ' ');  // from field 3 on
  constexpr size_t kExitCode = 52 - 3;
  if (fields.size() <= kExitCode) return std::nullopt;
  return parse_number<int>(fields[kExitCode]);
}

// Returns whether anything happened in time (-1: no limit).
Result<bool> wait_event(int pidfd, short events, int timeout_ms) {
  pollfd waiting = {pidfd, events, 0};
  int n;
  do {
    n = ::poll(&waiting, 1, timeout_ms);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return Error::sys("poll a pidfd");
  return n > 0;
}

}  // namespace

Result<std::optional<int>> wait_for_exit(int pidfd, pid_t pid) {
  (void)TRY(wait_event(pidfd, POLLIN, -1));
  if (std::optional<int> status = status_of_zombie(pidfd, pid)) return status;
  int status = 0;
  Told told = ask_pidfd(pidfd, &status);
  if (told == Told::NotYet) {
    (void)TRY(wait_event(pidfd, 0, kReapMs));  // POLLHUP: waited for (since 6.9)
    told = ask_pidfd(pidfd, &status);
  }
  if (told != Told::Yes) return std::optional<int>();
  return std::optional<int>(status);
}

}  // namespace sys
