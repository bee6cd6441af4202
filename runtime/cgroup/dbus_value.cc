#include "runtime/cgroup/dbus_value.h"

#include <stdlib.h>

#include <cstring>
#include <limits>
#include <utility>

#include "base/strings.h"

namespace dbus {
namespace {

constexpr int kDeepest = 16;  // of nesting; a(sa(ss)) is the deepest there is to say
constexpr size_t kLongest = 1 << 16;

struct Word {
  const char* word;
  const char* type;
};
constexpr Word kTypeWords[] = {
    {"boolean", "b"}, {"byte", "y"},   {"int16", "n"},      {"uint16", "q"},
    {"int32", "i"},   {"uint32", "u"}, {"int64", "x"},      {"uint64", "t"},
    {"double", "d"},  {"string", "s"}, {"objectpath", "o"}, {"signature", "g"},
};

struct Range {
  char type;
  int64_t least;
  uint64_t most;
};
constexpr Range kRanges[] = {
    {'y', 0, 0xff},
    {'n', std::numeric_limits<int16_t>::min(), 0x7fff},
    {'q', 0, 0xffff},
    {'i', std::numeric_limits<int32_t>::min(), 0x7fffffff},
    {'u', 0, 0xffffffff},
    {'x', std::numeric_limits<int64_t>::min(), 0x7fffffffffffffff},
    {'t', 0, 0xffffffffffffffff},
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '+' || c == '.' || c == '_';
}

// The first complete type of `types`, or "" if there is none.
std::string_view first_type(std::string_view types, int depth = 0) {
  constexpr std::string_view kBasic = "bynqiuxtdsogv";
  if (types.empty() || depth > kDeepest) return {};
  if (kBasic.find(types[0]) != kBasic.npos) return types.substr(0, 1);
  if (types[0] == 'a') {
    std::string_view element = first_type(types.substr(1), depth + 1);
    return element.empty() ? element : types.substr(0, 1 + element.size());
  }
  if (types[0] != '(') return {};
  size_t at = 1;
  while (at < types.size() && types[at] != ')') {
    std::string_view member = first_type(types.substr(at), depth + 1);
    if (member.empty()) return {};
    at += member.size();
  }
  return at > 1 && at < types.size() ? types.substr(0, at + 1) : std::string_view();
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Value> whole() {
    Value value = TRY(parse("", 0));
    skip_blanks();
    if (at_ != text_.size()) return expected("the end");
    return value;
  }

 private:
  Error expected(const char* what) const {
    return Error::make(Code::ConfigInvalid, "expected %s at character %zu", what, at_ + 1);
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) at_++;
  }
  char next() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (next() != c) return false;
    at_++;
    return true;
  }
  std::string_view word() {
    size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) at_++;
    return text_.substr(start, at_ - start);
  }

  // A value of `type`, or of the type it shows itself to be if that is "".
  Result<Value> parse(std::string_view type, int depth) {
    if (depth > kDeepest) return expected("less nesting");
    switch (next()) {
      case '@': return annotated(type, depth);
      case '[': return array(type, depth);
      case '(': return tuple(type, depth);
      case '<': return variant(type, depth);
      case '\'':
      case '"': return quoted(type);
      default: return plain(type, depth);
    }
  }

  Result<Value> of_type(std::string_view type, std::string_view given, int depth) {
    if (!type.empty() && type != given)
      return expected(("a value of type " + std::string(type)).c_str());
    return parse(given, depth + 1);
  }

  Result<Value> annotated(std::string_view type, int depth) {
    at_++;
    size_t start = at_;
    while (at_ < text_.size() && !is_blank(text_[at_])) at_++;
    std::string_view given = text_.substr(start, at_ - start);
    if (given.empty() || first_type(given) != given) return expected("a type before this,");
    return of_type(type, given, depth);
  }

  // A type's name before a value, a number, true or false.
  Result<Value> plain(std::string_view type, int depth) {
    size_t start = at_;
    std::string_view found = word();
    for (const Word& one : kTypeWords) {
      if (found == one.word) return of_type(type, one.type, depth);
    }
    Value value;
    if (found == "true" || found == "false") {
      value.type = "b";
      value.number = found == "true";
    } else {
      bool is_hex = found.find('x') != found.npos;
      bool is_real =
          type == "d" || (type.empty() && !is_hex && found.find_first_of(".eE") != found.npos);
      value.type = type.empty() ? (is_real ? "d" : "i") : std::string(type);
      if (!(is_real ? read_real(found, &value) : read_integer(found, &value))) {
        at_ = start;
        return expected(type.empty() ? "a value (text stands in quotes)"
                                     : ("a value of type " + std::string(type)).c_str());
      }
    }
    if (type.empty() || value.type == type) return value;
    at_ = start;
    return expected(("a value of type " + std::string(type)).c_str());
  }

  static bool read_real(std::string_view found, Value* value) {
    std::string copy(found);
    char* end = nullptr;
    value->real = ::strtod(copy.c_str(), &end);
    return !copy.empty() && *end == '\0' &&
           found.find_first_not_of("0123456789+-.eE") == found.npos;
  }

  static bool read_integer(std::string_view found, Value* value) {
    bool negative = found.starts_with('-');
    std::string_view digits = found.substr(negative || found.starts_with('+') ? 1 : 0);
    bool hex = digits.starts_with("0x");
    std::optional<uint64_t> magnitude =
        parse_number<uint64_t>(hex ? digits.substr(2) : digits, hex ? 16 : 10);
    if (!magnitude) return false;
    for (const Range& range : kRanges) {
      if (value->type[0] != range.type) continue;
      uint64_t most = negative ? static_cast<uint64_t>(-(range.least + 1)) + 1 : range.most;
      if (negative && range.least == 0) most = 0;
      if (*magnitude > most) return false;
      value->number = negative ? ~*magnitude + 1 : *magnitude;
      return true;
    }
    return false;  // not a type of integers
  }

  Result<Value> quoted(std::string_view type) {
    if (!type.empty() && type != "s" && type != "o" && type != "g")
      return expected(("a value of type " + std::string(type)).c_str());
    Value value;
    value.type = type.empty() ? "s" : std::string(type);
    char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) c = unescaped(text_[at_++]);
      if (c == '\0') return expected("no zero byte before this,");
      value.text.push_back(c);
    }
    if (at_ == text_.size()) return expected("a closing quote");
    at_++;
    bool is_short = value.type != "g" || value.text.size() <= 255;
    if (!is_short) return expected("a shorter signature before this,");
    return value;
  }

  static char unescaped(char c) {
    switch (c) {
      case 'n': return '\n';
      case 't': return '\t';
      case 'r': return '\r';
      default: return c;
    }
  }

  // The first element says what the others are.
  Result<Value> array(std::string_view type, int depth) {
    if (!type.empty() && type[0] != 'a')
      return expected(("a value of type " + std::string(type)).c_str());
    at_++;
    Value value;
    std::string element(type.empty() ? type : type.substr(1));
    while (next() != ']') {
      if (!value.items.empty() && !take(',')) return expected("',' or ']'");
      Value item = TRY(parse(element, depth + 1));
      element = item.type;
      value.items.push_back(std::move(item));
    }
    at_++;
    if (element.empty()) return expected("the type of an empty array ('@as []') before this,");
    value.type = "a" + element;
    return value;
  }

  // A comma may stand at the end, and has to in a tuple of one.
  Result<Value> tuple(std::string_view type, int depth) {
    if (!type.empty() && type[0] != '(')
      return expected(("a value of type " + std::string(type)).c_str());
    std::string_view members = type.empty() ? type : type.substr(1, type.size() - 2);
    at_++;
    Value value;
    value.type = "(";
    while (next() != ')') {
      if (!value.items.empty()) {
        if (!take(',')) return expected("',' or ')'");
        if (next() == ')') break;
      }
      std::string_view member = type.empty() ? type : first_type(members);
      if (!type.empty() && member.empty()) return expected("')'");
      members.remove_prefix(member.size());
      Value item = TRY(parse(member, depth + 1));
      value.type += item.type;
      value.items.push_back(std::move(item));
    }
    if (!members.empty() || value.items.empty()) return expected("another member");
    at_++;
    value.type += ")";
    return value;
  }

  Result<Value> variant(std::string_view type, int depth) {
    if (!type.empty() && type != "v")
      return expected(("a value of type " + std::string(type)).c_str());
    at_++;
    Value value;
    value.type = "v";
    value.items.push_back(TRY(parse("", depth + 1)));
    if (!take('>')) return expected("'>'");
    return value;
  }

  std::string_view text_;
  size_t at_ = 0;
};

