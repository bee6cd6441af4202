// config.md, "Process": from a prepared root to execve. The order matters more than anything in
// here:
//
//   attributes that need privilege (limits, scheduling, labels)
//   bounding set, then the ids (keeping capabilities across the change), then the working directory and the program's file,
//     looked at as the user who will run it
//   the point where `create` ends; from here on it is `start`
//   everything closed; signals reset
//   seccomp as the last thing before the capabilities themselves, so that a filter has to allow no more than capset, prctl
//     and execve; with no_new_privs after them, so that it need only allow execve
//   startContainer hooks, if any, come after seccomp and capabilities, and these before the closing
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <map>

#include "base/capability_names.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strings.h"
#include "runtime/plan/builder.h"
#include "runtime/plan/seccomp.h"

namespace plan {

namespace {

constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// The last of several entries wins, at the place of the first, as in runc.
spec::Strings without_duplicates(const spec::Strings& env) {
  spec::Strings out;
  std::map<std::string_view, size_t> places;
  for (const std::string& entry : env) {
    std::string_view name = std::string_view(entry).substr(0, entry.find('='));
    auto [place, is_new] = places.try_emplace(name, out.size());
    if (is_new) {
      out.push_back(entry);
    } else {
      out[place->second] = entry;
    }
  }
  return out;
}

std::string value_of(const spec::Strings& env, std::string_view name) {
  for (const std::string& entry : env) {
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

// All the files that execvp would try, as the container sees them.
spec::Strings candidates(const spec::Process& process, const spec::Strings& env) {
  const std::string& program = process.args.front();
  if (program.find('/') != std::string::npos) return {program};
  std::string path = value_of(env, "PATH");
  bool given = std::any_of(env.begin(), env.end(),
                           [](const std::string& entry) { return entry.starts_with("PATH="); });
  if (!given) path = kDefaultPath;
  spec::Strings out;
  for (std::string_view directory : split(path, ':')) {
    out.push_back(directory.empty() ? "./" + program : std::string(directory) + "/" + program);
  }
  return out;
}

std::string cap_text(int cap) {
  return std::string(sys::capability_name(cap));
}

// The sets of process.capabilities as bits. What cannot be granted is warned of once, however many
// sets name it.
class CapabilityReader {
 public:
  CapabilityReader(uint64_t grantable, int last_cap) : grantable_(grantable), last_cap_(last_cap) {}

  uint64_t bits_of(const spec::Strings& names, const char* set) {
    uint64_t bits = 0;
    for (const std::string& name : names) {
      std::optional<int> number = sys::capability_number(name);
      uint64_t bit = number && *number <= last_cap_ ? 1ull << *number : 0;
      if (bit == 0) {
        if (first_time(name))
          log_warning("process.capabilities.%s: unknown capability '%s', ignoring", set,
                      name.c_str());
      } else if (!(grantable_ & bit)) {
        if (!first_time(name)) continue;
        log_warning(
            "process.capabilities.%s: '%s' cannot be granted: the caller does not have it, "
            "ignoring",
            set, name.c_str());
      } else {
        bits |= bit;
      }
    }
    return bits;
  }

 private:
  bool first_time(const std::string& name) {
    if (std::find(told_.begin(), told_.end(), name) != told_.end()) return false;
    told_.push_back(name);
    return true;
  }

  uint64_t grantable_;
  int last_cap_;
  spec::Strings told_;
};

void warn_of_lost(uint64_t lost, int last_cap, const char* set, const char* reason) {
  for (int cap = 0; cap <= last_cap; cap++) {
    if (!(lost >> cap & 1)) continue;
    log_warning("process.capabilities.%s: can't raise %s capability %s: %s, ignoring", set, set,
                cap_text(cap).c_str(), reason);
  }
}

void add_bounding(Builder& builder, uint64_t keep, int last_cap) {
  for (int cap = 0; cap <= last_cap; cap++) {
    if (keep & (1ull << cap)) continue;
    builder.call("drop " + cap_text(cap) + " from the bounding set", SYS_prctl,
                 {num(PR_CAPBSET_DROP), num(cap)});
  }
}

void add_capset(Builder& builder, std::string what, uint64_t effective, uint64_t permitted,
                uint64_t inheritable) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct {
    __user_cap_data_struct low, high;
  } data = {{static_cast<uint32_t>(effective), static_cast<uint32_t>(permitted),
             static_cast<uint32_t>(inheritable)},
            {static_cast<uint32_t>(effective >> 32), static_cast<uint32_t>(permitted >> 32),
             static_cast<uint32_t>(inheritable >> 32)}};
  builder.call(std::move(what), SYS_capset, {builder.bytes(header), builder.bytes(data)});
}

// Crun's annotation that `podman run --group-add keep-groups` sets: a user's groups outside, which
// no map can give a number inside, still open what they open.
bool keeps_groups(const spec::Config& config) {
  for (const auto& [name, value] : config.annotations) {
    if (name == "run.oci.keep_original_groups") return value == "1";
  }
  return false;
}

void add_ids(Builder& builder, const spec::User& user, const ProcessContext& context) {
  builder.source("process.user");
  bool keep = keeps_groups(context.config);
  if (!keep && (context.may_set_groups || !user.additional_gids.empty())) {
    Address list = builder.arena().list(user.additional_gids);
    builder.call(
        "set the additional groups", SYS_setgroups,
        {num(static_cast<int64_t>(user.additional_gids.size())), num(static_cast<int64_t>(list))});
  }
  builder.call(format("become gid %u", user.gid), SYS_setresgid,
               {num(user.gid), num(user.gid), num(user.gid)});
  builder.call(format("become uid %u", user.uid), SYS_setresuid,
               {num(user.uid), num(user.uid), num(user.uid)});
}

Result<SeccompProgram> compile_filter(const spec::Config& config) {
  if (!config.linux_ || !config.linux_->seccomp) return SeccompProgram{};
  return compile_seccomp(*config.linux_->seccomp);
}

void add_filter(Builder& builder, const SeccompProgram& program) {
  if (program.bpf.empty()) return;
  builder.source("linux.seccomp");
  SeccompArgs args = {};
  args.filter = builder.arena().list(program.bpf);
  args.n = static_cast<uint16_t>(program.bpf.size());
  args.flags = program.flags;
  args.optional_flags = program.optional_flags;
  args.notify = program.notify;
  builder.add(Op::Seccomp, format("load the seccomp filter (%zu instructions)", program.bpf.size()))
      .args.seccomp = args;
  builder.source("");
}

void add_path_step(Builder& builder, Op op, std::string what, const std::string& path,
                   uint32_t flags) {
  PathArgs args = {builder.arena().text(path), flags, 0};
  builder.add(op, std::move(what)).args.path = args;
}

struct Env {
  spec::Strings list;
  int home_index = -1;
  int pid_index = -1;  // LISTEN_PID without a value: init knows its pid
};

Env environment(const spec::Process& process) {
  Env env;
  bool home_given = false;
  env.list = without_duplicates(process.env);
  for (size_t i = 0; i < env.list.size(); i++) {
    if (env.list[i] == "HOME=") env.home_index = static_cast<int>(i);
    if (env.list[i] == "LISTEN_PID=") env.pid_index = static_cast<int>(i);
    home_given |= env.list[i].starts_with("HOME=") && env.list[i].size() > 5;
  }
  if (env.home_index < 0 && !home_given) {
    env.home_index = static_cast<int>(env.list.size());
    env.list.push_back("HOME=");
  }
  return env;
}

// Capabilities and filter. With no_new_privs a filter takes no capability, so it comes last and
// need not allow what sets them; without, loading it takes CAP_SYS_ADMIN, which the container may
// not have.
void add_confinement(Builder& builder, const spec::Process& process, const CapabilityMasks& caps,
                     const SeccompProgram& filter, uint64_t grantable, int last_cap) {
  builder.phase("program", Code::SecurityFailed);
  if (!process.no_new_privileges) {
    if (!filter.bpf.empty() && process.user.uid != 0) {
      // The change of user cleared the effective set; the permitted one was kept.
      add_capset(builder, "raise CAP_SYS_ADMIN to load the filter", 1ull << CAP_SYS_ADMIN,
                 grantable, 0);
    }
    add_filter(builder, filter);
  }
  builder.source("process.capabilities");
  add_capset(builder, "set the capabilities", caps.effective, caps.permitted, caps.inheritable);
  for (int cap = 0; cap <= last_cap; cap++) {
    if (!(caps.ambient & (1ull << cap))) continue;
    builder.call("raise ambient " + cap_text(cap), SYS_prctl,
                 {num(PR_CAP_AMBIENT), num(PR_CAP_AMBIENT_RAISE), num(cap), num(0), num(0)});
  }
  builder.source("");
  if (process.no_new_privileges) add_filter(builder, filter);
}

void add_start_point(Builder& builder, const ProcessContext& context) {
  builder.phase("start", Code::System);
  builder.add(Op::Sync, "report the container as created").args.sync = {
      static_cast<uint32_t>(SyncPoint::Created)};
  if (!context.wait_for_start) return;
  builder.add(Op::AwaitStart, "wait for 'start'").args.await = {
      static_cast<int16_t>(context.listener_slot)};
}

// Streams, cwd, ids and bounding set: after these the process is the user's.
void add_user(Builder& builder, const spec::Process& process, const ProcessContext& context,
              const CapabilityMasks& caps, const Env& env) {
  builder.phase("process", Code::SecurityFailed);
  if (!process.terminal) {
    builder.add(Op::FixStdio, "give the standard streams to the user").args.fix_stdio = {
        process.user.uid, process.user.gid};
  }
  if (env.home_index >= 0) builder.add(Op::FetchHome, "look up HOME in /etc/passwd");
  if (process.no_new_privileges) {
    builder.source("process.noNewPrivileges");
    builder.call("set no_new_privs", SYS_prctl,
                 {num(PR_SET_NO_NEW_PRIVS), num(1), num(0), num(0), num(0)});
  }
  // Nothing of ours is to be found under /proc/self/fd by a hostile cwd.
  builder.call("close the root", SYS_close, {slot_arg(builder.plan().root_slot)});
  builder.source("process.cwd");
  std::string chdir_words = format("chdir to cwd (\"%s\") set in config.json", process.cwd.c_str());
  add_path_step(builder, Op::Chdir, chdir_words, process.cwd, 0);
  builder.source("process.capabilities");
  add_bounding(builder, caps.bounding, context.host.last_cap);
  builder.call("keep capabilities across the change of user", SYS_prctl,
               {num(PR_SET_KEEPCAPS), num(1), num(0), num(0), num(0)});
  add_ids(builder, process.user, context);
  builder.source("process.cwd");
  add_path_step(builder, Op::Chdir, chdir_words, process.cwd, 1);
}

// From `start` to the program: the container's own hooks, nothing left open, confinement, execve.
void add_last_steps(Builder& builder, const spec::Process& process, const ProcessContext& context,
                    const CapabilityMasks& caps, const SeccompProgram& filter, uint64_t grantable,
                    const Env& env) {
  bool has_hooks = context.start_state_slot >= 0;
  auto confine = [&] {
    add_confinement(builder, process, caps, filter, grantable, context.host.last_cap);
  };
  if (has_hooks) {
    // a hook in the container's root is the image's program: it gets no more freedom than the
    // container
    confine();
    builder.phase("hooks", Code::HookFailed);
    const std::vector<spec::Hook>& hooks = context.config.hooks->start_container;
    for (size_t i = 0; i < hooks.size(); i++) {
      add_hook(builder, hooks[i], "startContainer", i, context.start_state_slot,
               context.start_output_slot, env.list);
    }
  }
  builder.phase("program", Code::SecurityFailed);
  builder.add(Op::CloseFds, "close what is not inherited").args.close_fds = {
      static_cast<uint32_t>(3 + builder.plan().preserve_fds)};
  builder.add(Op::ResetSignals, "reset signals");
  if (!has_hooks) confine();
  builder.phase("program", Code::ExecFailed);
  builder.source("process.args");
  ExecArgs exec = {builder.arena().text_list(process.args), builder.arena().text_list(env.list),
                   env.home_index, env.pid_index};
  builder.add(Op::Exec, format("exec '%s'", process.args.front().c_str())).args.exec = exec;
  builder.source("");
}

}  // namespace

CapabilityMasks capability_masks(const std::optional<spec::Capabilities>& caps, uint64_t grantable,
                                 int last_cap) {
  CapabilityMasks out;
  if (!caps) return out;
  CapabilityReader reader(grantable, last_cap);
  out.bounding = reader.bits_of(caps->bounding, "bounding");
  out.permitted = reader.bits_of(caps->permitted, "permitted");
  uint64_t effective = reader.bits_of(caps->effective, "effective");
  out.effective = effective & out.permitted;
  warn_of_lost(effective & ~out.effective, last_cap, "effective", "it is not permitted");
  out.inheritable = reader.bits_of(caps->inheritable, "inheritable");
  if (uint64_t beyond = out.inheritable & ~out.bounding; beyond != 0) {
    // The kernel refuses to make inheritable what the bounding set lacks.
    log_warning(
        "process.capabilities.inheritable: more than the bounding set allows, ignoring the rest");
    out.inheritable &= out.bounding;
  }
  uint64_t ambient = reader.bits_of(caps->ambient, "ambient");
  out.ambient = ambient & out.permitted & out.inheritable;
  warn_of_lost(ambient & ~out.ambient, last_cap, "ambient",
               "it is not both permitted and inheritable");
  return out;
}

Status add_process(Builder& builder, const spec::Process& process, const ProcessContext& context) {
  if (process.args.empty())
    return Error::make(Code::ConfigInvalid, "process.args: must not be empty");
  SeccompProgram filter = TRY(compile_filter(context.config));
  uint64_t all = (2ull << context.host.last_cap) - 1;
  uint64_t grantable = context.new_user_namespace ? all : context.host.permitted_caps & all;
  CapabilityMasks caps = capability_masks(process.capabilities, grantable, context.host.last_cap);
  Env env = environment(process);
  builder.plan().program = process.args.front();
  builder.plan().home_uid = process.user.uid;
  builder.plan().oom_score_adj = process.oom_score_adj;
  builder.plan().rlimits = process.rlimits;

  TRY(add_process_attributes(builder, process, context.config));
  add_labels(builder, process);

  add_user(builder, process, context, caps, env);

  builder.phase("program", Code::ExecFailed);
  builder.source("process.args");
  spec::Strings files = candidates(process, env.list);
  // The capabilities are given back later, just before execve.
  bool overrides = (caps.effective & 1ull << CAP_DAC_OVERRIDE) != 0;
  FindExeArgs find = {builder.arena().text_list(files), static_cast<uint32_t>(files.size()),
                      overrides ? 1u : 0u};
  builder.add(Op::FindExe, format("find the program '%s'", process.args.front().c_str()))
      .args.find_exe = find;
  builder.source("");

  add_start_point(builder, context);
  add_last_steps(builder, process, context, caps, filter, grantable, env);
  return {};
}

}  // namespace plan
