// What commands print.
#include "runtime/cmd/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/cmd/host_ps.h"
#include "runtime/cmd/version.h"
#include "spec/load.h"
#include "tests/unit/cmd/fake_container.h"

namespace {

// State and list.

TEST(State, IsRuncsJsonWithoutATrailingNewline) {
  Fake answer;
  answer.info = sample_info();
  answer.info.record.annotations = {{"a/b", "x\"y"}, {"c", ""}};
  Outcome outcome = rt_with(answer, {"state", "web"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, R"({
  "ociVersion": "1.3.0",
  "id": "web",
  "pid": 42,
  "status": "running",
  "bundle": "/b/web",
  "rootfs": "/b/web/rootfs",
  "created": "2026-11-23T10:00:00.123456789Z",
  "annotations": {
    "a/b": "x\"y",
    "c": ""
  },
  "owner": ""
})");
}

TEST(State, HasNoPidWhenStoppedAndOmitsEmptyAnnotations) {
  Fake answer;
  answer.info = sample_info();
  answer.info.status = spec::ContainerStatus::Stopped;
  Outcome outcome = rt_with(answer, {"state", "web"});
  EXPECT_NE(outcome.out.find("\"pid\": 0,\n  \"status\": \"stopped\""), std::string::npos)
      << outcome.out;
  EXPECT_EQ(outcome.out.find("annotations"), std::string::npos) << outcome.out;
}

TEST(List, Table) {
  Fake answer;
  answer.list = {sample_info(), sample_info()};
  answer.list[1].record.id = "a-much-longer-name";
  answer.list[1].record.bundle = "/b";
  answer.list[1].status = spec::ContainerStatus::Stopped;
  EXPECT_EQ(rt_with(answer, {"list"}).out,
            "ID                   PID         STATUS      BUNDLE      CREATED                      "
            "    OWNER\n"
            "web                  42          running     /b/web      "
            "2026-11-23T10:00:00.123456789Z   root\n"
            "a-much-longer-name   0           stopped     /b          "
            "2026-11-23T10:00:00.123456789Z   root\n");
  EXPECT_EQ(rt({"list"}).out,
            "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
}

TEST(List, QuietAndJson) {
  Fake answer;
  answer.list = {sample_info(), sample_info()};
  answer.list[1].record.id = "db";
  answer.list[1].record.annotations = {{"k", "v"}};
  EXPECT_EQ(rt_with(answer, {"list", "-q"}).out, "web\ndb\n");
  EXPECT_EQ(rt_with(answer, {"list", "-q", "-f", "json"}).out, "web\ndb\n");
  EXPECT_EQ(rt_with(answer, {"list", "--format=json"}).out,
            "[{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":42,\"status\":\"running\","
            "\"bundle\":\"/b/web\","
            "\"rootfs\":\"/b/web/"
            "rootfs\",\"created\":\"2026-11-23T10:00:00.123456789Z\",\"owner\":\"root\"},"
            "{\"ociVersion\":\"1.3.0\",\"id\":\"db\",\"pid\":42,\"status\":\"running\",\"bundle\":"
            "\"/b/web\","
            "\"rootfs\":\"/b/web/"
            "rootfs\",\"created\":\"2026-11-23T10:00:00.123456789Z\",\"annotations\":{\"k\":\"v\"},"
            "\"owner\":\"root\"}]\n");
  EXPECT_EQ(rt({"list", "-f", "json"}).out, "null\n");
  EXPECT_EQ(rt({"list", "-q"}).out, "");
}

TEST(Table, CountsCharactersAndDisarmsControlCharacters) {
  EXPECT_EQ(cmd::table({{"\xc3\xa4\xc3\xb6", "b"}, {"x\x1b[2J\n", "y"}}),
            "\xc3\xa4\xc3\xb6          b\nx?[2J?      y\n");
}

TEST(Print, AFullDiskIsAnError) {
  int saved = dup(STDOUT_FILENO);
  int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  ASSERT_GE(dup2(full, STDOUT_FILENO), 0);
  Result<int> printed = cmd::print("x");
  ASSERT_GE(dup2(saved, STDOUT_FILENO), 0);
  close(saved);
  close(full);
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().errnum, ENOSPC);
}

// Ps.

TEST(Ps, Json) {
  Fake answer;
  answer.pids = {1, 22};
  EXPECT_EQ(rt_with(answer, {"ps", "-f", "json", "web"}).out, "[1,22]\n");
  EXPECT_EQ(rt_with(answer, {"ps", "--format=json", "web"}).out, "[1,22]\n");
  EXPECT_EQ(rt({"ps", "-f", "json", "web"}).out, "[]\n");
}

TEST(Ps, KeepsTheHeaderAndTheContainersLines) {
  Result<std::string> out = cmd::filter_ps(
      "UID          PID    PPID  CMD\n"
      "root           1       0  init 42\n"
      "daemon        42       1  web --pid 1\n"
      "root         420      42  x\n"
      "short\n",
      {42, 7});
  ASSERT_TRUE(out) << out.error().text();
  EXPECT_EQ(*out, "UID          PID    PPID  CMD\ndaemon        42       1  web --pid 1\n");
}

TEST(Ps, WithoutAPidColumnSaysSo) {
  for (const char* text : {"UID CMD\nroot x\n", "", "PPID\n1\n"}) {
    Result<std::string> out = cmd::filter_ps(text, {1});
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().what, "couldn't find PID field in ps output");
  }
}

