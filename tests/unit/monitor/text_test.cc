// What the monitor reads of others' texts: requests, the runtime's log, cgroup files.
#include <gtest/gtest.h>

#include "supervisor/monitor/oom.h"
#include "supervisor/monitor/request.h"
#include "supervisor/monitor/runtime.h"

namespace monitor {
namespace {

TEST(Request, KnowsItsVerbs) {
  const std::pair<const char*, Verb> cases[] = {{"start", Verb::Start},
                                                {"rotate\n", Verb::Rotate},
                                                {"reopen", Verb::Reopen},
                                                {"status", Verb::Status},
                                                {"wait", Verb::Wait}};
  for (auto [text, verb] : cases) {
    Result<Request> request = parse_request(text);
    ASSERT_TRUE(request) << text;
    EXPECT_EQ(request->verb, verb) << text;
  }
  Result<Request> request = parse_request("signal TERM");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->verb, Verb::Signal);
  EXPECT_EQ(request->signal, 15);
}

TEST(Request, StopHasDefaults) {
  struct Case {
    const char* text;
    int signal;
    int64_t grace_ms;
  };
  for (const Case& c : {Case{"stop", 15, 10000}, Case{"stop INT", 2, 10000},
                        Case{"stop 3 250", 3, 250}, Case{"stop TERM 0", 15, 0}}) {
    Result<Request> request = parse_request(c.text);
    ASSERT_TRUE(request) << c.text;
    EXPECT_EQ(request->verb, Verb::Stop);
    EXPECT_EQ(request->signal, c.signal) << c.text;
    EXPECT_EQ(request->grace_ms, c.grace_ms) << c.text;
  }
}

TEST(Request, AttachAndResizeHaveWords) {
  Result<Request> request = parse_request("attach once wait");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->once && request->wait);
  request = parse_request("attach");
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->once || request->wait);
  request = parse_request("resize 120 0");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->columns, 120);
  EXPECT_EQ(request->rows, 0);
}

TEST(Request, MayNameAnExec) {
  Result<Request> request = parse_request("signal KILL exec probe");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->name, "probe");
  EXPECT_EQ(request->signal, 9);
  request = parse_request("wait exec exec");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->name, "exec");
  request = parse_request("attach once exec x");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->once && !request->wait && request->name == "x");
  request = parse_request("exec wait stdin terminal attach once");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->verb, Verb::Exec);
  EXPECT_EQ(request->name, "wait");
  EXPECT_TRUE(request->input && request->terminal && request->attach && request->once &&
              !request->wait);
  for (const char* text :
       {"exec", "exec x y", "exec x wait", "wait exec", "wait exec ", "start exec x",
        "signal exec x", "execs x", "exec x stdin stdin stdin stdin stdin stdin"}) {
    EXPECT_FALSE(parse_request(text)) << text;
  }
}

TEST(Request, RefusesTheRest) {
  for (const char* text : {"",
                           "START",
                           "start now",
                           "signal",
                           "signal ",
                           "signal NOPE",
                           "signal 65",
                           "signal -1",
                           "signal TERM 5",
                           "stop NOPE",
                           "stop TERM -1",
                           "stop TERM x",
                           "stop TERM 1 2",
                           "stop TERM 99999999999",
                           "stopp",
                           "\xff",
                           "attach x",
                           "attach wait wait wait",
                           "resize",
                           "resize 1",
                           "resize 1 2 3",
                           "resize -1 2",
                           "resize 1 65536",
                           "close-stdin x"}) {
    Result<Request> request = parse_request(text);
    ASSERT_FALSE(request) << text;
    EXPECT_EQ(request.error().code, Code::Usage);
  }
}

TEST(OomScore, OfChildrenIsNeverBelowTheOrdinary) {
  EXPECT_EQ(score_of_children("0\n"), "0");
  EXPECT_EQ(score_of_children("300\n"), "300");
  EXPECT_EQ(score_of_children("-999\n"), "0");
  EXPECT_EQ(score_of_children("-1\n"), "0");
}

TEST(RuntimeLog, GivesTheLastErrorsMessage) {
  EXPECT_EQ(last_error(""), "");
  EXPECT_EQ(last_error("\n\n"), "");
  EXPECT_EQ(last_error("time=\"t\" level=warning msg=\"w\"\ntime=\"t\" level=error msg=\"no "
                       "\\\"x\\\" \\\\ y\" code=system\nhint: h\n"),
            "no \"x\" \\ y");
  EXPECT_EQ(last_error("time=t level=fatal msg=bare more\n"), "bare");
  EXPECT_EQ(last_error("a\nplain words\n"), "plain words");
  EXPECT_EQ(last_error("x level=error msg=\"cut"), "cut");
  EXPECT_EQ(last_error("x level=error"), "x level=error");
}

TEST(Cgroup, FindsThePathOfAController) {
  const char* text = "11:memory:/a/b\n4:cpu,cpuacct:/c\n1:name=systemd:/\n0::/u:v\n";
  EXPECT_EQ(cgroup_path(text, "memory"), "/a/b");
  EXPECT_EQ(cgroup_path(text, "cpuacct"), "/c");
  EXPECT_EQ(cgroup_path(text, ""), "/u:v");
  EXPECT_EQ(cgroup_path(text, "pids"), std::nullopt);
  EXPECT_EQ(cgroup_path("rubbish\n1:memory\n", "memory"), std::nullopt);
}

TEST(Cgroup, ReadsTheOomCounterOfBothVersions) {
  EXPECT_EQ(parse_oom_counter("low 0\noom 3\noom_kill 2\noom_group_kill 0\n"), 2u);
  EXPECT_EQ(parse_oom_counter("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"), 1u);
  EXPECT_EQ(parse_oom_counter("oom_kill_disable 0\nunder_oom 0\n"), std::nullopt);
  EXPECT_EQ(parse_oom_counter("oom_kill x\n"), std::nullopt);
}

}  // namespace
}  // namespace monitor
