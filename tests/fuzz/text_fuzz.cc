// base/: text from outside (ids, paths, messages of the kernel or of a hook) keeps its promises,
// whatever its bytes.
#include <yajl/yajl_parse.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/path.h"
#include "base/strings.h"

namespace {

void demand(bool promise, const char* what) {
  if (promise) return;
  fprintf(stderr, "broken promise: %s\n", what);
  abort();
}

void quoted_text_is_json(std::string_view text) {
  std::string quoted = json_quote(text);
  yajl_handle parser = yajl_alloc(nullptr, nullptr, nullptr);
  std::string document = "[" + quoted + "]";
  const auto* bytes = reinterpret_cast<const unsigned char*>(document.data());
  yajl_status status = yajl_parse(parser, bytes, document.size());
  if (status == yajl_status_ok) status = yajl_complete_parse(parser);
  yajl_free(parser);
  demand(status == yajl_status_ok, "json_quote gives a JSON string");
  demand(quoted.find('\n') == std::string::npos, "json_quote gives one line");
}

void clean_paths_stay_clean(std::string_view path) {
  std::string clean = clean_path(path);
  demand(clean_path(clean) == clean, "clean_path is idempotent");
  demand(is_absolute(clean) == is_absolute(path), "clean_path keeps absolute paths absolute");
  demand(!clean.empty(), "clean_path gives a path");
  std::string inside = clean_path("/" + std::string(path));
  demand(inside.find("/../") == std::string::npos, "an absolute clean path has no '..'");
  demand(inside != "/..", "'..' of the root is the root");
}

void splitting_and_joining_agree(std::string_view text) {
  std::vector<std::string> parts;
  for (std::string_view part : split(text, ',')) parts.emplace_back(part);
  demand(join(parts, ",") == text, "join undoes split");
}

void numbers_are_strict(std::string_view text) {
  auto number = parse_number<int64_t>(text);
  if (!number) return;
  bool digits_only = text.find_first_not_of("-0123456789") == std::string_view::npos;
  demand(digits_only, "parse_number takes digits only");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  quoted_text_is_json(text);
  clean_paths_stay_clean(text);
  splitting_and_joining_agree(text);
  numbers_are_strict(text);
  (void)nearest(text, {"cgroup", "network", "pid", ""});
  (void)shell_quote(text);
  return 0;
}
