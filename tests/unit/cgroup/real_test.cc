// On the cgroups of this machine, below the test's own: what only the kernel can say. Needs root
// and v1 hierarchies (or v2's freezer and device programs); each test says what it lacks when it is
// skipped.

#include <gtest/gtest.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <algorithm>

#include "base/strings.h"
#include "runtime/cgroup/devices.h"
#include "runtime/cgroup/files.h"
#include "runtime/cgroup/tree.h"
#include "runtime/cgroup/v1.h"
#include "tests/unit/cgroup/fake_tree.h"

namespace cgroup {
namespace {

// A child that waits until it is killed.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    if (pid_ == 0) {
      for (;;) ::pause();
    }
  }
  ~Sleeper() {
    if (reaped_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  // Whether it dies of SIGKILL within the time.
  bool killed_within(int milliseconds) {
    for (int i = 0; i < milliseconds; i++) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        reaped_ = true;
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
      }
      sleep_us(1000);
    }
    return false;
  }

 private:
  pid_t pid_;
  bool reaped_ = false;
};

int in_child(int (*run)(const Cgroup&), const Cgroup& cgroup) {
  pid_t pid = ::fork();
  if (pid == 0) ::_exit(run(cgroup));
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

class Real : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    Result<Host> host = probe_host();
    ASSERT_OK(host);
    host_ = *host;
    if (host_.layout != Layout::V1 && host_.layout != Layout::Hybrid)
      GTEST_SKIP() << "needs cgroup v1 hierarchies";
    Result<Location> location = locate(host_, options());
    ASSERT_OK(location);
    location_ = *location;
    for (const Location::Dir& dir : location_.dirs) {
      if (::access(std::string(dir.path.substr(0, dir.path.rfind('/'))).c_str(), W_OK) < 0)
        GTEST_SKIP() << "cgroups cannot be made here";
    }
  }
  void TearDown() override {
    for (const Location::Dir& dir : location_.dirs)
      EXPECT_NE(::access(dir.path.c_str(), F_OK), 0) << dir.path << " is left";
  }

  static LocateOptions options() {
    LocateOptions options;
    options.id = "rt-test-" + std::to_string(::getpid());
    return options;
  }
  std::string dir(const char* controller) const {
    const Location::Dir* found = location_.find(controller);
    return found == nullptr ? "" : found->path;
  }
  std::string value(const char* controller, const char* file) const {
    Result<std::string> text = read_required(dir(controller), file);
    EXPECT_TRUE(text) << text.error().text();
    return text ? *text : "";
  }
  bool lacks(const char* controller) const { return location_.find(controller) == nullptr; }

  Host host_;
  Location location_;
};

#define NEEDS(controller) \
  if (lacks(controller)) GTEST_SKIP() << "no v1 controller '" controller "'"

TEST_F(Real, JoinIsSeenByTheKernelInEveryHierarchy) {
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  Sleeper child;
  ASSERT_OK(cgroup->join(child.pid()));
  Result<std::string> seen = read_file(AT_FDCWD, format("/proc/%d/cgroup", child.pid()).c_str());
  ASSERT_OK(seen);
  for (const Location::Dir& where : location_.dirs) {
    std::string name(where.path.substr(where.path.rfind('/')));
    std::string line = ":" + where.controllers + ":";
    size_t at = seen->find(line);
    ASSERT_NE(at, std::string::npos) << line;
    EXPECT_TRUE(trim(seen->substr(at, seen->find('\n', at) - at)).ends_with(name)) << line;
  }
  EXPECT_EQ(*cgroup->pids(), (std::vector<pid_t>{child.pid()}));
  Error error = error_of(Cgroup::make(location_, nullptr));
  EXPECT_TRUE(error.what.starts_with("container's cgroup is not empty: 1 process(es) found"))
      << error.what;
  EXPECT_TRUE(cgroup->exists());
  ASSERT_OK(cgroup->kill_all(SIGKILL));
  EXPECT_TRUE(child.killed_within(5000));
}

