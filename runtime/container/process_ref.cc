// Telling whether the process a reference was made of is still that process, and still alive.

#include <fcntl.h>

#include <cstdio>

#include "base/io.h"
#include "base/pidfd.h"
#include "base/strings.h"
#include "runtime/container/record.h"

namespace container {
namespace {

struct Stat {
  char state = 0;
  uint64_t threads = 0;
  uint64_t start_time = 0;
};

// One read of /proc/PID/stat, or nothing if there is no such process. The name in parentheses may
// itself hold spaces and parentheses, so the fields are counted from the last ')'.
Result<std::optional<Stat>> read_stat(pid_t pid) {
  char path[32];
  (void)snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
  Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ESRCH)) return std::optional<Stat>();
  if (!fd) return Error::sys("open '%s'", path);
  char text[1024];
  ssize_t length = ::read(fd.get(), text, sizeof text);
  if (length < 0 && errno == ESRCH) return std::optional<Stat>();  // died since the open
  if (length < 0) return Error::sys("read '%s'", path);

  std::string_view rest(text, static_cast<size_t>(length));
  size_t name_end = rest.rfind(')');
  if (name_end == std::string_view::npos) return Error::msg("read '%s': no ')' in it", path);
  rest.remove_prefix(name_end + 1);
  Stat stat;
  for (int field = 3; field <= 22; field++) {  // proc(5): 3 state, 20 num_threads, 22 starttime
    if (rest.empty()) return Error::msg("read '%s': cut off before field %d", path, field);
    rest.remove_prefix(1);
    std::string_view word = rest.substr(0, rest.find_first_of(" \n"));
    rest.remove_prefix(word.size());
    if (field == 3 && !word.empty()) stat.state = word[0];
    if (field != 20 && field != 22) continue;
    std::optional<uint64_t> number = parse_number<uint64_t>(word);
    if (!number) return Error::msg("read '%s': field %d is not a number", path, field);
    (field == 20 ? stat.threads : stat.start_time) = *number;
  }
  return std::optional<Stat>(stat);
}

// A main thread that has exited shows as a zombie while other threads of the process go on: that
// process is alive.
bool is_alive(const Stat& stat) {
  if (stat.state == 'X' || stat.state == 'x') return false;
  return stat.state != 'Z' || stat.threads > 1;
}

// Read once: it cannot change while this process lives, and `list` asks for each container.
Result<const std::string*> boot_id() {
  static std::string id;
  if (id.empty()) {
    std::string text = TRY(read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64));
    id = trim(text);
  }
  return &id;
}

}  // namespace

Result<ProcessRef> ref_of(pid_t pid) {
  std::optional<Stat> stat = TRY(read_stat(pid));
  if (!stat)
    return Error::make(Code::ContainerNotRunning, "process %d: gone", static_cast<int>(pid));
  const std::string* boot = TRY(boot_id());
  return ProcessRef{pid, stat->start_time, *boot};
}

Result<bool> alive(const ProcessRef& ref) {
  if (ref.pid <= 0) return false;
  std::optional<Stat> stat = TRY(read_stat(ref.pid));
  if (!stat || stat->start_time != ref.start_time || !is_alive(*stat)) return false;
  // Last, because it rarely decides: only a state directory that survives a reboot can hold another
  // boot's numbers.
  const std::string* boot = TRY(boot_id());
  return *boot == ref.boot_id;
}

Result<bool> runs_init(pid_t pid) {
  char link[32];
  (void)snprintf(link, sizeof link, "/proc/%d/exe", static_cast<int>(pid));
  char target[64];
  ssize_t length = ::readlink(link, target, sizeof target);
  if (length >= 0)
    return std::string_view(target, static_cast<size_t>(length)) ==
           format("/memfd:%s (deleted)", kInitName);
  if (errno == ENOENT || errno == ESRCH)
    return false;  // gone, or exiting: its memory, and with it the program, is gone
  if (errno == EACCES) return true;
  return Error::sys("readlink '%s'", link);
}

// The pidfd comes first: if the check afterwards finds the right start time, the number meant that
// process at the time of the open too, because it has been alive since before the reference was
// made.
Result<std::optional<Fd>> open_process(const ProcessRef& ref) {
  if (ref.pid <= 0) return std::optional<Fd>();
  Fd fd(sys::pidfd_open(ref.pid));
  if (!fd) {
    // EINVAL (ENOENT since 6.9): the number is a thread of another process by now.
    if (errno == ESRCH || errno == EINVAL || errno == ENOENT) return std::optional<Fd>();
    return Error::sys("pidfd_open %d", static_cast<int>(ref.pid));
  }
  bool same = TRY(alive(ref));
  if (!same) return std::optional<Fd>();
  return std::optional<Fd>(std::move(fd));
}

}  // namespace container
