// JsonDocument::parse: yajl's callbacks, turned into the flat list of nodes.
#include <yajl/yajl_parse.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>

#include "base/strings.h"
#include "spec/json.h"
#include "spec/utf8.h"

namespace spec {

namespace {

struct HandleFree {
  void operator()(yajl_handle_t* handle) const { yajl_free(handle); }
};

}  // namespace

constexpr std::string_view kBlank = " \t\r\n";

struct JsonBuilder {
  JsonDocument& doc;
  std::unique_ptr<yajl_handle_t, HandleFree> handle{};
  std::vector<uint32_t> open{};  // the containers around the next value
  std::string_view key{};
  std::string problem{};  // why a callback stopped the parser, and where
  size_t problem_at = 0;
  size_t last_end = 0;     // where the last token that a callback got ends
  char may_follow = '\0';  // the separator that may stand after it
  bool finishing = false;  // past the end of the text: a lone number at the top ends only there

  size_t consumed() const {
    return finishing ? doc.text_.size() : yajl_get_bytes_consumed(handle.get());
  }

  // yajl hands out a piece of the source unless it had to decode escapes into a buffer of its own,
  // soon reused.
  std::string_view keep(const unsigned char* data, size_t length) {
    std::string_view given(reinterpret_cast<const char*>(data), length);
    if (length == 0) return {};
    std::less_equal<const char*> before;
    if (before(doc.text_.data(), given.data()) &&
        before(given.data() + length, doc.text_.data() + doc.text_.size())) {
      return given;
    }
    return doc.decoded_.emplace_back(given);
  }

  int add(JsonKind kind, std::string_view text) {
    auto index = static_cast<uint32_t>(doc.nodes_.size());
    doc.nodes_.push_back({.key = key,
                          .text = text,
                          .end = static_cast<uint32_t>(consumed()),
                          .next = index + 1,
                          .kind = kind});
    key = {};
    bool opens = kind == JsonKind::Array || kind == JsonKind::Object;
    passed(opens ? '\0' : ',');
    return 1;
  }

  void passed(char separator) {
    last_end = consumed();
    may_follow = separator;
  }

  int begin(JsonKind kind) {
    if (open.size() == JsonDocument::kMaxDepth) {
      problem = format("nested deeper than %zu levels", JsonDocument::kMaxDepth);
      problem_at = consumed() - 1;
      return 0;
    }
    open.push_back(static_cast<uint32_t>(doc.nodes_.size()));
    return add(kind, {});
  }

  int end() {
    doc.nodes_[open.back()].next = static_cast<uint32_t>(doc.nodes_.size());
    open.pop_back();
    passed(',');
    return 1;
  }

  // The first token that no callback got: the one the parser could not place.
  size_t next_token() const {
    std::string_view text = doc.text_;
    size_t at = std::min(text.find_first_not_of(kBlank, last_end), text.size());
    if (at < text.size() && may_follow != '\0' && text[at] == may_follow) {
      at = std::min(text.find_first_not_of(kBlank, at + 1), text.size());
    }
    return at;
  }

  // yajl decodes a lone surrogate escape to "?" and a bad pair to nonsense. Only strings with
  // escapes come here.
  bool check_escapes(std::string_view token) {
    auto unit_at = [&](size_t i) -> std::optional<unsigned> {
      if (i + 6 > token.size() || token[i] != '\\' || token[i + 1] != 'u') return std::nullopt;
      return parse_number<unsigned>(token.substr(i + 2, 4), 16);
    };
    for (size_t i = 0; i < token.size(); i++) {
      if (token[i] != '\\') continue;
      unsigned unit = unit_at(i).value_or(0);
      i++;
      if (unit < 0xd800 || unit > 0xdfff) continue;
      unsigned low = unit_at(i + 5).value_or(0);
      if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) {
        problem = "a \\u escape is half of a surrogate pair";
        return false;
      }
      i += 10;
    }
    return true;
  }

  bool take_string(const unsigned char* data, size_t length, std::string_view* out) {
    *out = keep(data, length);
    bool decoded = length > 0 && out->data() != reinterpret_cast<const char*>(data);
    if (!decoded) return true;
    size_t end = consumed();
    size_t start = doc.string_start(end);
    problem_at = start;
    return check_escapes(doc.text_.substr(start, end - start));
  }
};

