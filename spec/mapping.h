// Structs <-> JSON, from one description of each struct that both directions use, so that they
// cannot drift apart.
//
// The description of a struct is a function beside it, which names every member once:
//
//   template <class V>
//   void fields(V& v, Like<Hook> auto& hook) {
//     v.required("path", hook.path);     // reading: an error if absent       writing: always
//     v.always("uid", hook.uid);         // reading: may be absent            writing: always
//     v.optional("args", hook.args);     // reading: may be absent            writing: unless empty, zero, false
//   }
//
// V is JsonReader, JsonStructWriter, or what a test likes to do with all fields of a struct.
// Members may be bool, integers, std::string, char (a string of one character), enums with a table
// in enums.h, other described structs, StringMap, vectors and optionals of these. null counts as
// absent. What is absent keeps the value the struct was made with.
//
// A struct can be described in its own namespace; the function is found there.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "spec/config.h"
#include "spec/enums.h"
#include "spec/json.h"
#include "spec/json_writer.h"

namespace spec {

// T or const T: readers fill, writers only look.
template <class T, class Struct>
concept Like = std::same_as<std::remove_const_t<T>, Struct>;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_struct =
    std::is_class_v<T> && !is_vector<T> && !is_optional<T> && !std::same_as<T, std::string>;

class JsonReader {
 public:
  // Fills `out` from `value`, which must be an object; the first thing wrong is the error.
  template <class T>
  static Status read(JsonValue value, T& out) {
    JsonReader reader(value);
    reader.value(value, out);
    return std::move(reader.status_);
  }

  template <class T>
  void required(const char* name, T& member) {
    if (std::optional<JsonValue> found = find(name, true)) value(*found, member);
  }
  template <class T>
  void always(const char* name, T& member) {
    if (std::optional<JsonValue> found = find(name, false)) value(*found, member);
  }
  template <class T>
  void optional(const char* name, T& member) {
    always(name, member);
  }
  // `unset` is the value that stands for "absent", where that is not zero.
  template <class T>
  void optional(const char* name, T& member, const std::type_identity_t<T>&) {
    always(name, member);
  }
  // {"<outer>": {"<inner>": member}}: an object that has but one property.
  template <class T>
  void nested(const char* outer, const char* inner, std::optional<T>& member) {
    std::optional<JsonValue> found = find(outer, false);
    if (!found || !expect(*found, JsonKind::Object, "an object")) return;
    if (std::optional<JsonValue> deeper = found->find(inner)) value(*deeper, member);
  }
  // An object with free names: a list of structs whose member `key` is the name.
  template <class T>
  void keyed(const char* name, std::vector<T>& members, std::string T::*key) {
    std::optional<JsonValue> found = find(name, false);
    if (!found || !expect(*found, JsonKind::Object, "an object")) return;
    for (JsonValue item : last_of_each_name(*found)) {
      T& member = members.emplace_back();
      member.*key = take_key(item);
      value(item, member);
      if (!status_) return;
    }
  }
  // Names are values here, not properties that a newer spec may add: any other one is an error.
  void only(std::initializer_list<std::string_view> names, const char* what);

 private:
  explicit JsonReader(JsonValue object) : object_(object) {}

  std::optional<JsonValue> find(const char* name,
                                bool required);  // nothing once something went wrong
  bool expect(JsonValue value, JsonKind kind, const char* expected);
  void fail(Error error);
  static std::vector<JsonValue> last_of_each_name(JsonValue object);
  std::string take_key(JsonValue item);
  int enum_index(JsonValue value, std::span<const EnumName> names);
  void map(JsonValue value, StringMap& out);
  void letter(JsonValue value, char& out);

