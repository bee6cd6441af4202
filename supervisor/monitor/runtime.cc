#include "supervisor/monitor/runtime.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"

namespace monitor {

namespace {

// The text after `msg=`: quoted, with backslashes before quotes, or one bare word.
std::string message_of(std::string_view line) {
  size_t at = line.find(" msg=");
  if (at == std::string_view::npos) return std::string(line);
  line.remove_prefix(at + 5);
  if (line.empty() || line.front() != '"') return std::string(line.substr(0, line.find(' ')));
  std::string text;
  for (size_t i = 1; i < line.size() && line[i] != '"'; i++) {
    if (line[i] == '\\' && i + 1 < line.size() && (line[i + 1] == '"' || line[i + 1] == '\\')) i++;
    text += line[i];
  }
  return text;
}

constexpr const char* kScoreFile = "/proc/self/oom_score_adj";
std::string own_score, childrens_score;  // of this process, once it was spared

// A child begins with its parent's score, and posix_spawn has no word for another.
class ScoreForChildren {
 public:
  ScoreForChildren() { set(childrens_score); }
  ScoreForChildren(const ScoreForChildren&) = delete;
  ScoreForChildren& operator=(const ScoreForChildren&) = delete;
  ~ScoreForChildren() { set(own_score); }

 private:
  // What was allowed once is allowed again.
  static void set(const std::string& score) {
    if (own_score != childrens_score) (void)!write_kernel_file(AT_FDCWD, kScoreFile, score);
  }
};

}  // namespace

std::string score_of_children(std::string_view own) {
  own = trim(own);
  return own.starts_with('-') ? "0" : std::string(own);
}

void spare_from_oom() {
  constexpr const char* kLast = "-999";  // -1000 would be never, which is not ours to say
  Result<std::string> before = read_file(AT_FDCWD, kScoreFile);
  if (!before) return;
  childrens_score = score_of_children(*before);
  own_score = write_kernel_file(AT_FDCWD, kScoreFile, kLast) ? kLast : std::string(trim(*before));
}

std::string last_error(std::string_view log) {
  std::string_view last;
  std::vector<std::string_view> lines = split(log, '\n');
  for (size_t i = lines.size(); i > 0; i--) {
    std::string_view line = trim(lines[i - 1]);
    if (line.find("level=error") != std::string_view::npos ||
        line.find("level=fatal") != std::string_view::npos) {
      return message_of(line);
    }
    if (last.empty()) last = line;
  }
  return std::string(last);
}

Result<pid_t> spawn_runtime(const Runtime& runtime, const std::vector<std::string>& args,
                            const Descriptors& stdio) {
  std::vector<std::string> words = {runtime.program};
  words.insert(words.end(), runtime.args.begin(), runtime.args.end());
  if (!runtime.root.empty()) words.insert(words.end(), {"--root", runtime.root});
  if (!runtime.log.empty())
    words.insert(words.end(), {"--log", runtime.log, "--log-format", "text"});
  words.insert(words.end(), args.begin(), args.end());
  Result<pid_t> pid = spawn_unspared(words, stdio);
  if (pid) return pid;
  return std::move(pid)
      .error()
      .in("run the runtime")
      .as(Code::RuntimeFailed)
      .with_hint("name it with --runtime, as a path or a program in PATH");
}

Result<pid_t> spawn_unspared(const std::vector<std::string>& words, const Descriptors& stdio) {
  ScoreForChildren score;
  return spawn_program(words, stdio);
}

Error call_failure(const char* what, int dirfd, const char* log, int status) {
  Result<std::string> text = read_file(dirfd, log);
  std::string reason = text ? last_error(*text) : "";
  if (reason.empty())
    return Error::make(Code::RuntimeFailed, "the runtime's %s ended with status %d", what, status);
  return Error::make(Code::RuntimeFailed, "the runtime's %s: %s", what, reason.c_str());
}

}  // namespace monitor
