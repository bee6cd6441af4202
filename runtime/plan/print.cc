#include "runtime/plan/print.h"

#include <linux/sched.h>

#include <cstring>

#include "base/strings.h"
#include "spec/json_writer.h"

namespace plan {

namespace {

struct FlagName {
  uint64_t flag;
  const char* name;
};
constexpr FlagName kFlags[] = {
    {CLONE_NEWUSER, "user"},     {CLONE_NEWNS, "mount"},  {CLONE_NEWPID, "pid"},
    {CLONE_NEWNET, "network"},   {CLONE_NEWUTS, "uts"},   {CLONE_NEWIPC, "ipc"},
    {CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWTIME, "time"},
};

std::vector<std::string> namespace_names(uint64_t flags) {
  std::vector<std::string> out;
  for (const FlagName& item : kFlags) {
    if (flags & item.flag) out.push_back(item.name);
  }
  return out;
}

std::string map_text(const std::vector<spec::IdMapping>& maps) {
  std::vector<std::string> out;
  for (const spec::IdMapping& map : maps)
    out.push_back(format("%u:%u:%u", map.container_id, map.host_id, map.size));
  return join(out, " ");
}

}  // namespace

std::string_view op_name(Op op) {
  switch (op) {
    case Op::Call: return "call";
    case Op::Wait: return "wait";
    case Op::Sync: return "sync";
    case Op::OpenRoot: return "open-root";
    case Op::OpenProc: return "open-proc";
    case Op::WriteProc: return "write-proc";
    case Op::UserNamespace: return "user-namespace";
    case Op::MakeDir: return "make-dir";
    case Op::MountNew: return "mount-new";
    case Op::MountBind: return "mount-bind";
    case Op::MountSet: return "mount-set";
    case Op::Device: return "device";
    case Op::Symlink: return "symlink";
    case Op::Mask: return "mask";
    case Op::Readonly: return "readonly";
    case Op::MoveRoot: return "move-root";
    case Op::Console: return "console";
    case Op::FixStdio: return "fix-stdio";
    case Op::Hook: return "hook";
    case Op::FetchHome: return "fetch-home";
    case Op::Chdir: return "chdir";
    case Op::FindExe: return "find-exe";
    case Op::AwaitStart: return "await-start";
    case Op::Seccomp: return "seccomp";
    case Op::CloseFds: return "close-fds";
    case Op::ResetSignals: return "reset-signals";
    case Op::Exec: return "exec";
  }
  return "unknown";
}

std::string print_text(const Plan& plan) {
  const Namespaces& namespaces = plan.namespaces;
  std::string out = "namespaces\n";
  out += "      create: " + join(namespace_names(namespaces.create), " ") + "\n";
  for (const Namespaces::Join& item : namespaces.joins) {
    out += "      join " + join(namespace_names(static_cast<uint64_t>(item.type)), " ") + ": " +
           item.path + "\n";
  }
  if (!namespaces.uid_map.empty()) out += "      uids: " + map_text(namespaces.uid_map) + "\n";
  if (!namespaces.gid_map.empty()) out += "      gids: " + map_text(namespaces.gid_map) + "\n";
  if (plan.mounts_in_runtime_namespace)
    out += "      mount: that of rt; the rootfs is bound onto itself\n";
  if (!plan.net_devices.empty()) out += "network devices\n";
  for (const spec::NetDevice& device : plan.net_devices) {
    out +=
        format("      move '%s'%s\n", device.host_name.c_str(),
               device.name.empty() ? "" : format(" and name it '%s'", device.name.c_str()).c_str());
  }
  const char* phase = "";
  for (size_t i = 0; i < plan.steps.size(); i++) {
    const StepInfo& info = plan.info[i];
    if (strcmp(info.phase, phase) != 0) out += format("%s\n", info.phase);
    phase = info.phase;
    out += format("%4zu  %s", i, info.what.c_str());
    if (!info.source.empty()) out += "  [" + info.source + "]";
    out += '\n';
  }
  return out;
}

std::string print_json(const Plan& plan) {
  spec::JsonWriter out(spec::JsonWriter::kTwoSpaces);
  const Namespaces& namespaces = plan.namespaces;
  out.begin_object();
  out.key("namespaces");
  out.begin_object();
  out.key("create");
  out.begin_array();
  for (const std::string& name : namespace_names(namespaces.create)) out.string(name);
  out.end_array();
  out.key("join");
  out.begin_array();
  for (const Namespaces::Join& item : namespaces.joins) {
    out.begin_object();
    out.field("type", join(namespace_names(static_cast<uint64_t>(item.type)), " "));
    out.field("path", item.path);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  out.field("mountsInRuntimeNamespace", plan.mounts_in_runtime_namespace);
  out.key("netDevices");
  out.begin_array();
  for (const spec::NetDevice& device : plan.net_devices) {
    out.begin_object();
    out.field("device", device.host_name);
    out.field("name", device.name.empty() ? device.host_name : device.name);
    out.end_object();
  }
  out.end_array();
  out.key("steps");
  out.begin_array();
  for (size_t i = 0; i < plan.steps.size(); i++) {
    out.begin_object();
    out.key("step");
    out.number(i);
    out.field("phase", plan.info[i].phase);
    out.field("op", op_name(plan.steps[i].op));
    out.field("what", plan.info[i].what);
    out.field("source", plan.info[i].source);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take() + "\n";
}

}  // namespace plan
