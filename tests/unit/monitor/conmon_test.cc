// conmon's command line, and the lines that come through its FIFOs.
#include <gtest/gtest.h>

#include "supervisor/monitor/conmon_options.h"
#include "supervisor/monitor/notify_relay.h"

namespace monitor {
namespace {

Result<ConmonCommand> parse(std::vector<std::string> words) {
  std::vector<char*> args;
  for (std::string& word : words) args.push_back(word.data());
  return parse_conmon(args);
}

TEST(ConmonLine, IsTakenWholeAndOneByOne) {
  std::string text = "1 24 80\n2 0 0\n1 1";
  std::optional<ControlLine> line = take_control_line(&text, false);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->kind, ControlLine::Kind::Resize);
  EXPECT_EQ(line->rows, 24);
  EXPECT_EQ(line->columns, 80);
  line = take_control_line(&text, false);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->kind, ControlLine::Kind::Reopen);
  EXPECT_FALSE(take_control_line(&text, false));
  EXPECT_EQ(text, "1 1");
}

TEST(ConmonLine, OfWinszHasNoKind) {
  std::string text = "24 80\n";
  std::optional<ControlLine> line = take_control_line(&text, true);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->rows, 24);
  EXPECT_EQ(line->columns, 80);
}

TEST(ConmonLine, NonsenseIsDropped) {
  for (const char* nonsense : {"\n", "1 2\n", "1 2 3 4\n", "x y z\n", "3 1 1\n", "0 1 1\n",
                               "1 -1 1\n", "1 65536 1\n", "1  2\n"}) {
    std::string text = nonsense;
    EXPECT_FALSE(take_control_line(&text, false)) << nonsense;
    EXPECT_EQ(text, "") << nonsense;
  }
  std::string endless(300, '1');
  EXPECT_FALSE(take_control_line(&endless, false));
  EXPECT_EQ(endless, "");
}

TEST(ConmonLog, HasDriversAndPaths) {
  bool journal = false;
  const std::pair<const char*, LogFormat> cases[] = {{"k8s-file:/a/b:c", LogFormat::Cri},
                                                     {"json-file:/x", LogFormat::Cri},
                                                     {"/x", LogFormat::Cri},
                                                     {"none", LogFormat::None},
                                                     {"none:", LogFormat::None},
                                                     {"off", LogFormat::None},
                                                     {"null:", LogFormat::None}};
  for (auto [text, format] : cases) {
    LogOptions log;
    log.format = LogFormat::None;
    ASSERT_TRUE(parse_log_path(text, &log, &journal)) << text;
    EXPECT_EQ(log.format, format) << text;
  }
  LogOptions log;
  log.format = LogFormat::None;
  ASSERT_TRUE(parse_log_path("k8s-file:/a/b:c", &log, &journal));
  EXPECT_EQ(log.path, "/a/b:c");
  EXPECT_FALSE(parse_log_path("k8s-file:/second", &log, &journal));
  for (const char* text : {"k8s-file:", "", "passthrough", "x:/y"}) {
    LogOptions other;
    other.format = LogFormat::None;
    EXPECT_FALSE(parse_log_path(text, &other, &journal)) << text;
  }
  EXPECT_FALSE(journal);
  for (const char* text : {"journald", "journald:"}) {
    journal = false;
    LogOptions none;
    none.format = LogFormat::None;
    ASSERT_TRUE(parse_log_path(text, &none, &journal)) << text;
    EXPECT_TRUE(journal && none.format == LogFormat::None) << text;
  }
}

