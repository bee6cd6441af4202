// Any bytes as each of the documents we read: reading ends; what was read is written and read again
// to the same; every value is found at the place its errors name.
#include <cstdlib>

#include "base/strings.h"
#include "spec/config_fields.h"
#include "spec/features_fields.h"
#include "spec/load.h"

namespace {

void require(bool condition) {
  if (!condition) abort();
}

// The text from the place that "fuzz:LINE:COLUMN: ..." names.
std::string_view at_place(std::string_view text, const Error& error) {
  std::vector<std::string_view> parts = split(error.what, ':');
  require(parts.size() >= 4 && parts[0] == "fuzz");
  size_t line = parse_number<size_t>(parts[1]).value_or(0);
  size_t column = parse_number<size_t>(parts[2]).value_or(0);
  require(line > 0 && column > 0);
  for (; line > 1; line--) {
    size_t end = text.find('\n');
    require(end != std::string_view::npos);
    text.remove_prefix(end + 1);
  }
  for (; column > 1; column--) {
    require(!text.empty() && text[0] != '\n');
    do {
      text.remove_prefix(1);
    } while (!text.empty() && (static_cast<unsigned char>(text[0]) & 0xc0) == 0x80);
  }
  return text;
}

bool starts_like(spec::JsonKind kind, std::string_view text) {
  switch (kind) {
    case spec::JsonKind::Null: return text.starts_with("null");
    case spec::JsonKind::Bool: return text.starts_with("true") || text.starts_with("false");
    case spec::JsonKind::Number:
      return !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
    case spec::JsonKind::String: return text.starts_with('"');
    case spec::JsonKind::Array: return text.starts_with('[');
    case spec::JsonKind::Object: return text.starts_with('{');
  }
  return false;
}

void check_places(std::string_view text, spec::JsonValue value, int* budget) {
  if (--*budget < 0) return;
  Error error = value.error("here");
  require(error.what.ends_with(": here"));
  require(starts_like(value.kind(), at_place(text, error)));
  for (spec::JsonValue item : value.items()) check_places(text, item, budget);
}

template <class T>
void check_document(std::string_view text, Result<T> (*parse)(std::string_view, const char*)) {
  Result<T> first = parse(text, "fuzz");
  if (!first) {
    require(first.error().code == Code::ConfigInvalid || first.error().code == Code::Unsupported);
    (void)at_place(text, first.error());
    return;
  }
  for (const char* indent : {spec::JsonWriter::kCompact, spec::JsonWriter::kTabs}) {
    std::string written = spec::write_json(*first, indent);
    Result<T> again = parse(written, "fuzz");
    require(static_cast<bool>(again));
    require(*again == *first);
    require(spec::write_json(*again, indent) == written);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data),
                   size);  // its own block: the sanitizer sees reads beyond it
  Result<spec::JsonDocument> document = spec::JsonDocument::parse(text, "fuzz");
  if (!document) {
    (void)at_place(text, document.error());
    return 0;
  }
  int budget = 200;
  check_places(text, document->root(), &budget);
  check_document<spec::Config>(text, spec::parse_config);
  check_document<spec::Process>(text, spec::parse_process);
  check_document<spec::Resources>(text, spec::parse_resources);
  check_document<spec::State>(text, spec::parse_state);
  check_document<spec::Features>(text, spec::parse_features);
  return 0;
}
