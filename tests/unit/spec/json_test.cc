#include "spec/json.h"

#include <gtest/gtest.h>

namespace spec {
namespace {

std::string error_of(std::string_view text) {
  Result<JsonDocument> document = JsonDocument::parse(text, "x.json");
  return document ? "parsed" : document.error().text();
}

// The document of a text that must parse; the text outlives it in the tests below.
JsonDocument parsed(std::string_view text) {
  Result<JsonDocument> document = JsonDocument::parse(text, "x.json");
  EXPECT_TRUE(document) << document.error().text();
  return *std::move(document);
}

TEST(Json, GivesValuesOfEachKind) {
  constexpr std::string_view kText =
      R"({"s": "text", "n": -1.5e3, "t": true, "f": false, "z": null, "a": [1, [], {}], "o": {"k": 2}})";
  JsonDocument doc = parsed(kText);
  JsonValue root = doc.root();
  EXPECT_EQ(root.kind(), JsonKind::Object);
  EXPECT_EQ(root.find("s")->text(), "text");
  EXPECT_EQ(root.find("n")->text(), "-1.5e3");
  EXPECT_EQ(*root.get<bool>("t"), true);
  EXPECT_EQ(*root.get<bool>("f"), false);
  EXPECT_FALSE(root.find("z"));  // null is absent
  EXPECT_EQ(*root.find("o")->get<uint32_t>("k"), 2u);
  std::vector<JsonKind> kinds;
  for (JsonValue item : root.find("a")->items()) kinds.push_back(item.kind());
  EXPECT_EQ(kinds, (std::vector<JsonKind>{JsonKind::Number, JsonKind::Array, JsonKind::Object}));
  std::string keys;
  for (JsonValue item : root.items()) keys += item.key();
  EXPECT_EQ(keys, "sntfzao");
}

TEST(Json, NothingIsFoundInWhatIsNoObject) {
  for (const char* text : {"[1]", "\"a\"", "1", "true", "null", "{}"}) {
    JsonDocument doc = parsed(text);
    EXPECT_FALSE(doc.root().find("a")) << text;
  }
}

TEST(Json, TheLastOfEqualNamesCounts) {
  JsonDocument doc = parsed(R"({"a": 1, "b": 5, "a": 2, "b": null})");
  EXPECT_EQ(*doc.root().get<uint32_t>("a"), 2u);
  EXPECT_FALSE(doc.root().find("b"));
}

TEST(Json, DecodesEscapes) {
  JsonDocument doc =
      parsed(R"({"a\u0041\/": "\"\\\/\b\f\n\r\t\u00e9\ud83d\udc27\u0000x", "\\ud800": "\\ud800"})");
  EXPECT_EQ(doc.root().find("aA/")->text(),
            std::string_view("\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x90\xa7\0x", 16));
  EXPECT_EQ(doc.root().find("\\ud800")->text(), "\\ud800");
}

TEST(Json, KeepsDecodedTextsWhenTheDocumentMoves) {
  std::string text = "[";
  for (int i = 0; i < 1000; i++) text += "\"\\u0041" + std::to_string(i) + "\",";
  text += "0]";
  JsonDocument first = parsed(text);
  JsonDocument doc = std::move(first);
  int i = 0;
  for (JsonValue item : doc.root().items()) {
    if (item.kind() != JsonKind::String) continue;
    EXPECT_EQ(item.text(), "A" + std::to_string(i++));
  }
  EXPECT_EQ(i, 1000);
}

TEST(Json, RefusesHalfSurrogatePairs) {
  for (const char* bad :
       {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")", R"("\ud800\ud800")",
        R"("\ud83d\\udc27")", R"({"\ud800": 1})", R"("\n\udfff\n")"}) {
    EXPECT_NE(error_of(bad).find("half of a surrogate pair"), std::string::npos)
        << bad << error_of(bad);
  }
}

TEST(Json, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(error_of("{\n \"\xff\": 1}"), "x.json:2:3: not valid UTF-8: byte 0xff");
  for (const char* bad :
       {"\"\xc0\xaf\"", "\"\xe0\x80\xaf\"", "\"\xf0\x80\x80\xaf\"", "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"", "\"\xc3\"", "\"\xe2\x82\"", "\"\x80\"", "\xef\xbb"}) {
    EXPECT_NE(error_of(bad).find("not valid UTF-8"), std::string::npos) << error_of(bad);
  }
  EXPECT_EQ(error_of("\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7 \xf4\x8f\xbf\xbf \xed\x9f\xbf\""),
            "parsed");
}

TEST(Json, IsStrict) {
  for (const char* bad :
       {"",      " ",        "[1,]",     "{\"a\":1,}", "{a:1}",   "[01]",          "[+1]",
        "[.5]",  "[1.]",     "[1e]",     "[-]",        "[NaN]",   "[1] [2]",       "'a'",
        "/**/1", "[\"\t\"]", "[\"\n\"]", "\"\\x41\"",  "{\"a\"}", "{1:2}",         "[",
        "{",     "]",        "tru",      "nulll",      "[1 2]",   "\xef\xbb\xbf{}"}) {
    EXPECT_NE(error_of(bad), "parsed") << bad;
  }
  EXPECT_NE(error_of(std::string_view("{}\0", 3)), "parsed");
  for (const char* good : {"0", " -0.0e-5 ", "12", "[ ]\r\n", "\"\x7f\""})
    EXPECT_EQ(error_of(good), "parsed") << good;
}

TEST(Json, PointsAtTheTokenThatIsWrong) {
  EXPECT_EQ(error_of("{\"a\": }"), "x.json:1:7: not valid JSON: expected a value here");
  EXPECT_EQ(error_of("{\"a\": 1  \"b\": 2}"),
            "x.json:1:10: not valid JSON: expected ',' or '}' after this property");
  EXPECT_EQ(error_of("[\"a\"\n\"b\"]"),
            "x.json:2:1: not valid JSON: expected ',' or ']' after this array element");
  EXPECT_EQ(error_of("{\"a\" true}"),
            "x.json:1:6: not valid JSON: expected ':' after the property's name");
  EXPECT_EQ(error_of("{\"a\": 1,\n  2: 3}"),
            "x.json:2:3: not valid JSON: expected a property's name in double quotes");
  EXPECT_EQ(error_of("[,1]"), "x.json:1:2: not valid JSON: expected a value here");
  EXPECT_EQ(error_of("[1,,2]"), "x.json:1:4: not valid JSON: expected a value here");
  EXPECT_EQ(error_of("{} x"),
            "x.json:1:4: not valid JSON: there is more text after the end of the value");
  EXPECT_EQ(error_of("[\"ab\\q\"]"), "x.json:1:5: not valid JSON: unknown escape in a string");
  EXPECT_EQ(error_of("[\n\n"), "x.json:3:1: not valid JSON: the text ends too early");
}

TEST(Json, LimitsDepthAndSize) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(error_of(nested(64)), "parsed");
  EXPECT_EQ(error_of(nested(65)), "x.json:1:65: nested deeper than 64 levels");
  EXPECT_EQ(error_of(nested(1'000'000)), "x.json:1:65: nested deeper than 64 levels");
  std::string big(JsonDocument::kMaxText + 1, ' ');
  EXPECT_EQ(error_of(big), "x.json: 67108865 bytes of JSON, at most 67108864 are read");
}

