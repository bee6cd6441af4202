// What the kernel's security modules are told: the label or profile of the program (config.md,
// "Linux Process"), of its keyrings, and of the file systems made for it (config-linux.md, "Mount
// Label").
#include <algorithm>

#include "base/strings.h"
#include "runtime/plan/builder.h"

namespace plan {

namespace {

// The host's /proc, from the parent: what the container has there may be anything (CVE-2019-16884).
int host_proc(Builder& builder) {
  const std::vector<Handed>& handed = builder.plan().handed;
  for (size_t i = 0; i < handed.size(); i++) {
    if (handed[i].kind == Handed::Kind::Procfs) return static_cast<int>(i);
  }
  return builder.hand({.kind = Handed::Kind::Procfs});
}

// Written to a file of the thread that writes; the kernel lets nobody else.
void write_label(Builder& builder, const char* property, const char* file,
                 const std::string& value) {
  builder.source(property);
  WriteProcArgs args = {};
  args.slot = static_cast<int16_t>(host_proc(builder));
  args.path = builder.arena().text(format("thread-self/attr/%s", file));
  args.data = builder.arena().text(value);
  args.size = static_cast<uint32_t>(value.size());
  args.through_self = 1;
  builder
      .add(Op::WriteProc, format("write '%s' to `/proc/thread-self/attr/%s`", value.c_str(), file))
      .args.write_proc = args;
  builder.source("");
}

Error not_there(const char* property, const std::string& value, const char* module) {
  return Error::make(Code::Unsupported, "%s: '%s' is set, but %s is not enabled on this host",
                     property, value.c_str(), module);
}

// What a label is a label of: crun's annotation for it, in the words of mount(8).
Result<std::string> context_type(const spec::StringMap& annotations) {
  constexpr char kAnnotation[] = "run.oci.mount_context_type";
  constexpr const char* kTypes[] = {"context", "fscontext", "defcontext", "rootcontext"};
  for (const auto& [name, value] : annotations) {
    if (name != kAnnotation) continue;
    const std::string& type = value;
    if (std::any_of(std::begin(kTypes), std::end(kTypes),
                    [&type](const char* known) { return type == known; }))
      return type;
    return Error::make(Code::ConfigInvalid, "annotations: %s: unknown type '%s'", kAnnotation,
                       type.c_str())
        .with_hint("expected context, fscontext, defcontext or rootcontext");
  }
  return std::string(kTypes[0]);
}

}  // namespace

Status check_labels(const spec::Process& process, const HostFacts& host) {
  if (!process.apparmor_profile.empty() && !host.apparmor) {
    return not_there("process.apparmorProfile", process.apparmor_profile, "AppArmor");
  }
  if (!process.selinux_label.empty() && !host.selinux) {
    return not_there("process.selinuxLabel", process.selinux_label, "SELinux");
  }
  return {};
}

void add_labels(Builder& builder, const spec::Process& process) {
  builder.phase("labels", Code::SecurityFailed);
  if (!process.apparmor_profile.empty()) {
    write_label(builder, "process.apparmorProfile", "apparmor/exec",
                "exec " + process.apparmor_profile);
  }
  if (!process.selinux_label.empty())
    write_label(builder, "process.selinuxLabel", "exec", process.selinux_label);
}

// execve() takes the label for further keyrings away again.
void add_keyring_label(Builder& builder, const spec::Process& process) {
  if (!process.selinux_label.empty())
    write_label(builder, "process.selinuxLabel", "keycreate", process.selinux_label);
}

Result<std::optional<FsParameter>> mount_label(const spec::Config& config, const HostFacts& host) {
  if (!config.linux_ || config.linux_->mount_label.empty()) return std::optional<FsParameter>();
  const std::string& label = config.linux_->mount_label;
  if (!host.selinux) return not_there("linux.mountLabel", label, "SELinux");
  // It stands in quotes where a file system is mounted the old way.
  if (label.find('"') != std::string::npos) {
    return Error::make(Code::ConfigInvalid, "linux.mountLabel: '%s' has a quotation mark",
                       label.c_str());
  }
  std::string type = TRY(context_type(config.annotations));
  return std::optional<FsParameter>({std::move(type), label});
}

}  // namespace plan
