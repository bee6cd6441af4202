#include "runtime/plan/seccomp.h"

#include <linux/audit.h>
#include <linux/bpf_common.h>
#include <seccomp.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>

#include "base/log.h"
#include "base/strings.h"
#include "runtime/plan/seccomp_arch.h"
#include "runtime/plan/seccomp_filter.h"
#include "runtime/plan/seccomp_syscalls.h"
#include "runtime/plan/seccomp_values.h"

namespace plan {

namespace {

constexpr uint32_t kForeignAction =
    SCMP_ACT_KILL_THREAD;  // libseccomp's choice, and so that of all runtimes

// init hands the listener over with sendmsg(2), and other runtimes do with write(2): the agent
// would have to answer for the very call that brings it its listener.
bool hands_over_listener(std::string_view name) {
  return name == "write" || name == "sendmsg";
}

class Compiler {
 public:
  Result<SeccompProgram> compile(const spec::Seccomp& config);

 private:
  // What the rules say of one number.
  struct Entry {
    std::optional<uint32_t> always;
    std::vector<Clause> clauses;
  };
  struct Arch {
    SeccompArchInfo info;
    SyscallTable table;
    std::map<uint32_t, Entry> entries;
    std::optional<uint32_t> newest;  // the highest number in order that a rule names
  };

  Status add_archs(const std::vector<spec::SeccompArch>& archs);
  Status add_arch(uint32_t scmp, const std::string& where);
  Status add_rule(const spec::SeccompRule& rule, const std::string& where);
  void add_name(Arch& arch, const std::string& name, uint32_t action,
                const std::vector<Comparisons>& conditions);
  void note_number(Arch& arch, uint32_t number) const;
  std::vector<FilterRange> ranges_of(const Arch& arch) const;
  std::vector<FilterArch> tables() const;
  bool covers(uint32_t scmp) const;

