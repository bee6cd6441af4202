// A user namespace that nobody lives in: mount_setattr(2) takes the id maps of a mount in this form
// only. The parent makes it where it can; here is the case that it cannot, as the file system
// belongs to the container's own user namespace.
#include <linux/sched.h>
#include <signal.h>
#include <sys/poll.h>

#include "runtime/init/sys.h"

namespace init {

namespace {

// Opens its own directory of procfs, in the table of descriptors that it shares with us, and says
// its number: no pid has to be turned into a path, and it is the right directory whichever pid
// namespace /proc shows. Then it waits to be killed, as the files of a dead process cannot be
// opened.
[[noreturn]] void show_directory(int tell_fd) {
  int32_t directory = static_cast<int32_t>(openat(AT_FDCWD, "/proc/self", O_PATH | O_DIRECTORY));
  call(__NR_write, tell_fd, arg(&directory), sizeof directory);
  for (;;) call(__NR_ppoll, 0, 0, 0, 0, 0);
}

// -ESRCH when it died before it said anything: the shared table keeps the pipe open, so there is no
// end of file.
long await_directory(int tell_fd, int pidfd) {
  struct pollfd watched[2] = {{tell_fd, POLLIN, 0}, {pidfd, POLLIN, 0}};
  long n;
  do {
    n = call(__NR_ppoll, arg(watched), 2, 0, 0, 0);
  } while (n == -EINTR);
  if (n < 0) return n;
  if (watched[0].revents == 0) return -ESRCH;
  int32_t directory;
  n = call(__NR_read, tell_fd, arg(&directory), sizeof directory);
  return n < 0 ? n : directory;
}

long write_map(int process_dir, const char* name, plan::Address map, uint32_t size) {
  File file(openat(process_dir, name, O_WRONLY));
  if (!file.ok()) return file.error();
  return call(__NR_write, file.get(), static_cast<long>(map), size);
}

// Both maps are ours to write: we have all capabilities in the namespace's parent.
long map_and_open(int process_dir, const plan::UserNamespaceArgs& args) {
  long error = write_map(process_dir, "uid_map", args.uid_map, args.uid_map_size);
  if (error >= 0) error = write_map(process_dir, "gid_map", args.gid_map, args.gid_map_size);
  return error < 0 ? error : openat(process_dir, "ns/user", O_RDONLY);
}

}  // namespace

long make_user_namespace(const plan::UserNamespaceArgs& args) {
  int tell[2];
  long error = call(__NR_pipe2, arg(tell), O_CLOEXEC);
  if (error < 0) return error;
  File read_end(tell[0]), write_end(tell[1]);
  int pidfd_value = -1;
  // clone(2) puts the pidfd where it would put the parent's tid. Same order of arguments on x86-64
  // and arm64 so far.
  long pid = call(__NR_clone, CLONE_NEWUSER | CLONE_FILES | CLONE_PIDFD | SIGCHLD, 0,
                  arg(&pidfd_value), 0, 0);
  if (pid < 0) return pid;
  if (pid == 0) show_directory(write_end.get());
  File pidfd(pidfd_value);
  File directory(await_directory(read_end.get(), pidfd.get()));
  long fd = directory.ok() ? map_and_open(directory.get(), args) : directory.error();
  call(__NR_pidfd_send_signal, pidfd.get(), SIGKILL, 0, 0);
  long waited;
  do {
    waited = call(__NR_wait4, pid, 0, 0, 0);
  } while (waited == -EINTR);
  if (fd < 0) return fd;
  slot(args.slot) = static_cast<int>(fd);
  return 0;
}

}  // namespace init
