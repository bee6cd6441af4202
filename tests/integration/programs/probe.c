// Runs inside the containers of the tests and prints what only a system call can tell. Static, one word per question:
//
//   probe fds                     the numbers of its open descriptors: "0 1 2"
//   probe call NAME [ARG...]      calls it; prints "ok" or the name of the errno. ARG: a number (0x.., -1) or a string
//   probe keyring                 the description of the session keyring
//   probe ioprio | sched | personality | mempolicy
//   probe waiting TEXT            prints TEXT and sleeps until killed; init-safe (no shell, no children)
//   probe notify TEXT...          sends each TEXT (\n is a new line) to $NOTIFY_SOCKET, then sleeps until killed; with
//                                 BARRIER=1 as TEXT, as sd_notify_barrier(3): waits for the answer and prints "answered"
//   probe trap                    prints each signal it gets by number; exits 0 on USR2
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int by_number(const void* a, const void* b) { return *(const int*)a - *(const int*)b; }

static int fds(void) {
  DIR* dir = opendir("/proc/self/fd");
  if (!dir) return perror("/proc/self/fd"), 1;
  int list[1024];
  int count = 0;
  for (struct dirent* entry; (entry = readdir(dir)) && count < 1024;) {
    if (entry->d_name[0] == '.') continue;
    int fd = atoi(entry->d_name);
    if (fd != dirfd(dir)) list[count++] = fd;
  }
  qsort(list, (size_t)count, sizeof list[0], by_number);
  for (int i = 0; i < count; i++) printf("%s%d", i ? " " : "", list[i]);
  return printf("\n"), 0;
}

static const struct { const char* name; long number; } kCalls[] = {
    {"getpid", SYS_getpid},   {"getppid", SYS_getppid},   {"gettid", SYS_gettid},
    {"getcwd", SYS_getcwd},   {"mkdirat", SYS_mkdirat},   {"uname", SYS_uname},
    {"umask", SYS_umask},     {"personality", SYS_personality}, {"getpriority", SYS_getpriority},
    {"unshare", SYS_unshare}, {"setns", SYS_setns},       {"mount", SYS_mount},
    {"clone3", SYS_clone3},   {"openat2", 437},           {"bpf", SYS_bpf},
    {"ptrace", SYS_ptrace},   {"keyctl", SYS_keyctl},     {"add_key", SYS_add_key},
    {"kexec_load", SYS_kexec_load}, {"swapon", SYS_swapon}, {"socket", SYS_socket},
    {"acct", SYS_acct},       {"sethostname", SYS_sethostname}, {"chroot", SYS_chroot},
    {"cachestat", 451},       {"map_shadow_stack", 453},  {"mseal", 462},
    {"sync", SYS_sync},       {"kill", SYS_kill},         {"dup", SYS_dup},
};

static int call(int argc, char** argv) {
  long number = -1;
  for (size_t i = 0; i < sizeof kCalls / sizeof kCalls[0]; i++)
    if (!strcmp(kCalls[i].name, argv[0])) number = kCalls[i].number;
  if (number < 0) return fprintf(stderr, "probe: no call '%s' in the table\n", argv[0]), 2;
  long args[6] = {0};
  for (int i = 1; i < argc && i <= 6; i++) {
    char* end;
    errno = 0;
    args[i - 1] = (long)strtoull(argv[i], &end, 0);
    if (*end || errno || end == argv[i]) args[i - 1] = (long)(intptr_t)argv[i];
  }
  errno = 0;
  long result = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
  if (result == -1 && errno) {
    const char* name = strerrorname_np(errno);
    if (name) puts(name); else printf("errno %d\n", errno);
  } else {
    puts("ok");
  }
  return 0;
}

static int keyring(void) {
  char text[256] = "";
  long size = syscall(SYS_keyctl, 6 /* KEYCTL_DESCRIBE */, -3 /* session keyring */, text, sizeof text - 1);
  if (size < 0) return puts(strerrorname_np(errno)), 0;
  return puts(text), 0;
}