TEST(ConmonCommand, IsThatOfPodman) {
  Result<ConmonCommand> command = parse({"--api-version",
                                         "1",
                                         "-c",
                                         "ID",
                                         "-u",
                                         "UUID",
                                         "-r",
                                         "/usr/bin/rt",
                                         "-b",
                                         "/b",
                                         "-p",
                                         "/b/pidfile",
                                         "-n",
                                         "web",
                                         "--exit-dir",
                                         "/exits",
                                         "--full-attach",
                                         "-s",
                                         "-l",
                                         "k8s-file:/b/ctr.log",
                                         "--log-level",
                                         "error",
                                         "--syslog",
                                         "--runtime-arg",
                                         "--log-format=json",
                                         "--runtime-arg",
                                         "--log",
                                         "--runtime-arg",
                                         "/b/oci-log",
                                         "-t",
                                         "--timeout=3",
                                         "--no-new-keyring",
                                         "--conmon-pidfile",
                                         "/b/conmon.pid",
                                         "--exit-command",
                                         "/usr/bin/podman",
                                         "--exit-command-arg",
                                         "--root",
                                         "--exit-command-arg",
                                         "/r"});
  ASSERT_TRUE(command) << command.error().text();
  const Options& options = command->options;
  EXPECT_EQ(options.id, "ID");
  EXPECT_EQ(options.dir, "/b/rtmon");
  EXPECT_EQ(options.pid_file, "/b/pidfile");
  EXPECT_EQ(options.runtime.args, (std::vector<std::string>{"--systemd-cgroup", "--log-format=json",
                                                            "--log", "/b/oci-log"}));
  EXPECT_EQ(options.create_opts, (std::vector<std::string>{"--no-new-keyring"}));
  EXPECT_TRUE(options.terminal);
  EXPECT_EQ(options.timeout_ms, 3000);
  EXPECT_EQ(options.log.path, "/b/ctr.log");
  EXPECT_EQ(options.conmon->exit_command,
            (std::vector<std::string>{"/usr/bin/podman", "--root", "/r"}));
  EXPECT_TRUE(options.conmon->full_attach);
}

TEST(ConmonCommand, OfAnExecDoesNotPassWhatIsForCreate) {
  Result<ConmonCommand> command =
      parse({"--api-version=1", "-c", "ID", "-u", "S", "-r", "rt", "-s", "--no-pivot", "-e",
             "--exec-attach", "--exec-process-spec", "/p.json", "--runtime-opt", "--preserve-fds",
             "--runtime-opt", "2", "-i"});
  ASSERT_TRUE(command) << command.error().text();
  EXPECT_TRUE(command->options.runtime.args.empty());
  EXPECT_EQ(command->options.create_opts, (std::vector<std::string>{"--preserve-fds", "2"}));
  EXPECT_EQ(command->options.exec_process, "/p.json");
  EXPECT_EQ(command->options.input, Options::Input::Open);
  EXPECT_EQ(command->options.log.format, LogFormat::None);
}

TEST(ConmonCommand, RefusesWhatDoesNotFit) {
  const std::vector<std::string> base = {"-c", "I", "-u", "U", "-r", "rt"};
  const std::vector<std::vector<std::string>> wrong = {
      {"-e"},
      {"--exec-attach", "--api-version", "1"},
      {"-e", "--exec-process-spec", "p", "--exec-attach"},
      {"-e", "--exec-process-spec", "p", "--restore", "d"},
      {"--log-size-max", "x"},
      {"--seccomp-notify-socket", "s"},
      {"-l", "splunk:x"}};
  ASSERT_TRUE(parse(base));
  for (std::vector<std::string> words : wrong) {
    words.insert(words.begin(), base.begin(), base.end());
    EXPECT_FALSE(parse(words)) << words[6];
  }
  EXPECT_FALSE(parse({"-c", "I", "-r", "rt"}));
  EXPECT_FALSE(parse({"-u", "U", "-r", "rt"}));
}

TEST(Notify, PassesOnWhatAContainerMaySay) {
  EXPECT_EQ(allowed_lines("READY=1"), "READY=1");
  EXPECT_EQ(allowed_lines("STATUS=a b\nMAINPID=1\nREADY=1\n"), "STATUS=a b\nREADY=1");
  for (const char* text : {"", "\n", "MAINPID=7", "READY=0", "READY=12", "FDSTORE=1", "BARRIER=1",
                           "WATCHDOG=trigger", "NOTIFYACCESS=all", "WATCHDOG_USEC=1", " READY=1"}) {
    EXPECT_EQ(allowed_lines(text), "") << text;
  }
}

}  // namespace
}  // namespace monitor