TEST(Ps, OwnTableHasThisProcessAndLeavesOutTheDead) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  ASSERT_GT(child, 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  std::string out = cmd::own_ps({getpid(), child});
  std::vector<std::string_view> lines = split(out, '\n');
  ASSERT_EQ(lines.size(), 3u) << out;
  EXPECT_TRUE(lines[0].starts_with("UID         PID         CMD"));
  EXPECT_NE(lines[1].find(format("%u", getuid())), std::string_view::npos);
  EXPECT_NE(lines[1].find(format("%d", getpid())), std::string_view::npos);
  EXPECT_NE(lines[1].find("unit_cmd"), std::string_view::npos) << out;
}

// A ps of the test's own making, first in PATH.
class HostPs : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/rt-test-ps-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    const char* path = getenv("PATH");
    saved_ = path != nullptr ? path : "";
    setenv("PATH", dir_.c_str(), 1);
  }
  void TearDown() override {
    setenv("PATH", saved_.c_str(), 1);
    (void)unlink((dir_ + "/ps").c_str());
    EXPECT_EQ(rmdir(dir_.c_str()), 0);
  }
  void install(const std::string& script) {
    std::string text = "#!/bin/sh\n" + script;
    ASSERT_TRUE(write_file_atomic(AT_FDCWD, (dir_ + "/ps").c_str(), text, 0755));
  }
  std::string dir_;
  std::string saved_;
};

TEST_F(HostPs, IsCalledWithEfOrTheGivenArguments) {
  install("echo 'PID CMD'; echo \"42 $# $*\"\n");
  Fake answer;
  answer.pids = {42};
  EXPECT_EQ(rt_with(answer, {"ps", "web"}).out, "PID CMD\n42 1 -ef\n");
  EXPECT_EQ(rt_with(answer, {"ps", "web", "-o", "pid,args"}).out, "PID CMD\n42 2 -o pid,args\n");
  EXPECT_EQ(rt_with(answer, {"ps", "--format", "table", "web", "-e -f"}).out,
            "PID CMD\n42 1 -e -f\n");
}

TEST_F(HostPs, FailingIsAnErrorWithItsWords) {
  install("echo 'bad option' >&2; exit 3\n");
  Outcome outcome = rt({"ps", "web", "-Q"});
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.error.what, "ps 'web': ps: exit status 3: bad option");
  install("kill -9 $$\n");
  EXPECT_EQ(rt({"ps", "web"}).error.what, "ps 'web': ps: killed by signal 9: ");
}

