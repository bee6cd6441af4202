#include "runtime/container/explain.h"

#include <sys/syscall.h>

#include <cctype>
#include <cstring>

#include "base/strings.h"
#include "runtime/container/hooks.h"

namespace container {

namespace {

// Engines classify by these words: podman 127 on "executable file not found", 126 on "permission
// denied"; Docker looks for the command and "no such file or directory". They must come up for the
// program, and only for it. The interpreter that a script names in its first line; "" if it is no
// script.
std::string interpreter_of(const std::string& first_bytes) {
  if (!first_bytes.starts_with("#!")) return {};
  std::string_view line = std::string_view(first_bytes).substr(2);
  line = trim(line.substr(0, line.find('\n')));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

// Docker's exit status 126 or 127 depends on Go's words, with small letters, in what it is told of
// the program.
void add_errno_as_go(Error& error, int value) {
  std::string words = strerror(value);
  words[0] = static_cast<char>(tolower(static_cast<unsigned char>(words[0])));
  error.what += ": " + words;
}

Error explain_program(const plan::Plan& plan, int value, const std::string& first_bytes) {
  std::string name = format("exec: \"%s\"", plan.program.c_str());
  bool searched = plan.program.find('/') == std::string::npos;
  if (value == plan::kReasonNotFound || (searched && value == ENOENT)) {
    return Error::make(Code::ExecNotFound, "%s: executable file not found in $PATH", name.c_str())
        .with_hint("the PATH of process.env is searched inside the container");
  }
  if (value == plan::kReasonIsDirectory)
    return Error::make(Code::ExecFailed, "%s: is a directory", name.c_str());
  Error error;
  if (value == ENOENT && !first_bytes.empty()) {
    std::string interpreter = interpreter_of(first_bytes);
    bool elf = first_bytes.starts_with(
        "\x7f"
        "ELF");
    error.code = Code::ExecNotFound;
    error.what = name + ": " +
                 (elf ? "its ELF loader" : format("its interpreter '%s'", interpreter.c_str()));
    add_errno_as_go(error, value);
    return error;
  }
  error.code = value == ENOENT || value == ENOTDIR ? Code::ExecNotFound : Code::ExecFailed;
  error.what = name + (value == ENOENT ? ": stat " + plan.program : "");
  add_errno_as_go(error, value);
  if (value == ENOENT) error.hint = "the path is looked up inside the container";
  if (value == EACCES)
    error.hint = "it must be executable for process.user, and its mount not noexec";
  if (value == ENOEXEC)
    error.hint = "built for another architecture, or a script without a #! line?";
  return error;
}

Error explain_hook(const plan::Step& step, const plan::StepInfo& info, const std::string& detail,
                   int value, const std::string& output) {
  // "run createContainer hook #2: '/bin/x'": as hooks.cc says it of the other namespace
  std::string_view words = std::string_view(info.what).substr(strlen("run "));
  Error error = Error::make(Code::HookFailed, "error running %s", std::string(words).c_str());
  if (value == plan::kReasonHookTimeout) {
    error.what +=
        format(": hook ran past specified timeout of %.1fs", step.args.hook.timeout_ms / 1000.0);
    error.hint = kLongerTimeout;
  } else if (value == plan::kReasonHookExit && detail.size() == sizeof(int32_t)) {
    int32_t status;
    memcpy(&status, detail.data(), sizeof status);
    error.what += ": " + (status < 0 ? hook_signal(-status) : format("exit status %d", status));
  } else {
    error.errnum = value;
  }
  std::string_view shown = trim(output);
  if (!shown.empty()) error.what += ", output: " + std::string(shown.substr(0, 4096));
  return error;
}

const char* reason_text(int value) {
  switch (value) {
    case plan::kReasonIsProcfs:
      return "the target lies on procfs, where only a few files may be covered";
    case plan::kReasonNotProcfs: return "it is no file of procfs";
    case plan::kReasonNotDirectory: return "not a directory";
    case plan::kReasonWrongDevice: return "something else than the device asked for is there";
    case plan::kReasonOutside:
      return "current working directory is outside of container mount namespace root";
    case plan::kReasonNotNull: return "/dev/null of the container is not the null device";
    case plan::kReasonNoDevpts: return "no devpts is mounted on /dev/pts in the container";
    case plan::kReasonSymlink:
      return "a symbolic link is in the way: it must be mounted on ordinary directory";
    case plan::kReasonIsDirectory: return "is a directory";
    default: return nullptr;
  }
}

constexpr const char* kNoRightsToMap =
    "to map the ids of a mount takes all rights over the file system: those of root, or a file "
    "system of the container's own";
constexpr const char* kNoSupportToMap =
    "the file system may not support id-mapped mounts on this kernel, or refuses one of its "
    "options";

// Numbered calls whose errno says little by itself.
const char* hint_for_call(long nr, int value) {
  if (nr == SYS_sched_setattr && value == EPERM) {
    return "a real-time policy takes CAP_SYS_NICE and, on cgroup v1, a budget of the cgroup "
           "(resources.cpu.realtimeRuntime); "
           "SCHED_DEADLINE a process that may run on all CPUs";
  }
  if (nr == SYS_sched_setattr && value == EBUSY)
    return "the CPUs have not enough time left for this SCHED_DEADLINE";
  if (nr == SYS_sched_setaffinity && value == EINVAL) return "none of these CPUs is in the cpuset";
  if (nr == SYS_set_mempolicy && value == EINVAL)
    return "the nodes must exist and be in the cpuset, and the kernel must know the mode";
  if (nr == SYS_set_mempolicy && value == ENOSYS) return "this kernel is built without NUMA";
  if ((nr == SYS_setresuid || nr == SYS_setresgid) && value == EINVAL) {
    return "the id must be mapped: linux.uidMappings and linux.gidMappings say which ids the "
           "container has";
  }
  if (nr == SYS_setgroups && value == EINVAL)
    return "every group must be mapped in linux.gidMappings";
  if (nr == SYS_setgroups && value == EPERM) {
    return "without root, groups can be set only with ids of /etc/subgid in linux.gidMappings "
           "(newgidmap), not with the own id alone";
  }
  if (nr == SYS_prlimit64 && value == EPERM)
    return "raising a hard limit takes CAP_SYS_RESOURCE on the host";
  return "";
}

std::string hint_for(const plan::Step& step, int value) {
  switch (step.op) {
    case plan::Op::MountNew:
      if (step.args.mount_new.userns_slot > 0 && value == EPERM) return kNoRightsToMap;
      if (step.args.mount_new.userns_slot > 0 && value == EINVAL) return kNoSupportToMap;
      if (value == ENODEV) return "this kernel has no such file system: see /proc/filesystems";
      if (value == EPERM)
        return "in a user namespace only some file systems may be mounted, and only in namespaces "
               "it owns";
      if (value == EINVAL) return "the file system refuses one of its options";
      break;
    case plan::Op::MountBind:
      if (step.args.mount_bind.userns_slot > 0 && value == EPERM) return kNoRightsToMap;
      if (value == ENOENT) return "the source of a bind mount must exist on the host";
      if (value == ENOTDIR) return "source and destination must both be directories, or both files";
      if (value == EPERM)
        return "a flag that the source's mount has locked (in a user namespace) cannot be cleared";
      if (value == ENOSYS) return "recursive options (rro, rnoexec, ...) need Linux 5.12";
      break;
    case plan::Op::OpenRoot:
      if (value == EACCES)
        return "root of the container's user namespace must be able to reach the rootfs";
      break;
    case plan::Op::Call: return hint_for_call(step.args.call.nr, value);
    case plan::Op::Console: return "a terminal needs a devpts mount on /dev/pts in config.json";
    default: break;
  }
  return {};
}

}  // namespace

Error explain_step(const plan::Plan& plan, size_t index, int value, const std::string& detail,
                   const std::string& hook_output) {
  if (index >= plan.steps.size())
    return Error::msg("init failed at step %zu, which the plan does not have", index);
  const plan::Step& step = plan.steps[index];
  const plan::StepInfo& info = plan.info[index];
  std::string words = info.source.empty() ? info.what : info.source + ": " + info.what;
  Error error;
  if (step.op == plan::Op::FindExe || step.op == plan::Op::Exec) {
    error = explain_program(plan, value, detail);
  } else if (step.op == plan::Op::Hook) {
    error = explain_hook(step, info, detail, value, hook_output);
  } else {
    error.code = info.code;
    error.what = words;
    const char* reason = reason_text(value);
    if (reason != nullptr) {
      error.what += std::string(": ") + reason;
    } else {
      error.errnum = value;
    }
    // "e tmpfs: Unknown parameter 'foo'": the level, then the words.
    std::string_view kernel = trim(detail);
    if (kernel.size() > 2 && kernel[1] == ' ')
      error.what += " (" + std::string(kernel.substr(2)) + ")";
    error.hint = hint_for(step, value);
  }
  return std::move(error).at(info.phase);
}

}  // namespace container
