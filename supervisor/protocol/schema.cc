#include "supervisor/protocol/schema.h"

#include "base/strings.h"

namespace protocol {

namespace {

using spec::JsonKind;
using spec::JsonValue;

Status check_items(JsonValue value, JsonKind container, const char* expected) {
  if (value.kind() != container) return value.mismatch(expected);
  for (JsonValue item : value.items()) {
    if (item.kind() != JsonKind::String) return item.mismatch("a string");
  }
  return {};
}

Status check_choice(JsonValue value, const char* choices) {
  std::vector<std::string_view> words = split(choices, '|');
  for (std::string_view word : words) {
    if (word == value.text()) return {};
  }
  Error error =
      value.error("expected one of %s, got %s", choices, spec::quote_briefly(value.text()).c_str());
  std::string near = nearest(value.text(), words);
  if (near.empty()) return error;
  return std::move(error).with_hint("did you mean '" + near + "'?");
}

Status check_field(JsonValue value, const Field& field) {
  switch (field.type) {
    case Type::Boolean: return value.expect(JsonKind::Bool);
    case Type::Integer: TRY(value.as<int64_t>()); return {};
    case Type::Count: {
      int64_t number = TRY(value.as<int64_t>());
      if (number < 0)
        return value.error("expected 0 or more, got %lld", static_cast<long long>(number));
      return {};
    }
    case Type::String:
      TRY(value.as<std::string>());
      return field.choices == nullptr ? Status() : check_choice(value, field.choices);
    case Type::Strings: return check_items(value, JsonKind::Array, "an array of strings");
    case Type::Map: return check_items(value, JsonKind::Object, "an object of strings");
    case Type::Object: return value.expect(JsonKind::Object);
    case Type::Record: return check(value, field.record->fields);
    case Type::Records:
      TRY(value.expect(JsonKind::Array));
      for (JsonValue item : value.items()) TRY(check(item, field.record->fields));
      return {};
  }
  return {};
}

const char* type_name(Type type) {
  switch (type) {
    case Type::Boolean: return "boolean";
    case Type::Integer:
    case Type::Count: return "integer";
    case Type::String: return "string";
    case Type::Strings:
    case Type::Records: return "array";
    case Type::Map:
    case Type::Object:
    case Type::Record: return "object";
  }
  return "object";
}

void write_reference(spec::JsonWriter& out, const Schema& schema) {
  out.begin_object();
  out.field("$ref", std::string("#/components/schemas/") + schema.name);
  out.end_object();
}

}  // namespace

Status check(JsonValue object, std::span<const Field> fields) {
  TRY(object.expect(JsonKind::Object));
  for (JsonValue item : object.items()) {
    const Field* found = nullptr;
    for (const Field& field : fields) {
      if (item.key() == field.name) found = &field;
    }
    if (found == nullptr) {
      std::vector<std::string_view> names;
      for (const Field& field : fields) names.emplace_back(field.name);
      Error error = item.error("there is no such parameter");
      std::string near = nearest(item.key(), names);
      if (near.empty()) return error;
      return std::move(error).with_hint("did you mean '" + near + "'?");
    }
    if (item.kind() != JsonKind::Null) TRY(check_field(item, *found));
  }
  for (const Field& field : fields) {
    if (field.required && !object.find(field.name)) return object.missing(field.name);
  }
  return {};
}

void write_field_schema(spec::JsonWriter& out, const Field& field) {
  if (field.type == Type::Record) return write_reference(out, *field.record);
  out.begin_object();
  out.field("type", type_name(field.type));
  if (field.type == Type::Count) out.field("minimum", 0);
  if (field.type == Type::Strings || field.type == Type::Map) {
    out.key(field.type == Type::Strings ? "items" : "additionalProperties");
    out.begin_object();
    out.field("type", "string");
    out.end_object();
  }
  if (field.type == Type::Records) {
    out.key("items");
    write_reference(out, *field.record);
  }
  if (field.choices != nullptr) {
    out.key("enum");
    out.begin_array();
    for (std::string_view word : split(field.choices, '|')) out.string(word);
    out.end_array();
  }
  out.end_object();
}

void write_schema(spec::JsonWriter& out, std::span<const Field> fields) {
  out.begin_object();
  out.field("type", "object");
  out.key("properties");
  out.begin_object();
  for (const Field& field : fields) {
    out.key(field.name);
    write_field_schema(out, field);
  }
  out.end_object();
  out.key("required");
  out.begin_array();
  for (const Field& field : fields) {
    if (field.required) out.string(field.name);
  }
  out.end_array();
  out.field("additionalProperties", false);
  out.end_object();
}

}  // namespace protocol
