// config-linux.md, "Devices" and "Default Devices", and the links in /dev that programs expect; the
// console; hooks' places.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "base/path.h"
#include "base/strings.h"
#include "runtime/plan/builder.h"

namespace plan {

namespace {

struct DefaultDevice {
  const char* path;
  unsigned major, minor;
};
constexpr DefaultDevice kDefaultDevices[] = {
    {"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
    {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

struct Link {
  const char* path;
  const char* target;
};
constexpr Link kLinks[] = {
    {"/dev/fd", "/proc/self/fd"},
    {"/dev/stdin", "/proc/self/fd/0"},
    {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"},
};

uint32_t file_type(char type) {
  switch (type) {
    case 'b': return S_IFBLK;
    case 'p': return S_IFIFO;
    default: return S_IFCHR;  // c, and u: an unbuffered c
  }
}

void add_device(Builder& builder, const std::string& path, const DeviceArgs& args) {
  builder.add(Op::Device, format("make device '%s'", path.c_str())).args.device = args;
}

// A bind mount of /dev from somewhere else brings its own devices.
bool dev_is_bound(const spec::Config& config) {
  return std::any_of(config.mounts.begin(), config.mounts.end(), [](const spec::Mount& mount) {
    if (join_path("/", mount.destination) != "/dev") return false;
    return std::any_of(mount.options.begin(), mount.options.end(), [](const std::string& option) {
      return option == "bind" || option == "rbind";
    });
  });
}

}  // namespace

static void add_configured(Builder& builder, const spec::Device& device, bool bind) {
  DeviceArgs args = {};
  std::string path = join_path("/", device.path);
  args.path = builder.arena().text(path);
  args.mode = file_type(device.type) | (device.file_mode ? *device.file_mode & 07777 : 0666);
  args.device = makedev(static_cast<unsigned>(device.major), static_cast<unsigned>(device.minor));
  args.uid = device.uid.value_or(0);
  args.gid = device.gid.value_or(0);
  args.set_owner = 1;
  args.bind = bind && device.type != 'p';
  add_device(builder, path, args);
}

void add_devices(Builder& builder, const CreateInput& input) {
  if (dev_is_bound(input.config)) return;
  builder.phase("devices", Code::MountFailed);
  // mknod of devices is reserved to the initial user namespace.
  bool bind =
      has_namespace(input.config, spec::NamespaceType::User) || input.host.in_user_namespace;
  static const std::vector<spec::Device> kNone;
  const std::vector<spec::Device>& devices =
      input.config.linux_ ? input.config.linux_->devices : kNone;
  for (size_t i = 0; i < devices.size(); i++) {
    builder.source(format("linux.devices[%zu]", i));
    add_configured(builder, devices[i], bind);
  }
  builder.source("");
  for (const DefaultDevice& item : kDefaultDevices) {
    bool configured = std::any_of(devices.begin(), devices.end(), [&](const spec::Device& device) {
      return join_path("/", device.path) == item.path;
    });
    if (configured) continue;
    spec::Device device;
    device.path = item.path;
    device.major = item.major;
    device.minor = item.minor;
    add_configured(builder, device, bind);
  }
  for (const Link& link : kLinks) {
    SymlinkArgs args = {builder.arena().text(link.path), builder.arena().text(link.target), 0};
    builder.add(Op::Symlink, format("link '%s' to '%s'", link.path, link.target)).args.symlink =
        args;
  }
  SymlinkArgs args = {builder.arena().text("/dev/ptmx"), builder.arena().text("pts/ptmx"), 1};
  builder.add(Op::Symlink, "link '/dev/ptmx' to 'pts/ptmx'").args.symlink = args;
}

void add_console(Builder& builder, const spec::Process& process, bool bind_console) {
  if (!process.terminal) return;
  builder.phase("console", Code::System);
  builder.source("process.terminal");
  ConsoleArgs args = {};
  if (process.console_size) {
    args.rows = static_cast<uint32_t>(std::min<uint64_t>(process.console_size->height, 0xffff));
    args.columns = static_cast<uint32_t>(std::min<uint64_t>(process.console_size->width, 0xffff));
  }
  args.bind_console = bind_console;
  args.uid = process.user.uid;
  builder.add(Op::Console, "open a terminal").args.console = args;
  builder.source("");
}

void add_hook(Builder& builder, const spec::Hook& hook, const char* kind, size_t n, int state_slot,
              int output_slot, const spec::Strings& default_env) {
  HookArgs args = {};
  args.path = builder.arena().text(hook.path);
  args.argv = builder.arena().text_list(hook.args.empty() ? spec::Strings{hook.path} : hook.args);
  args.envp = builder.arena().text_list(hook.env ? *hook.env : default_env);
  args.timeout_ms =
      hook.timeout ? static_cast<int32_t>(std::min<int64_t>(*hook.timeout, 1'000'000) * 1000) : -1;
  args.state_slot = static_cast<int16_t>(state_slot);
  args.output_slot = static_cast<int16_t>(output_slot);
  builder.source(format("hooks.%s[%zu]", kind, n));
  std::string words = format("run %s hook #%zu: '%s'", kind, n, hook.path.c_str());
  builder.add(Op::Hook, std::move(words)).args.hook = args;
  builder.source("");
}

void add_hook_points(Builder& builder, const CreateInput& input) {
  if (!input.config.hooks) return;
  const spec::Hooks& hooks = *input.config.hooks;
  builder.phase("hooks", Code::HookFailed);
  if (!hooks.prestart.empty() || !hooks.create_runtime.empty()) {
    builder.add(Op::Sync, "wait for the prestart and createRuntime hooks").args.sync = {
        static_cast<uint32_t>(SyncPoint::Hooks)};
  }
  if (hooks.create_container.empty()) return;
  int state_slot =
      builder.hand({.kind = Handed::Kind::HookState, .status = spec::ContainerStatus::Creating});
  int output_slot = builder.hand({.kind = Handed::Kind::HookOutput});
  // As with runc: hooks put files and mounts into the container by relative paths.
  builder.call("enter the rootfs", SYS_fchdir, {slot_arg(builder.plan().root_slot)});
  for (size_t i = 0; i < hooks.create_container.size(); i++) {
    add_hook(builder, hooks.create_container[i], "createContainer", i, state_slot, output_slot, {});
  }
}

}  // namespace plan
