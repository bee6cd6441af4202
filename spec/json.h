// Reads JSON text into a flat list of values, on yajl; every value knows where in the text it came
// from.
//
//   JsonDocument doc = TRY(JsonDocument::parse(text, "state.json"));
//   JsonValue root = doc.root();
//   TRY(root.expect(JsonKind::Object));
//   std::string id = TRY(root.get<std::string>("id"));                  // must be there
//   uint64_t ticks = TRY(root.get<uint64_t>("startTime", 0));           // may be absent
//   if (std::optional<JsonValue> dirs = root.find("dirs")) {
//     TRY(dirs->expect(JsonKind::Array));
//     for (JsonValue dir : dirs->items()) ...
//   }
//
// Errors (Code::ConfigInvalid) read "state.json:12:7: /dirs/3: expected a string, got a number":
// line, column (in characters, from 1) and JSON pointer. They are worked out when an error is made;
// parsing keeps byte offsets only. For whole structs, spec/mapping.h does the same from one
// description for reading and writing.
//
// What is accepted is RFC 8259 and no more, in UTF-8, at most 64 MiB and 64 levels deep. Of members
// with the same name the last one counts, and a null member counts as absent: both as Go's
// encoding/json does it, which writes most configs.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace spec {

enum class JsonKind : unsigned char { Null, Bool, Number, String, Array, Object };
const char* kind_name(JsonKind kind);  // "a number"
// "/name", escaped (RFC 6901; control characters as \u0000)
std::string json_pointer_token(std::string_view name);
// for messages: in double quotes, escaped, cut off if it is long
std::string quote_briefly(std::string_view text);

class JsonDocument;
class JsonItems;

// A handle to one value; valid as long as its document stays where it is.
class JsonValue {
 public:
  JsonKind kind() const;
  // String: the decoded text. Number: as written. Bool: "true" or "false". Else empty.
  std::string_view text() const;
  JsonItems items() const;       // of an Array or Object; none for the rest
  std::string_view key() const;  // an object's item: its name. An array's item or the root: ""

  std::optional<JsonValue> find(
      std::string_view name) const;  // nothing also if null or if this is no object

  Status expect(JsonKind wanted) const {
    if (kind() != wanted) return mismatch(kind_name(wanted));
    return {};
  }
  // The value as T: bool, int64_t, uint64_t, int32_t, uint32_t, uint16_t or std::string. Integers
  // are written without fraction or exponent and must fit T; a string holding NUL is an error, as
  // it would end early as a C string.
  template <class T>
  Result<T> as() const;
  template <class T>
  Result<T> get(std::string_view name) const {
    std::optional<JsonValue> member = find(name);
    if (!member) return missing(name);
    return member->as<T>();
  }
  template <class T>
  Result<T> get(std::string_view name, T fallback) const {
    std::optional<JsonValue> member = find(name);
    if (!member) return fallback;
    return member->as<T>();
  }

  // "<name>:<line>:<column>: <pointer>: <your text>"
  [[gnu::format(printf, 2, 3)]] Error error(const char* fmt, ...) const;
  Error missing(std::string_view name) const;  // "the required property 'x' is missing"
  Error mismatch(const char* expected) const;  // "expected <expected>, got a number"

 private:
  friend class JsonDocument;
  friend class JsonItems;
  JsonValue(const JsonDocument* document, uint32_t index) : document_(document), index_(index) {}
  const JsonDocument* document_;
  uint32_t index_;
};

class JsonDocument {
 public:
  static constexpr size_t kMaxText = size_t{64} << 20;
  static constexpr size_t kMaxDepth = 64;

  // `text` and `name` are borrowed: they must outlive the document.
  static Result<JsonDocument> parse(std::string_view text, const char* name);
  JsonValue root() const { return JsonValue(this, 0); }
  // An error located at the value `pointer` names, or at the nearest one above it that there is.
  Error error_at(const std::string& pointer, const std::string& message) const;

 private:
  friend class JsonValue;
  friend class JsonItems;
  friend struct JsonBuilder;
  // Values in the order of the text; a container is followed by its items. Names of members are not
  // nodes of their own.
  struct Node {
    std::string_view key;
    std::string_view text;  // into the source, or into decoded_ if it has escapes
    uint32_t end = 0;       // offset just after the token ('{' and '[' alone for containers)
    uint32_t next = 0;      // index of the node after this one and all its items
    JsonKind kind = JsonKind::Null;
  };
  JsonDocument(std::string_view text, const char* name) : text_(text), name_(name) {}
  size_t start_of(const Node& node) const;
  size_t string_start(size_t end) const;
  std::string pointer_of(uint32_t index) const;
  Error make_error(size_t offset, const std::string& pointer, const std::string& message) const;

  std::string_view text_;
  const char* name_;
  std::vector<Node> nodes_;
  std::deque<std::string> decoded_;  // a deque: growing it moves no string
};

class JsonItems {
 public:
  class Iterator {
   public:
    Iterator(const JsonDocument* document, uint32_t index) : document_(document), index_(index) {}
    JsonValue operator*() const { return JsonValue(document_, index_); }
    Iterator& operator++() {
      index_ = document_->nodes_[index_].next;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const JsonDocument* document_;
    uint32_t index_;
  };
  Iterator begin() const { return Iterator(document_, first_); }
  Iterator end() const { return Iterator(document_, last_); }

 private:
  friend class JsonValue;
  JsonItems(const JsonDocument* document, uint32_t first, uint32_t last)
      : document_(document), first_(first), last_(last) {}
  const JsonDocument* document_;
  uint32_t first_, last_;
};

template <>
Result<bool> JsonValue::as<bool>() const;
template <>
Result<std::string> JsonValue::as<std::string>() const;
template <>
Result<int64_t> JsonValue::as<int64_t>() const;
template <>
Result<uint64_t> JsonValue::as<uint64_t>() const;
template <>
Result<int32_t> JsonValue::as<int32_t>() const;
template <>
Result<uint32_t> JsonValue::as<uint32_t>() const;
template <>
Result<uint16_t> JsonValue::as<uint16_t>() const;

inline JsonKind JsonValue::kind() const {
  return document_->nodes_[index_].kind;
}
inline std::string_view JsonValue::text() const {
  return document_->nodes_[index_].text;
}
inline std::string_view JsonValue::key() const {
  return document_->nodes_[index_].key;
}
inline JsonItems JsonValue::items() const {
  return JsonItems(document_, index_ + 1, document_->nodes_[index_].next);
}

}  // namespace spec