TEST_F(Real, EntranceIsJoinByTheChildItself) {
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  Result<Cgroup::Entrance> entrance = cgroup->entrance();
  ASSERT_OK(entrance);
  struct clone_args args = {};
  args.exit_signal = SIGCHLD;
  if (entrance->clone_into >= 0) {
    args.flags = CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(entrance->clone_into);
  }
  long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) {
    for (const Fd& fd : entrance->tasks) {
      if (::write(fd.get(), Cgroup::kSelf, 1) != 1) ::_exit(1);
    }
    for (;;) ::pause();
  }
  ASSERT_GT(pid, 0);
  bool everywhere = false;
  for (int i = 0; i < 1000 && !everywhere; i++) {
    everywhere = true;
    for (const Location::Dir& where : location_.dirs) {
      std::vector<pid_t> pids;
      ASSERT_OK(add_pids(where.path, &pids));
      everywhere = everywhere && pids == std::vector<pid_t>{static_cast<pid_t>(pid)};
    }
    if (!everywhere) sleep_us(1000);
  }
  EXPECT_TRUE(everywhere);
  ::kill(static_cast<pid_t>(pid), SIGKILL);
  ::waitpid(static_cast<pid_t>(pid), nullptr, 0);
}

TEST_F(Real, JoinOfAProcessThatIsGone) {
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ::waitpid(gone, nullptr, 0);
  Error error = error_of(cgroup->join(gone));
  EXPECT_EQ(error.errnum, ESRCH);
  EXPECT_EQ(error.code, Code::CgroupFailed);
}

TEST_F(Real, FreezeThawAndKillWhileFrozen) {
  NEEDS("freezer");
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  Sleeper child;
  ASSERT_OK(cgroup->join(child.pid()));
  EXPECT_FALSE(*cgroup->frozen());
  ASSERT_OK(cgroup->freeze());
  EXPECT_TRUE(*cgroup->frozen());
  EXPECT_EQ(value("freezer", "freezer.state"), "FROZEN");
  ASSERT_OK(cgroup->thaw());
  EXPECT_FALSE(*cgroup->frozen());
  ASSERT_OK(cgroup->freeze());
  ASSERT_OK(cgroup->kill_all(SIGKILL));
  EXPECT_TRUE(child.killed_within(5000));
}

TEST_F(Real, AFrozenParentIsRefused) {
  NEEDS("freezer");
  Result<Cgroup> parent = Cgroup::make(location_, nullptr);
  ASSERT_OK(parent);
  ASSERT_OK(parent->freeze());
  Location below = location_;
  for (Location::Dir& where : below.dirs) where.path += "/web";
  Error error = error_of(Cgroup::make(below, nullptr));
  EXPECT_NE(error.what.find("frozen"), std::string::npos);
  ASSERT_OK(parent->thaw());
  EXPECT_OK(Cgroup::make(below, nullptr));
}

TEST_F(Real, KillAllReachesProcessesBelow) {
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  std::vector<Sleeper> sleepers(3);
  for (const Sleeper& child : sleepers) ASSERT_OK(cgroup->join(child.pid()));
  std::string below = location_.dirs[0].path + "/below";
  std::vector<std::string> made;
  ASSERT_OK(make_dirs(below, &made));
  ASSERT_OK(write_signed(below, "cgroup.procs", sleepers[0].pid()));
  EXPECT_EQ(cgroup->pids()->size(), 3u);
  ASSERT_OK(cgroup->kill_all(SIGKILL));
  for (Sleeper& child : sleepers) EXPECT_TRUE(child.killed_within(5000));
  EXPECT_OK(cgroup->remove());
}

TEST_F(Real, OtherSignalsReachAllToo) {
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  pid_t pid = ::fork();
  if (pid == 0) {
    for (;;) ::pause();
  }
  Status joined = cgroup->join(pid);
  Status killed = cgroup->kill_all(SIGTERM);
  int status = 0;
  if (!joined || !killed) ::kill(pid, SIGKILL);
  ::waitpid(pid, &status, 0);
  EXPECT_OK(joined);
  EXPECT_OK(killed);
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  EXPECT_EQ(error_of(cgroup->kill_all(12345)).code, Code::Usage);
}

TEST_F(Real, RemoveWaitsForTheDying) {
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  Sleeper child;
  ASSERT_OK(cgroup->join(child.pid()));
  ::kill(child.pid(), SIGKILL);
  EXPECT_OK(cgroup->remove());
}

