// The floor: what the kernel alone charges for a container. Does, with no parsing, no checks and no
// state, the kernel operations that `rt run` of the configuration `rt spec` writes cannot do
// without, and nothing else. It is the yardstick of bench/lifecycle.sh;
// tests/integration/costs.bats holds rt's system calls against it.
//
//   floor run ROOTFS CGROUP PROGRAM    cgroups, namespaces, mounts, devices, masks, privileges, execve, wait, removal
//   floor exec PID CGROUP PROGRAM      join the namespaces and cgroups of a process, execve, wait
//   floor read FILE...                 start, read the files, end: what `state` and `list` cannot do without
//
// An operation that fails ends it with a message: a floor that skipped work would flatter nobody.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace {

[[noreturn]] void fail(const char* what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  _exit(1);
}

// The result, which was not an error.
template <typename T>
T must(T result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

template <typename... Args>
int call(const char* what, long number, Args... args) {
  return static_cast<int>(must(syscall(number, args...), what));
}

int open_dir(const char* path) {
  return must(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), path);
}

void write_file(int dirfd, const char* name, const char* text) {
  int fd = must(openat(dirfd, name, O_WRONLY | O_CLOEXEC), name);
  must(write(fd, text, strlen(text)), name);
  close(fd);
}

// --- cgroups
// ----------------------------------------------------------------------------------------------------------

constexpr const char* kHierarchies[] = {"systemd", "pids",   "blkio",   "freezer", "devices",
                                        "memory",  "cpuset", "cpuacct", "cpu",     "unified"};
constexpr const char* kDeviceLines[] = {"b *:* m",   "c *:* m",   "c 1:3 rwm",  "c 1:5 rwm",
                                        "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm",  "c 5:0 rwm",
                                        "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm"};

using Path = char[512];

bool is_v2(int fd) {
  struct statfs info;
  must(fstatfs(fd, &info), "statfs");
  return info.f_type == CGROUP2_SUPER_MAGIC;
}

struct Cgroups {
  bool unified = false;
  int born_in = -1;  // the one of v2, of a unified or a hybrid host
  int dirs[10];      // of the container, by hierarchy; unified: one
  int count = 0;
  Path paths[10];
};

void cgroup_path(Path& path, bool unified, const char* hierarchy, const char* name) {
  snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s%s", unified ? "" : hierarchy, unified ? "" : "/",
           name);
}

// Copies a list that is empty in a new v1 cpuset.
void copy_cpuset(int dirfd, const char* name) {
  char text[4096];
  char above[64];
  snprintf(above, sizeof above, "../%s", name);
  int fd = must(openat(dirfd, above, O_RDONLY | O_CLOEXEC), above);
  ssize_t n = must(read(fd, text, sizeof text - 1), above);
  close(fd);
  text[n] = 0;
  write_file(dirfd, name, text);
}

void limit_devices_v1(int dirfd) {
  write_file(dirfd, "devices.deny", "a");
  int fd = must(openat(dirfd, "devices.allow", O_WRONLY | O_CLOEXEC), "devices.allow");
  for (const char* line : kDeviceLines) must(write(fd, line, strlen(line)), line);
  close(fd);
}

