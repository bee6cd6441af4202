#include "runtime/container/exec_process.h"

#include <fcntl.h>
#include <linux/sched.h>

#include <algorithm>

#include "base/io.h"
#include "base/strings.h"
#include "spec/load.h"

namespace container {

namespace {

// The whole text or nothing: "1000x" must not become root (CVE-2026-30892 was of this kind).
Status set_user(spec::User& user, const std::string& text) {
  size_t colon = text.find(':');
  std::optional<uint32_t> uid = parse_number<uint32_t>(std::string_view(text).substr(0, colon));
  std::optional<uint32_t> gid;
  if (colon != std::string::npos)
    gid = parse_number<uint32_t>(std::string_view(text).substr(colon + 1));
  if (!uid || (colon != std::string::npos && !gid)) {
    return Error::make(Code::Usage, "--user: '%s' is not of the form UID[:GID]", text.c_str())
        .with_hint("names are not looked up: a runtime knows only numbers");
  }
  user.uid = *uid;
  if (gid) user.gid = *gid;
  return {};
}

void add_once(spec::Strings& list, const std::string& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

// As runc: never inheritable (CVE-2022-29162), and ambient only where the container has made it
// possible.
void add_capabilities(spec::Process& process, const spec::Strings& caps) {
  if (caps.empty()) return;
  if (!process.capabilities) process.capabilities.emplace();
  spec::Capabilities& sets = *process.capabilities;
  bool ambient = !sets.inheritable.empty();
  for (const std::string& cap : caps) {
    add_once(sets.bounding, cap);
    add_once(sets.effective, cap);
    add_once(sets.permitted, cap);
    if (ambient) add_once(sets.ambient, cap);
  }
}

}  // namespace

Result<spec::Process> exec_process(const spec::Config& config, const ExecOptions& options) {
  if (!options.process_file.empty()) {
    std::string text = TRY(read_file(AT_FDCWD, options.process_file.c_str(), 64 << 20));
    return spec::parse_process(text, options.process_file.c_str());
  }
  if (!config.process)
    return Error::make(Code::ConfigInvalid, "the container's config.json has no process");
  spec::Process process = *config.process;
  process.args = options.args;
  process.terminal = options.tty;
  if (options.cwd) process.cwd = *options.cwd;
  if (options.user) TRY(set_user(process.user, *options.user));
  if (options.process_label) process.selinux_label = *options.process_label;
  if (options.apparmor) process.apparmor_profile = *options.apparmor;
  if (options.no_new_privs) process.no_new_privileges = *options.no_new_privs;
  process.env.insert(process.env.end(), options.env.begin(), options.env.end());
  process.user.additional_gids.insert(process.user.additional_gids.end(),
                                      options.additional_gids.begin(),
                                      options.additional_gids.end());
  add_capabilities(process, options.caps);
  return process;
}

}  // namespace container
