#include "spec/mapping.h"

#include <algorithm>

namespace spec {

void JsonReader::fail(Error error) {
  if (status_) status_ = std::move(error);
}

std::optional<JsonValue> JsonReader::find(const char* name, bool required) {
  if (!status_) return std::nullopt;
  std::optional<JsonValue> found = object_.find(name);
  if (!found && required) fail(object_.missing(name));
  return found;
}

bool JsonReader::expect(JsonValue value, JsonKind kind, const char* expected) {
  if (value.kind() == kind) return true;
  fail(value.mismatch(expected));
  return false;
}

std::string JsonReader::take_key(JsonValue item) {
  if (item.key().find('\0') != std::string_view::npos)
    fail(item.error("the name contains a NUL character"));
  return std::string(item.key());
}

int JsonReader::enum_index(JsonValue value, std::span<const EnumName> names) {
  if (!expect(value, JsonKind::String, "a string")) return 0;
  if (std::optional<int> index = find_enum_value(names, value.text())) return *index;
  fail(value.error("%s", unknown_enum_value(names, value.text()).c_str()));
  return 0;
}

void JsonReader::letter(JsonValue value, char& out) {
  if (!expect(value, JsonKind::String, "a string of one letter")) return;
  if (value.text().size() != 1 || value.text()[0] == '\0') {
    return fail(value.error("expected a string of one letter, got %s",
                            quote_briefly(value.text()).c_str()));
  }
  out = value.text()[0];
}

// In the order of the text, each name once. Sorting, not comparing all with all: the text may be
// hostile.
std::vector<JsonValue> JsonReader::last_of_each_name(JsonValue object) {
  std::vector<JsonValue> all;
  for (JsonValue item : object.items()) all.push_back(item);
  std::vector<size_t> order(all.size());
  for (size_t i = 0; i < order.size(); i++) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (int difference = all[a].key().compare(all[b].key())) return difference < 0;
    return a < b;
  });
  std::vector<bool> superseded(all.size());
  for (size_t i = 1; i < order.size(); i++) {
    if (all[order[i - 1]].key() == all[order[i]].key()) superseded[order[i - 1]] = true;
  }
  std::vector<JsonValue> kept;
  for (size_t i = 0; i < all.size(); i++) {
    if (!superseded[i]) kept.push_back(all[i]);
  }
  return kept;
}

void JsonReader::map(JsonValue value, StringMap& out) {
  if (!expect(value, JsonKind::Object, "an object with strings")) return;
  for (JsonValue item : last_of_each_name(value)) {
    Result<std::string> text = item.as<std::string>();
    if (!text) return fail(std::move(text).error());
    out.emplace_back(take_key(item), *std::move(text));
  }
}

void JsonReader::only(std::initializer_list<std::string_view> names, const char* what) {
  if (!status_) return;
  for (JsonValue item : object_.items()) {
    if (std::find(names.begin(), names.end(), item.key()) != names.end()) continue;
    std::string known;
    for (std::string_view name : names) {
      if (!known.empty()) known += " or ";
      known += name;
    }
    return fail(item.error("unknown %s, expected %s", what, known.c_str()));
  }
}

}  // namespace spec
