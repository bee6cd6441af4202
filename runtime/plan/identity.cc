// What the new namespaces are given before any file system is: a session and keyring, the loopback
// device, names, sysctls.
#include <errno.h>
#include <linux/if.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "base/strings.h"
#include "runtime/plan/builder.h"

namespace plan {

void add_session(Builder& builder, const std::string& id, bool new_keyring,
                 const spec::Process* process) {
  builder.phase("session", Code::SecurityFailed);
  builder.call("start a new session", SYS_setsid, {});
  if (new_keyring) {
    if (process != nullptr) add_keyring_label(builder, *process);
    // Possessor: everything. The user: view, read, link as the kernel gives by default, and search.
    constexpr long kPermissions = 0x3f000000 | 0x00010000 | 0x00020000 | 0x00100000 | 0x00080000;
    builder.call("join a session keyring of its own", SYS_keyctl,
                 {num(KEYCTL_JOIN_SESSION_KEYRING), builder.text("_ses." + id)},
                 {.tolerate = ENOSYS});
    builder.call("set the permissions of the session keyring", SYS_keyctl,
                 {num(KEYCTL_SETPERM), num(KEY_SPEC_SESSION_KEYRING), num(kPermissions)},
                 {.tolerate = ENOSYS, .tolerate2 = EACCES});
  }
}

static void add_loopback(Builder& builder) {
  builder.phase("network", Code::NamespaceFailed);
  ifreq request = {};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  int socket_slot = builder.new_slot();
  builder.call("open a socket to set up the loopback device", SYS_socket,
               {num(AF_INET), num(SOCK_DGRAM | SOCK_CLOEXEC), num(0)},
               {.result_slot = socket_slot});
  builder.call("bring up the loopback device", SYS_ioctl,
               {slot_arg(socket_slot), num(SIOCSIFFLAGS), builder.bytes(request)});
  builder.call("close the socket", SYS_close, {slot_arg(socket_slot)});
}

static Status add_name(Builder& builder, const CreateInput& input, const char* property,
                       const std::string& name, long nr) {
  if (name.empty()) return {};
  // A UTS namespace of its own or joined: never the host's name.
  if (!has_namespace(input.config, spec::NamespaceType::Uts)) {
    return Error::make(Code::ConfigInvalid, "%s: unable to set %s without a private UTS namespace",
                       property, property)
        .with_hint("add {\"type\": \"uts\"} to linux.namespaces");
  }
  if (name.size() > 64) {
    return Error::make(Code::ConfigInvalid, "%s: longer than the 64 bytes that Linux allows",
                       property);
  }
  builder.source(property);
  builder.call(format("set the %s to '%s'", property, name.c_str()), nr,
               {builder.text(name), num(static_cast<int64_t>(name.size()))});
  builder.source("");
  return {};
}

Status add_identity(Builder& builder, const CreateInput& input) {
  builder.phase("namespaces", Code::NamespaceFailed);
  if (creates_namespace(input.config, spec::NamespaceType::Cgroup)) {
    builder.call("create the cgroup namespace", SYS_unshare, {num(CLONE_NEWCGROUP)});
  }
  if (creates_namespace(input.config, spec::NamespaceType::Network)) add_loopback(builder);
  builder.phase("names", Code::NamespaceFailed);
  TRY(add_name(builder, input, "hostname", input.config.hostname, SYS_sethostname));
  return add_name(builder, input, "domainname", input.config.domainname, SYS_setdomainname);
}

// Only what belongs to a namespace of the container: anything else would change the host.
static Status check_sysctl(const CreateInput& input, const std::string& key) {
  using spec::NamespaceType;
  static constexpr const char* kIpc[] = {
      "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
      "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
  };
  bool is_ipc = key.starts_with("fs.mqueue.") ||
                std::find(std::begin(kIpc), std::end(kIpc), key) != std::end(kIpc);
  NamespaceType needed;
  const char* name;
  if (is_ipc) {
    needed = NamespaceType::Ipc, name = "ipc";
  } else if (key.starts_with("net.")) {
    needed = NamespaceType::Network, name = "network";
  } else if (key == "kernel.domainname") {
    needed = NamespaceType::Uts, name = "uts";
  } else if (key == "kernel.hostname") {
    return Error::make(Code::ConfigInvalid,
                       "linux.sysctl: \"kernel.hostname\" is what the property hostname is for");
  } else if (key.starts_with("user.")) {
    needed = NamespaceType::User, name = "user";
  } else {
    return Error::make(Code::ConfigInvalid,
                       "linux.sysctl: \"%s\" is not in a separate kernel namespace", key.c_str())
        .with_hint("set it on the host");
  }
  if (has_namespace(input.config, needed)) return {};
  return Error::make(Code::ConfigInvalid,
                     "linux.sysctl: \"%s\" is not allowed in the host's %s namespace", key.c_str(),
                     name)
      .with_hint(format("add {\"type\": \"%s\"} to linux.namespaces", name));
}

Status add_sysctls(Builder& builder, const CreateInput& input) {
  if (!input.config.linux_ || input.config.linux_->sysctl.empty()) return {};
  builder.phase("sysctl", Code::SecurityFailed);
  for (const auto& [written_key, value] : input.config.linux_->sysctl) {
    // sysctl.d(5): if the first separator is a slash, dots belong to names
    // ("net/ipv4/conf/eth0.1/forwarding").
    size_t separator = written_key.find_first_of("./");
    bool slashes = separator != std::string::npos && written_key[separator] == '/';
    std::string path = written_key;
    std::string key = written_key;
    if (slashes) {
      std::replace(key.begin(), key.end(), '/', '.');
    } else {
      std::replace(path.begin(), path.end(), '.', '\001');
      std::replace(path.begin(), path.end(), '/', '.');
      std::replace(path.begin(), path.end(), '\001', '/');
    }
    if (path.find("..") != std::string::npos) {
      return Error::make(Code::ConfigInvalid, "linux.sysctl: \"%s\" is not a name",
                         written_key.c_str());
    }
    TRY(check_sysctl(input, key));
    builder.source(format("linux.sysctl[\"%s\"]", written_key.c_str()));
    WriteProcArgs& args =
        builder
            .add(Op::WriteProc, format("write '%s' to /proc/sys/%s", value.c_str(), path.c_str()))
            .args.write_proc;
    args = {};
    args.slot = static_cast<int16_t>(builder.plan().proc_slot);
    args.path = builder.arena().text("sys/" + path);
    args.data = builder.arena().text(value);
    args.size = static_cast<uint32_t>(value.size());
  }
  builder.source("");
  return {};
}

}  // namespace plan
