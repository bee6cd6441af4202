// `rtctl logs`: the daemon hands out the log's files; what is in them is read here.
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "spec/json.h"
#include "supervisor/client/command.h"
#include "supervisor/client/log_text.h"

namespace client {

namespace {

constexpr int kPollMs = 50;

struct Files {
  bool cri = true;
  std::vector<Fd> fds;  // the oldest first
};

Result<Files> open_log(Connection* daemon, const std::string& id) {
  Reply reply = TRY(daemon->call("container.logs", id_params(id)));
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(reply.result, "the daemon's answer"));
  std::string format = TRY(document.root().get<std::string>("format"));
  return Files{format == "cri", std::move(reply.fds)};
}

Result<bool> over(Connection* daemon, const std::string& id) {
  Result<Reply> reply = daemon->call("container.inspect", id_params(id));
  if (!reply && reply.error().code == Code::ContainerNotFound) return true;
  if (!reply) return reply.error();
  spec::JsonDocument document =
      TRY(spec::JsonDocument::parse(reply->result, "the daemon's answer"));
  std::string state = TRY(document.root().get<std::string>("state"));
  std::optional<spec::JsonValue> restart = document.root().find("restart");
  bool pending = restart && TRY(restart->get<bool>("pending", false));
  return !pending && (state == "exited" || state == "failed");
}

bool same_file(int a, int b) {
  struct stat one {
  }, two{};
  return fstat(a, &one) == 0 && fstat(b, &two) == 0 && one.st_dev == two.st_dev &&
         one.st_ino == two.st_ino;
}

// All that is in the file from where it was read to; "" at its end.
Result<std::string> read_on(int fd) {
  std::string text(64 << 10, '\0');
  ssize_t n = read(fd, text.data(), text.size());
  if (n < 0) return Error::sys("read the log");
  text.resize(static_cast<size_t>(n));
  return text;
}

class Printer {
 public:
  Printer(bool cri, bool times) : cri_(cri), times_(times) {}
  Status take(std::string_view text) {
    LogText shown = cri_ ? cri_text(text, times_, &partial_) : LogText{std::string(text), ""};
    TRY(write_all(STDOUT_FILENO, shown.out, "stdout"));
    return write_all(STDERR_FILENO, shown.err, "stderr");
  }

 private:
  bool cri_, times_;
  std::string partial_;
};

Status follow(Connection* daemon, const std::string& id, Fd current, Printer* printer) {
  for (bool last = false;;) {
    std::string text = TRY(read_on(current.get()));
    if (!text.empty()) {
      TRY(printer->take(text));
      continue;
    }
    if (last) return {};
    (void)poll(nullptr, 0, kPollMs);
    // what it printed is in the log before its end is known: one more look, then that is all
    last = TRY(over(daemon, id));
    Result<Files> files = open_log(daemon, id);
    if (!files && last) return {};  // removed with its end
    if (!files) return files.error();
    if (files->fds.empty() || same_file(files->fds.back().get(), current.get())) continue;
    // Rotated: first what came to the old file meanwhile, then all files after it.
    text = TRY(read_on(current.get()));
    TRY(printer->take(text));
    size_t next = files->fds.size() - 1;
    for (size_t i = 0; i < files->fds.size(); i++) {
      if (same_file(files->fds[i].get(), current.get())) next = i + 1;
    }
    for (; next + 1 < files->fds.size(); next++) {
      std::string whole = TRY(read_fd(files->fds[next].get(), "the log", size_t{1} << 30));
      TRY(printer->take(whole));
    }
    current = std::move(files->fds.back());
    last = false;
  }
}

}  // namespace

Result<int> run_logs(const Invocation& call) {
  Connection daemon = TRY(Connection::open(call.where));
  const std::string& id = call.args[0];
  Files files = TRY(open_log(&daemon, id));
  std::string all;
  for (const Fd& fd : files.fds) all += TRY(read_fd(fd.get(), "the log", size_t{1} << 30));
  std::string_view shown = all;
  if (call.flags.given("tail"))
    shown = last_lines(all, static_cast<size_t>(call.flags.number("tail")));
  Printer printer(files.cri, call.flags.on("timestamps"));
  TRY(printer.take(shown));
  if (call.flags.on("follow") && !files.fds.empty())
    TRY(follow(&daemon, id, std::move(files.fds.back()), &printer));
  return 0;
}

}  // namespace client
