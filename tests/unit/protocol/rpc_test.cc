#include "supervisor/protocol/rpc.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "supervisor/protocol/methods.h"

namespace protocol {
namespace {

// What a line comes to: "id method" of each request, or the stable name of each error.
std::string read(const std::string& line) {
  Result<spec::JsonDocument> document = spec::JsonDocument::parse(line, "request");
  if (!document) return "no JSON";
  Message message = read_message(*document);
  std::string all = message.batch ? "batch " : "";
  for (const Item& item : message.items) {
    if (item.reply.empty()) {
      all += item.request.id + " " + std::string(item.request.method) + ";";
      continue;
    }
    size_t at = item.reply.find("\"name\":\"") + 8;
    size_t id = item.reply.find("\"id\":") + 5;
    all += item.reply.substr(id, item.reply.find(',', id) - id) + " " +
           item.reply.substr(at, item.reply.find('"', at) - at) + ";";
  }
  return all;
}

TEST(Rpc, ReadsRequestsNotificationsAndBatches) {
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":7,"method":"hello"})"), "7 hello;");
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":"a\"b","method":"hello","params":{}})"),
            "\"a\\\"b\" hello;");
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","method":"hello"})"), " hello;");
  EXPECT_EQ(read(R"([{"jsonrpc":"2.0","id":-1,"method":"a"},{"jsonrpc":"2.0","id":2}])"),
            "batch -1 a;2 INVALID_REQUEST;");
}

TEST(Rpc, RefusesWhatIsNoRequestAndSaysForWhichId) {
  EXPECT_EQ(read("3"), "null INVALID_REQUEST;");
  EXPECT_EQ(read("[]"), "null INVALID_REQUEST;");
  EXPECT_EQ(read(R"({"id":1,"method":"hello"})"), "1 INVALID_REQUEST;");
  EXPECT_EQ(read(R"({"jsonrpc":"1.0","id":1,"method":"hello"})"), "1 INVALID_REQUEST;");
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":1,"method":3})"), "1 INVALID_REQUEST;");
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":null,"method":"hello"})"), "null INVALID_REQUEST;");
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":1.5,"method":"hello"})"), "null INVALID_REQUEST;");
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":{},"method":"hello"})"), "null INVALID_REQUEST;");
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":1,"method":"hello","params":[1]})"), "1 INVALID_PARAMS;");
}

TEST(Rpc, RefusesAMemberThatIsThereTwiceAtAnyDepth) {
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":1,"id":2,"method":"hello"})"), "null INVALID_REQUEST;");
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"a":[{"b":1,"b":2}]}})"),
            "null INVALID_REQUEST;");
}

TEST(Rpc, KeepsToItsLimits) {
  std::string id(kMaxIdBytes, 'x');
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","method":"m","id":")" + id + "\"}"), "\"" + id + "\" m;");
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","method":"m","id":")" + id + "x\"}"), "null INVALID_REQUEST;");
  std::string one = R"({"jsonrpc":"2.0","id":1,"method":"m"})", batch = "[" + one;
  for (size_t i = 1; i < kMaxBatch; i++) batch += "," + one;
  EXPECT_EQ(split(read(batch + "]"), ';').size(), kMaxBatch + 1);
  EXPECT_EQ(read(batch + "," + one + "]"), "null INVALID_REQUEST;");
}

TEST(Rpc, AnErrorHasANumberAndAStableName) {
  EXPECT_EQ(
      error_text("3", Error::make(Code::ContainerNotFound, "no container 'x'").with_hint("h")),
      R"({"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"no container 'x'",)"
      R"("data":{"name":"NOT_FOUND","hint":"h","retryable":false}}})");
  errno = ENOSPC;
  std::string text = error_text("3", Error::sys("write 'x'"));
  EXPECT_NE(text.find(R"("data":{"name":"IO","errno":28,"retryable":true})"), std::string::npos)
      << text;
}

TEST(Rpc, EveryErrorOfTheProjectHasAName) {
  for (int code = 0; code <= static_cast<int>(Code::EventsGone); code++) {
    EXPECT_LT(error_name(static_cast<Code>(code)).number, 0);
  }
  std::vector<int> numbers;
  for (const ErrorName& name : error_names()) {
    EXPECT_EQ(std::count(numbers.begin(), numbers.end(), name.number), 0) << name.name;
    numbers.push_back(name.number);
  }
}

