#include "spec/load.h"

#include <fcntl.h>

#include "base/io.h"
#include "base/path.h"
#include "base/strings.h"
#include "spec/config_fields.h"
#include "spec/validate.h"

namespace spec {

// {"mounts": [...]}
struct MountList {
  std::vector<Mount> mounts;
};

template <class V>
void fields(V& v, Like<MountList> auto& list) {
  v.required("mounts", list.mounts);
}

namespace {

// Types first (with the place of each value at hand), then the rules; a broken rule is traced back
// to its place.
template <class T>
Result<T> parse(std::string_view text, const char* name) {
  JsonDocument document = TRY(JsonDocument::parse(text, name));
  T value;
  TRY(JsonReader::read(document.root(), value));
  if (std::optional<Violation> violation = find_violation(value)) {
    return document.error_at(violation->pointer, violation->message).as(violation->code);
  }
  return value;
}

const char* indent(bool pretty) {
  return pretty ? JsonWriter::kTabs : JsonWriter::kCompact;
}

}  // namespace

Result<Config> parse_config(std::string_view text, const char* name) {
  return parse<Config>(text, name);
}

Result<Config> load_config(const std::string& bundle) {
  std::string path = join_path(bundle, "config.json");
  Result<std::string> text = read_file(AT_FDCWD, path.c_str(), JsonDocument::kMaxText);
  if (!text) {
    // Without the errno's text: engines read "no such file or directory" as "the command was not
    // found".
    Error error = std::move(text).error().as(Code::BundleInvalid);
    if (error.errnum == ENOENT) {
      error = Error::make(Code::BundleInvalid, "there is no config.json in the bundle '%s'",
                          bundle.c_str());
    }
    return std::move(error).with_hint(
        "a bundle is a directory with a config.json; `rt spec` writes one");
  }
  return parse_config(*text, path.c_str());
}

Result<Process> parse_process(std::string_view text, const char* name) {
  return parse<Process>(text, name);
}

Result<Resources> parse_resources(std::string_view text, const char* name) {
  return parse<Resources>(text, name);
}

Result<std::vector<Mount>> parse_mounts(std::string_view text, const char* name) {
  if (trim(text).starts_with('[')) return read_json<std::vector<Mount>>(text, name);
  MountList list = TRY(read_json<MountList>(text, name));
  return std::move(list.mounts);
}

Result<State> parse_state(std::string_view text, const char* name) {
  return read_json<State>(text, name);
}

std::string to_json(const Config& config, bool pretty) {
  return write_json(config, indent(pretty));
}
std::string to_json(const Process& process, bool pretty) {
  return write_json(process, indent(pretty));
}
std::string to_json(const Resources& resources, bool pretty) {
  return write_json(resources, indent(pretty));
}
std::string to_json(const State& state, bool pretty) {
  return write_json(state, indent(pretty));
}

}  // namespace spec
