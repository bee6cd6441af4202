#include "runtime/cmd/host_ps.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/cmd/output.h"

namespace cmd {

namespace {

// The words of a line, by blanks.
std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::string_view word : split(line, ' ')) {
    word = trim(word);
    if (!word.empty()) out.push_back(word);
  }
  return out;
}

struct Spawned {
  pid_t pid = -1;
  Fd output;  // what it writes to stdout and stderr
};

Result<Spawned> spawn_ps(const std::vector<std::string>& args) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error::sys("pipe for 'ps'");
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  std::vector<char*> argv = {const_cast<char*>("ps")};
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);

  Spawned child;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  int failed = posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  if (failed == 0)
    failed = posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDERR_FILENO);
  if (failed == 0) failed = posix_spawnp(&child.pid, "ps", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    errno = failed;
    return Error::sys("run 'ps'").as(failed == ENOENT ? Code::ExecNotFound : Code::ExecFailed);
  }
  child.output = std::move(read_end);
  return child;
}

Result<int> wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return Error::sys("wait for 'ps'");
  }
  return status;
}

std::string command_of(const std::string& pid) {
  Result<std::string> line = read_file(AT_FDCWD, ("/proc/" + pid + "/cmdline").c_str());
  if (line && !line->empty()) {
    std::replace(line->begin(), line->end(), '\0', ' ');
    return std::string(trim(*line));
  }
  Result<std::string> name =
      read_file(AT_FDCWD, ("/proc/" + pid + "/comm").c_str());  // a zombie, or a kernel thread
  return name ? "[" + std::string(trim(*name)) + "]" : "";
}

}  // namespace

Result<std::string> run_host_ps(const std::vector<std::string>& args) {
  Spawned ps = TRY(spawn_ps(args));
  Result<std::string> output = read_fd(ps.output.get(), "output of 'ps'");
  ps.output
      // were there more than we read, ps would wait for us to take it, and we for ps to end
      .reset();
  int status = TRY(wait_for(ps.pid));
  std::string text = TRY(std::move(output));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  std::string how = WIFEXITED(status) ? format("exit status %d", WEXITSTATUS(status))
                                      : format("killed by signal %d", WTERMSIG(status));
  return Error::make(Code::ExecFailed, "ps: %s: %s", how.c_str(), std::string(trim(text)).c_str());
}

Result<std::string> filter_ps(std::string_view output, const std::vector<pid_t>& pids) {
  std::vector<std::string_view> lines = split(output, '\n');
  std::vector<std::string_view> header = words(lines.front());
  auto found = std::find(header.begin(), header.end(), "PID");
  if (found == header.end()) {
    return Error::make(Code::Usage, "couldn't find PID field in ps output")
        .with_hint(
            "the arguments given to ps must make it print a PID column: add -o pid, or leave them "
            "out");
  }
  size_t column = static_cast<size_t>(found - header.begin());
  std::string out = std::string(lines.front()) + "\n";
  for (std::string_view line : std::span(lines).subspan(1)) {
    std::vector<std::string_view> fields = words(line);
    if (fields.size() <= column) continue;
    std::optional<pid_t> pid = parse_number<pid_t>(fields[column]);
    if (pid && std::find(pids.begin(), pids.end(), *pid) != pids.end())
      out += std::string(line) + "\n";
  }
  return out;
}

std::string own_ps(const std::vector<pid_t>& pids) {
  std::vector<std::vector<std::string>> rows = {{"UID", "PID", "CMD"}};
  for (pid_t pid : pids) {
    std::string number = format("%d", pid);
    struct stat owner;
    if (stat(("/proc/" + number).c_str(), &owner) != 0) continue;
    rows.push_back({format("%u", owner.st_uid), number, command_of(number)});
  }
  return table(rows);
}

}  // namespace cmd
