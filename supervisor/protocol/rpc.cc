#include "supervisor/protocol/rpc.h"

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "base/strings.h"
#include "spec/json_writer.h"

namespace protocol {

namespace {

using spec::JsonKind;
using spec::JsonValue;

constexpr ErrorName kNames[] = {
    {"PARSE_ERROR", -32700, false},      // the line is not JSON
    {"INVALID_REQUEST", -32600, false},  // it is no request
    {"METHOD_NOT_FOUND", -32601, false},
    {"INVALID_PARAMS", -32602, false},
    {"INTERNAL", -32603, false},
    {"NOT_FOUND", -32000, false},
    {"EXISTS", -32001, false},
    {"BAD_STATE", -32002, false},
    {"BUSY", -32003, true},
    {"DENIED", -32004, false},
    {"LIMIT", -32005, true},
    {"TIMEOUT", -32006, true},
    {"RUNTIME_FAILED", -32007, false},
    {"EVENTS_GONE", -32008, false},
    {"CANCELLED", -32009, false},
    {"IO", -32010, true},  // a system call failed
    {"SHUTTING_DOWN", -32011, true},
    {"UNSUPPORTED", -32012, false},
    {"EXEC_NOT_FOUND", -32013, false},  // the container has no such program
    {"EXEC_FAILED", -32014, false},     // it has, but it cannot be run
};

const char* name_of(Code code) {
  switch (code) {
    case Code::Usage:
    case Code::ConfigInvalid: return "INVALID_PARAMS";
    case Code::Internal: return "INTERNAL";
    case Code::ContainerNotFound: return "NOT_FOUND";
    case Code::ContainerExists: return "EXISTS";
    case Code::ContainerNotRunning:
    case Code::ContainerState: return "BAD_STATE";
    case Code::Busy: return "BUSY";
    case Code::PermissionDenied: return "DENIED";
    case Code::LimitReached: return "LIMIT";
    case Code::Timeout: return "TIMEOUT";
    case Code::EventsGone: return "EVENTS_GONE";
    case Code::Cancelled: return "CANCELLED";
    case Code::System: return "IO";
    case Code::ShuttingDown: return "SHUTTING_DOWN";
    case Code::Unsupported: return "UNSUPPORTED";
    case Code::ExecNotFound: return "EXEC_NOT_FOUND";
    case Code::ExecFailed: return "EXEC_FAILED";
    case Code::RuntimeFailed:
    case Code::BundleInvalid:
    case Code::CgroupFailed:
    case Code::MountFailed:
    case Code::NamespaceFailed:
    case Code::SecurityFailed:
    case Code::HookFailed:
    case Code::InitDied: return "RUNTIME_FAILED";
  }
  return "INTERNAL";
}

// Readers differ in which of two members they take: a request that one of them checks and another
// one obeys must not be.
std::optional<JsonValue> find_duplicate(JsonValue value) {
  std::vector<std::string_view> keys;
  for (JsonValue item : value.items()) {
    if (std::optional<JsonValue> deeper = find_duplicate(item)) return deeper;
    if (value.kind() == JsonKind::Object) keys.push_back(item.key());
  }
  std::sort(keys.begin(), keys.end());
  auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice == keys.end()) return std::nullopt;
  return value.find(*twice).value_or(value);
}

// The id as JSON text; "" if there is none.
Result<std::string> read_id(JsonValue object) {
  for (JsonValue item : object.items()) {
    if (item.key() != "id") continue;
    if (item.kind() == JsonKind::String) {
      if (item.text().size() > kMaxIdBytes)
        return item.error("an id has at most %zu bytes", kMaxIdBytes);
      return json_quote(item.text());
    }
    Result<int64_t> number = item.as<int64_t>();
    if (!number) return item.error("an id is a string or an integer");
    return std::to_string(*number);
  }
  return std::string();
}

Item refuse(std::string_view id, Error error) {
  return Item{{}, error_text(id.empty() ? "null" : id, error_named("INVALID_REQUEST"), error)};
}

Item read_request(JsonValue value) {
  if (value.kind() != JsonKind::Object)
    return refuse("", value.mismatch("a request, which is an object"));
  Result<std::string> id = read_id(value);
  if (!id) return refuse("", id.error());
  std::optional<JsonValue> version = value.find("jsonrpc");
  if (!version || version->kind() != JsonKind::String || version->text() != "2.0") {
    return refuse(*id, value.error("expected \"jsonrpc\":\"2.0\""));
  }
  std::optional<JsonValue> method = value.find("method");
  if (!method || method->kind() != JsonKind::String)
    return refuse(*id, value.error("expected a \"method\", which is a string"));
  Request request{*id, method->text(), value.find("params")};
  if (request.params && request.params->kind() != JsonKind::Object) {
    Error error = request.params->mismatch("parameters by name, in an object");
    return Item{{}, error_text(id->empty() ? "null" : *id, error_named("INVALID_PARAMS"), error)};
  }
  return Item{std::move(request), ""};
}

void write_value(spec::JsonWriter& out, JsonValue value) {
  switch (value.kind()) {
    case JsonKind::Null: return out.null();
    case JsonKind::Bool: return out.boolean(value.text() == "true");
    case JsonKind::Number: return out.number_as_written(value.text());
    case JsonKind::String: return out.string(value.text());
    case JsonKind::Array:
      out.begin_array();
      for (JsonValue item : value.items()) write_value(out, item);
      return out.end_array();
    case JsonKind::Object:
      out.begin_object();
      for (JsonValue item : value.items()) {
        out.key(item.key());
        write_value(out, item);
      }
      return out.end_object();
  }
}

std::string head(std::string_view id) {
  return "{\"jsonrpc\":\"2.0\",\"id\":" + std::string(id);
}

}  // namespace

