#include "runtime/container/id_map.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"

namespace container {

namespace {

std::string lines(const std::vector<spec::IdMapping>& maps) {
  std::string out;
  for (const spec::IdMapping& map : maps) out += format("%u %u %u\n", map.container_id, map.host_id, map.size);
  return out;
}

Status write_map(pid_t pid, const char* file, const std::string& text) {
  std::string path = format("/proc/%d/%s", pid, file);
  return write_kernel_file(AT_FDCWD, path.c_str(), text);
}

// The tool is set-user-id and checks /etc/subuid itself. Engines start us with next to no environment.
Status run_tool(const char* tool, pid_t pid, const std::vector<spec::IdMapping>& maps) {
  std::vector<std::string> words = {tool, std::to_string(pid)};
  for (const spec::IdMapping& map : maps) {
    words.insert(words.end(), {std::to_string(map.container_id), std::to_string(map.host_id), std::to_string(map.size)});
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
    return Error::sys("run '%s'", full.c_str()).as(Code::NamespaceFailed).with_hint("install the package uidmap");
  }
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Error::sys("wait for '%s'", tool);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error::make(Code::NamespaceFailed, "'%s' failed", join(words, " ").c_str())
      .with_hint(format("the ids must be given to this user in /etc/sub%s", tool[3] == 'u' ? "uid" : "gid"));
}

bool only_own_id(const std::vector<spec::IdMapping>& maps, uint32_t own) {
  return maps.size() == 1 && maps[0].size == 1 && maps[0].host_id == own;
}

Status write_one(pid_t pid, const char* file, const char* tool, const std::vector<spec::IdMapping>& maps, uint32_t own) {
  if (geteuid() == 0 || only_own_id(maps, own)) {
    Status direct = write_map(pid, file, lines(maps));
    if (direct || direct.error().errnum != EPERM) return direct;
  }
  return run_tool(tool, pid, maps);
}

}  // namespace

Status write_id_maps(pid_t pid, const std::vector<spec::IdMapping>& uids, const std::vector<spec::IdMapping>& gids) {
  TRY_IN("linux.uidMappings", write_one(pid, "uid_map", "newuidmap", uids, geteuid()));
  // An unprivileged gid_map is only taken once setgroups is given up (CVE-2014-8989).
  if (geteuid() != 0 && only_own_id(gids, getegid())) TRY(write_map(pid, "setgroups", "deny"));
  TRY_IN("linux.gidMappings", write_one(pid, "gid_map", "newgidmap", gids, getegid()));
  return {};
}

}  // namespace container