  std::vector<Arch> archs_;
  uint32_t default_action_ = 0;
  bool notify_ = false;
};

bool Compiler::covers(uint32_t scmp) const {
  return std::any_of(archs_.begin(), archs_.end(),
                     [scmp](const Arch& arch) { return arch.info.scmp == scmp; });
}

Status Compiler::add_archs(const std::vector<spec::SeccompArch>& archs) {
  TRY(add_arch(seccomp_arch_native(), "linux.seccomp.architectures: the native one"));
  for (size_t i = 0; i < archs.size(); i++) {
    std::string where = format("linux.seccomp.architectures[%zu]", i);
    std::optional<SeccompArchInfo> info = seccomp_arch_info(archs[i]);
    if (!info) {
      const scmp_version* version = seccomp_version();
      return Error::make(Code::Unsupported,
                         "%s: libseccomp %u.%u.%u does not know this architecture", where.c_str(),
                         version->major, version->minor, version->micro)
          .with_hint("remove it: this machine runs no programs of that architecture");
    }
    TRY(add_arch(info->scmp, where));
  }
  return {};
}

Status Compiler::add_arch(uint32_t scmp, const std::string& where) {
  std::optional<SeccompArchInfo> info = seccomp_arch_info(scmp);
  if (!info)
    return Error::make(Code::Unsupported, "%s: architecture %#x is unknown to rt", where.c_str(),
                       scmp);
  if ((scmp & __AUDIT_ARCH_LE) != (seccomp_arch_native() & __AUDIT_ARCH_LE)) {
    return Error::make(Code::Unsupported, "%s: its byte order is not this machine's", where.c_str())
        .with_hint("remove it: this machine runs no programs of that architecture");
  }
  if (!covers(scmp)) archs_.push_back({*info, SyscallTable(scmp), {}, {}});
  return {};
}

Status Compiler::add_rule(const spec::SeccompRule& rule, const std::string& where) {
  uint32_t action = TRY(action_value(rule.action, rule.errno_ret, where + ".errnoRet"));
  std::vector<Comparisons> conditions = TRY(alternatives(rule.args, where + ".args"));
  bool is_notify = rule.action == spec::SeccompAction::Notify;
  notify_ |= is_notify;
  for (const std::string& name : rule.names) {
    if (is_notify && hands_over_listener(name)) {
      return Error::make(Code::ConfigInvalid,
                         "%s: SCMP_ACT_NOTIFY cannot be used for the %s syscall", where.c_str(),
                         name.c_str());
    }
    if (!is_syscall_name(name)) {
      log_debug("%s: unknown system call '%s', ignoring", where.c_str(), name.c_str());
      continue;
    }
    for (Arch& arch : archs_) add_name(arch, name, action, conditions);
  }
  return {};
}

void Compiler::add_name(Arch& arch, const std::string& name, uint32_t action,
                        const std::vector<Comparisons>& conditions) {
  SyscallNumbers numbers = arch.table.find(name);
  if (numbers.direct) note_number(arch, *numbers.direct);
  if (action == default_action_) return;  // as if it were not there, but the profile knows the call
  if (numbers.direct) {
    Entry& entry = arch.entries[*numbers.direct];
    if (conditions.empty() && !entry.always) entry.always = action;
    for (const Comparisons& all : conditions)
      entry.clauses.push_back({all, action, arch.info.wide});
  }
  if (numbers.multiplexed) {
    // The call's own arguments are in memory, where a filter cannot see them: as libseccomp, take
    // it that they match.
    scmp_arg_cmp picks_it{0, SCMP_CMP_MASKED_EQ, numbers.multiplexed->mask,
                          numbers.multiplexed->call};
    arch.entries[numbers.multiplexed->number].clauses.push_back(
        {{picks_it}, action, arch.info.wide});
  }
}

void Compiler::note_number(Arch& arch, uint32_t number) const {
  if (!numbered_in_order(arch.info.scmp, number)) return;
  arch.newest = std::max(arch.newest.value_or(0), number);
}

std::vector<FilterRange> Compiler::ranges_of(const Arch& arch) const {
  constexpr uint32_t kEnosys = SCMP_ACT_ERRNO(uint32_t{ENOSYS});
  std::vector<FilterRange> ranges;
  if (arch.newest && default_refuses(default_action_)) {
    for (const SyscallRange& range : newer_syscalls(arch.info.scmp, *arch.newest)) {
      if (range.first <= range.last) ranges.push_back({range.first, range.last, {{}, kEnosys}});
    }
  }
  for (const auto& [number, entry] : arch.entries) {
    if (entry.always) {
      ranges.push_back({number, number, {{}, *entry.always}});
    } else {
      ranges.push_back({number, number, {entry.clauses, default_action_}});
    }
  }
  return ranges;
}

// By the architectures that the kernel tells apart.
std::vector<FilterArch> Compiler::tables() const {
  std::vector<FilterArch> merged;
  for (const Arch& arch : archs_) {
    auto same = std::find_if(merged.begin(), merged.end(), [&](const FilterArch& other) {
      return other.audit == arch.info.audit;
    });
    if (same == merged.end()) same = merged.insert(merged.end(), {arch.info.audit, {}});
    std::vector<FilterRange> ranges = ranges_of(arch);
    if (arch.info.scmp == SCMP_ARCH_X86_64 && !covers(SCMP_ARCH_X32)) {
      ranges.push_back({kX32First, kX32Last, {{}, kForeignAction}});
    }
    std::move(ranges.begin(), ranges.end(), std::back_inserter(same->ranges));
  }
  return merged;
}

Result<SeccompProgram> Compiler::compile(const spec::Seccomp& config) {
  if (config.default_action == spec::SeccompAction::Notify) {
    return Error::make(
        Code::ConfigInvalid,
        "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action");
  }
  default_action_ = TRY(action_value(config.default_action, config.default_errno_ret,
                                     "linux.seccomp.defaultErrnoRet"));
  TRY(add_archs(config.architectures));
  for (size_t i = 0; i < config.syscalls.size(); i++) {
    TRY(add_rule(config.syscalls[i], format("linux.seccomp.syscalls[%zu]", i)));
  }
  if (notify_ && config.listener_path.empty()) {
    return Error::make(Code::ConfigInvalid,
                       "linux.seccomp.listenerPath: needed for SCMP_ACT_NOTIFY, but not set");
  }
  SeccompProgram program;
  program.bpf = build_filter(tables(), default_action_, kForeignAction);
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
