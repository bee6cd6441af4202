#include "spec/json_writer.h"

#include <yajl/yajl_gen.h>

#include <charconv>
#include <cstdlib>

#include "spec/utf8.h"

namespace spec {

namespace {

void must(yajl_gen_status status) {
  if (status != yajl_gen_status_ok) abort();
}

void append(void* out, const char* text, size_t length) {
  static_cast<std::string*>(out)->append(text, length);
}

}  // namespace

JsonWriter::JsonWriter(const char* indent) : gen_(yajl_gen_alloc(nullptr)) {
  if (gen_ == nullptr) abort();  // out of memory
  yajl_gen_config(gen_, yajl_gen_print_callback, append, &out_);
  if (indent != nullptr) {
    yajl_gen_config(gen_, yajl_gen_beautify, 1);
    yajl_gen_config(gen_, yajl_gen_indent_string, indent);
  }
}

JsonWriter::~JsonWriter() {
  yajl_gen_free(gen_);
}

// yajl would break the line inside an empty object or array; a token written as a "number" goes out
// as it is.
void JsonWriter::raw(std::string_view token) {
  must(yajl_gen_number(gen_, token.data(), token.size()));
}

void JsonWriter::open_pending() {
  if (pending_ == '{') must(yajl_gen_map_open(gen_));
  if (pending_ == '[') must(yajl_gen_array_open(gen_));
  pending_ = 0;
}

void JsonWriter::begin_object() {
  open_pending();
  depth_++;
  pending_ = '{';
}

void JsonWriter::begin_array() {
  open_pending();
  depth_++;
  pending_ = '[';
}

void JsonWriter::end_object() {
  depth_--;
  if (pending_ != 0) {
    if (pending_ != '{') abort();
    pending_ = 0;
    return raw("{}");
  }
  must(yajl_gen_map_close(gen_));
}

void JsonWriter::end_array() {
  depth_--;
  if (pending_ != 0) {
    if (pending_ != '[') abort();
    pending_ = 0;
    return raw("[]");
  }
  must(yajl_gen_array_close(gen_));
}

void JsonWriter::string(std::string_view text) {
  open_pending();
  if (utf8_valid_prefix(text) != text.size()) return string(utf8_repair(text));
  must(yajl_gen_string(gen_, reinterpret_cast<const unsigned char*>(text.data()), text.size()));
}

void JsonWriter::boolean(bool value) {
  open_pending();
  must(yajl_gen_bool(gen_, value ? 1 : 0));
}

void JsonWriter::null() {
  open_pending();
  must(yajl_gen_null(gen_));
}

void JsonWriter::signed_number(long long value) {
  open_pending();
  must(yajl_gen_integer(gen_, value));
}

void JsonWriter::unsigned_number(unsigned long long value) {  // yajl_gen_integer stops at 2^63 - 1
  open_pending();
  char digits[20];
  char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  raw({digits, static_cast<size_t>(end - digits)});
}

void JsonWriter::hundredths(uint64_t value) {
  open_pending();
  std::string text = std::to_string(value / 100);
  uint64_t part = value % 100;
  if (part != 0) {
    text += '.';
    text += static_cast<char>('0' + part / 10);
    if (part % 10 != 0) text += static_cast<char>('0' + part % 10);
  }
  raw(text);
}

std::string JsonWriter::take() {
  if (depth_ != 0) abort();
  if (!out_.empty() && out_.back() == '\n') out_.pop_back();
  return std::move(out_);
}

}  // namespace spec