size_t alignment(char type) {
  switch (type) {
    case 'y':
    case 'g':
    case 'v': return 1;
    case 'n':
    case 'q': return 2;
    case 'x':
    case 't':
    case 'd':
    case '(': return 8;
    default: return 4;
  }
}

}  // namespace

Result<Value> parse_value(std::string_view text) {
  if (text.size() > kLongest)
    return Error::make(Code::ConfigInvalid, "longer than %zu bytes", kLongest);
  Value value = TRY(Parser(text).whole());
  if (value.type.size() > 255)
    return Error::make(Code::ConfigInvalid, "its type is longer than 255 bytes");
  return value;
}

void write_value(const Value& value, Writer* out) {
  switch (value.type[0]) {
    case 's':
    case 'o': return out->text(value.text);
    case 'g': return out->signature(value.text);
    case 'y': return out->byte(static_cast<uint8_t>(value.number));
    case 'n':
    case 'q': return out->u16(static_cast<uint16_t>(value.number));
    case 'b':
    case 'i':
    case 'u': return out->u32(static_cast<uint32_t>(value.number));
    case 'x':
    case 't': return out->u64(value.number);
    case 'd': {
      uint64_t bits;
      memcpy(&bits, &value.real, sizeof bits);
      return out->u64(bits);
    }
    case 'v': return write_variant(value.items[0], out);
    case 'a': {
      Writer::Array array = out->begin(alignment(value.type[1]));
      for (const Value& item : value.items) write_value(item, out);
      return out->end(array);
    }
    default:  // '('
      out->align(8);
      for (const Value& item : value.items) write_value(item, out);
  }
}

void write_variant(const Value& value, Writer* out) {
  out->signature(value.type);
  write_value(value, out);
}

}  // namespace dbus
