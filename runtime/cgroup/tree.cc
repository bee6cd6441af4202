#include "runtime/cgroup/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/dir.h"
#include "base/io.h"
#include "base/path.h"
#include "base/strings.h"

namespace cgroup {
namespace {

using Names = std::vector<std::string>;

bool is_directory(int dirfd, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat info;
  return ::fstatat(dirfd, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

Result<Names> subdirectories(int dirfd, const char* path) {
  Names names;
  struct stat info;
  // kernfs counts subdirectories in the link count, which saves reading the thirty files of a leaf.
  if (::fstat(dirfd, &info) == 0 && info.st_nlink == 2) return names;
  Fd copy(::openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy && errno == ENOENT) return names;  // removed meanwhile
  if (!copy) return Error::sys("open '%s'", path);
  OpenDir dir(::fdopendir(copy.get()));
  if (!dir) return Error::sys("read directory '%s'", path);
  (void)copy.release();
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (is_directory(::dirfd(dir.get()), *entry)) names.emplace_back(name);
  }
  if (errno != 0 && errno != ENOENT && errno != ENODEV)
    return Error::sys("read directory '%s'", path);
  return names;
}

// Goes through all directories below one, depth first. enter() is called on the way down, leave()
// on the way up with the directory that holds `name`. Only the innermost directory is open: ".."
// leads back, and that is safe because a cgroup cannot be moved to another parent.
class Walk {
 public:
  virtual ~Walk() = default;
  virtual Status enter(int dirfd, const char* path) = 0;
  virtual void leave(int parent_fd, const char* name) = 0;

  // Nothing there: nothing done.
  Status run(const std::string& path) {
    Fd current(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!current && errno == ENOENT) return {};
    if (!current) return Error::sys("open '%s'", path.c_str());
    std::vector<Frame> frames;
    Names below = TRY(arrive(current.get(), path.c_str()));
    frames.push_back({"", std::move(below)});
    while (!frames.empty()) {
      if (!frames.back().below.empty()) {
        TRY(descend(&current, &frames, path.c_str()));
        continue;
      }
      std::string name = std::move(frames.back().name);
      frames.pop_back();
      if (frames.empty()) break;
      current = TRY(open_at(current.get(), "..", O_RDONLY | O_DIRECTORY));
      leave(current.get(), name.c_str());
    }
    return {};
  }

 private:
  struct Frame {
    std::string name;
    Names below;  // still to be visited
  };

  Result<Names> arrive(int dirfd, const char* path) {
    TRY(enter(dirfd, path));
    return subdirectories(dirfd, path);
  }

  Status descend(Fd* current, std::vector<Frame>* frames, const char* path) {
    std::string name = std::move(frames->back().below.back());
    frames->back().below.pop_back();
    Fd next(
        ::openat(current->get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next && (errno == ENOENT || errno == ENODEV)) return {};
    if (!next) return Error::sys("open '%s' below '%s'", name.c_str(), path);
    *current = std::move(next);
    Names below = TRY(arrive(current->get(), path));
    frames->push_back({std::move(name), std::move(below)});
    return {};
  }
};

class PidWalk : public Walk {
 public:
  explicit PidWalk(std::vector<pid_t>* pids) : pids_(pids) {}

  Status enter(int dirfd, const char* path) override {
    Result<std::string> text = read_file(dirfd, "cgroup.procs");
    if (!text) {
      int errnum = text.error().errnum;
      // EOPNOTSUPP: a threaded cgroup of v2; the cgroup above that is its domain lists its
      // processes.
      if (errnum == ENOENT || errnum == ENODEV || errnum == EOPNOTSUPP) return {};
      return std::move(text).error().in(format("cgroup '%s'", path));
    }
    for (std::string_view line : split(*text, '\n')) {
      std::optional<pid_t> pid = parse_number<pid_t>(line);
      if (pid && *pid > 0) pids_->push_back(*pid);
    }
    return {};
  }
  void leave(int, const char*) override {}

 private:
  std::vector<pid_t>* pids_;
};

class RemoveWalk : public Walk {
 public:
  Status enter(int, const char*) override { return {}; }
  void leave(int parent_fd, const char* name) override {
    (void)::unlinkat(parent_fd, name, AT_REMOVEDIR);  // the rmdir of the top will tell
  }
};

bool is_busy(int errnum) {
  return errnum == EBUSY || errnum == ENOTEMPTY;
}

Error still_busy(const std::string& path, int errnum) {
  std::vector<pid_t> pids;
  Status listed = add_pids(path, &pids);
  errno = errnum;
  Error error = Error::sys("remove cgroup '%s'", path.c_str());
  error.code = Code::CgroupFailed;
  if (!listed || pids.empty()) return error;
  return std::move(error).with_hint(format("%zu process(es) still in it, the first is %d",
                                           pids.size(), static_cast<int>(pids.front())));
}

}  // namespace

void sleep_us(int64_t microseconds) {
  timespec pause = {microseconds / 1000000, (microseconds % 1000000) * 1000};
  (void)nanosleep(&pause, nullptr);  // cut short by a signal: the loops around it look at the clock
}

Result<bool> make_dirs(const std::string& path, std::vector<std::string>* made) {
  int failed = ::mkdir(path.c_str(), 0755) < 0 ? errno : 0;
  if (failed == ENOENT && path != "/") {
    (void)TRY(make_dirs(std::string(dir_name(path)), made));
    failed = ::mkdir(path.c_str(), 0755) < 0 ? errno : 0;
  }
  if (failed == EEXIST) return false;
  if (failed != 0) {
    errno = failed;
    return Error::sys("make cgroup '%s'", path.c_str()).as(Code::CgroupFailed);
  }
  made->push_back(path);
  return true;
}

Status add_pids(const std::string& path, std::vector<pid_t>* pids) {
  PidWalk walk(pids);
  Status done = walk.run(path);
  if (!done) return std::move(done).error().as(Code::CgroupFailed);
  return {};
}

Status remove_tree(const std::string& path, int64_t deadline_ms) {
  constexpr int64_t kFirstPauseUs = 100;
  constexpr int64_t kLongestPauseUs = 50000;
  for (int64_t pause = kFirstPauseUs;; pause = std::min(pause * 2, kLongestPauseUs)) {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT || errno == ENODEV) return {};
    int failed = errno;
    if (!is_busy(failed))
      return Error::sys("remove cgroup '%s'", path.c_str()).as(Code::CgroupFailed);
    RemoveWalk walk;
    Status walked = walk.run(path);
    if (!walked) return std::move(walked).error().as(Code::CgroupFailed);
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT || errno == ENODEV) return {};
    failed = errno;
    if (!is_busy(failed) || monotonic_ms() >= deadline_ms) return still_busy(path, failed);
    sleep_us(pause);
  }
}

void remove_made(const std::vector<std::string>& made) {
  for (size_t i = made.size(); i-- > 0;) (void)::rmdir(made[i].c_str());
}

}  // namespace cgroup
