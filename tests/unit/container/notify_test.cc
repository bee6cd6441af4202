#include "runtime/container/notify.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "tests/unit/container/fixture.h"

namespace container {
namespace {

TEST(FilterNotification, PassesWhatTheServiceMaySay) {
  Notification got = filter_notification("READY=1\nSTATUS=Up and running: a=b\n");
  EXPECT_EQ(got.text, "READY=1\nSTATUS=Up and running: a=b\n");
  EXPECT_TRUE(got.ready);
  for (const char* line : {"RELOADING=1", "MONOTONIC_USEC=12", "STOPPING=1", "ERRNO=2",
                           "BUSERROR=x", "WATCHDOG=1", "STATUS="}) {
    got = filter_notification(line);
    EXPECT_EQ(got.text, std::string(line) + "\n");
    EXPECT_FALSE(got.ready);
  }
}

TEST(FilterNotification, KeepsBackPidsDescriptorsAndChangesOfTheService) {
  for (const char* line :
       {"MAINPID=1", "MAINPIDFD=1", "FDSTORE=1", "FDNAME=x", "FDSTOREREMOVE=1", "BARRIER=1",
        "NOTIFYACCESS=all", "WATCHDOG_USEC=1", "EXTEND_TIMEOUT_USEC=1", "X_OURS=1", "READY", "",
        "=", "ready=1", " READY=1"}) {
    Notification got = filter_notification(line);
    EXPECT_EQ(got.text, "") << line;
    EXPECT_FALSE(got.ready) << line;
  }
  EXPECT_EQ(filter_notification("MAINPID=1\nREADY=1\nBARRIER=1").text, "READY=1\n");
}

TEST(FilterNotification, OnlyOneIsReady) {
  EXPECT_FALSE(filter_notification("READY=0").ready);
  EXPECT_FALSE(filter_notification("STATUS=READY=1").ready);
  EXPECT_TRUE(filter_notification("STATUS=x\nREADY=1").ready);
}

spec::Config config_with(spec::NamespaceType type) {
  spec::Config config;
  config.process.emplace();
  config.linux_.emplace();
  config.linux_->namespaces.push_back({.type = type, .path = ""});
  return config;
}

class NotifyTest : public testing::Test {
 protected:
  void SetUp() override { unsetenv("NOTIFY_SOCKET"); }
  void TearDown() override { unsetenv("NOTIFY_SOCKET"); }
  // A manager, and we are its service.
  Fd manager(const std::string& path) {
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static std::string next(const Fd& manager) {
    char text[4096];
    // a descriptor that came along is closed
    ssize_t n = recv(manager.get(), text, sizeof text, MSG_DONTWAIT);
    return n < 0 ? "(nothing)" : std::string(text, static_cast<size_t>(n));
  }
  // What a program in the container does.
  void say(const std::string& text) {
    Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::string path = temp_.path() + "/notify/notify.sock";
    strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(sendto(fd.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&address),
                     sizeof address),
              static_cast<ssize_t>(text.size()));
  }

  TempDir temp_;
  Fd dir_{open(temp_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
};

TEST_F(NotifyTest, NothingIsAddedForACallerWhoWantsNothing) {
  for (const char* value : {static_cast<const char*>(nullptr), ""}) {
    if (value != nullptr) setenv("NOTIFY_SOCKET", value, 1);
    spec::Config config = config_with(spec::NamespaceType::Mount);
    EXPECT_FALSE(add_notify_socket(config, "/state/web"));
    EXPECT_TRUE(config.mounts.empty());
    EXPECT_TRUE(config.process->env.empty());
  }
}

TEST_F(NotifyTest, AddsTheMountAndTheVariable) {
  setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
  spec::Config config = config_with(spec::NamespaceType::Mount);
  ASSERT_TRUE(add_notify_socket(config, "/state/web"));
  ASSERT_EQ(config.mounts.size(), 1u);
  EXPECT_EQ(config.mounts[0].source, "/state/web/notify");
  EXPECT_EQ(config.mounts[0].destination, "/run/notify");
  EXPECT_EQ(config.process->env, spec::Strings{"NOTIFY_SOCKET=/run/notify/notify.sock"});
}

TEST_F(NotifyTest, NeedsAMountNamespace) {
  setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
  spec::Config config = config_with(spec::NamespaceType::Pid);
  EXPECT_FALSE(add_notify_socket(config, "/state/web"));
  EXPECT_TRUE(config.mounts.empty());
}

TEST_F(NotifyTest, ListensWhereEverybodyMayWrite) {
  mode_t before = umask(077);
  Fd host = manager(temp_.path() + "/host");
  ASSERT_TRUE(make_notify_directory(dir_.get()));
  for (int i = 0; i < 2; i++) {  // a second time after one that was cut off
    Result<std::optional<NotifyProxy>> proxy = NotifyProxy::open(dir_.get());
    ASSERT_TRUE(proxy) << proxy.error().text();
    ASSERT_TRUE(*proxy);
    EXPECT_EQ(mode_of(temp_.path() + "/notify"), 0755u);
    EXPECT_EQ(mode_of(temp_.path() + "/notify/notify.sock"), 0777u);
  }
  umask(before);
}

TEST_F(NotifyTest, DoesNotListenForAContainerWithoutTheDirectory) {
  Fd host = manager(temp_.path() + "/host");
  Result<std::optional<NotifyProxy>> proxy = NotifyProxy::open(dir_.get());
  ASSERT_TRUE(proxy) << proxy.error().text();
  EXPECT_FALSE(*proxy);
}

TEST_F(NotifyTest, PassesMessagesOnOneByOne) {
  Fd host = manager(temp_.path() + "/host");
  ASSERT_TRUE(make_notify_directory(dir_.get()));
  Result<std::optional<NotifyProxy>> proxy = NotifyProxy::open(dir_.get());
  ASSERT_TRUE(proxy && *proxy);
  (**proxy).pass_one();  // there is none: no wait, no complaint
  say("STATUS=one\nMAINPID=1");
  say("MAINPID=1");
  say(std::string(4096, 'x'));
  say("STATUS=two");
  for (int i = 0; i < 4; i++) (**proxy).pass_one();
  EXPECT_EQ(next(host), "STATUS=one\n");
  EXPECT_EQ(next(host), "STATUS=two\n");
  EXPECT_EQ(next(host), "(nothing)");
}

TEST_F(NotifyTest, EndsWithTheProcess) {
  Fd host = manager(temp_.path() + "/host");
  ASSERT_TRUE(make_notify_directory(dir_.get()));
  Result<std::optional<NotifyProxy>> proxy = NotifyProxy::open(dir_.get());
  ASSERT_TRUE(proxy && *proxy);
  Child program;
  Result<std::optional<Fd>> pidfd = open_process(must_ref(program.pid()));
  ASSERT_TRUE(pidfd && *pidfd);
  program.kill(SIGKILL);
  program.wait_dead();
  say("STATUS=last words");
  EXPECT_TRUE((**proxy).pass_until_ready(program.pid(), (**pidfd).get()));
  EXPECT_EQ(next(host), "STATUS=last words\n");
}

}  // namespace
}  // namespace container