TEST_F(HostPs, WithoutOneRtPrintsATableOfItsOwn) {
  Fake answer;
  answer.pids = {getpid()};
  Outcome outcome = rt_with(answer, {"ps", "web"});
  ASSERT_TRUE(outcome.ok) << outcome.error.text();
  EXPECT_TRUE(outcome.out.starts_with("UID         PID         CMD")) << outcome.out;
}

// Spec.

class SpecCommand : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/rt-test-spec-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override {
    (void)unlink((dir_ + "/config.json").c_str());
    EXPECT_EQ(rmdir(dir_.c_str()), 0);
  }
  std::string dir_;
};

TEST_F(SpecCommand, WritesAConfigThatLoads) {
  for (bool rootless : {false, true}) {
    Outcome outcome = rootless ? rt({"spec", "--rootless", "-b", dir_}) : rt({"spec", "-b", dir_});
    ASSERT_TRUE(outcome.ok) << outcome.error.text();
    EXPECT_EQ(outcome.out, "");
    Result<spec::Config> config = spec::load_config(dir_);
    ASSERT_TRUE(config) << config.error().text();
    ASSERT_EQ(unlink((dir_ + "/config.json").c_str()), 0);
  }
}

TEST_F(SpecCommand, RefusesToOverwrite) {
  ASSERT_TRUE(write_file_atomic(AT_FDCWD, (dir_ + "/config.json").c_str(), "mine", 0644));
  Outcome outcome = rt({"spec", "--bundle", dir_});
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.error.what, "spec: File config.json exists. Remove it first");
  Result<std::string> text = read_file(AT_FDCWD, (dir_ + "/config.json").c_str());
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "mine");
}

TEST_F(SpecCommand, NeedsTheDirectory) {
  Outcome outcome = rt({"spec", "-b", dir_ + "/none"});
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.error.errnum, ENOENT);
}

// Plan.

TEST(Plan, PrintsTheStepsOfACreate) {
  Outcome outcome = rt({"plan", "-b", "/b", "--config", "/c.json", "--no-pivot", "web"});
  ASSERT_TRUE(outcome.ok) << outcome.error.text();
  EXPECT_EQ(fake().called, "draw");
  EXPECT_EQ(fake().id, "web");
  EXPECT_EQ(fake().create.bundle, "/b");
  EXPECT_EQ(fake().create.config_file, "/c.json");
  EXPECT_TRUE(fake().create.no_pivot);
  EXPECT_FALSE(fake().create.no_new_keyring);
  EXPECT_TRUE(fake().wait_for_start);
  EXPECT_NE(outcome.out.find("   0  exec 'sh'  [process.args]\n"), std::string::npos)
      << outcome.out;
}

TEST(Plan, NeedsNoIdAndPrintsJson) {
  Outcome outcome = rt({"plan", "--format", "json"});
  ASSERT_TRUE(outcome.ok) << outcome.error.text();
  EXPECT_EQ(fake().id, "container");
  EXPECT_FALSE(fake().create.detach);  // a terminal needs no console socket
  EXPECT_TRUE(outcome.out.starts_with("{")) << outcome.out;
  EXPECT_NE(outcome.out.find("\"what\": \"exec 'sh'\""), std::string::npos) << outcome.out;
}

// Version.

TEST(Version, IsInRuncsForm) {
  for (const char* flag : {"--version", "-v", "-version"}) {
    Outcome outcome = rt({flag});
    ASSERT_TRUE(outcome.ok);
    EXPECT_EQ(outcome.out, cmd::version_text());
  }
  std::string text = cmd::version_text();
  EXPECT_TRUE(text.starts_with(format("rt version %s\n", cmd::version()))) << text;
  EXPECT_NE(text.find("\nspec: 1.3.0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nlibseccomp: 2."), std::string::npos) << text;
  EXPECT_TRUE(rt({"--root", "/", "--version"}).ok);  // nothing about the host is asked
}

}  // namespace