TEST(Rpc, AValueIsWrittenAsItWasRead) {
  std::string text = R"({"b":[1,-2.50e3,true,null,"x\ny"],"a":{},"c":18446744073709551615})";
  Result<spec::JsonDocument> document = spec::JsonDocument::parse(text, "x");
  ASSERT_TRUE(document);
  EXPECT_EQ(json_text(document->root()), text);
}

// --- the table of methods
// ---------------------------------------------------------------------------------------------

TEST(Methods, EachIsInTheTableOnceAndInTheOrderOfItsId) {
  size_t index = 0;
  for (const Method& method : methods()) {
    EXPECT_EQ(static_cast<size_t>(method.id), index++) << method.name;
    EXPECT_EQ(find_method(method.name), &method);
    EXPECT_TRUE(!method.mutates || method.role >= Role::Operator) << method.name;
  }
}

TEST(Methods, DiscoverIsJsonAndHasThemAll) {
  std::string text = discover_text("1");
  Result<spec::JsonDocument> document = spec::JsonDocument::parse(text, "openrpc");
  ASSERT_TRUE(document) << document.error().text();
  size_t count = 0;
  for (spec::JsonValue method : document->root().find("methods")->items()) {
    EXPECT_NE(find_method(method.find("name")->text()), nullptr);
    count++;
  }
  EXPECT_EQ(count, methods().size());
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(Methods, AMisspeltNameGetsTheNearest) {
  EXPECT_EQ(unknown_method("daemon.healht").hint, "did you mean 'daemon.health'?");
  EXPECT_EQ(unknown_method("zzzzzzzz").hint, "rpc.discover lists them");
}

// --- parameters
// -------------------------------------------------------------------------------------------------------

constexpr Field kInner[] = {{"n", Type::Count, true, ""}};
constexpr Schema kRecord = {"Inner", "", kInner};
constexpr Field kFields[] = {
    {"id", Type::String, true, ""},
    {"on", Type::Boolean, false, ""},
    {"number", Type::Integer, false, ""},
    {"words", Type::Strings, false, ""},
    {"map", Type::Map, false, ""},
    {"any", Type::Object, false, ""},
    {"inner", Type::Record, false, "", &kRecord},
    {"list", Type::Records, false, "", &kRecord},
    {"mode", Type::String, false, "", nullptr, "fast|slow"},
};

std::string check_text(const std::string& text) {
  Result<spec::JsonDocument> document = spec::JsonDocument::parse(text, "r");
  if (!document) return document.error().text();
  Status status = check(document->root(), kFields);
  return status ? "" : status.error().text() + status.error().hint;
}

TEST(Parameters, FitTheirTypes) {
  EXPECT_EQ(
      check_text(
          R"({"id":"x","on":true,"number":-3,"words":["a"],"map":{"a":"b"},"any":{"x":1},"inner":{"n":0},
                          "list":[{"n":1},{"n":2}],"mode":"slow"})"),
      "");
  EXPECT_EQ(check_text(R"({"id":"x","on":null})"), "");  // null is absent
  for (const char* wrong :
       {R"({"id":1})", R"({"id":"x","on":1})", R"({"id":"x","number":"1"})",
        R"({"id":"x","number":1.5})", R"({"id":"x","words":[1]})", R"({"id":"x","words":"a"})",
        R"({"id":"x","map":{"a":1}})", R"({"id":"x","any":[]})", R"({"id":"x","inner":{"n":-1}})",
        R"({"id":"x","inner":{}})", R"({"id":"x","list":{"n":1}})",
        R"({"id":"x","list":[{"n":1},{"m":1}]})", R"({"id":"x\u0000"})"}) {
    EXPECT_NE(check_text(wrong), "") << wrong;
  }
}

TEST(Parameters, SayWhereAndWhatIsWrong) {
  EXPECT_EQ(check_text("{}"), "r:1:1: the required property 'id' is missing");
  EXPECT_EQ(check_text(R"({"id":"x","nmuber":1})"),
            "r:1:20: /nmuber: there is no such parameterdid you mean 'number'?");
  EXPECT_EQ(check_text(R"({"id":"x","mode":"slo"})"),
            "r:1:18: /mode: expected one of fast|slow, got \"slo\"did you mean 'slow'?");
}

}  // namespace
}  // namespace protocol