// A program of the same kind that lets everything through: the kernel's cost is in loading and
// attaching.
void limit_devices_v2(int dirfd) {
  bpf_insn program[2] = {};
  program[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  program[0].imm = 1;
  program[1].code = BPF_JMP | BPF_EXIT;
  bpf_attr attr = {};
  attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attr.insn_cnt = 2;
  attr.insns = reinterpret_cast<uintptr_t>(program);
  attr.license = reinterpret_cast<uintptr_t>("Apache-2.0");
  int fd = call("BPF_PROG_LOAD", SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
  attr = {};
  attr.target_fd = static_cast<uint32_t>(dirfd);
  attr.attach_bpf_fd = static_cast<uint32_t>(fd);
  attr.attach_type = BPF_CGROUP_DEVICE;
  attr.attach_flags = BPF_F_ALLOW_MULTI;
  call("BPF_PROG_ATTACH", SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof attr);
  close(fd);
}

void make_cgroups(Cgroups& cgroups, const char* name) {
  cgroups.unified = is_v2(open_dir("/sys/fs/cgroup"));
  for (const char* hierarchy : kHierarchies) {
    Path& path = cgroups.paths[cgroups.count];
    cgroup_path(path, cgroups.unified, hierarchy, "cgroup.procs");
    if (access(path, F_OK) < 0) continue;  // this machine has no such hierarchy
    cgroup_path(path, cgroups.unified, hierarchy, name);
    must(mkdir(path, 0755), path);
    int dirfd = cgroups.dirs[cgroups.count++] = open_dir(path);
    if (is_v2(dirfd)) cgroups.born_in = dirfd;
    if (cgroups.unified) {
      limit_devices_v2(dirfd);
      return;
    }
    if (strcmp(hierarchy, "devices") == 0) limit_devices_v1(dirfd);
    if (strcmp(hierarchy, "cpuset") == 0) {
      copy_cpuset(dirfd, "cpuset.cpus");
      copy_cpuset(dirfd, "cpuset.mems");
    }
  }
}

// By the process itself, which does not wait for other CPUs as moving another one does.
// Moves the caller alone: `tasks` does not wait for every processor, as cgroup.procs does.
void join_cgroups(const Cgroups& cgroups) {
  for (int i = 0; i < cgroups.count; i++) {
    if (cgroups.dirs[i] != cgroups.born_in) write_file(cgroups.dirs[i], "tasks", "0");
  }
}

pid_t start(const Cgroups& cgroups, uint64_t flags) {
  clone_args args = {};
  args.flags = flags;
  args.exit_signal = SIGCHLD;
  if (cgroups.born_in >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(cgroups.born_in);
  }
  return call("clone3", SYS_clone3, &args, sizeof args);
}

// --- the inside
// -------------------------------------------------------------------------------------------------------

struct Param {
  const char* key;
  const char* value;  // nullptr: a flag
};

int make_mount(const char* type, unsigned attributes, std::initializer_list<Param> params) {
  int fs = call("fsopen", SYS_fsopen, type, FSOPEN_CLOEXEC);
  for (const Param& param : params) {
    unsigned command = param.value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
    call(param.key, SYS_fsconfig, fs, command, param.key, param.value, 0);
  }
  call("FSCONFIG_CMD_CREATE", SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  int mount = call("fsmount", SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
  close(fs);
  return mount;
}

int open_in(int root, const char* path) {
  open_how how = {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  return static_cast<int>(syscall(SYS_openat2, root, path, &how, sizeof how));
}

void attach(int mount, int target) {
  call("move_mount", SYS_move_mount, mount, "", target, "",
       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

void mount_at(int root, const char* path, int mount) {
  int target = must(open_in(root, path), path);
  attach(mount, target);
  close(target);
  close(mount);
}

void set_attributes(int mount, unsigned flags, uint64_t set) {
  mount_attr attr = {};
  attr.attr_set = set;
  call("mount_setattr", SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, &attr, sizeof attr);
}

constexpr unsigned kUsual = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

void mount_cgroups(int root, const Cgroups& cgroups) {
  if (cgroups.unified) {
    mount_at(root, "/sys/fs/cgroup",
             make_mount("cgroup2", kUsual | MOUNT_ATTR_RDONLY, {{"source", "cgroup"}}));
    return;
  }
  mount_at(root, "/sys/fs/cgroup",
           make_mount("tmpfs", kUsual, {{"source", "tmpfs"}, {"mode", "755"}}));
  int above = must(open_in(root, "/sys/fs/cgroup"), "/sys/fs/cgroup");
  for (int i = 0; i < cgroups.count; i++) {
    const char* name = cgroups.paths[i] + strlen("/sys/fs/cgroup/");
    char hierarchy[32];
    snprintf(hierarchy, sizeof hierarchy, "%.*s", static_cast<int>(strcspn(name, "/")), name);
    if (strcmp(hierarchy, "unified") == 0) continue;
    int tree = call("open_tree", SYS_open_tree, AT_FDCWD, cgroups.paths[i],
                    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    set_attributes(tree, 0, kUsual | MOUNT_ATTR_RDONLY);
    must(mkdirat(above, hierarchy, 0755), hierarchy);
    int target = must(openat(above, hierarchy, O_PATH | O_CLOEXEC), hierarchy);
    attach(tree, target);
    close(target);
    close(tree);
  }
  set_attributes(above, 0, MOUNT_ATTR_RDONLY);
  close(above);
}

void mount_all(int root, const Cgroups& cgroups) {
  mount_at(root, "/proc", make_mount("proc", 0, {{"source", "proc"}}));
  mount_at(root, "/dev",
           make_mount("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME,
                      {{"source", "tmpfs"}, {"mode", "755"}, {"size", "65536k"}}));
  int dev = must(open_in(root, "/dev"), "/dev");
  for (const char* name : {"pts", "shm", "mqueue"}) must(mkdirat(dev, name, 0755), name);
  close(dev);
  mount_at(root, "/dev/pts",
           make_mount("devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
                      {{"source", "devpts"},
                       {"newinstance", nullptr},
                       {"ptmxmode", "0666"},
                       {"mode", "0620"},
                       {"gid", "5"}}));
  mount_at(root, "/dev/shm",
           make_mount("tmpfs", kUsual, {{"source", "shm"}, {"mode", "1777"}, {"size", "65536k"}}));
  mount_at(root, "/dev/mqueue", make_mount("mqueue", kUsual, {{"source", "mqueue"}}));
  mount_at(root, "/sys", make_mount("sysfs", kUsual | MOUNT_ATTR_RDONLY, {{"source", "sysfs"}}));
  mount_cgroups(root, cgroups);
}

void make_devices(int root) {
  struct Node {
    const char* name;
    unsigned major, minor;
  };
  int dev = must(open_in(root, "/dev"), "/dev");
  for (const Node& node : {Node{"null", 1, 3},
                           {"zero", 1, 5},
                           {"full", 1, 7},
                           {"random", 1, 8},
                           {"urandom", 1, 9},
                           {"tty", 5, 0}}) {
    must(mknodat(dev, node.name, S_IFCHR | 0666, makedev(node.major, node.minor)), node.name);
  }
  for (const Param& link : {Param{"fd", "/proc/self/fd"},
                            {"stdin", "/proc/self/fd/0"},
                            {"stdout", "/proc/self/fd/1"},
                            {"stderr", "/proc/self/fd/2"},
                            {"ptmx", "pts/ptmx"}}) {
    must(symlinkat(link.value, dev, link.key), link.key);
  }
  close(dev);
}

void protect(int root) {
  for (const char* path :
       {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}) {
    int target = open_in(root, path);
    if (target < 0) continue;
    int tree = call("open_tree", SYS_open_tree, target, "",
                    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
    set_attributes(tree, AT_RECURSIVE, MOUNT_ATTR_RDONLY);
    attach(tree, target);
    close(tree);
    close(target);
  }
  int null = must(open_in(root, "/dev/null"), "/dev/null");
  int empty = -1;
  for (const char* path :
       {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
        "/sys/devices/virtual/tpm"}) {
    int target = open_in(root, path);
    if (target < 0) continue;
    struct stat info;
    must(fstat(target, &info), path);
    bool directory = S_ISDIR(info.st_mode);
    // the first directory gets the file system itself, the others clones of it
    if (directory && empty < 0) {
      empty =
          make_mount("tmpfs", kUsual | MOUNT_ATTR_RDONLY,
                     {{"mode", "755"}, {"nr_blocks", "1"}, {"nr_inodes", "1"}, {"ro", nullptr}});
      attach(empty, target);
    } else {
      int from = directory ? empty : null;
      int tree = call("open_tree", SYS_open_tree, from, "",
                      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
      attach(tree, target);
      close(tree);
    }
    close(target);
  }
}

void enter_root(int root) {
  must(fchdir(root), "fchdir");
  call("pivot_root", SYS_pivot_root, ".", ".");
  must(mount(nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr), "make the old root a slave");
  must(umount2(".", MNT_DETACH), "umount the old root");
  must(chdir("/"), "chdir");
  set_attributes(root, 0, MOUNT_ATTR_RDONLY);
}

void drop_privileges() {
  constexpr uint64_t kKept = 1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
  rlimit files = {1024, 1024};
  must(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  for (unsigned capability = 0; capability <= CAP_LAST_CAP; capability++) {
    if (kKept >> capability & 1) continue;
    // EINVAL: one this kernel does not have
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) break;
  }
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = static_cast<uint32_t>(kKept);
  call("capset", SYS_capset, &header, data);
}

[[noreturn]] void execute(const char* program) {
  const char* argv[] = {program, nullptr};
  const char* envp[] = {"PATH=/bin", "TERM=xterm", "HOME=/root", nullptr};
  execve(program, const_cast<char* const*>(argv), const_cast<char* const*>(envp));
  fail(program);
}

[[noreturn]] void inside(const char* rootfs, const Cgroups& cgroups, const char* program) {
  join_cgroups(cgroups);
  must(setsid(), "setsid");
  call("keyctl", SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "_ses.floor");
  if (cgroups.unified) must(unshare(CLONE_NEWCGROUP), "unshare");
  int lo = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  ifreq request = {};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  must(ioctl(lo, SIOCSIFFLAGS, &request), "lo");
  close(lo);
  must(sethostname("rt", 2), "sethostname");
  must(mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr), "make / a slave");
  int root = call("open_tree", SYS_open_tree, AT_FDCWD, rootfs,
                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  int below = open_dir(rootfs);
  attach(root, below);
  close(below);
  mount_all(root, cgroups);
  make_devices(root);
  protect(root);
  enter_root(root);
  drop_privileges();
  execute(program);
}

int wait_for(pid_t pid) {
  siginfo_t info = {};
  must(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED), "waitid");
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

int run(const char* rootfs, const char* name, const char* program) {
  Cgroups cgroups;
  make_cgroups(cgroups, name);
  pid_t pid =
      start(cgroups, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET);
  if (pid == 0) inside(rootfs, cgroups, program);
  int status = wait_for(pid);
  for (int i = 0; i < cgroups.count; i++) must(rmdir(cgroups.paths[i]), cgroups.paths[i]);
  return status;
}

int exec_in(pid_t pid, const char* cgroup, const char* program) {
  int pidfd = call("pidfd_open", SYS_pidfd_open, pid, 0);
  Cgroups cgroups;
  cgroups.unified = is_v2(open_dir("/sys/fs/cgroup"));
  for (const char* hierarchy : kHierarchies) {
    Path path;
    cgroup_path(path, cgroups.unified, hierarchy, cgroup);
    int dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    // no cgroup
    if (dirfd < 0 || (!is_v2(dirfd) && faccessat(dirfd, "tasks", F_OK, 0) < 0)) continue;
    cgroups.dirs[cgroups.count++] = dirfd;
    if (is_v2(dirfd)) cgroups.born_in = dirfd;
    if (cgroups.unified) break;
  }
  must(setns(pidfd, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET |
                        CLONE_NEWCGROUP),
       "setns");
  pid_t child = start(cgroups, 0);
  if (child == 0) {
    join_cgroups(cgroups);
    drop_privileges();
    execute(program);
  }
  return wait_for(child);
}

int read_files(char** files) {
  char text[65536];
  for (; *files; files++) {
    int fd = must(open(*files, O_RDONLY | O_CLOEXEC), *files);
    must(read(fd, text, sizeof text), *files);
    close(fd);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && strcmp(argv[1], "run") == 0) return run(argv[2], argv[3], argv[4]);
  if (argc == 5 && strcmp(argv[1], "exec") == 0)
    return exec_in(static_cast<pid_t>(atoi(argv[2])), argv[3], argv[4]);
  if (argc >= 2 && strcmp(argv[1], "read") == 0) return read_files(argv + 2);
  fprintf(stderr,
          "usage: floor run ROOTFS CGROUP PROGRAM | floor exec PID CGROUP PROGRAM | floor read "
          "FILE...\n");
  return 2;
}
