#include "supervisor/monitor/conmon.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/unix_address.h"
#include "supervisor/monitor/runtime.h"

namespace monitor {

namespace {

constexpr size_t kLongestLine = 256;

// The descriptor whose number is in the environment; ours alone from here on.
Status take_pipe(const char* name, Fd* fd) {
  const char* text = getenv(name);
  if (text == nullptr) return {};
  std::optional<int> number = parse_number<int>(text);
  if (!number || *number < 3 || fcntl(*number, F_SETFD, FD_CLOEXEC) < 0) {
    return Error::make(Code::Usage, "%s: '%s' is no open descriptor above 2", name, text);
  }
  fd->reset(*number);
  return {};
}

Status await_word(int pipe_fd) {
  char word[64];
  ssize_t n;
  do {
    n = read(pipe_fd, word, sizeof word);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return Error::sys("read the start pipe");
  return {};
}

std::vector<int> open_descriptors() {
  std::vector<int> found;
  OpenDir entries(opendir("/proc/self/fd"));
  if (!entries) return found;  // then the kernel closes them, a little later
  while (const dirent* entry = readdir(entries.get())) {
    std::optional<int> fd = parse_number<int>(entry->d_name);
    if (fd && *fd > 2 && *fd != dirfd(entries.get())) found.push_back(*fd);
  }
  return found;
}

Status touch(int dirfd, const char* path) {
  Fd made = TRY(open_at(dirfd, path, O_WRONLY | O_CREAT, 0644));
  return {};
}

}  // namespace

std::optional<ControlLine> take_control_line(std::string* text, bool winsz) {
  size_t end = text->find('\n');
  if (end == std::string::npos) {
    if (text->size() > kLongestLine) text->clear();  // no line of ours
    return std::nullopt;
  }
  std::string line = text->substr(0, end);
  text->erase(0, end + 1);
  std::vector<std::string_view> words = split(trim(line), ' ');
  std::vector<uint16_t> numbers;
  if (winsz) numbers.push_back(1);
  for (std::string_view word : words) {
    std::optional<uint16_t> number = parse_number<uint16_t>(word);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  if (numbers.size() != 3 || numbers[0] < 1 || numbers[0] > 2) return std::nullopt;
  return ControlLine{numbers[0] == 1 ? ControlLine::Kind::Resize : ControlLine::Kind::Reopen,
                     numbers[1], numbers[2]};
}

Status Conmon::take_environment() {
  inherited_ = open_descriptors();
  TRY(take_pipe("_OCI_SYNCPIPE", &sync_));
  TRY(take_pipe("_OCI_STARTPIPE", &start_));
  if (setting_.exec_attach) TRY(take_pipe("_OCI_ATTACHPIPE", &attach_pipe_));
  for (const Fd* pipe : {&sync_, &start_, &attach_pipe_}) std::erase(inherited_, pipe->get());
  if (setting_.exec_attach && !attach_pipe_)
    return Error::make(Code::Usage, "--exec-attach needs _OCI_ATTACHPIPE");
  if (!start_) return {};
  TRY(await_word(start_.get()));
  if (!setting_.exec_attach) start_.reset();
  return {};
}

Status Conmon::make_fifo(const char* name, Fd* fd) {
  (void)unlinkat(bundle_.get(), name, 0);  // of the container's run before
  if (mkfifoat(bundle_.get(), name, 0600) < 0) return Error::sys("make the FIFO '%s'", name);
  *fd = TRY(open_at(bundle_.get(), name, O_RDONLY | O_NONBLOCK));
  return {};
}

Status Conmon::open() {
  bundle_ = TRY(open_at(AT_FDCWD, setting_.bundle.c_str(), O_RDONLY | O_DIRECTORY));
  TRY(make_fifo("ctl", &ctl_));
  TRY(make_fifo("winsz", &winsz_));
  ctl_writer_ = TRY(open_at(bundle_.get(), "ctl", O_WRONLY));
  winsz_writer_ = TRY(open_at(bundle_.get(), "winsz", O_WRONLY));
  (void)unlinkat(bundle_.get(), "attach", 0);
  (void)unlinkat(bundle_.get(), "oom", 0);
  Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sys::UnixAddress address = sys::unix_address_in(bundle_.get(), "attach");
  if (!fd || fchmod(fd.get(), 0700) < 0 || bind(fd.get(), address.get(), address.size) < 0 ||
      listen(fd.get(), 16) < 0) {
    return Error::sys("attach socket in '%s'", setting_.bundle.c_str());
  }
  attach_ = std::move(fd);
  if (!setting_.sdnotify_socket.empty()) TRY(notify_.open(bundle_.get(), setting_.sdnotify_socket));
  if (setting_.full_attach || setting_.socket_dir.empty()) return {};
  // A path of a length that fits an address.
  std::string link = setting_.socket_dir + "/" + setting_.cuuid;
  (void)unlink(link.c_str());
  if (symlink(setting_.bundle.c_str(), link.c_str()) < 0)
    return Error::sys("link '%s' to the bundle", link.c_str());
  return {};
}

void Conmon::announce_attach() {
  tell(&attach_pipe_, 0, "");
  attach_pipe_.reset();
}

Fd Conmon::accept() {
  return Fd(accept4(attach_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

std::vector<ControlLine> Conmon::read_fifo(int fd) {
  bool winsz = fd == winsz_.get();
  std::string& text = winsz ? winsz_text_ : ctl_text_;
  char piece[kLongestLine];
  ssize_t n = read(fd, piece, sizeof piece);
  if (n > 0) text.append(piece, static_cast<size_t>(n));
  std::vector<ControlLine> lines;
  for (size_t before = text.size() + 1; before != text.size();) {
    before = text.size();
    if (std::optional<ControlLine> line = take_control_line(&text, winsz)) lines.push_back(*line);
  }
  return lines;
}

// The reader may have gone; that is for it to deal with.
void Conmon::tell(Fd* pipe, int data, std::string_view message) {
  if (!*pipe) return;
  const char* key = setting_.api_version > 0 ? "data" : (setting_.exec ? "exit_code" : "pid");
  std::string json = format("{\"%s\": %d", key, data);
  if (!message.empty()) json += ", \"message\": " + json_quote(message);
  (void)write_all(pipe->get(), json + "}\n", "the engine's pipe");
}

void Conmon::created(pid_t pid) {
  if (!setting_.exec || setting_.api_version > 0) tell(&sync_, pid, "");
  if (!setting_.exec) sync_.reset();
}

void Conmon::failed(const Error& error) {
  tell(&sync_, -1, error.text());
  sync_.reset();
}

Status Conmon::ended(const protocol::ExitRecord& record, bool timed_out) {
  // Ports, for one: they are free before the engine learns of the end.
  for (int fd : inherited_) (void)close(fd);
  inherited_.clear();
  attach_.reset();
  (void)unlinkat(bundle_.get(), "attach", 0);
  if (!setting_.full_attach && !setting_.socket_dir.empty())
    (void)unlink((setting_.socket_dir + "/" + setting_.cuuid).c_str());
  if (record.oom_kills.value_or(0) > 0) {
    TRY(touch(bundle_.get(), "oom"));
    if (!setting_.persist_dir.empty())
      TRY(touch(AT_FDCWD, (setting_.persist_dir + "/oom").c_str()));
  }
  int status = record.signal != 0 ? 128 + record.signal : record.exit_code;
  if (timed_out) status = -1;
  std::string text = std::to_string(status);
  if (!setting_.persist_dir.empty())
    TRY(write_file_atomic(AT_FDCWD, (setting_.persist_dir + "/exit").c_str(), text, 0644));
  if (!setting_.exit_dir.empty()) {
    TRY(write_file_atomic(AT_FDCWD, (setting_.exit_dir + "/" + setting_.cid).c_str(), text, 0644));
  }
  if (setting_.exec) tell(&sync_, status, timed_out ? "command timed out" : "");
  sync_.reset();
  return {};
}

void Conmon::run_exit_command() {
  if (setting_.exit_command.empty()) return;
  if (setting_.exit_delay > 0) sleep(static_cast<unsigned>(setting_.exit_delay));
  Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  Result<pid_t> pid = spawn_unspared(setting_.exit_command, {null.get(), null.get(), null.get()});
  if (pid) (void)waitpid(*pid, nullptr, 0);
}

}  // namespace monitor