static int ioprio(void) {
  long value = syscall(SYS_ioprio_get, 1 /* IOPRIO_WHO_PROCESS */, 0);
  return printf("class %ld level %ld\n", value >> 13, value & 7), 0;
}

static int sched(void) {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attr = {0};
  if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) != 0) return puts(strerrorname_np(errno)), 0;
  printf("policy %u nice %d priority %u flags %llu", attr.policy, attr.nice, attr.priority, (unsigned long long)attr.flags);
  if (attr.policy == 6) {
    printf(" runtime %llu deadline %llu period %llu", (unsigned long long)attr.runtime, (unsigned long long)attr.deadline,
           (unsigned long long)attr.period);
  }
  return puts(""), 0;
}

static int mempolicy(void) {
  int mode = -1;
  unsigned long nodes[64] = {0};
  if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof nodes * 8, 0, 0) != 0) return puts(strerrorname_np(errno)), 0;
  return printf("mode %d nodes %lx\n", mode, nodes[0]), 0;
}

static void say_signal(int number) {
  char text[] = "signal 00\n";
  text[7] = (char)('0' + number / 10);
  text[8] = (char)('0' + number % 10);
  if (write(1, text, 10) < 0) _exit(3);
  if (number == SIGUSR2) _exit(0);
}

_Noreturn static void trap(void) {
  for (int number = 1; number < SIGRTMAX; number++) signal(number, say_signal);
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}

// In place: "\\n" becomes a new line.
static void unescape(char* text) {
  char* to = text;
  for (char* from = text; *from; from++) {
    if (from[0] == '\\' && from[1] == 'n') *to++ = '\n', from++;
    else *to++ = *from;
  }
  *to = 0;
}

static int notify(int argc, char** argv) {
  const char* path = getenv("NOTIFY_SOCKET");
  if (!path) return puts("no NOTIFY_SOCKET"), 1;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (struct sockaddr*)&address, sizeof address) != 0) return printf("connect: %s\n", strerrorname_np(errno)), 1;
  for (int i = 0; i < argc; i++) {
    int ends[2] = {-1, -1};
    union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
    unescape(argv[i]);
    struct iovec part = {argv[i], strlen(argv[i])};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    int barrier = !strcmp(argv[i], "BARRIER=1");
    if (barrier) {
      if (pipe2(ends, O_CLOEXEC) != 0) return perror("pipe"), 1;
      control.header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
      memcpy(CMSG_DATA(&control.header), &ends[1], sizeof(int));
      packet.msg_control = &control;
      packet.msg_controllen = sizeof control;
    }
    if (sendmsg(fd, &packet, 0) < 0) return printf("send: %s\n", strerrorname_np(errno)), 1;
    if (!barrier) continue;
    close(ends[1]);
    struct pollfd closed = {ends[0], 0, 0};
    puts(poll(&closed, 1, 10000) == 1 ? "answered" : "not answered");
    fflush(stdout);
  }
  puts("sent");
  fflush(stdout);
  for (;;) pause();
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "fds")) return fds();
  if (!strcmp(what, "call") && argc > 2) return call(argc - 2, argv + 2);
  if (!strcmp(what, "notify")) return notify(argc - 2, argv + 2);
  if (!strcmp(what, "keyring")) return keyring();
  if (!strcmp(what, "ioprio")) return ioprio();
  if (!strcmp(what, "sched")) return sched();
  if (!strcmp(what, "mempolicy")) return mempolicy();
  if (!strcmp(what, "personality")) return printf("0x%x\n", (unsigned)personality(0xffffffff)), 0;
  if (!strcmp(what, "trap")) trap();
  if (!strcmp(what, "waiting") && argc > 2) {
    puts(argv[2]);
    fflush(stdout);
    for (;;) pause();
  }
  return fprintf(stderr, "probe: unknown question '%s'\n", what), 2;
}
