#include "base/spawn.h"

#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cstring>

namespace {

struct SpawnSetup {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  SpawnSetup() {
    posix_spawn_file_actions_init(&files);  // these two cannot fail in glibc
    posix_spawnattr_init(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
};

void set_attributes(posix_spawnattr_t* attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  // sigfillset leaves 32 and 33 out, and posix_spawn ignores those for the child
  memset(&all, 0xff, sizeof all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setpgroup(attributes, 0);
  posix_spawnattr_setflags(attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

}  // namespace

Result<pid_t> spawn_program(const std::vector<std::string>& words, const Descriptors& stdio) {
  std::vector<char*> argv;
  // posix_spawn's type; not written to
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  SpawnSetup setup;
  set_attributes(&setup.attributes);
  int failed = 0;
  const int fds[] = {stdio.in, stdio.out, stdio.err, stdio.file};
  for (int i = 0; i < 4 && failed == 0; i++) {
    if (fds[i] >= 0) failed = posix_spawn_file_actions_adddup2(&setup.files, fds[i], i);
  }
  pid_t pid = 0;
  if (failed == 0)
    failed = posix_spawnp(&pid, argv[0], &setup.files, &setup.attributes, argv.data(), environ);
  if (failed == 0) return pid;
  errno = failed;
  return Error::sys("'%s'", argv[0]);
}
