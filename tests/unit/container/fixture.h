// What the tests of container/ stand on: a directory of their own, and children that play a
// container's init.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "base/io.h"
#include "runtime/container/container.h"
#include "runtime/container/record.h"

namespace container {

class TempDir {
 public:
  TempDir() {
    const char* base = getenv("TMPDIR");
    path_ = std::string(base != nullptr ? base : "/tmp") + "/rt-test-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  ~TempDir() {
    std::string command = "rm -rf --one-file-system '" + path_ + "'";
    if (system(command.c_str()) != 0) fprintf(stderr, "%s failed\n", command.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void write_text(const std::string& path, const std::string& text, mode_t mode = 0644) {
  Status written = write_file_atomic(AT_FDCWD, path.c_str(), text, mode);
  ASSERT_TRUE(written) << written.error().text();
}

inline std::string read_text(const std::string& path) {
  Result<std::string> text = read_file(AT_FDCWD, path.c_str());
  return text ? *text : "(" + text.error().text() + ")";
}

inline bool exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

inline mode_t mode_of(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

// A forked process: killed and reaped at the end, if it has not been.
class Child {
 public:
  // `body` runs in the child, whose main thread then exits, or pauses until killed if `stay`.
  explicit Child(const std::function<void()>& body, bool stay = true) {
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) != 0) abort();
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      body();
      (void)!write(ready[1], "r", 1);
      close(ready[1]);
      while (stay) ::pause();
      for (;;) syscall(SYS_exit, 0);  // this thread; exit_group() would take others along
    }
    close(ready[1]);
    char byte;
    (void)!read(ready[0], &byte,
                1);  // the body has run; or, at end of file, the child is gone or has exec'ed
    close(ready[0]);
  }
  Child() : Child([] {}) {}
  ~Child() { finish(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void kill(int signal) const { ::kill(pid_, signal); }
  // Until it is a zombie.
  void wait_dead() const {
    siginfo_t info = {};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  // Dead at this moment? Does not reap.
  bool dead() const {
    siginfo_t info = {};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG);
    return info.si_pid == pid_;
  }
  void finish() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

// Executes /bin/sleep from a memfd of that name: what /proc/PID/exe shows of a real init.
inline void exec_sleep_from_memfd(const char* name) {
  int image = memfd_create(name, MFD_CLOEXEC);
  Result<std::string> program = read_file(AT_FDCWD, "/bin/sleep");
  if (image < 0 || !program || !write_all(image, *program, "memfd")) _exit(1);
  char arg0[] = "sleep";
  char arg1[] = "1000";
  char* argv[] = {arg0, arg1, nullptr};
  char* envp[] = {nullptr};
  fexecve(image, argv, envp);
  _exit(1);
}

inline ProcessRef must_ref(pid_t pid) {
  Result<ProcessRef> ref = ref_of(pid);
  EXPECT_TRUE(ref) << ref.error().text();
  return ref ? *ref : ProcessRef();
}

inline Record record_of(const std::string& id, const ProcessRef& init) {
  Record record;
  record.id = id;
  record.oci_version = "1.3.0";
  record.bundle = "/bundle/of/" + id;
  record.rootfs = record.bundle + "/rootfs";
  record.created = "2026-01-02T03:04:05.000000006Z";
  record.init = init;
  record.cgroup.manager = cgroup::Manager::Disabled;
  return record;
}

// A root directory with containers in it that were never created.
class ContainerTest : public testing::Test {
 protected:
  ContainerTest() {
    globals_.root = temp_.path() + "/root";
    globals_.root_is_default = false;
  }
  // <root>/<id> with this record; nothing holds its lock.
  void put(const Record& record) {
    Result<StateDir> dir = StateDir::make(globals_.root, record.id);
    ASSERT_TRUE(dir) << dir.error().text();
    Status saved = dir->save(record);
    ASSERT_TRUE(saved) << saved.error().text();
    dir->keep();
  }
  std::string dir_of(const std::string& id) const { return globals_.root + "/" + id; }

  TempDir temp_;
  Globals globals_;
};

}  // namespace container