TEST_F(Real, MemoryLimitsGoUpAndDownInAnyOrder) {
  NEEDS("memory");
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  if (!file_exists(dir("memory"), "memory.memsw.limit_in_bytes"))
    GTEST_SKIP() << "swap is not accounted";
  constexpr int64_t kMiB = 1 << 20;
  struct Case {
    int64_t limit, swap;
  };
  constexpr Case kCases[] = {{64, 128}, {256, 512}, {512, 512}, {16, 32},
                             {-1, -1},  {64, 64},   {-1, 0},    {100, 200}};
  for (const Case& item : kCases) {
    spec::Resources resources;
    resources.memory = spec::Memory();
    resources.memory->limit = item.limit < 0 ? item.limit : item.limit * kMiB;
    resources.memory->swap = item.swap < 0 ? item.swap : item.swap * kMiB;
    EXPECT_OK(cgroup->apply(resources));
    std::string limit = value("memory", "memory.limit_in_bytes");
    std::string swap = value("memory", "memory.memsw.limit_in_bytes");
    EXPECT_TRUE(item.limit < 0 ? limit.size() > 15 : limit == std::to_string(item.limit * kMiB))
        << limit;
    EXPECT_TRUE(item.swap <= 0 ? swap.size() > 15 : swap == std::to_string(item.swap * kMiB))
        << swap;
  }
}

int use_memory(const Cgroup& cgroup) {
  if (!cgroup.join(::getpid())) return 1;
  constexpr size_t kSize = 32 << 20;
  void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
  if (memory == MAP_FAILED) return 2;
  spec::Resources resources;
  resources.memory = spec::Memory();
  resources.memory->limit = 4 << 20;
  Status refused = cgroup.apply(resources);
  if (refused) return 3;
  bool told = refused.error().errnum == EBUSY &&
              refused.error().what.find("current usage: ") != std::string::npos;
  return told ? 0 : 4;
}

// With swap the kernel could make room; locked pages stay.
TEST_F(Real, ALimitBelowTheUsageIsToldWithTheUsage) {
  NEEDS("memory");
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  EXPECT_EQ(in_child(use_memory, *cgroup), 0);
}

TEST_F(Real, CpuSharesOutOfRangeAreToldFromWhatTheKernelTook) {
  NEEDS("cpu");
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  spec::Resources resources;
  resources.cpu = spec::Cpu();
  resources.cpu->shares = 1;
  EXPECT_EQ(error_of(cgroup->apply(resources)).what,
            "linux.resources.cpu: shares: the minimum allowed cpu-shares is 2");
  resources.cpu->shares = 1000000;
  EXPECT_EQ(error_of(cgroup->apply(resources)).what,
            "linux.resources.cpu: shares: the maximum allowed cpu-shares is 262144");
  resources.cpu->shares = 2;
  EXPECT_OK(cgroup->apply(resources));
}

// Each step would be refused if its two values were written in the wrong order.
TEST_F(Real, QuotaAndPeriodChangeTogether) {
  NEEDS("cpu");
  Result<Cgroup> parent = Cgroup::make(location_, nullptr);
  ASSERT_OK(parent);
  Location below = location_;
  for (Location::Dir& where : below.dirs) where.path += "/web";
  Result<Cgroup> cgroup = Cgroup::make(below, nullptr);
  ASSERT_OK(cgroup);
  spec::Resources resources;
  resources.cpu = spec::Cpu();
  auto set = [&resources](int64_t quota, uint64_t period) {
    resources.cpu->quota = quota;
    resources.cpu->period = period;
    return resources;
  };
  ASSERT_OK(parent->apply(set(50000, 100000)));
  ASSERT_OK(cgroup->apply(set(50000, 100000)));
  EXPECT_OK(cgroup->apply(set(5000, 10000)));
  EXPECT_OK(cgroup->apply(set(50000, 100000)));
  EXPECT_EQ(error_of(cgroup->apply(set(90000, 100000))).errnum, EINVAL);
}

TEST_F(Real, IdleAndShares) {
  NEEDS("cpu");
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  if (!file_exists(dir("cpu"), "cpu.idle")) GTEST_SKIP() << "cpu.idle is there since Linux 5.15";
  spec::Resources resources;
  resources.cpu = spec::Cpu();
  resources.cpu->shares = 512;
  resources.cpu->idle = 1;
  EXPECT_OK(cgroup->apply(resources));
  EXPECT_EQ(value("cpu", "cpu.idle"), "1");
  resources.cpu->idle = 0;
  EXPECT_OK(cgroup->apply(resources));
  EXPECT_EQ(value("cpu", "cpu.shares"), "512");
}