  template <class T>
  void value(JsonValue from, T& out) {
    if constexpr (std::is_enum_v<T>) {
      out = static_cast<T>(enum_index(from, enum_names<T>()));
    } else if constexpr (std::same_as<T, char>) {
      letter(from, out);
    } else if constexpr (std::same_as<T, StringMap>) {
      map(from, out);
    } else if constexpr (is_optional<T>) {
      value(from, out.emplace());
    } else if constexpr (is_vector<T>) {
      list(from, out);
    } else if constexpr (is_struct<T>) {
      if (!expect(from, JsonKind::Object, "an object")) return;
      JsonValue outer = std::exchange(object_, from);
      fields(*this, out);
      object_ = outer;
    } else {
      Result<T> scalar = from.as<T>();
      if (!scalar) return fail(std::move(scalar).error());
      out = *std::move(scalar);
    }
  }

  template <class T>
  void list(JsonValue from, std::vector<T>& out) {
    constexpr const char* expected = std::same_as<T, std::string> || std::is_enum_v<T>
                                         ? "an array of strings"
                                     : std::integral<T> ? "an array of numbers"
                                                        : "an array of objects";
    if (!expect(from, JsonKind::Array, expected)) return;
    for (JsonValue item : from.items()) {
      value(item, out.emplace_back());
      if (!status_) return;
    }
  }

  JsonValue object_;
  Status status_;
};

class JsonStructWriter {
 public:
  // Writes `value` as one JSON object.
  template <class T>
  static void write(JsonWriter& out, const T& value) {
    JsonStructWriter writer(out);
    writer.value(value);
  }

  template <class T>
  void required(const char* name, const T& member) {
    out_.key(name);
    value(member);
  }
  template <class T>
  void always(const char* name, const T& member) {
    required(name, member);
  }
  template <class T>
  void optional(const char* name, const T& member) {
    if (!unset(member)) required(name, member);
  }
  template <class T>
  void optional(const char* name, const T& member, const std::type_identity_t<T>& unset) {
    if (member != unset) required(name, member);
  }
  template <class T>
  void nested(const char* outer, const char* inner, const std::optional<T>& member) {
    if (!member) return;
    out_.key(outer);
    out_.begin_object();
    required(inner, *member);
    out_.end_object();
  }
  template <class T>
  void keyed(const char* name, const std::vector<T>& members, std::string T::*key) {
    if (members.empty()) return;
    out_.key(name);
    out_.begin_object();
    for (const T& member : members) {
      out_.key(member.*key);
      value(member);
    }
    out_.end_object();
  }
  void only(std::initializer_list<std::string_view>, const char*) {}

 private:
  explicit JsonStructWriter(JsonWriter& out) : out_(out) {}

  template <class T>
  static bool unset(const T& member) {
    if constexpr (is_optional<T>) {
      return !member.has_value();
    } else if constexpr (std::is_arithmetic_v<T>) {
      return member == T{};
    } else {
      return member.empty();
    }
  }

  template <class T>
  void value(const T& from) {
    if constexpr (std::is_enum_v<T>) {
      out_.string(enum_name(from));
    } else if constexpr (std::same_as<T, char>) {
      out_.string({&from, 1});
    } else if constexpr (std::same_as<T, bool>) {
      out_.boolean(from);
    } else if constexpr (std::integral<T>) {
      out_.number(from);
    } else if constexpr (std::same_as<T, std::string>) {
      out_.string(from);
    } else if constexpr (std::same_as<T, StringMap>) {
      out_.begin_object();
      for (const auto& [name, text] : from) out_.field(name, text);
      out_.end_object();
    } else if constexpr (is_optional<T>) {
      value(*from);
    } else if constexpr (is_vector<T>) {
      out_.begin_array();
      for (const auto& item : from) value(item);
      out_.end_array();
    } else {
      out_.begin_object();
      fields(*this, from);
      out_.end_object();
    }
  }

  JsonWriter& out_;
};

// The whole text of one described struct.
template <class T>
std::string write_json(const T& value, const char* indent) {
  JsonWriter out(indent);
  JsonStructWriter::write(out, value);
  return out.take();
}

// The other way round. Errors as in json.h.
template <class T>
Result<T> read_json(std::string_view text, const char* name) {
  JsonDocument document = TRY(JsonDocument::parse(text, name));
  T value;
  TRY(JsonReader::read(document.root(), value));
  return value;
}

}  // namespace spec
