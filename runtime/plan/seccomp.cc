#include "runtime/plan/seccomp.h"

#include <linux/bpf_common.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/plan/seccomp_arch.h"
#include "runtime/plan/seccomp_dispatch.h"
#include "runtime/plan/seccomp_values.h"

namespace plan {

namespace {

struct Release {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

// libseccomp 2.5.4: its binary tree is wrong for a filter without rules and no gain for a short one.
constexpr size_t kTreeThreshold = 32;

// libseccomp's functions return -errno.
Error scmp_error(int result, const char* call) {
  Error error = Error::make(Code::SecurityFailed, "%s", call);
  error.errnum = -result;
  return error;
}

// init hands the listener over with sendmsg(2), and other runtimes do with write(2): the agent would have to answer for the
// very call that brings it its listener.
bool hands_over_listener(std::string_view name) {
  return name == "write" || name == "sendmsg";
}

class Compiler {
 public:
  Result<SeccompProgram> compile(const spec::Seccomp& config);

 private:
  struct Arch {
    SeccompArchInfo info;
    DispatchArch dispatch;
    std::optional<uint32_t> newest;  // the highest number in order that a rule names
  };

  Status open(const spec::Seccomp& config);
  Status add_arch(uint32_t scmp, const std::string& where);
  Status add_rule(const spec::SeccompRule& rule, const std::string& where);
  bool dispatch_number(const std::string& name, std::optional<uint32_t> action);
  Status add_to_filter(const std::string& name, uint32_t action,
                       const std::vector<spec::SeccompArg>& args, const std::string& where);
  std::vector<sock_filter> build_front();
  Result<std::vector<sock_filter>> export_filter();

