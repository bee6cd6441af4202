#include "supervisor/daemon/background.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "base/io.h"

namespace rtd {

namespace {

// A session of its own, no directory held; stdin, stdout and stderr of a process that nobody
// watches.
Status leave_caller() {
  if (setsid() < 0) return Error::sys("setsid");
  if (chdir("/") < 0) return Error::sys("chdir '/'");
  Fd null = TRY(open_at(AT_FDCWD, "/dev/null", O_RDWR));
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (dup2(null.get(), fd) < 0) return Error::sys("dup2");
  }
  return {};
}

}  // namespace

Status run_in_background(const std::function<int(Fd report)>& serve) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return Error::sys("pipe");
  Fd from_child(ends[0]), to_parent(ends[1]);
  pid_t pid = fork();
  if (pid < 0) return Error::sys("fork");
  if (pid == 0) {
    from_child.reset();
    Status left = leave_caller();
    if (!left) {
      report_to_caller(&to_parent, left);
      _exit(1);
    }
    _exit(serve(std::move(to_parent)));
  }
  to_parent.reset();
  std::string text = TRY(read_fd(from_child.get(), "the daemon's report"));
  if (text == "ok") return {};
  if (text.empty()) text = "the daemon ended before it served";
  return Error::make(Code::Internal, "%s", text.c_str());
}

void report_to_caller(Fd* report, const Status& status) {
  if (!*report) return;
  std::string text = status ? "ok" : status.error().text();
  if (!status && !status.error().hint.empty()) text += "\nhint: " + status.error().hint;
  (void)write_all(report->get(), text, "the caller");  // who may have gone
  report->reset();
}

}  // namespace rtd
