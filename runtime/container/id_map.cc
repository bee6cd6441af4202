#include "runtime/container/id_map.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "runtime/linux/clone.h"
#include "runtime/linux/raw_syscall.h"

namespace container {

namespace {

std::string lines(const std::vector<spec::IdMapping>& maps) {
  std::string out;
  for (const spec::IdMapping& map : maps)
    out += format("%u %u %u\n", map.container_id, map.host_id, map.size);
  return out;
}

Status write_map(pid_t pid, const char* file, const std::string& text) {
  std::string path = format("/proc/%d/%s", pid, file);
  return write_kernel_file(AT_FDCWD, path.c_str(), text);
}

// The tool is set-user-id and checks /etc/subuid itself. Engines start us with next to no
// environment.
Status run_tool(const char* tool, pid_t pid, const std::vector<spec::IdMapping>& maps) {
  std::vector<std::string> words = {tool, std::to_string(pid)};
  for (const spec::IdMapping& map : maps) {
    words.insert(words.end(), {std::to_string(map.container_id), std::to_string(map.host_id),
                               std::to_string(map.size)});
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {path, nullptr};
  pid_t child;
  std::string full = format("/usr/bin/%s", tool);
  int error = posix_spawn(&child, full.c_str(), nullptr, nullptr, argv.data(), environment);
  if (error != 0) {
    errno = error;
    return Error::sys("run '%s'", full.c_str())
        .as(Code::NamespaceFailed)
        .with_hint("install the package uidmap");
  }
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Error::sys("wait for '%s'", tool);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error::make(Code::NamespaceFailed, "'%s' failed", join(words, " ").c_str())
      .with_hint(format("the ids must be given to this user in /etc/sub%s",
                        tool[3] == 'u' ? "uid" : "gid"));
}

bool only_own_id(const std::vector<spec::IdMapping>& maps, uint32_t own) {
  return maps.size() == 1 && maps[0].size == 1 && maps[0].host_id == own;
}

Status write_one(pid_t pid, const char* file, const char* tool,
                 const std::vector<spec::IdMapping>& maps, uint32_t own) {
  if (geteuid() == 0 || only_own_id(maps, own)) {
    Status direct = write_map(pid, file, lines(maps));
    if (direct || direct.error().errnum != EPERM) return direct;
  }
  return run_tool(tool, pid, maps);
}

}  // namespace

Status write_id_maps(const std::string& owner, pid_t pid, const std::vector<spec::IdMapping>& uids,
                     const std::vector<spec::IdMapping>& gids) {
  TRY_IN(owner + ".uidMappings", write_one(pid, "uid_map", "newuidmap", uids, geteuid()));
  // An unprivileged gid_map is only taken once setgroups is given up (CVE-2014-8989).
  if (geteuid() != 0 && only_own_id(gids, getegid())) TRY(write_map(pid, "setgroups", "deny"));
  TRY_IN(owner + ".gidMappings", write_one(pid, "gid_map", "newgidmap", gids, getegid()));
  return {};
}

namespace {

// What lives in the namespace while it is mapped: it shares our memory, so it is raw system calls
// on a stack of its own.
constexpr size_t kStackSize = 8 * 1024;
alignas(16) char stack[kStackSize];

[[noreturn]] void wait_for_end(void* pipe_fds) {
  const int* fds = static_cast<int*>(pipe_fds);
  char byte;
  raw::call(SYS_close, fds[1]);  // so that the end of rt is the end of this
  raw::call(SYS_read, fds[0], raw::arg(&byte), 1);
  for (;;) raw::call(SYS_exit_group, 0);
}

struct Resident {
  int pid = -1;
  ~Resident() {
    if (pid <= 0) return;
    (void)kill(pid, SIGKILL);  // our own unreaped child: the number cannot be another's
    (void)waitpid(pid, nullptr, __WALL);
  }
};

}  // namespace

Result<Fd> make_user_namespace(const std::string& owner, const std::vector<spec::IdMapping>& uids,
                               const std::vector<spec::IdMapping>& gids) {
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) < 0) return Error::sys("pipe");
  Fd read_end(pipe_fds[0]), write_end(pipe_fds[1]);
  sys::CloneRequest request;
  request.flags = CLONE_NEWUSER | CLONE_VM;
  request.child = wait_for_end;
  request.argument = pipe_fds;
  sys::CloneResult made = sys::clone_raw(request, stack + kStackSize);
  Fd pidfd(made.pidfd);
  if (made.pid < 0) {
    errno = -made.pid;
    return Error::sys("make a user namespace for the ids of a mount").as(Code::NamespaceFailed);
  }
  Resident resident{made.pid};
  TRY(write_id_maps(owner, made.pid, uids, gids));
  std::string path = format("/proc/%d/ns/user", made.pid);
  return open_at(AT_FDCWD, path.c_str(), O_RDONLY);
}

}  // namespace container
