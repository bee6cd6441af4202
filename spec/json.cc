#include "spec/json.h"

#include <algorithm>
#include <cstdarg>
#include <limits>

#include "base/log.h"
#include "base/strings.h"
#include "spec/utf8.h"

namespace spec {

const char* kind_name(JsonKind kind) {
  switch (kind) {
    case JsonKind::Null: return "null";
    case JsonKind::Bool: return "a boolean";
    case JsonKind::Number: return "a number";
    case JsonKind::String: return "a string";
    case JsonKind::Array: return "an array";
    case JsonKind::Object: return "an object";
  }
  return "null";
}

std::string quote_briefly(std::string_view text) {
  constexpr size_t kLongest = 80;
  if (text.size() <= kLongest) return json_quote(text);
  std::string_view start = text.substr(0, kLongest);
  return json_quote(std::string(start.substr(0, utf8_valid_prefix(start))) + "...");
}

// Values.

std::optional<JsonValue> JsonValue::find(std::string_view name) const {
  if (kind() != JsonKind::Object) return std::nullopt;
  std::optional<JsonValue> found;
  for (JsonValue item : items()) {
    if (item.key() == name) found = item;
  }
  if (found && found->kind() == JsonKind::Null) return std::nullopt;
  return found;
}

template <>
Result<bool> JsonValue::as<bool>() const {
  TRY(expect(JsonKind::Bool));
  return text() == "true";
}

template <>
Result<std::string> JsonValue::as<std::string>() const {
  TRY(expect(JsonKind::String));
  if (text().find('\0') != std::string_view::npos) return error("contains a NUL character");
  return std::string(text());
}

// The digits of `value`, checked against the range of its type: the bits of an int64_t if `low` <
// 0, else of a uint64_t. 1e3 and 1.0 are refused, as Go does: a count of bytes or a uid written so
// is a mistake more often than not.
static Result<uint64_t> integer(const JsonValue& value, int64_t low, uint64_t high) {
  TRY(value.expect(JsonKind::Number));
  std::string_view text = value.text();
  if (low < 0) {
    std::optional<int64_t> number = parse_number<int64_t>(text);
    bool fits = number && *number >= low && (*number < 0 || static_cast<uint64_t>(*number) <= high);
    if (fits) return static_cast<uint64_t>(*number);
  } else {
    std::optional<uint64_t> number = parse_number<uint64_t>(text);
    if (number && *number <= high) return *number;
  }
  bool cut = text.size() > 40;
  std::string shown = std::string(text.substr(0, 40)) + (cut ? "..." : "");
  if (text.find_first_of(".eE") != std::string_view::npos) {
    return value.error("expected an integer without fraction or exponent, got %s", shown.c_str());
  }
  return value.error("expected an integer from %lld to %llu, got %s", static_cast<long long>(low),
                     static_cast<unsigned long long>(high), shown.c_str());
}

template <class T>
static Result<T> narrow(const JsonValue& value) {
  Result<uint64_t> bits =
      integer(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  if (!bits) return std::move(bits).error();
  return static_cast<T>(*bits);
}
template <>
Result<int64_t> JsonValue::as<int64_t>() const {
  return narrow<int64_t>(*this);
}
template <>
Result<uint64_t> JsonValue::as<uint64_t>() const {
  return narrow<uint64_t>(*this);
}
template <>
Result<int32_t> JsonValue::as<int32_t>() const {
  return narrow<int32_t>(*this);
}
template <>
Result<uint32_t> JsonValue::as<uint32_t>() const {
  return narrow<uint32_t>(*this);
}
template <>
Result<uint16_t> JsonValue::as<uint16_t>() const {
  return narrow<uint16_t>(*this);
}

// Errors: where, and what.

Error JsonValue::error(const char* fmt, ...) const {
  va_list args;
  va_start(args, fmt);
  std::string message = Error::vmake(Code::ConfigInvalid, 0, fmt, args).what;
  va_end(args);
  const JsonDocument& doc = *document_;
  return doc.make_error(doc.start_of(doc.nodes_[index_]), doc.pointer_of(index_), message);
}

Error JsonValue::missing(std::string_view name) const {
  return error("the required property '%.*s' is missing", static_cast<int>(name.size()),
               name.data());
}

Error JsonValue::mismatch(const char* expected) const {
  return error("expected %s, got %s", expected, kind_name(kind()));
}

// The parser tells only where a token ended; numbers and words are as long as they are written, and
// the quote that opens a string is the nearest one before its end without a backslash (inside,
// every quote has one).
size_t JsonDocument::start_of(const Node& node) const {
  switch (node.kind) {
    case JsonKind::Null: return node.end - 4;
    case JsonKind::Bool:
    case JsonKind::Number: return node.end - node.text.size();
    case JsonKind::Array:
    case JsonKind::Object: return node.end - 1;
    case JsonKind::String: break;
  }
  return string_start(node.end);
}

size_t JsonDocument::string_start(size_t end) const {
  for (size_t i = end - 1; i-- > 0;) {
    if (text_[i] != '"') continue;
    size_t slashes = 0;
    while (slashes < i && text_[i - 1 - slashes] == '\\') slashes++;
    if (slashes % 2 == 0) return i;
  }
  return 0;
}

std::string json_pointer_token(std::string_view key) {
  std::string out = "/";
  for (char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += format("\\u%04x", c);
    } else {
      out += c;
    }
  }
  return out;
}

// Down from the root, each time into the item whose range holds `index`.
std::string JsonDocument::pointer_of(uint32_t index) const {
  std::string pointer;
  uint32_t at = 0;
  while (at != index) {
    bool array = nodes_[at].kind == JsonKind::Array;
    uint32_t child = at + 1;
    size_t position = 0;
    for (; nodes_[child].next <= index; child = nodes_[child].next) position++;
    pointer += array ? "/" + std::to_string(position) : json_pointer_token(nodes_[child].key);
    at = child;
  }
  return pointer;
}

Error JsonDocument::error_at(const std::string& pointer, const std::string& message) const {
  uint32_t at = 0;
  std::string_view rest = pointer;
  while (!rest.empty()) {
    size_t length = std::min(rest.find('/', 1), rest.size());
    std::string_view token = rest.substr(0, length);  // with its slash
    std::optional<uint32_t> found;
    size_t position = 0;
    for (uint32_t child = at + 1; child < nodes_[at].next; child = nodes_[child].next, position++) {
      bool array = nodes_[at].kind == JsonKind::Array;
      if (token == (array ? "/" + std::to_string(position) : json_pointer_token(nodes_[child].key)))
        found = child;
    }
    if (!found) break;
    at = *found;
    rest.remove_prefix(length);
  }
  return make_error(start_of(nodes_[at]), pointer, message);
}

constexpr size_t kLongestShown = 400;  // names can be as long as the text

Error JsonDocument::make_error(size_t offset, const std::string& pointer,
                               const std::string& message) const {
  std::string_view before = text_.substr(0, offset);
  size_t line = 1, column = 1;
  for (char c : before) {
    if (c == '\n') {
      line++;
      column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {  // count characters, not bytes
      column++;
    }
  }
  std::string where =
      pointer.size() <= kLongestShown ? pointer : pointer.substr(0, kLongestShown) + "...";
  if (!where.empty()) where += ": ";
  return Error::make(Code::ConfigInvalid, "%s:%zu:%zu: %s%s", name_, line, column, where.c_str(),
                     message.c_str());
}

}  // namespace spec
