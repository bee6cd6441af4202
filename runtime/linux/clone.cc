#include "runtime/linux/clone.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include "runtime/linux/raw_syscall.h"

namespace sys {

namespace {

// The child begins on another stack, so nothing of the caller's frame is there for it: both calls
// have to be one piece of assembly. clone3 returns 0 in the child with the new stack pointer in
// place; function and argument travel in registers that the kernel preserves.
#if defined(__x86_64__)
long clone3_call(struct clone_args* args, size_t size, void (*child)(void*), void* argument) {
  long result;
  register void (*r12)(void*) __asm__("r12") = child;
  register void* r13 __asm__("r13") = argument;
  __asm__ volatile(
      "syscall\n"
      "test %%rax, %%rax\n"
      "jnz 1f\n"
      "xor %%ebp, %%ebp\n"
      "mov %%r13, %%rdi\n"
      "call *%%r12\n"
      "ud2\n"
      "1:\n"
      : "=a"(result)
      : "a"(SYS_clone3), "D"(args), "S"(size), "r"(r12), "r"(r13)
      : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
long clone3_call(struct clone_args* args, size_t size, void (*child)(void*), void* argument) {
  register long x8 __asm__("x8") = SYS_clone3;
  register long x0 __asm__("x0") = reinterpret_cast<long>(args);
  register long x1 __asm__("x1") = static_cast<long>(size);
  register void (*x20)(void*) __asm__("x20") = child;
  register void* x21 __asm__("x21") = argument;
  __asm__ volatile(
      "svc 0\n"
      "cbnz x0, 1f\n"
      "mov x29, xzr\n"
      "mov x0, x21\n"
      "blr x20\n"
      "brk #1\n"
      "1:\n"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x20), "r"(x21)
      : "memory");
  return x0;
}
#endif

struct Start {
  void (*child)(void*);
  void* argument;
};

int start(void* start_pointer) {
  auto* start_here = static_cast<Start*>(start_pointer);
  start_here->child(start_here->argument);
  return 127;
}

// clone(2) by libc: 32 bits of flags, so no CLONE_CLEAR_SIGHAND, CLONE_INTO_CGROUP, CLONE_NEWTIME.
CloneResult clone_old(const CloneRequest& request, char* stack_end) {
  CloneResult result;
  // At the top of the child's stack, so that it lives as long as the child.
  auto* start_here = reinterpret_cast<Start*>(stack_end - sizeof(Start));
  *start_here = {request.child, request.argument};
  int flags = static_cast<int>(static_cast<uint32_t>(request.flags) | CLONE_PIDFD | SIGCHLD);
  int saved = errno;
  int pid = ::clone(start, start_here, flags, start_here, &result.pidfd);
  result.pid = pid < 0 ? -errno : pid;
  errno = saved;
  return result;
}

}  // namespace

CloneResult clone_raw(const CloneRequest& request, void* stack_end) {
  CloneResult result;
  struct clone_args args = {};
  args.flags = request.flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
  args.pidfd = reinterpret_cast<uint64_t>(&result.pidfd);
  // CLONE_PARENT takes the caller's exit signal and wants none named.
  args.exit_signal = request.flags & CLONE_PARENT ? 0 : SIGCHLD;
  // The kernel adds the two; only the sum matters.
  constexpr uint64_t kSize = 4096;
  args.stack = reinterpret_cast<uint64_t>(stack_end) - kSize;
  args.stack_size = kSize;
  if (request.cgroup_fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(request.cgroup_fd);
  }
  long pid = clone3_call(&args, sizeof args, request.child, request.argument);
  // EPERM: a seccomp filter that does not know clone3 (the kernel itself says EPERM for missing
  // rights, and will again).
  bool try_old = pid == -ENOSYS || pid == -EPERM;
  if (try_old && !(request.flags & CLONE_NEWTIME))
    return clone_old(request, static_cast<char*>(stack_end));
  result.pid = static_cast<int>(pid);
  result.in_cgroup = pid >= 0 && request.cgroup_fd >= 0;
  return result;
}

}  // namespace sys