namespace {

JsonBuilder& self(void* context) {
  return *static_cast<JsonBuilder*>(context);
}

const yajl_callbacks kCallbacks = {
    .yajl_null = [](void* c) { return self(c).add(JsonKind::Null, {}); },
    .yajl_boolean =
        [](void* c, int value) {
          return self(c).add(JsonKind::Bool, value != 0 ? "true" : "false");
        },
    .yajl_integer = nullptr,  // int64 only; the number callback gets all of uint64, as text
    .yajl_double = nullptr,
    .yajl_number =
        [](void* c, const char* text, size_t length) {
          JsonBuilder& b = self(c);
          return b.add(JsonKind::Number,
                       b.keep(reinterpret_cast<const unsigned char*>(text), length));
        },
    .yajl_string =
        [](void* c, const unsigned char* text, size_t length) {
          JsonBuilder& b = self(c);
          std::string_view kept;
          if (!b.take_string(text, length, &kept)) return 0;
          return b.add(JsonKind::String, kept);
        },
    .yajl_start_map = [](void* c) { return self(c).begin(JsonKind::Object); },
    .yajl_map_key =
        [](void* c, const unsigned char* text, size_t length) {
          JsonBuilder& b = self(c);
          if (!b.take_string(text, length, &b.key)) return 0;
          b.passed(':');
          return 1;
        },
    .yajl_end_map = [](void* c) { return self(c).end(); },
    .yajl_start_array = [](void* c) { return self(c).begin(JsonKind::Array); },
    .yajl_end_array = [](void* c) { return self(c).end(); },
};

// yajl's words, put for somebody who wrote a configuration and not a parser.
struct Wording {
  const char* yajl;
  const char* ours;
};
constexpr const char* kControlCharacter = "invalid character inside string.";
constexpr Wording kWordings[] = {
    {"premature EOF", "the text ends too early"},
    {"unallowed token at this point in JSON text", "expected a value here"},
    {"after key and value, inside map, I expect ',' or '}'",
     "expected ',' or '}' after this property"},
    {"after array element, I expect ',' or ']'", "expected ',' or ']' after this array element"},
    {"object key and value must be separated by a colon (':')",
     "expected ':' after the property's name"},
    {"invalid object key (must be a string)", "expected a property's name in double quotes"},
    {"trailing garbage", "there is more text after the end of the value"},
    {"invalid char in json text.", "this character cannot stand here"},
    {"invalid string in json text.",
     "this is not a value: expected true, false, null, a number, or text in double quotes"},
    {kControlCharacter, "a control character in a string must be written as an escape"},
    {"inside a string, '\\' occurs before a character which it may not.",
     "unknown escape in a string"},
    {"invalid (non-hex) character occurs after '\\u' inside string.",
     "\\u must be followed by four hex digits"},
    {"probable comment found in input text, comments are not enabled.", "JSON has no comments"},
};

// Sets problem and problem_at after yajl has given up.
void describe_syntax_error(JsonBuilder* builder, std::string_view source) {
  unsigned char* text = yajl_get_error(builder->handle.get(), 0, nullptr, 0);
  std::string message(trim(text == nullptr ? "" : reinterpret_cast<const char*>(text)));
  if (text != nullptr) yajl_free_error(builder->handle.get(), text);

  size_t at = builder->next_token();
  constexpr std::string_view kParse = "parse error: ", kLexical = "lexical error: ";
  if (message.starts_with(kParse)) message.erase(0, kParse.size());
  if (message.starts_with(kLexical)) {  // within a token: the character it stopped at
    message.erase(0, kLexical.size());
    size_t consumed = builder->consumed();
    if (consumed > 0) at = std::max(at, consumed - 1);
    if (message == kControlCharacter) {  // which yajl gives back before it complains
      while (at < source.size() && static_cast<unsigned char>(source[at]) >= 0x20) at++;
    }
  }
  if (builder->finishing) at = source.size();
  for (const Wording& wording : kWordings) {
    if (message == wording.yajl) message = wording.ours;
  }
  builder->problem = "not valid JSON: " + message;
  builder->problem_at = at;
}

}  // namespace

Result<JsonDocument> JsonDocument::parse(std::string_view text, const char* name) {
  JsonDocument doc(text, name);
  if (text.size() > kMaxText) {
    return Error::make(Code::ConfigInvalid, "%s: %zu bytes of JSON, at most %zu are read", name,
                       text.size(), kMaxText);
  }
  size_t valid = utf8_valid_prefix(text);
  if (valid != text.size()) {
    return doc.make_error(
        valid, "", format("not valid UTF-8: byte 0x%02x", static_cast<unsigned char>(text[valid])));
  }
  doc.nodes_.reserve(text.size() / 24 + 8);  // about what configs have; else it grows

  JsonBuilder builder{.doc = doc};
  builder.handle.reset(yajl_alloc(&kCallbacks, nullptr, &builder));
  if (!builder.handle) abort();                                      // out of memory
  yajl_config(builder.handle.get(), yajl_dont_validate_strings, 1);  // done above
  yajl_status status = yajl_parse(builder.handle.get(),
                                  reinterpret_cast<const unsigned char*>(text.data()), text.size());
  if (status == yajl_status_ok) {
    builder.finishing = true;
    status = yajl_complete_parse(builder.handle.get());
  }
  if (status == yajl_status_ok) return doc;
  if (status == yajl_status_error) describe_syntax_error(&builder, text);
  return doc.make_error(builder.problem_at, "", builder.problem);
}

}  // namespace spec
