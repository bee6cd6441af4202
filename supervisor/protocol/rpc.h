// JSON-RPC 2.0 over a stream, one message per line: what a line may be, and what lines say back.
//
// A line is a request, a notification (no id) or a batch of up to 64. Limits: 1 MiB a line, 64
// levels, ids that are strings or integers of at most 128 bytes, no two members of one name. What
// is wrong gets an error object; the next line starts afresh.
//
//   {"jsonrpc":"2.0","id":1,"method":"container.inspect","params":{"id":"web"}}
//   {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no container 'web'","data":{"name":"NOT_FOUND",...}}}
//
// error.data: "name", which is stable and what programs test; "hint", "errno" where there are such;
// "retryable".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "spec/json.h"

namespace protocol {

inline constexpr size_t kMaxLine = size_t{1} << 20;
inline constexpr size_t kMaxBatch = 64;
inline constexpr size_t kMaxIdBytes = 128;

struct ErrorName {
  const char* name;  // "NOT_FOUND"
  int number;        // of JSON-RPC's or, from -32000 down, ours
  bool retryable;    // the same call may succeed later
};
std::span<const ErrorName> error_names();
const ErrorName& error_name(Code code);
const ErrorName& error_named(std::string_view name);  // aborts on a name that is not in the table

struct Request {
  std::string id;  // as JSON text; "" of a notification
  std::string_view method;
  std::optional<spec::JsonValue> params;  // an object
};

// One member of a message: a request, or why it is none (`reply`, to be sent as it is).
struct Item {
  Request request;
  std::string reply;
};
struct Message {
  bool batch = false;
  std::vector<Item> items;
};
// `document` is the parsed line and must outlive the message.
Message read_message(const spec::JsonDocument& document);

// Messages without the newline. `id` and `result` are JSON text.
std::string result_text(std::string_view id, std::string_view result);
std::string error_text(std::string_view id, const Error& error);
std::string error_text(std::string_view id, const ErrorName& name, const Error& error);
std::string notification_text(std::string_view method, std::string_view params);
std::string request_text(int64_t id, std::string_view method, std::string_view params);

// A value as it was read, members in their order; on one line or with an indent of
// spec::JsonWriter's.
std::string json_text(spec::JsonValue value, const char* indent = nullptr);

}  // namespace protocol