TEST(Json, ReadsIntegersExactly) {
  JsonDocument doc = parsed(
      R"([18446744073709551615, 9223372036854775807, -9223372036854775808, 65535, -2147483648, 0, -0])");
  std::vector<JsonValue> items;
  for (JsonValue item : doc.root().items()) items.push_back(item);
  EXPECT_EQ(*items[0].as<uint64_t>(), UINT64_MAX);
  EXPECT_FALSE(items[0].as<int64_t>());
  EXPECT_EQ(*items[1].as<int64_t>(), INT64_MAX);
  EXPECT_EQ(*items[2].as<int64_t>(), INT64_MIN);
  EXPECT_FALSE(items[2].as<uint64_t>());
  EXPECT_EQ(*items[3].as<uint16_t>(), 65535);
  EXPECT_EQ(*items[4].as<int32_t>(), INT32_MIN);
  EXPECT_EQ(*items[5].as<uint32_t>(), 0u);
  EXPECT_EQ(*items[6].as<int32_t>(), 0);
}

TEST(Json, RefusesIntegersThatDoNotFit) {
  JsonDocument doc = parsed(
      R"({"a": 65536, "b": -1, "c": 1.0, "d": 1e3, "e": 2147483648, "f": "1", "g": 123456789012345678901234567890123456789012345})");
  JsonValue root = doc.root();
  EXPECT_EQ(root.get<uint16_t>("a").error().what,
            "x.json:1:7: /a: expected an integer from 0 to 65535, got 65536");
  EXPECT_EQ(root.get<uint32_t>("b").error().what,
            "x.json:1:19: /b: expected an integer from 0 to 4294967295, got -1");
  EXPECT_EQ(root.get<uint32_t>("c").error().what,
            "x.json:1:28: /c: expected an integer without fraction or exponent, got 1.0");
  EXPECT_EQ(root.get<uint32_t>("d").error().what,
            "x.json:1:38: /d: expected an integer without fraction or exponent, got 1e3");
  EXPECT_EQ(root.get<int32_t>("e").error().what,
            "x.json:1:48: /e: expected an integer from -2147483648 to 2147483647, got 2147483648");
  EXPECT_EQ(root.get<int32_t>("f").error().what,
            "x.json:1:65: /f: expected a number, got a string");
  EXPECT_EQ(root.get<uint64_t>("g").error().what,
            "x.json:1:75: /g: expected an integer from 0 to 18446744073709551615, got "
            "1234567890123456789012345678901234567890...");
}

