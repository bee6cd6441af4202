#include "spec/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "spec/utf8.h"

namespace spec {
namespace {

std::string sample(const char* indent) {
  JsonWriter out(indent);
  out.begin_object();
  out.field("path", "/a/b");
  out.field("yes", true);
  out.field("max", UINT64_MAX);
  out.field("min", INT64_MIN);
  out.key("none");
  out.null();
  out.key("empty");
  out.begin_array();
  out.end_array();
  out.key("list");
  out.begin_array();
  out.number(1);
  out.begin_object();
  out.end_object();
  out.end_array();
  out.end_object();
  return out.take();
}

TEST(JsonWriter, CompactHasNoBlanksAndPlainSlashes) {
  EXPECT_EQ(
      sample(JsonWriter::kCompact),
      R"({"path":"/a/b","yes":true,"max":18446744073709551615,"min":-9223372036854775808,"none":null,"empty":[],"list":[1,{}]})");
}

TEST(JsonWriter, PrettyBreaksLinesButNotInEmptyOnes) {
  EXPECT_EQ(sample(JsonWriter::kTwoSpaces),
            "{\n  \"path\": \"/a/b\",\n  \"yes\": true,\n  \"max\": 18446744073709551615,\n"
            "  \"min\": -9223372036854775808,\n  \"none\": null,\n  \"empty\": [],\n  \"list\": "
            "[\n    1,\n    {}\n  ]\n}");
  EXPECT_EQ(sample(JsonWriter::kTabs).substr(0, 11), "{\n\t\"path\": ");
}

TEST(JsonWriter, EscapesWhatJsonCannotHold) {
  JsonWriter out(JsonWriter::kCompact);
  out.string(std::string_view("\"\\\b\f\n\r\t\x01\0\xc3\xa9", 11));
  EXPECT_EQ(out.take(), "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u0000\xc3\xa9\"");
}

TEST(JsonWriter, ReplacesInvalidUtf8) {
  JsonWriter out(JsonWriter::kCompact);
  out.begin_object();
  out.field("\xff", "a\xc3");
  out.end_object();
  EXPECT_EQ(out.take(), "{\"\xef\xbf\xbd\":\"a\xef\xbf\xbd\"}");
}

TEST(JsonWriter, LoneValuesAreDocumentsToo) {
  JsonWriter empty(JsonWriter::kTabs);
  empty.begin_array();
  empty.end_array();
  EXPECT_EQ(empty.take(), "[]");
  JsonWriter number(JsonWriter::kTabs);
  number.number(uint16_t{7});
  EXPECT_EQ(number.take(), "7");
}

TEST(JsonWriterDeathTest, MisuseAborts) {
  EXPECT_DEATH(
      {
        JsonWriter out(JsonWriter::kCompact);
        out.begin_object();
        out.number(1);  // no key
      },
      "");
  EXPECT_DEATH(
      {
        JsonWriter out(JsonWriter::kCompact);
        out.begin_array();
        (void)out.take();
      },
      "");
  EXPECT_DEATH(
      {
        JsonWriter out(JsonWriter::kCompact);
        out.begin_array();
        out.end_object();
      },
      "");
}

TEST(Utf8, KnowsWhereItStopsBeingValid) {
  EXPECT_EQ(utf8_valid_prefix(""), 0u);
  EXPECT_EQ(utf8_valid_prefix("plain ascii of some length"), 26u);
  EXPECT_EQ(utf8_valid_prefix("12345678\xff"), 8u);
  EXPECT_EQ(utf8_valid_prefix("1234567\xc3\xa9 rest"), 14u);
  EXPECT_EQ(utf8_valid_prefix("ab\xe2\x82"), 2u);
  EXPECT_EQ(utf8_valid_prefix("\xe2\x82\xac\xe2\x82"), 3u);
  EXPECT_EQ(utf8_repair("a\xff\xc3\xa9\xe2\x82z"),
            "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbdz");
}

// Every code point, and every pair of bytes: the decoder below is written from the definition, not
// from the code.
TEST(Utf8, AgreesWithTheDefinition) {
  auto encode = [](uint32_t c) {
    std::string s;
    if (c < 0x80) {
      s = {static_cast<char>(c)};
    } else if (c < 0x800) {
      s = {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      s = {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
           static_cast<char>(0x80 | (c & 63))};
    } else {
      s = {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
           static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
    return s;
  };
  for (uint32_t c = 0; c < 0x120000; c++) {
    bool valid = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
    std::string bytes = encode(c);
    ASSERT_EQ(utf8_valid_prefix(bytes), valid ? bytes.size() : 0) << c;
  }
  for (uint32_t a = 0; a < 256; a++) {
    for (uint32_t b = 0; b < 256; b++) {
      std::string bytes = {static_cast<char>(a), static_cast<char>(b)};
      size_t expected = a < 0x80                                             ? (b < 0x80 ? 2 : 1)
                        : (a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf) ? 2
                                                                             : 0;
      ASSERT_EQ(utf8_valid_prefix(bytes), expected) << a << " " << b;
    }
  }
}

}  // namespace
}  // namespace spec
