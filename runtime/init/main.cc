// The program that becomes the container's process: it executes the steps of the plan that is
// mapped at kPlanAddress and ends in execve. No heap, no libc, no text formatting, no parsing:
// whatever had to be decided was decided before.
#include <linux/close_range.h>
#include <linux/prctl.h>
#include <linux/time_types.h>

#include "runtime/init/sys.h"

// Gives init.ld's plan segment a place to be; the launcher replaces it.
[[gnu::section(".plan"), gnu::used]] static const char plan_placeholder[8] = {};

// The compiler may turn loops and initialisers into calls of these.
extern "C" void* memset(void* to, int byte, size_t n) {
  for (size_t i = 0; i < n; i++) static_cast<char*>(to)[i] = static_cast<char>(byte);
  return to;
}
extern "C" void* memcpy(void* to, const void* from, size_t n) {
  init::copy(static_cast<char*>(to), static_cast<const char*>(from), n);
  return to;
}

namespace init {

Run run;

static long sync_point(const plan::SyncArgs& args) {
  long error = send(plan::Kind::Reached, static_cast<int32_t>(args.point));
  return error < 0 ? error : wait_go();
}

static long generic_call(const plan::CallArgs& args) {
  long values[6];
  for (int i = 0; i < 6; i++) {
    values[i] = args.slot_mask & (1 << i) ? slot(args.args[i]) : static_cast<long>(args.args[i]);
  }
  long result = call(args.nr, values[0], values[1], values[2], values[3], values[4], values[5]);
  if (result < 0) {
    for (uint16_t fine : args.tolerate) {
      if (fine != 0 && result == -static_cast<long>(fine)) return 0;
    }
    return result;
  }
  if (args.result_slot >= 0) slot(args.result_slot) = static_cast<int>(result);
  return 0;
}

static long execute(const plan::Step& step) {
  const plan::Step::Args& args = step.args;
  switch (step.op) {
    case plan::Op::Call: return generic_call(args.call);
    case plan::Op::Wait: return wait_go();
    case plan::Op::Sync: return sync_point(args.sync);
    case plan::Op::OpenRoot: return open_root(args.root);
    case plan::Op::OpenProc: return open_proc(args.proc);
    case plan::Op::WriteProc: return write_proc(args.write_proc);
    case plan::Op::UserNamespace: return make_user_namespace(args.user_namespace);
    case plan::Op::MakeDir: return make_dir(args.path);
    case plan::Op::MountNew: return mount_new(args.mount_new);
    case plan::Op::MountBind: return mount_bind(args.mount_bind);
    case plan::Op::MountSet: return mount_set(args.mount_set);
    case plan::Op::Device: return make_device(args.device);
    case plan::Op::Symlink: return make_symlink(args.symlink);
    case plan::Op::Mask: return mask(args.path);
    case plan::Op::Readonly: return make_readonly(args.path);
    case plan::Op::MoveRoot: return move_root();
    case plan::Op::Console: return open_console(args.console);
    case plan::Op::FixStdio: return fix_stdio(args.fix_stdio);
    case plan::Op::Hook: return run_hook(args.hook);
    case plan::Op::FetchHome: return fetch_home();
    case plan::Op::Chdir: return change_dir(args.path);
    case plan::Op::FindExe: return find_exe(args.find_exe);
    case plan::Op::AwaitStart: return await_start(args.await);
    case plan::Op::Seccomp: return load_seccomp(args.seccomp);
    case plan::Op::CloseFds: return close_fds(args.close_fds);
    case plan::Op::ResetSignals: return reset_signals();
    case plan::Op::Exec: return exec_program(args.exec);
  }
  return -EINVAL;
}

static uint64_t now() {
  struct __kernel_timespec time = {};
  call(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, arg(&time));
  return static_cast<uint64_t>(time.tv_sec) * 1000000000u + static_cast<uint64_t>(time.tv_nsec);
}

// Tests: a step that fails, or init standing still before it (--fault, see container/fault.h).
static void inject_fault() {
  const plan::Header& header = *run.header;
  if (header.fault_step < 0 || run.step != static_cast<uint32_t>(header.fault_step)) return;
  if (header.fault_errno != 0) fail(-header.fault_errno);
  send(plan::Kind::Stopped, 0);
  (void)wait_go();  // the parent kills itself; end of file ends us
}

static void prepare(const plan::Header& header) {
  // Before any namespace is joined: nothing that lives there may ptrace us or read /proc/PID of
  // ours (CVE-2016-9962).
  call(__NR_prctl, PR_SET_DUMPABLE, 0);
  call(__NR_prctl, PR_SET_NAME, arg(plan::kInitName));
  // As PID 1 of a namespace we ignore what has no handler; blocked signals wait, and AwaitStart
  // looks at them.
  uint64_t all = ~0ull;
  call(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, arg(&all), 0, sizeof all);
  call(__NR_umask, 0);
  // Handed-over descriptors lost their close-on-exec flag to get here. CLOSE_RANGE_CLOEXEC came
  // with 5.11.
  if (call(__NR_close_range, header.lowest_fd, ~0u, CLOSE_RANGE_CLOEXEC) < 0) {
    const int32_t* fds = at<int32_t>(header.slot_fds);
    for (uint32_t i = 0; i < header.n_handed; i++) call(__NR_fcntl, fds[i], F_SETFD, FD_CLOEXEC);
  }
}

// `stack`: argc, argv... as execve left them. Another name than ours: a container's program is
// /proc/self/exe, which leads here. There is nobody to be told but its stderr.
static void refuse_second_life(const long* stack) {
  if (stack[0] == 1 && equal(text(static_cast<plan::Address>(stack[1])), plan::kInitName)) return;
  static const char kWords[] =
      "rt: exec: \"/proc/self/exe\" is the runtime's own init, not a program of the container\n";
  call(__NR_write, 2, arg(kWords), sizeof kWords - 1);
  quit(126);
}

extern "C" [[noreturn, gnu::used]] void init_main(const long* stack) {
  const auto* header = at<plan::Header>(plan::kPlanAddress);
  if (header->magic != plan::kMagic) quit(127);
  refuse_second_life(stack);
  run.header = header;
  run.report_fd = slot(0);
  prepare(*header);

  const auto* steps = at<plan::Step>(header->steps);
  bool timing = header->flags & plan::kTiming;
  for (run.step = 0; run.step < header->n_steps; run.step++) {
    inject_fault();
    uint64_t begin = timing ? now() : 0;
    long error = execute(steps[run.step]);
    if (error < 0) fail(error);
    if (timing) send(plan::Kind::Timing, 0, nullptr, 0, -1, now() - begin);
  }
  fail(-EINVAL);  // a plan ends in Exec, which does not return
}

// The kernel enters here with nothing but a stack pointer; align it as the ABI wants before any C++
// runs.
#if defined(__x86_64__)
__asm__(
    ".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call "
    "init_main\n  hlt\n");
#elif defined(__aarch64__)
__asm__(
    ".globl _start\n_start:\n  mov x0, sp\n  mov x29, xzr\n  mov x30, xzr\n  bl init_main\n  brk "
    "#1\n");
#endif

}  // namespace init