  Context context_;
  std::vector<Arch> archs_;
  uint32_t default_action_ = 0;
  size_t filter_rules_ = 0;
  bool notify_ = false;
};

// Makes the filter and lists the architectures, the native one first.
Status Compiler::open(const spec::Seccomp& config) {
  if (config.default_action == spec::SeccompAction::Notify) {
    return Error::make(
        Code::ConfigInvalid,
        "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action");
  }
  default_action_ = TRY(action_value(config.default_action, config.default_errno_ret,
                                     "linux.seccomp.defaultErrnoRet"));
  // The newest kernel interface is taken for granted, so that the result does not depend on the machine and nothing is asked
  // of the kernel here. One that lacks it says so when the filter is loaded.
  if (int result = seccomp_api_set(6); result < 0) return scmp_error(result, "seccomp_api_set");
  context_.reset(seccomp_init(default_action_));
  if (!context_) return Error::make(Code::SecurityFailed, "seccomp_init: out of memory");
  TRY(add_arch(seccomp_arch_native(), "the native architecture"));
  for (size_t i = 0; i < config.architectures.size(); i++) {
    std::string where = format("linux.seccomp.architectures[%zu]", i);
    std::optional<SeccompArchInfo> info = seccomp_arch_info(config.architectures[i]);
    if (!info) {
      return Error::make(Code::Unsupported,
                         "%s: libseccomp %u.%u.%u does not know this architecture", where.c_str(),
                         seccomp_version()->major, seccomp_version()->minor,
                         seccomp_version()->micro)
          .with_hint("remove it: this machine runs no programs of that architecture");
    }
    TRY(add_arch(info->scmp, where));
  }
  return {};
}

Status Compiler::add_arch(uint32_t scmp, const std::string& where) {
  std::optional<SeccompArchInfo> info = seccomp_arch_info(scmp);
  if (!info) return Error::make(Code::Unsupported, "%s: unknown to rt (%#x)", where.c_str(), scmp);
  if (std::any_of(archs_.begin(), archs_.end(),
                  [&](const Arch& arch) { return arch.info.scmp == scmp; }))
    return {};
  int result = seccomp_arch_add(context_.get(), scmp);
  if (result == -EDOM) {
    return Error::make(Code::Unsupported, "%s: its byte order is not this machine's", where.c_str())
        .with_hint("remove it: this machine runs no programs of that architecture");
  }
  if (result < 0 && result != -EEXIST) return scmp_error(result, "seccomp_arch_add").in(where);
  archs_.push_back({*info, {info->audit, {}}, {}});
  return {};
}

// Notes the numbers of `name` for the ENOSYS answer and, if there is an action, adds them to the search. Returns whether
// that leaves nothing to libseccomp: false where the call has no number of its own or can be made through a multiplexer too.
bool Compiler::dispatch_number(const std::string& name, std::optional<uint32_t> action) {
  bool complete = true;
  for (Arch& arch : archs_) {
    int number = seccomp_syscall_resolve_name_arch(arch.info.scmp, name.c_str());
    if (number != seccomp_syscall_resolve_name_rewrite(arch.info.scmp, name.c_str()))
      complete = false;
    if (number < 0) continue;
    auto nr = static_cast<uint32_t>(number);
    if (numbered_in_order(arch.info.scmp, nr) && (!arch.newest || nr > *arch.newest))
      arch.newest = nr;
    if (action) arch.dispatch.ranges.push_back({nr, nr, *action});
  }
  return complete;
}

Status Compiler::add_to_filter(const std::string& name, uint32_t action,
                               const std::vector<spec::SeccompArg>& args,
                               const std::string& where) {
  int number = seccomp_syscall_resolve_name(name.c_str());
  for (const Comparisons& comparisons : alternatives(args)) {
    int result =
        seccomp_rule_add_array(context_.get(), action, number,
                               static_cast<unsigned>(comparisons.size()), comparisons.data());
    std::string what = where + ": system call '" + name + "'";
    if (result == -EEXIST) {
      return Error::make(Code::ConfigInvalid,
                         "%s: an earlier rule has another action for the same arguments",
                         what.c_str());
    }
    if (result < 0) return scmp_error(result, "seccomp_rule_add").in(what);
    filter_rules_++;
  }
  return {};
}

Status Compiler::add_rule(const spec::SeccompRule& rule, const std::string& where) {
  uint32_t action = TRY(action_value(rule.action, rule.errno_ret, where + ".errnoRet"));
  for (const spec::SeccompArg& arg : rule.args) {
    if (arg.index > 5) {
      return Error::make(Code::ConfigInvalid,
                         "%s.args: index %u: a system call has arguments 0 to 5", where.c_str(),
                         arg.index);
    }
  }
  bool is_notify = rule.action == spec::SeccompAction::Notify;
  notify_ |= is_notify;
  bool redundant = action == default_action_;
  for (const std::string& name : rule.names) {
    if (is_notify && hands_over_listener(name)) {
      return Error::make(Code::ConfigInvalid,
                         "%s: SCMP_ACT_NOTIFY cannot be used for the %s syscall", where.c_str(),
                         name.c_str());
    }
    if (seccomp_syscall_resolve_name(name.c_str()) == __NR_SCMP_ERROR) {
      log_debug("%s: unknown system call '%s', ignoring", where.c_str(), name.c_str());
      continue;
    }
    bool by_number = rule.args.empty() && !redundant;
    bool complete = dispatch_number(name, by_number ? std::optional(action) : std::nullopt);
    if (redundant || (by_number && complete)) continue;
    TRY(add_to_filter(name, action, rule.args, where));
  }
  return {};
}

std::vector<sock_filter> Compiler::build_front() {
  std::vector<DispatchArch> merged;
  for (Arch& arch : archs_) {
    std::vector<DispatchRange> ranges;
    if (arch.newest && default_refuses(default_action_)) {
      for (const SyscallRange& range : newer_syscalls(arch.info.scmp, *arch.newest)) {
        if (range.first <= range.last) {
          ranges.push_back(
              {range.first, range.last, SCMP_ACT_ERRNO(static_cast<uint32_t>(ENOSYS))});
        }
      }
    }
    ranges.insert(ranges.end(), arch.dispatch.ranges.begin(), arch.dispatch.ranges.end());
    auto same = std::find_if(merged.begin(), merged.end(), [&](const DispatchArch& other) {
      return other.audit == arch.info.audit;
    });
    if (same == merged.end()) same = merged.insert(merged.end(), {arch.info.audit, {}});
    same->ranges.insert(same->ranges.end(), ranges.begin(), ranges.end());
  }
  std::erase_if(merged, [](const DispatchArch& arch) { return arch.ranges.empty(); });
  if (merged.empty()) return {};
  return build_dispatch(merged);
}

Result<std::vector<sock_filter>> Compiler::export_filter() {
  if (filter_rules_ > kTreeThreshold) {
    int result = seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (result < 0)
      log_debug("seccomp_attr_set(SCMP_FLTATR_CTL_OPTIMIZE): error %d, ignoring", -result);
  }
  Fd file(memfd_create("rt-seccomp", MFD_CLOEXEC));
  if (!file) return Error::sys("memfd_create");
  if (int result = seccomp_export_bpf(context_.get(), file.get()); result < 0) {
    return scmp_error(result, "seccomp_export_bpf");
  }
  if (lseek(file.get(), 0, SEEK_SET) < 0) return Error::sys("lseek");
  std::string bytes = TRY(read_fd(file.get(), "the seccomp filter"));
  std::vector<sock_filter> code(bytes.size() / sizeof(sock_filter));
  std::copy_n(bytes.data(), code.size() * sizeof(sock_filter),
              reinterpret_cast<char*>(code.data()));
  return code;
}

Result<SeccompProgram> Compiler::compile(const spec::Seccomp& config) {
  TRY(open(config));
  for (size_t i = 0; i < config.syscalls.size(); i++) {
    TRY(add_rule(config.syscalls[i], format("linux.seccomp.syscalls[%zu]", i)));
  }
  if (notify_ && config.listener_path.empty()) {
    return Error::make(Code::ConfigInvalid,
                       "linux.seccomp.listenerPath: needed for SCMP_ACT_NOTIFY, but not set");
  }
  SeccompProgram program;
  program.bpf = build_front();
  std::vector<sock_filter> filter = TRY(export_filter());
  program.bpf.insert(program.bpf.end(), filter.begin(), filter.end());
  if (program.bpf.size() > BPF_MAXINSNS) {
    return Error::make(Code::ConfigInvalid,
                       "linux.seccomp: the filter has %zu instructions; the kernel takes %d",
                       program.bpf.size(), BPF_MAXINSNS)
        .with_hint("give the profile fewer rules with args, or fewer architectures");
  }
  program.notify = notify_;
  SeccompFlags flags = seccomp_flags(config.flags, notify_);
  program.flags = flags.all;
  program.optional_flags = flags.optional;
  return program;
}

}  // namespace

Result<SeccompProgram> compile_seccomp(const spec::Seccomp& config) {
  return Compiler().compile(config);
}

std::vector<spec::SeccompArch> known_seccomp_archs() {
  std::vector<spec::SeccompArch> known;
  for (int i = 0; i <= static_cast<int>(spec::SeccompArch::Riscv64); i++) {
    auto arch = static_cast<spec::SeccompArch>(i);
    if (seccomp_arch_info(arch)) known.push_back(arch);
  }
  return known;
}

}  // namespace plan
