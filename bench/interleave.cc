// interleave ROUNDS [--json FILE]: measures command lines against each other. The commands come on
// standard input, one a line; every round runs all of them once, in order, so that what disturbs
// the machine disturbs them alike:
//
//   time SUBJECT OPERATION PROGRAM ARGUMENT...    run and measure
//   do PROGRAM ARGUMENT...                        run only; a failure ends everything
//   try PROGRAM ARGUMENT...                       run only; may fail
//   until PROGRAM ARGUMENT...                     run again, every millisecond, until it succeeds (5 s at most)
//
// Words are separated by blanks; a word @FILE stands for the contents of FILE. Standard input and
// output of the commands are /dev/null. The first rounds (a tenth, at least one) warm up and do not
// count.
//
// Prints, for each operation, one line a subject: medians of wall time, of user + system time and
// of page faults, the largest resident set, and the spread of the wall time, (p90 - p10) / median.
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

struct Command {
  std::string kind, subject, operation;
  std::vector<std::string> words;
};

struct Sample {
  double wall_us, cpu_us;
  long faults, rss_kb;
};

struct Series {
  std::string subject;
  std::vector<Sample> samples;
};

[[noreturn]] void fail(const std::string& why) {
  fprintf(stderr, "interleave: %s\n", why.c_str());
  exit(1);
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string::npos;) {
    size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::vector<Command> read_commands() {
  std::vector<Command> commands;
  char* line = nullptr;
  size_t size = 0;
  for (ssize_t n; (n = getline(&line, &size, stdin)) > 0;) {
    std::vector<std::string> words =
        words_of(std::string(line, static_cast<size_t>(n) - (line[n - 1] == '\n')));
    if (words.empty()) continue;
    Command command;
    command.kind = words[0];
    size_t first = command.kind == "time" ? 3 : 1;
    if (words.size() <= first) fail("too few words: " + std::string(line));
    if (first == 3) {
      command.subject = words[1];
      command.operation = words[2];
    } else if (command.kind != "do" && command.kind != "try" && command.kind != "until") {
      fail("unknown kind of line: " + command.kind);
    }
    command.words.assign(words.begin() + static_cast<long>(first), words.end());
    commands.push_back(std::move(command));
  }
  free(line);
  return commands;
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  if (!file) fail("cannot read " + path);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

double now_us() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double us(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

// The exit status; `sample` is of the command and those of its children that it waited for.
int run(const Command& command, Sample* sample) {
  std::vector<std::string> words;
  for (const std::string& word : command.words)
    words.push_back(word[0] == '@' ? contents(word.substr(1)) : word);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  if (command.kind == "try" || command.kind == "until")
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid;
  double start = now_us();
  int error = posix_spawnp(&pid, argv[0], &files, nullptr, argv.data(), environ);
  if (error) fail(words[0] + ": " + strerror(error));
  int status;
  rusage usage;
  while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  *sample = {now_us() - start, us(usage.ru_utime) + us(usage.ru_stime), usage.ru_minflt,
             usage.ru_maxrss};
  posix_spawn_file_actions_destroy(&files);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void run_checked(const Command& command, Sample* sample) {
  double start = now_us();
  int status = run(command, sample);
  while (command.kind == "until" && status != 0 && now_us() - start < 5e6) {
    usleep(1000);
    status = run(command, sample);
  }
  if (status == 0 || command.kind == "try") return;
  std::string text;
  for (const std::string& word : command.words) text += " " + word;
  fail("exit status " + std::to_string(status) + " of:" + text);
}

template <typename Get>
double quantile(const std::vector<Sample>& samples, double part, Get get) {
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(static_cast<double>(get(sample)));
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(part * static_cast<double>(values.size() - 1) + 0.5)];
}

double wall(const Sample& sample) {
  return sample.wall_us;
}

void print(const std::vector<std::string>& order,
           std::map<std::string, std::vector<Series>>& results, FILE* json) {
  printf("%-12s %-10s %10s %8s %10s %8s %8s %7s\n", "operation", "subject", "wall us", "x first",
         "cpu us", "faults", "rss KB", "spread");
  if (json) fprintf(json, "[");
  const char* comma = "";
  for (const std::string& operation : order) {
    double first = 0;
    for (const Series& series : results[operation]) {
      double median = quantile(series.samples, 0.5, wall),
             p10 = quantile(series.samples, 0.1, wall);
      double p90 = quantile(series.samples, 0.9, wall);
      double cpu =
          quantile(series.samples, 0.5, [](const Sample& sample) { return sample.cpu_us; });
      double faults =
          quantile(series.samples, 0.5, [](const Sample& sample) { return sample.faults; });
      double rss = quantile(series.samples, 1, [](const Sample& sample) { return sample.rss_kb; });
      if (first == 0) first = median;
      printf("%-12s %-10s %10.0f %8.2f %10.0f %8.0f %8.0f %6.0f%%\n", operation.c_str(),
             series.subject.c_str(), median, median / first, cpu, faults, rss,
             (p90 - p10) / median * 100);
      if (json) {
        fprintf(json,
                "%s\n  {\"operation\": \"%s\", \"subject\": \"%s\", \"wall_us\": %.1f, \"p10_us\": "
                "%.1f, \"p90_us\": %.1f, "
                "\"cpu_us\": %.1f, \"faults\": %.0f, \"rss_kb\": %.0f, \"samples\": %zu}",
                comma, operation.c_str(), series.subject.c_str(), median, p10, p90, cpu, faults,
                rss, series.samples.size());
        comma = ",";
      }
    }
  }
  if (json) fprintf(json, "\n]\n");
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = argc >= 2 ? atoi(argv[1]) : 0;
  bool to_json = argc == 4 && strcmp(argv[2], "--json") == 0;
  if (rounds <= 0 || (argc != 2 && !to_json)) {
    fprintf(stderr, "usage: interleave ROUNDS [--json FILE] <COMMANDS\n");
    return 2;
  }
  std::vector<Command> commands = read_commands();
  std::vector<std::string> order;
  std::map<std::string, std::vector<Series>> results;
  int warm_up = std::max(1, rounds / 10);
  for (int round = 0; round < rounds + warm_up; round++) {
    for (const Command& command : commands) {
      Sample sample;
      run_checked(command, &sample);
      if (command.kind != "time" || round < warm_up) continue;
      std::vector<Series>& of_operation = results[command.operation];
      if (of_operation.empty()) order.push_back(command.operation);
      auto same = [&command](const Series& series) { return series.subject == command.subject; };
      auto found = std::find_if(of_operation.begin(), of_operation.end(), same);
      if (found == of_operation.end()) found = of_operation.insert(found, {command.subject, {}});
      found->samples.push_back(sample);
    }
  }
  FILE* json = to_json ? fopen(argv[3], "we") : nullptr;
  if (to_json && !json) fail(std::string(argv[3]) + ": " + strerror(errno));
  print(order, results, json);
  if (json && fclose(json) != 0) fail(std::string(argv[3]) + ": " + strerror(errno));
  return 0;
}
