#include "supervisor/protocol/methods.h"

#include "base/strings.h"
#include "supervisor/protocol/rpc.h"

namespace protocol {

namespace {

constexpr Field kNothing[] = {{"ok", Type::Boolean, true, "true"}};
constexpr Schema kDone = {"Done", "that it was done", kNothing};

constexpr Field kLimitFields[] = {
    {"line_bytes", Type::Count, true, "of one message"},
    {"batch", Type::Count, true, "requests in a batch"},
    {"in_flight", Type::Count, true, "requests of a connection without an answer yet; then no more are read"},
    {"connections", Type::Count, true, "at the same time"},
};
constexpr Schema kLimits = {"Limits", "what the daemon takes", kLimitFields};

constexpr Field kHelloFields[] = {
    {"api_major", Type::Count, true, "clients of another one must not go on"},
    {"api_minor", Type::Count, true, "grows when something is added"},
    {"version", Type::String, true, "of the daemon"},
    {"pid", Type::Count, true, "of the daemon"},
    {"instance", Type::String, true, "another one after each start of the daemon"},
    {"boot_id", Type::String, true, "another one after each start of the machine"},
    {"role", Type::String, true, "what this client may do", nullptr, "none|reader|operator|admin"},
    {"limits", Type::Record, true, "what the daemon takes", &kLimits},
};
constexpr Schema kHello = {"Hello", "who answers", kHelloFields};

constexpr Field kHealthFields[] = {
    {"status", Type::String, true, "degraded: it serves, but has lost something", nullptr, "ok|degraded"},
    {"uptime_ms", Type::Count, true, "since the daemon's start"},
    {"connections", Type::Count, true, "clients there are"},
    {"rss_bytes", Type::Count, true, "resident memory of the daemon"},
    {"open_fds", Type::Count, true, "its file descriptors"},
};
constexpr Schema kHealth = {"Health", "how the daemon is", kHealthFields};

constexpr Schema kOpenRpc = {"OpenRpc", "an OpenRPC document", {}};

constexpr Method kMethods[] = {
    {MethodId::Hello, "hello", "who answers, and what the caller may do", Role::None, false, {}, &kHello},
    {MethodId::Discover, "rpc.discover", "this interface, as an OpenRPC document", Role::None, false, {}, &kOpenRpc},
    {MethodId::Health, "daemon.health", "how the daemon is", Role::Reader, false, {}, &kHealth},
    {MethodId::Shutdown, "daemon.shutdown", "end the daemon; containers go on", Role::Admin, true, {}, &kDone},
};

// All records that methods name, each once, in the order met.
void collect(const Schema* schema, std::vector<const Schema*>* found) {
  for (const Schema* known : *found) {
    if (known == schema) return;
  }
  found->push_back(schema);
  for (const Field& field : schema->fields) {
    if (field.record != nullptr) collect(field.record, found);
  }
}

void write_params(spec::JsonWriter& out, const Method& method) {
  out.key("params");
  out.begin_array();
  for (const Field& field : method.params) {
    out.begin_object();
    out.field("name", field.name);
    out.field("description", field.about);
    out.field("required", field.required);
    out.key("schema");
    write_field_schema(out, field);
    out.end_object();
  }
  out.end_array();
}

void write_method(spec::JsonWriter& out, const Method& method) {
  out.begin_object();
  out.field("name", method.name);
  out.field("summary", method.summary);
  out.field("paramStructure", "by-name");
  write_params(out, method);
  out.key("result");
  out.begin_object();
  out.field("name", method.result->name);
  out.key("schema");
  out.begin_object();
  out.field("$ref", std::string("#/components/schemas/") + method.result->name);
  out.end_object();
  out.end_object();
  out.field("x-role", role_name(method.role));
  out.field("x-mutates", method.mutates);
  out.end_object();
}

void write_components(spec::JsonWriter& out) {
  std::vector<const Schema*> schemas;
  for (const Method& method : kMethods) {
    collect(method.result, &schemas);
    for (const Field& field : method.params) {
      if (field.record != nullptr) collect(field.record, &schemas);
    }
  }
  out.key("components");
  out.begin_object();
  out.key("schemas");
  out.begin_object();
  for (const Schema* schema : schemas) {
    out.key(schema->name);
    if (schema == &kOpenRpc) {
      out.begin_object();
      out.field("type", "object");
      out.end_object();
    } else {
      write_schema(out, schema->fields);
    }
  }
  out.end_object();
  out.key("x-errors");
  out.begin_object();
  for (const ErrorName& error : error_names()) out.field(error.name, error.number);
  out.end_object();
  out.end_object();
}

}  // namespace

const char* role_name(Role role) {
  switch (role) {
    case Role::None: return "none";
    case Role::Reader: return "reader";
    case Role::Operator: return "operator";
    case Role::Admin: return "admin";
  }
  return "none";
}

std::span<const Method> methods() { return kMethods; }

const Method* find_method(std::string_view name) {
  for (const Method& method : kMethods) {
    if (name == method.name) return &method;
  }
  return nullptr;
}

Error unknown_method(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Method& method : kMethods) names.emplace_back(method.name);
  Error error = Error::make(Code::Unsupported, "there is no method %s", spec::quote_briefly(name).c_str());
  std::string near = nearest(name, names);
  return std::move(error).with_hint(near.empty() ? "rpc.discover lists them" : "did you mean '" + near + "'?");
}

std::string discover_text(std::string_view version) {
  spec::JsonWriter out(spec::JsonWriter::kCompact);
  out.begin_object();
  out.field("openrpc", "1.2.6");
  out.key("info");
  out.begin_object();
  out.field("title", "rtd");
  out.field("version", version);
  out.end_object();
  out.key("methods");
  out.begin_array();
  for (const Method& method : kMethods) write_method(out, method);
  out.end_array();
  write_components(out);
  out.end_object();
  return out.take();
}

}  // namespace protocol