TEST(Json, GetSaysWhatIsMissing) {
  JsonDocument doc = parsed("{\"o\": {}, \"z\": null}");
  EXPECT_EQ(doc.root().find("o")->get<bool>("x").error().what,
            "x.json:1:7: /o: the required property 'x' is missing");
  EXPECT_FALSE(doc.root().get<bool>("z"));
  EXPECT_EQ(*doc.root().get<uint32_t>("x", 7), 7u);
  EXPECT_EQ(*doc.root().get<uint32_t>("z", 7), 7u);
  EXPECT_EQ(doc.root().get<bool>("x").error().code, Code::ConfigInvalid);
}

TEST(Json, RefusesNulInTexts) {
  JsonDocument doc = parsed("[\"a\\u0000b\"]");
  for (JsonValue item : doc.root().items()) {
    EXPECT_EQ(item.as<std::string>().error().what, "x.json:1:2: /0: contains a NUL character");
  }
}

TEST(Json, LocatesValuesOfEachKind) {
  constexpr std::string_view kText =
      "{\n  \"a/b~\": [true, false, null, 12, \"x\\\"\\\\\", \"\", {\"k\": []}],\n\t\"é\": "
      "\"y\"\n}";
  JsonDocument doc = parsed(kText);
  std::string places;
  JsonValue list = *doc.root().find("a/b~");
  for (JsonValue item : list.items()) places += item.error("here").what + "\n";
  places += list.error("here").what + "\n";
  for (JsonValue item : list.items()) {
    if (auto deep = item.find("k")) places += deep->error("here").what + "\n";
  }
  places += doc.root().find("é")->error("here").what + "\n";
  places += doc.root().error("here").what;
  EXPECT_EQ(places,
            "x.json:2:12: /a~1b~0/0: here\n"
            "x.json:2:18: /a~1b~0/1: here\n"
            "x.json:2:25: /a~1b~0/2: here\n"
            "x.json:2:31: /a~1b~0/3: here\n"
            "x.json:2:35: /a~1b~0/4: here\n"
            "x.json:2:44: /a~1b~0/5: here\n"
            "x.json:2:48: /a~1b~0/6: here\n"
            "x.json:2:11: /a~1b~0: here\n"
            "x.json:2:54: /a~1b~0/6/k: here\n"
            "x.json:3:7: /é: here\n"
            "x.json:1:1: here");
}

TEST(Json, FindsThePlaceOfAPointer) {
  JsonDocument doc = parsed("{\"a\": [1,\n 2], \"a~/\": {\"b\": 3}, \"a\": [5,\n  6]}");
  EXPECT_EQ(doc.error_at("/a/1", "m").what,
            "x.json:3:3: /a/1: m");  // of the last "a", which counts
  EXPECT_EQ(doc.error_at("/a/7", "m").what, "x.json:2:28: /a/7: m");  // the nearest above
  EXPECT_EQ(doc.error_at("/a~0~1/b", "m").what, "x.json:2:19: /a~0~1/b: m");
  EXPECT_EQ(doc.error_at("/x/y", "m").what, "x.json:1:1: /x/y: m");
  EXPECT_EQ(doc.error_at("", "m").what, "x.json:1:1: m");
}

TEST(Json, LongNamesAreCutOffInMessages) {
  std::string text = "{\"" + std::string(5000, 'k') + "\": 1}";
  JsonDocument doc = parsed(text);
  for (JsonValue item : doc.root().items()) EXPECT_LT(item.error("here").what.size(), 500u);
}

TEST(QuoteBriefly, EscapesAndCutsOff) {
  EXPECT_EQ(quote_briefly("a\"b\n"), "\"a\\\"b\\n\"");
  std::string long_text = std::string(79, 'x') + "\xc3\xa9" + "more";
  EXPECT_EQ(quote_briefly(long_text), "\"" + std::string(79, 'x') + "...\"");
}

}  // namespace
}  // namespace spec
