// JSON text <-> the typed model.
//
// Errors have the form "config.json:12:7: /mounts/3/options: expected an array of strings, got a
// number" (line, column, JSON pointer), and, for a misspelt enum value, the nearest valid name.
// Unknown properties are ignored (config.md, "Extensibility"); wrong types and values are errors.
// Limits: 64 MiB of text, 64 levels of nesting. What of JSON itself is accepted, and how null,
// equal names and numbers are taken: json.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "spec/config.h"
#include "spec/state.h"

namespace spec {

// `name` stands for the file in messages. Syntax, types, enums, required properties, and those
// rules of the spec that need nothing but the document (duplicate rlimits, a hook's timeout > 0,
// ...): see validate.cc.
Result<Config> parse_config(std::string_view text, const char* name);
Result<Config> load_config(const std::string& bundle);                       // <bundle>/config.json
Result<Process> parse_process(std::string_view text, const char* name);      // exec --process
Result<Resources> parse_resources(std::string_view text, const char* name);  // update --resources
// A list of mounts, or an object with one as "mounts": `mounts add`.
Result<std::vector<Mount>> parse_mounts(std::string_view text, const char* name);
Result<State> parse_state(std::string_view text, const char* name);

std::string to_json(const Config& config, bool pretty);
std::string to_json(const Process& process, bool pretty);
std::string to_json(const Resources& resources, bool pretty);
std::string to_json(const State& state, bool pretty);  // hooks get it compact

// What `rt spec` writes. Rootless: a user namespace for the calling ids, no cgroup limits, no
// network namespace. `cgroup_namespace`: add one; right where the machine has cgroup v2 only.
Config default_config(bool rootless, unsigned host_uid, unsigned host_gid,
                      bool cgroup_namespace = false);

inline constexpr const char* kOciVersion = "1.3.0";  // the version of the spec that rt implements

}  // namespace spec
