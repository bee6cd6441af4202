// The rules of config.md: version, root, mounts, hooks, annotations. The rest is in validate_*.cc,
// by topic.
#include "spec/validate.h"

#include <algorithm>

#include "spec/validate_rules.h"

namespace spec {

namespace {

bool is_semver_number(std::string_view text) {  // no leading zeros
  return parse_number<uint64_t>(text).has_value() && (text.size() == 1 || text[0] != '0');
}

// Dot-separated identifiers of a pre-release ("rc.1") or of build metadata.
bool is_semver_suffix(std::string_view text, bool prerelease) {
  for (std::string_view part : split(text, '.')) {
    if (part.empty()) return false;
    bool digits = true;
    for (char c : part) {
      bool digit = c >= '0' && c <= '9';
      bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
      if (!digit && !letter) return false;
      digits = digits && digit;
    }
    if (prerelease && digits && part.size() > 1 && part[0] == '0') return false;
  }
  return true;
}

// SemVer 2.0.0. Any 1.x is accepted: versions within a major one are compatible, and a check for
// known minors has had to be taken out of runtimes each time a new one came out (config.md,
// "Specification version"). 0.x too: the spec's own good examples say 0.5.0-dev, and what 1.0 kept
// of it means the same.
Check check_version(std::string_view version, const Place& at) {
  std::string_view core = version.substr(0, version.find_first_of("-+"));
  std::string_view rest = version.substr(core.size());
  std::string_view build;
  if (size_t plus = rest.find('+'); plus != std::string_view::npos) {
    build = rest.substr(plus);
    rest = rest.substr(0, plus);
  }
  std::vector<std::string_view> numbers = split(core, '.');
  bool valid = numbers.size() == 3 &&
               std::all_of(numbers.begin(), numbers.end(), is_semver_number) &&
               (rest.empty() || is_semver_suffix(rest.substr(1), true)) &&
               (build.empty() || is_semver_suffix(build.substr(1), false));
  if (!valid) {
    return violation(at, "expected a semantic version like \"1.3.0\", got %s",
                     quote_briefly(version).c_str());
  }
  if (numbers[0] != "0" && numbers[0] != "1") {
    return unsupported(at, "version %s of the spec is not supported, only versions below 2.0.0",
                       quote_briefly(version).c_str());
  }
  return std::nullopt;
}

bool has_namespace(const Config& config, NamespaceType type) {
  if (!config.linux_) return false;
  const std::vector<Namespace>& all = config.linux_->namespaces;
  return std::any_of(all.begin(), all.end(), [&](const Namespace& ns) { return ns.type == type; });
}

Check check_mount(const Mount& mount, bool user_namespace, const Place& at) {
  if (mount.destination.empty()) return violation(at / "destination", "must not be empty");
  if (mount.uid_mappings.empty() != mount.gid_mappings.empty()) {
    bool uids = !mount.uid_mappings.empty();
    return violation(at, "has %s without %s: they must be given together",
                     uids ? "uidMappings" : "gidMappings", uids ? "gidMappings" : "uidMappings");
  }
  CHECK(check_id_mappings(mount.uid_mappings, at / "uidMappings"));
  CHECK(check_id_mappings(mount.gid_mappings, at / "gidMappings"));
  if (!mount.uid_mappings.empty() || user_namespace) return std::nullopt;
  for (size_t i = 0; i < mount.options.size(); i++) {
    if (mount.options[i] != "idmap" && mount.options[i] != "ridmap") continue;
    return violation(
        (at / "options")[i],
        "there is nothing to map by: neither uidMappings and gidMappings nor a user namespace");
  }
  return std::nullopt;
}

Check check_hooks(const std::vector<Hook>& hooks, const Place& at) {
  for (size_t i = 0; i < hooks.size(); i++) {
    Place hook = at[i];
    CHECK(check_absolute(hooks[i].path, hook / "path"));
    if (hooks[i].timeout && *hooks[i].timeout <= 0) {
      return violation(hook / "timeout", "must be greater than 0 seconds, not %lld",
                       static_cast<long long>(*hooks[i].timeout));
    }
  }
  return std::nullopt;
}

Check check_all_hooks(const Hooks& hooks, const Place& at) {
  CHECK(check_hooks(hooks.prestart, at / "prestart"));
  CHECK(check_hooks(hooks.create_runtime, at / "createRuntime"));
  CHECK(check_hooks(hooks.create_container, at / "createContainer"));
  CHECK(check_hooks(hooks.start_container, at / "startContainer"));
  CHECK(check_hooks(hooks.poststart, at / "poststart"));
  return check_hooks(hooks.poststop, at / "poststop");
}

Check check_host_name(const std::string& name, const Place& at) {
  constexpr size_t kLongest = 64;  // __NEW_UTS_LEN; sethostname(2) would say EINVAL
  if (name.size() <= kLongest) return std::nullopt;
  return violation(at, "is longer than %zu bytes", kLongest);
}

}  // namespace

std::optional<Violation> find_violation(const Config& config) {
  Place document;
  CHECK(check_version(config.oci_version, document / "ociVersion"));
  // REQUIRED on this platform, by the text of config.md; the schema, which serves Windows too,
  // leaves it open.
  if (!config.root) return violation(document, "the required property 'root' is missing");
  if (config.root->path.empty()) return violation(document / "root" / "path", "must not be empty");
  if (config.process) CHECK(check_process(*config.process, document / "process"));
  CHECK(check_host_name(config.hostname, document / "hostname"));
  CHECK(check_host_name(config.domainname, document / "domainname"));

  bool user_namespace = has_namespace(config, NamespaceType::User);
  Place mounts = document / "mounts";
  for (size_t i = 0; i < config.mounts.size(); i++)
    CHECK(check_mount(config.mounts[i], user_namespace, mounts[i]));
  if (config.hooks) CHECK(check_all_hooks(*config.hooks, document / "hooks"));
  for (const auto& [name, text] : config.annotations) {
    if (name.empty()) return violation(document / "annotations", "has an entry with an empty name");
  }
  if (config.linux_) CHECK(check_linux(*config.linux_, document / "linux"));
  return std::nullopt;
}

std::optional<Violation> find_violation(const Process& process) {
  return check_process(process, Place());
}

std::optional<Violation> find_violation(const Resources& resources) {
  return check_resources(resources, Place());
}

}  // namespace spec
