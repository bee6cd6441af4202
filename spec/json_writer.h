// Writes JSON text, on yajl_gen. One value per writer: usually begin_object() ... end_object(),
// then take().
//
//   JsonWriter out(JsonWriter::kCompact);
//   out.begin_object();
//   out.field("id", id);
//   out.key("pids");
//   out.begin_array();
//   for (pid_t pid : pids) out.number(pid);
//   out.end_array();
//   out.end_object();
//   return out.take();
//
// Slashes stay unescaped. Bytes that are not UTF-8 (a path can have them) become U+FFFD, for JSON
// cannot carry them. Using it wrongly (a value without a key, a text taken before it is complete)
// aborts: that is a bug in the caller.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

struct yajl_gen_t;

namespace spec {

class JsonWriter {
 public:
  // The indent of one level; kCompact is all on one line without blanks. The pointer must outlive
  // the writer.
  static constexpr const char* kCompact = nullptr;
  static constexpr const char* kTabs = "\t";          // config.json, as `spec` writes it
  static constexpr const char* kTwoSpaces = "  ";     // `state`
  static constexpr const char* kFourSpaces = "    ";  // `features`

  explicit JsonWriter(const char* indent);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name) { string(name); }  // then exactly one value

  void string(std::string_view text);
  void boolean(bool value);
  void null();
  // of JSON that was read: JsonValue::text()
  void number_as_written(std::string_view token) { open_pending(), raw(token); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) void number(T value) {
    if constexpr (std::signed_integral<T>) {
      signed_number(value);
    } else {
      unsigned_number(value);
    }
  }

  // A number in hundredths, as a decimal: 1234 -> 12.34, 50 -> 0.5, 100 -> 1.
  void hundredths(uint64_t value);

  // key() and value in one.
  void field(std::string_view name, std::string_view value) { key(name), string(value); }
  void field(std::string_view name, const char* value) { key(name), string(value); }
  void field(std::string_view name, bool value) { key(name), boolean(value); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) void field(std::string_view name, T value) {
    key(name), number(value);
  }

  // The text; no newline at the end.
  std::string take();

 private:
  void signed_number(long long value);
  void unsigned_number(unsigned long long value);
  void raw(std::string_view token);
  void open_pending();

  yajl_gen_t* gen_;
  std::string out_;
  int depth_ = 0;
  char pending_ =
      0;  // '{' or '[' not written yet: an empty one is written as "{}" or "[]" on one line
};

}  // namespace spec
