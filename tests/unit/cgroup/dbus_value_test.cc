#include "runtime/cgroup/dbus_value.h"

#include <gtest/gtest.h>

namespace dbus {
namespace {

std::string type_of(std::string_view text) {
  Result<Value> value = parse_value(text);
  return value ? value->type : "error: " + value.error().text();
}

TEST(DbusValue, TypesShow) {
  struct Case {
    const char *text, *type;
  };
  for (const Case& one : {Case{"5", "i"},
                          Case{"-5", "i"},
                          Case{"0x10", "i"},
                          Case{"2.5", "d"},
                          Case{"true", "b"},
                          Case{"'a'", "s"},
                          Case{"\"a\"", "s"},
                          Case{"uint32 5", "u"},
                          Case{"@t 5", "t"},
                          Case{"byte 0xff", "y"},
                          Case{"objectpath '/a'", "o"},
                          Case{" [ 'a' , 'b' ] ", "as"},
                          Case{"@as []", "as"},
                          Case{"[uint64 1, 2]", "at"},
                          Case{"('a', 1)", "(si)"},
                          Case{"('a',)", "(s)"},
                          Case{"[('/dev/null', 'rw')]", "a(ss)"},
                          Case{"@a(st) [('/dev/sda', 5)]", "a(st)"},
                          Case{"<5>", "v"},
                          Case{"uint64 18446744073709551615", "t"},
                          Case{"int16 -32768", "n"},
                          Case{"double 5", "d"}})
    EXPECT_EQ(type_of(one.text), one.type) << one.text;
}

TEST(DbusValue, ValuesAreKept) {
  EXPECT_EQ(parse_value("uint64 18446744073709551615")->number, ~uint64_t{0});
  EXPECT_EQ(static_cast<int64_t>(parse_value("int64 -9223372036854775808")->number), INT64_MIN);
  EXPECT_EQ(parse_value("byte 0x1f")->number, 0x1fU);
  EXPECT_EQ(parse_value("true")->number, 1U);
  EXPECT_DOUBLE_EQ(parse_value("2.5")->real, 2.5);
  EXPECT_EQ(parse_value(R"('it\'s \"it\"\n')")->text, "it's \"it\"\n");
  EXPECT_EQ(parse_value("[\"a\", 'b']")->items.at(1).text, "b");
}

TEST(DbusValue, WhatIsNoValueIsRefused) {
  for (std::string_view bad : {"",
                               " ",
                               "a",
                               "infinity",
                               "'a",
                               "'a\\",
                               "5 6",
                               "[",
                               "[1",
                               "[1,",
                               "[1,]",
                               "[]",
                               "[1, 'a']",
                               "[1, 2.5]",
                               "()",
                               "(",
                               "(1",
                               "(1 2)",
                               "@",
                               "@i",
                               "@i 'a'",
                               "@q 65536",
                               "byte 256",
                               "uint32 -1",
                               "2147483648",
                               "@z 1",
                               "@a 1",
                               "@() 1",
                               "@ii 1",
                               "@(si) ('a',)",
                               "@(s) ('a', 'b')",
                               "<",
                               "<1",
                               "{'a': 1}",
                               "boolean 1",
                               "string 5",
                               "--5",
                               "0x",
                               "1e",
                               "uint32 uint64 5"})
    EXPECT_TRUE(type_of(bad).starts_with("error: expected")) << bad << " is " << type_of(bad);
  EXPECT_TRUE(type_of(std::string_view("'a\0b'", 5)).starts_with("error: "));
}

// Annotations may come from whoever made the image.
TEST(DbusValue, NestingAndLengthHaveAnEnd) {
  EXPECT_FALSE(parse_value(std::string(60000, '[')));
  EXPECT_FALSE(parse_value(std::string(60000, '<')));
  EXPECT_FALSE(parse_value("@" + std::string(60000, 'a') + "i []"));
  EXPECT_FALSE(parse_value("@" + std::string(60000, '(') + " 1"));
  EXPECT_FALSE(parse_value("'" + std::string(1 << 20, 'a') + "'"));
  std::string wide = "(1";
  for (int i = 0; i < 300; i++) wide += ",1";
  EXPECT_FALSE(parse_value(wide + ")"));
}

TEST(DbusValue, BytesOnTheWire) {
  using namespace std::string_literals;
  Writer out;
  write_variant(*parse_value("[('a', uint64 2)]"), &out);
  // Signature, then length, padding to 8, the struct: string of 1, padding to 8, the number.
  EXPECT_EQ(out.bytes(), "\5a(st)\0"s + "\0"s + "\x10\0\0\0"s + "\0\0\0\0"s + "\1\0\0\0a\0"s +
                             "\0\0"s + "\2\0\0\0\0\0\0\0"s);
  Writer small;
  write_variant(*parse_value("int16 -2"), &small);
  EXPECT_EQ(small.bytes(), "\1n\0\0\xfe\xff"s);
}

}  // namespace
}  // namespace dbus
