#include "supervisor/client/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/unix_address.h"
#include "spec/json.h"
#include "supervisor/protocol/paths.h"
#include "supervisor/protocol/rpc.h"

namespace client {

namespace {

// No descriptor if nobody listens there.
Result<Fd> connect_to(const std::string& path) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return Error::sys("socket");
  sys::UnixAddress address = TRY(sys::unix_address(path));
  if (::connect(fd.get(), address.get(), address.size) == 0) return fd;
  if (errno == ENOENT || errno == ECONNREFUSED) return Fd();
  Error error = Error::sys("connect to the daemon at '%s'", path.c_str());
  if (error.errnum == EACCES)
    error.hint = "ask root to start rtd with --operators or --readers and a group of yours";
  return error;
}

std::string daemon_program() {
  char self[4096];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length <= 0) return "rtd";
  std::string beside = join_path(dir_name({self, static_cast<size_t>(length)}), "rtd");
  return access(beside.c_str(), X_OK) == 0 ? beside : "rtd";
}

Status start_daemon(const Where& where) {
  std::vector<std::string> words = {daemon_program(), "--detach", "--dir",
                                    where.dir,        "--log",    where.dir + "/log"};
  if (!where.state_dir.empty()) words.insert(words.end(), {"--state-dir", where.state_dir});
  if (geteuid() != 0) words.push_back("--user");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  int failed = posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ);
  if (failed != 0) {
    errno = failed;
    return Error::sys("start the daemon '%s'", argv[0])
        .with_hint("install rtd beside rtctl or in PATH");
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error::make(Code::RuntimeFailed, "the daemon could not be started; it says why above");
}

}  // namespace

Code code_of(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Code::EventsGone); i++) {
    if (name == protocol::error_name(static_cast<Code>(i)).name) return static_cast<Code>(i);
  }
  return Code::Internal;
}

Result<Connection> Connection::open(const Where& where) {
  std::string path = where.dir + "/" + protocol::kSocketName;
  Fd fd = TRY(connect_to(path));
  if (!fd && where.autostart) {
    if (mkdir(where.dir.c_str(), 0711) < 0 && errno != EEXIST)
      return Error::sys("mkdir '%s'", where.dir.c_str());
    Status started = start_daemon(where);
    fd = TRY(connect_to(path));  // somebody else may have started it meanwhile
    if (!fd && !started) return started.error();
  }
  if (!fd) {
    return Error::make(Code::RuntimeFailed, "no daemon answers at '%s'", path.c_str())
        .with_hint("start one: rtd --detach --dir " + where.dir + "; or leave out --no-autostart");
  }
  return Connection(std::move(fd));
}

Result<std::string> Connection::read_line(std::vector<Fd>* fds) {
  for (;;) {
    size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    char data[64 << 10];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 64)];
    iovec piece{data, sizeof data};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t n = recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::sys("read from the daemon");
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
        fds->emplace_back(fd);
      }
    }
    if (n == 0) {
      return Error::make(Code::ShuttingDown, "the daemon closed the connection")
          .with_hint("containers go on; try again");
    }
    buffer_.append(data, static_cast<size_t>(n));
  }
}

Result<std::string> Connection::next() {
  std::vector<Fd> none;
  return read_line(&none);
}

Result<Reply> Connection::call(std::string_view method, std::string_view params) {
  int64_t id = ++last_id_;
  TRY(write_all(fd_.get(), protocol::request_text(id, method, params) + "\n",
                "the daemon's socket"));
  Reply reply;
  std::string line = TRY(read_line(&reply.fds));
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(line, "the daemon's answer"));
  if (std::optional<spec::JsonValue> result = document.root().find("result")) {
    reply.result = protocol::json_text(*result);
    return reply;
  }
  std::optional<spec::JsonValue> error = document.root().find("error");
  if (!error) return Error::make(Code::Internal, "the daemon's answer is none: %s", line.c_str());
  std::string message = TRY(error->get<std::string>("message", ""));
  std::optional<spec::JsonValue> data = error->find("data");
  std::string name = data ? TRY(data->get<std::string>("name", "")) : "";
  Error failed = Error::make(code_of(name), "%s", message.c_str());
  if (data) failed.hint = TRY(data->get<std::string>("hint", ""));
  return failed;
}

}  // namespace client
