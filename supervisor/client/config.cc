#include "supervisor/client/config.h"

#include <stdlib.h>

#include <algorithm>

#include "base/capability_names.h"
#include "base/path.h"
#include "base/strings.h"
#include "spec/load.h"

namespace client {

namespace {

// What podman and Docker leave a container's root.
constexpr const char* kCapabilities[] = {"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FOWNER",
                                         "CAP_FSETID",  "CAP_KILL",         "CAP_NET_BIND_SERVICE",
                                         "CAP_SETFCAP", "CAP_SETGID",       "CAP_SETPCAP",
                                         "CAP_SETUID",  "CAP_SYS_CHROOT"};

Error wrong(const char* flag, const std::string& value, const char* expected) {
  return Error::make(Code::Usage, "invalid value '%s' for --%s: expected %s", value.c_str(), flag,
                     expected);
}

Result<std::string> capability(const char* flag, const std::string& text) {
  std::string name = to_upper(text);
  if (!name.starts_with("CAP_")) name = "CAP_" + name;
  if (sys::capability_number(name)) return name;
  return wrong(flag, text, "the name of a capability, such as NET_ADMIN");
}

Status set_capabilities(const flags::Parsed& given, spec::Process* process) {
  spec::Strings names(std::begin(kCapabilities), std::end(kCapabilities));
  // first: `--cap-drop ALL --cap-add X` leaves X
  for (const std::string& text : given.list("cap-drop")) {
    if (to_upper(text) == "ALL") {
      names.clear();
      continue;
    }
    std::string name = TRY(capability("cap-drop", text));
    std::erase(names, name);
  }
  for (const std::string& text : given.list("cap-add")) {
    if (to_upper(text) == "ALL") {
      std::vector<std::string_view> all = sys::known_capabilities();
      names.assign(all.begin(), all.end());
      continue;
    }
    std::string name = TRY(capability("cap-add", text));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  spec::Capabilities& sets = process->capabilities.emplace();
  sets.bounding = sets.effective = sets.permitted = names;
  return {};
}

Status set_user(const flags::Parsed& given, spec::Process* process) {
  if (!given.given("user")) return {};
  std::string text = given.text("user");
  std::vector<std::string_view> words = split(text, ':');
  std::optional<uint32_t> uid = parse_number<uint32_t>(words[0]);
  std::optional<uint32_t> gid =
      words.size() > 1 ? parse_number<uint32_t>(words[1]) : std::optional<uint32_t>(0);
  if (!uid || !gid || words.size() > 2) return wrong("user", text, "numbers, UID or UID:GID");
  process->user.uid = *uid;
  process->user.gid = *gid;
  // a capability is of use to such a one only if somebody gives it
  if (*uid != 0 && process->capabilities) {
    process->capabilities->effective.clear();
    process->capabilities->permitted.clear();
  }
  return {};
}

void set_environment(const flags::Parsed& given, const std::string& hostname,
                     spec::Process* process) {
  process->env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                  "HOSTNAME=" + hostname};
  if (process->terminal) process->env.push_back("TERM=xterm");
  for (const std::string& text : given.list("env")) {
    size_t equals = text.find('=');
    std::string name = text.substr(0, equals);
    const char* here = equals == std::string::npos ? getenv(name.c_str()) : nullptr;
    // as podman: not set here, not set there
    if (equals == std::string::npos && here == nullptr) continue;
    std::erase_if(process->env,
                  [&](const std::string& old) { return old.starts_with(name + "="); });
    process->env.push_back(here != nullptr ? name + "=" + here : text);
  }
}

Status add_mounts(const flags::Parsed& given, spec::Config* config) {
  for (const std::string& text : given.list("volume")) {
    std::vector<std::string_view> words = split(text, ':');
    if (words.size() < 2 || words.size() > 3 || words[0].empty() || !is_absolute(words[1])) {
      return wrong("volume", text,
                   "a directory of the host's, ':', an absolute path, and maybe ':' and options");
    }
    spec::Mount& mount = config->mounts.emplace_back();
    mount.source = absolute_path(words[0]);
    mount.destination = std::string(words[1]);
    mount.type = "bind";
    mount.options = {"rbind"};
    if (words.size() == 3) {
      for (std::string_view option : split(words[2], ',')) mount.options.emplace_back(option);
    }
  }
  for (const std::string& text : given.list("tmpfs")) {
    size_t colon = text.find(':');
    spec::Mount& mount = config->mounts.emplace_back();
    mount.destination = text.substr(0, colon);
    if (!is_absolute(mount.destination))
      return wrong("tmpfs", text, "an absolute path, and maybe ':' and options");
    mount.type = mount.source = "tmpfs";
    mount.options = {"nosuid", "nodev", "noexec"};
    if (colon == std::string::npos) continue;
    for (std::string_view option : split(std::string_view(text).substr(colon + 1), ','))
      mount.options.emplace_back(option);
  }
  return {};
}

Status set_limits(const flags::Parsed& given, spec::Resources* resources) {
  if (given.given("memory")) {
    std::optional<int64_t> bytes = parse_size(given.text("memory"));
    if (!bytes || *bytes <= 0) return wrong("memory", given.text("memory"), "a size, such as 512m");
    resources->memory.emplace().limit = *bytes;
  }
  if (given.given("pids-limit"))
    resources->pids_limit = given.number("pids-limit") == 0 ? -1 : given.number("pids-limit");
  if (!given.given("cpus")) return {};
  std::string text = given.text("cpus");
  std::optional<double> cpus = parse_decimal(text);
  if (!cpus || *cpus < 0.01 || *cpus > 100000)
    return wrong("cpus", text, "a number of CPUs, such as 1.5");
  constexpr double kPeriod = 100000;
  spec::Cpu& cpu = resources->cpu.emplace();
  cpu.period = static_cast<uint64_t>(kPeriod);
  cpu.quota = static_cast<int64_t>(*cpus * kPeriod);
  return {};
}

}  // namespace

std::optional<double> parse_decimal(std::string_view text) {
  size_t dot = text.find('.');
  std::string_view whole = text.substr(0, dot),
                   part = dot == std::string_view::npos ? "0" : text.substr(dot + 1);
  std::optional<uint32_t> units = parse_number<uint32_t>(whole);
  std::optional<uint32_t> fraction = part.size() > 9 ? std::nullopt : parse_number<uint32_t>(part);
  if (!units || !fraction) return std::nullopt;
  double scale = 1;
  for (size_t i = 0; i < part.size(); i++) scale *= 10;
  return *units + *fraction / scale;
}

std::optional<int64_t> parse_size(std::string_view text) {
  std::string lower = to_lower(text);
  std::string_view number = lower;
  if (number.ends_with("ib"))
    number.remove_suffix(2);
  else if (number.ends_with('b'))
    number.remove_suffix(1);
  int shift = 0;
  constexpr std::string_view kUnits = "kmgt";
  size_t unit = number.empty() ? std::string_view::npos : kUnits.find(number.back());
  if (unit != std::string_view::npos) {
    shift = static_cast<int>(unit + 1) * 10;
    number.remove_suffix(1);
  }
  std::optional<double> value = parse_decimal(number);
  if (!value) return std::nullopt;
  double bytes = *value * static_cast<double>(int64_t{1} << shift);
  if (bytes >= 9e18) return std::nullopt;
  return static_cast<int64_t>(bytes);
}

Result<spec::Config> make_config(const flags::Parsed& given, const std::vector<std::string>& args,
                                 const std::string& id, bool cgroup_v2) {
  if (args.empty())
    return Error::make(Code::Usage, "expected a program after --rootfs")
        .with_hint("such as: rtctl run --rootfs DIR -- sh");
  spec::Config config = spec::default_config(false, 0, 0, cgroup_v2);
  config.root->path = absolute_path(given.text("rootfs"));
  config.root->readonly = given.on("read-only");
  config.hostname = given.given("hostname") ? given.text("hostname") : id;
  spec::Process& process = *config.process;
  process.terminal = given.on("tty");
  process.args = args;
  if (given.given("workdir")) process.cwd = given.text("workdir");
  process.rlimits.clear();
  // as podman: su and sudo work, with what the capabilities allow
  process.no_new_privileges = false;
  set_environment(given, config.hostname, &process);
  TRY(set_capabilities(given, &process));
  TRY(set_user(given, &process));
  TRY(add_mounts(given, &config));
  TRY(set_limits(given, &*config.linux_->resources));
  if (given.text("network") == "host") {
    std::erase_if(config.linux_->namespaces,
                  [](const spec::Namespace& n) { return n.type == spec::NamespaceType::Network; });
  }
  return config;
}

}  // namespace client