std::span<const ErrorName> error_names() {
  return kNames;
}

const ErrorName& error_named(std::string_view name) {
  for (const ErrorName& known : kNames) {
    if (name == known.name) return known;
  }
  abort();
}

const ErrorName& error_name(Code code) {
  return error_named(name_of(code));
}

Message read_message(const spec::JsonDocument& document) {
  JsonValue root = document.root();
  Message message;
  if (std::optional<JsonValue> twice = find_duplicate(root)) {
    message.items.push_back(refuse("", twice->error("there are two members of this name")));
    return message;
  }
  if (root.kind() != JsonKind::Array) {
    message.items.push_back(read_request(root));
    return message;
  }
  for (JsonValue item : root.items()) {
    if (message.items.size() == kMaxBatch) {
      message.items.clear();
      message.items.push_back(
          refuse("", root.error("a batch has at most %zu requests", kMaxBatch)));
      return message;
    }
    message.items.push_back(read_request(item));
  }
  message.batch = !message.items.empty();
  if (message.items.empty())
    message.items.push_back(refuse("", root.error("a batch has at least one request")));
  return message;
}

std::string result_text(std::string_view id, std::string_view result) {
  return head(id) + ",\"result\":" + std::string(result) + "}";
}

std::string error_text(std::string_view id, const ErrorName& name, const Error& error) {
  spec::JsonWriter out(spec::JsonWriter::kCompact);
  out.begin_object();
  out.field("code", name.number);
  out.field("message", error.text());
  out.key("data");
  out.begin_object();
  out.field("name", name.name);
  if (!error.hint.empty()) out.field("hint", error.hint);
  if (error.errnum != 0) out.field("errno", error.errnum);
  out.field("retryable", name.retryable);
  out.end_object();
  out.end_object();
  return head(id) + ",\"error\":" + out.take() + "}";
}

std::string error_text(std::string_view id, const Error& error) {
  return error_text(id, error_name(error.code), error);
}

std::string notification_text(std::string_view method, std::string_view params) {
  return "{\"jsonrpc\":\"2.0\",\"method\":" + json_quote(method) +
         ",\"params\":" + std::string(params) + "}";
}

std::string request_text(int64_t id, std::string_view method, std::string_view params) {
  return head(std::to_string(id)) + ",\"method\":" + json_quote(method) +
         ",\"params\":" + std::string(params) + "}";
}

std::string json_text(JsonValue value, const char* indent) {
  spec::JsonWriter out(indent);
  write_value(out, value);
  return out.take();
}

}  // namespace protocol