TEST_F(Real, CpusetIsUsableAtOnce) {
  NEEDS("cpuset");
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  EXPECT_NE(value("cpuset", "cpuset.cpus"), "");
  EXPECT_NE(value("cpuset", "cpuset.mems"), "");
  spec::Resources resources;
  resources.cpu = spec::Cpu();
  resources.cpu->cpus = "0";
  EXPECT_OK(cgroup->apply(resources));
  EXPECT_EQ(value("cpuset", "cpuset.cpus"), "0");
  resources.cpu->cpus = "4096";
  EXPECT_FALSE(cgroup->apply(resources));
}

int may_open(const char* path, int flags) {
  int fd = ::open(path, flags | O_CLOEXEC);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

int use_devices(const Cgroup& cgroup) {
  if (!cgroup.join(::getpid())) return 1;
  if (may_open("/dev/zero", O_RDWR) != 0) return 2;    // a default
  if (may_open("/dev/kmsg", O_RDONLY) != 0) return 3;  // c 1:11, allowed for reading
  if (may_open("/dev/kmsg", O_WRONLY) != EPERM) return 4;
  if (may_open("/dev/mem", O_RDONLY) != EPERM) return 5;  // c 1:1
  return 0;
}

spec::Resources device_rules() {
  spec::Resources resources;
  resources.devices = {{false, 'a', {}, {}, "rwm"}, {true, 'c', 1, 11, "r"}};
  return resources;
}

bool has_device_files() {
  for (const char* path : {"/dev/zero", "/dev/kmsg", "/dev/mem"}) {
    if (may_open(path, O_RDONLY) != 0) return false;
  }
  return may_open("/dev/kmsg", O_WRONLY) == 0;
}

TEST_F(Real, DeviceListIsInForce) {
  NEEDS("devices");
  if (!has_device_files()) GTEST_SKIP() << "/dev/zero, /dev/kmsg and /dev/mem are needed";
  spec::Resources resources = device_rules();
  Result<Cgroup> cgroup = Cgroup::make(location_, &resources);
  ASSERT_OK(cgroup);
  EXPECT_EQ(in_child(use_devices, *cgroup), 0);
  EXPECT_EQ(value("devices", "devices.list").find("a *:*"), std::string::npos);
}

TEST_F(Real, DeviceRulesAreInForceWithoutAnyResources) {
  NEEDS("devices");
  Result<Cgroup> cgroup = Cgroup::make(location_, nullptr);
  ASSERT_OK(cgroup);
  EXPECT_NE(value("devices", "devices.list").find("c 1:3 rwm"), std::string::npos);
  EXPECT_EQ(value("devices", "devices.list").find("a *:*"), std::string::npos);
}

TEST_F(Real, DeviceListUpdatesInPlace) {
  NEEDS("devices");
  spec::Resources resources = device_rules();
  Result<Cgroup> cgroup = Cgroup::make(location_, &resources);
  ASSERT_OK(cgroup);
  // With a cgroup below, the default cannot be set again: only the difference may be written.
  std::vector<std::string> made;
  ASSERT_OK(make_dirs(dir("devices") + "/below", &made));
  resources.devices[1] = {true, 'c', 10, 200, "rw"};
  EXPECT_OK(cgroup->apply(resources));
  EXPECT_NE(value("devices", "devices.list").find("c 10:200 rw"), std::string::npos);
  EXPECT_EQ(value("devices", "devices.list").find("c 1:11"), std::string::npos);
  remove_made(made);
  resources.devices = {{true, 'a', {}, {}, "rwm"}};
  // The kernel takes a removed cgroup off the list of those below only some milliseconds later.
  Status everything = cgroup->apply(resources);
  for (int i = 0; i < 200 && !everything && everything.error().errnum == EINVAL; i++) {
    ::usleep(10000);
    everything = cgroup->apply(resources);
  }
  EXPECT_OK(everything);
  EXPECT_EQ(value("devices", "devices.list"), "a *:* rwm");
  resources.devices = {{true, 'a', {}, {}, "rwm"}, {false, 'b', 8, 0, "w"}};
  EXPECT_OK(cgroup->apply(resources));
  resources.devices = {{false, 'a', {}, {}, "rwm"}};
  EXPECT_OK(cgroup->apply(resources));
  EXPECT_EQ(value("devices", "devices.list").find("a *:*"), std::string::npos);
}

TEST_F(Real, MoreThanTheParentAllowsIsTold) {
  NEEDS("devices");
  Result<Cgroup> parent = Cgroup::make(location_, nullptr);
  ASSERT_OK(parent);
  Location below = location_;
  for (Location::Dir& where : below.dirs) where.path += "/web";
  spec::Resources resources;
  resources.devices = {{true, 'b', 8, 0, "r"}};
  Error error = error_of(Cgroup::make(below, &resources));
  EXPECT_EQ(error.errnum, EPERM);
  EXPECT_NE(error.hint.find("above"), std::string::npos);
}

// The v2 hierarchy, by itself: on a hybrid machine it is there without the controllers.
class RealV2 : public Real {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    Result<Host> host = probe_host();
    ASSERT_OK(host);
    if (host->v2_mount_point.empty()) GTEST_SKIP() << "no cgroup2 is mounted";
    location_.layout = Layout::Unified;
    location_.dirs = {{"", host->v2_mount_point + "/" + options().id}};
    // Not by Cgroup::make(), which would enable controllers in the root for good.
    Result<bool> made = make_dirs(location_.dirs[0].path, &made_);
    if (!made) GTEST_SKIP() << made.error().text();
    cgroup_ = std::make_unique<Cgroup>(Cgroup::open(location_));
  }
  void TearDown() override {
    if (!cgroup_) return;
    EXPECT_OK(cgroup_->remove());
  }

  std::vector<std::string> made_;
  std::unique_ptr<Cgroup> cgroup_;
};

