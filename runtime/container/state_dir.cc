// <root>/<id>: made once, locked by who changes the container, removed last. What is in it:
// record.h.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/remove_tree.h"
#include "base/strings.h"
#include "runtime/container/container.h"
#include "runtime/container/record.h"
#include "runtime/container/root.h"

namespace container {
namespace {

constexpr size_t kRecordLimit =
    4 << 20;  // annotations are the only part without a bound of its own
constexpr int kMakeAttempts = 100;

Status flock_now(int fd, int operation) {
  int result;
  do {
    result = ::flock(fd, operation | LOCK_NB);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return Error::sys("flock");
  return {};
}

void sleep_ms(int64_t ms) {
  timespec pause = {static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000) * 1000000};
  (void)nanosleep(&pause, nullptr);  // woken early: the caller looks again
}

// The file is replaced, never changed, so its size is what can be read: one read, and no second to
// see the end.
Result<std::string> read_record(int fd, size_t size, const std::string& name) {
  if (size > kRecordLimit) return Error::msg("'%s' is too large: %zu bytes", name.c_str(), size);
  std::string text(size, '\0');
  ssize_t n;
  do {
    n = ::read(fd, text.data(), text.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) return Error::sys("read '%s'", name.c_str());
  text.resize(static_cast<size_t>(n));
  return text;
}

Error id_is_taken(const std::string& root, const std::string& id) {
  Error error = Error::make(Code::ContainerExists, "container with given ID already exists");
  Result<StateDir> dir = StateDir::open(root, id);
  if (!dir) return std::move(error).with_hint("choose another id, or 'rt delete " + id + "' first");
  Result<std::optional<Record>> record = dir->load();
  Result<bool> busy = dir->locked_by_other();
  bool aborted = record && busy && !*busy && (!*record || (**record).creating);
  if (aborted) {
    return std::move(error).with_hint("a create of it was cut off: 'rt delete --force " + id +
                                      "' removes what it left");
  }
  return std::move(error).with_hint("choose another id, or 'rt delete " + id + "' first");
}

}  // namespace

StateDir::StateDir(StateDir&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::move(other.fd_)),
      root_fd_(std::move(other.root_fd_)),
      id_(std::move(other.id_)),
      locked_(std::exchange(other.locked_, false)),
      remove_on_destroy_(std::exchange(other.remove_on_destroy_, false)) {}

StateDir& StateDir::operator=(StateDir&& other) noexcept {
  StateDir old(
      std::move(*this));  // what this stood for is undone, if it is to be, at the end of this scope
  path_ = std::move(other.path_);
  fd_ = std::move(other.fd_);
  root_fd_ = std::move(other.root_fd_);
  id_ = std::move(other.id_);
  locked_ = std::exchange(other.locked_, false);
  remove_on_destroy_ = std::exchange(other.remove_on_destroy_, false);
  return *this;
}

StateDir::~StateDir() {
  if (!remove_on_destroy_ || !fd_) return;
  // What a create makes, without a descriptor more: it may have failed for want of one.
  for (const char* file : {kConfigFile, kStartSocket, kRecordFile})
    (void)::unlinkat(fd_.get(), file, 0);
  if (::unlinkat(root_fd_.get(), id_.c_str(), AT_REMOVEDIR) == 0) return;
  if (Status removed = remove(); !removed)
    log_warning("%s, ignoring", removed.error().text().c_str());
}

// mkdir decides who gets the id. Between it and the lock, `delete --force` may take the empty
// directory for the remains of a create that was cut off and remove it: then it came first, and the
// directory is made again. In the same moment another create may have made one in its place, which
// is told by the record that it saves before it gives up the lock.
Result<StateDir> StateDir::make(const std::string& root, const std::string& id) {
  TRY(check_id(id));
  for (int attempt = 0; attempt < kMakeAttempts; attempt++) {
    StateDir dir;
    dir.id_ = id;
    dir.path_ = join_path(root, id);
    dir.root_fd_ = TRY(make_root(root));
    if (::mkdirat(dir.root_fd_.get(), id.c_str(), 0711) < 0) {
      if (errno == EEXIST) return id_is_taken(root, id);
      if (errno == ENOENT) continue;  // the root itself was removed
      return no_root_for_us(Error::sys("make '%s'", dir.path_.c_str()));
    }
    dir.fd_.reset(
        ::openat(dir.root_fd_.get(), id.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!dir.fd_ && errno == ENOENT) continue;
    Status locked = dir.fd_ ? dir.lock() : Status(Error::sys("open '%s'", dir.path_.c_str()));
    if (!locked && locked.error().code == Code::ContainerNotFound) continue;
    // no descriptor is left, perhaps: rmdir needs none, and takes only what is empty
    if (!locked) {
      (void)::unlinkat(dir.root_fd_.get(), id.c_str(), AT_REMOVEDIR);
      return std::move(locked).error();
    }
    if (::faccessat(dir.fd_.get(), kRecordFile, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
      return id_is_taken(root, id);
    dir.remove_on_destroy_ = true;
    if (::fchmod(dir.fd_.get(), 0711) < 0) return Error::sys("chmod '%s'", dir.path_.c_str());
    return dir;
  }
  return Error::make(Code::System, "make '%s': removed again by others %d times",
                     join_path(root, id).c_str(), kMakeAttempts);
}

Result<StateDir> StateDir::open(const std::string& root, const std::string& id) {
  TRY(check_id(id));
  StateDir dir;
  dir.id_ = id;
  dir.path_ = join_path(root, id);
  dir.root_fd_.reset(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!dir.root_fd_ && errno == ENOENT) return no_such_container(root, id);
  if (!dir.root_fd_) return Error::sys("--root: open '%s'", root.c_str());
  dir.fd_.reset(
      ::openat(dir.root_fd_.get(), id.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!dir.fd_ && (errno == ENOENT || errno == ENOTDIR)) return no_such_container(root, id);
  if (!dir.fd_) return Error::sys("open '%s'", dir.path_.c_str());
  return dir;
}

Status StateDir::lock(int timeout_ms) {
  int64_t deadline = monotonic_ms() + timeout_ms;
  for (int64_t pause = 1;; pause = std::min<int64_t>(pause * 2, 50)) {
    Status taken = flock_now(fd_.get(), LOCK_EX);
    if (taken) break;
    if (taken.error().errnum != EWOULDBLOCK) return std::move(taken).error().in(path_);
    int64_t left = deadline - monotonic_ms();
    if (left <= 0) {
      return Error::make(Code::Timeout,
                         "another command has been working on the container for %.1f s",
                         timeout_ms / 1000.0)
          .with_hint("find it with: fuser -v " + path_);
    }
    sleep_ms(std::min(pause, left));
  }
  locked_ = true;
  bool there = TRY(exists());
  if (!there) return Error::make(Code::ContainerNotFound, "container does not exist");
  return {};
}

Result<bool> StateDir::exists() const {
  struct stat ours;
  struct stat there;
  if (::fstat(fd_.get(), &ours) < 0) return Error::sys("stat '%s'", path_.c_str());
  if (::fstatat(root_fd_.get(), id_.c_str(), &there, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT) return false;
    return Error::sys("stat '%s'", path_.c_str());
  }
  return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

// A shared lock is refused while another holds the exclusive one, and does not disturb others who
// ask the same.
Result<bool> StateDir::locked_by_other() const {
  if (locked_) return false;
  Status taken = flock_now(fd_.get(), LOCK_SH);
  if (!taken && taken.error().errnum == EWOULDBLOCK) return true;
  TRY_IN(path_, std::move(taken));
  (void)::flock(fd_.get(), LOCK_UN);  // of a lock that is held: cannot fail
  return false;
}

Status StateDir::save(const Record& record) const {
  TRY_IN(path_, write_file_atomic(fd_.get(), kRecordFile, to_json(record), 0600));
  return {};
}

Result<std::optional<Record>> StateDir::load() const {
  return load_at(fd_.get(), kRecordFile, path_ + "/" + kRecordFile, id_);
}

Result<std::optional<Record>> StateDir::load_at(int dirfd, const char* path,
                                                const std::string& name, const std::string& id) {
  Fd file(::openat(dirfd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::optional<Record>();
  if (!file) return Error::sys("open '%s'", name.c_str());
  struct stat info;
  if (::fstat(file.get(), &info) < 0) return Error::sys("stat '%s'", name.c_str());
  std::string text = TRY(read_record(file.get(), static_cast<size_t>(info.st_size), name));
  Record record = TRY(parse_record(text, name.c_str()));
  if (record.id != id) {
    return Error::make(Code::ContainerState, "'%s' is the record of container '%s'", name.c_str(),
                       record.id.c_str())
        .with_hint("the directory was renamed: give it its old name back");
  }
  return std::optional<Record>(std::move(record));
}

Status StateDir::remove() {
  remove_on_destroy_ = false;
  TRY_IN(path_, remove_tree(root_fd_.get(), id_.c_str(), kRecordFile));
  return {};
}

}  // namespace container