TEST_F(RealV2, FreezeAndKill) {
  Sleeper child;
  ASSERT_GE(cgroup_->dir_fd(), 0);
  ASSERT_OK(cgroup_->join(child.pid()));
  EXPECT_EQ(*cgroup_->pids(), (std::vector<pid_t>{child.pid()}));
  EXPECT_FALSE(*cgroup_->frozen());
  ASSERT_OK(cgroup_->freeze());
  EXPECT_TRUE(*cgroup_->frozen());
  ASSERT_OK(cgroup_->kill_all(SIGKILL));
  EXPECT_TRUE(child.killed_within(5000));
  ASSERT_OK(cgroup_->thaw());
  EXPECT_FALSE(*cgroup_->frozen());
}

TEST_F(RealV2, CloneIntoIt) {
  struct clone_args args = {};
  args.exit_signal = SIGCHLD;
  args.flags = CLONE_INTO_CGROUP;
  args.cgroup = static_cast<uint64_t>(cgroup_->dir_fd());
  long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) {
    for (;;) ::pause();
  }
  ASSERT_GT(pid, 0) << strerror(errno);
  EXPECT_EQ(*cgroup_->pids(), (std::vector<pid_t>{static_cast<pid_t>(pid)}));
  EXPECT_OK(cgroup_->kill_all(SIGKILL));
  ::waitpid(static_cast<pid_t>(pid), nullptr, 0);
}

TEST_F(RealV2, DeviceProgramIsInForceAndReplaced) {
  if (!has_device_files()) GTEST_SKIP() << "/dev/zero, /dev/kmsg and /dev/mem are needed";
  spec::Resources resources = device_rules();
  Status applied = cgroup_->apply(resources);
  if (!applied && applied.error().errnum == ENOSYS) GTEST_SKIP() << "this kernel has no bpf(2)";
  ASSERT_OK(applied);
  EXPECT_EQ(in_child(use_devices, *cgroup_), 0);
  // Two programs at once would be stricter than the second alone.
  resources.devices = {{true, 'a', {}, {}, "rwm"}};
  ASSERT_OK(cgroup_->apply(resources));
  EXPECT_EQ(in_child(use_devices, *cgroup_), 4);
  EXPECT_OK(cgroup_->apply(spec::Resources()));
  EXPECT_EQ(in_child(use_devices, *cgroup_), 4);
  ASSERT_OK(cgroup_->apply(device_rules()));
  EXPECT_EQ(in_child(use_devices, *cgroup_), 0);
}

TEST_F(RealV2, TheVerifierTakesLongPrograms) {
  spec::Resources resources;
  for (int64_t i = 0; i < 300; i++) {
    resources.devices.push_back({i % 2 == 0, "abc"[i % 3], i % 5 == 0 ? -1 : i, i % 7 == 0 ? -1 : i,
                                 i % 4 == 0 ? "rwm" : "r"});
  }
  EXPECT_OK(cgroup_->apply(resources));
}

}  // namespace
}  // namespace cgroup
