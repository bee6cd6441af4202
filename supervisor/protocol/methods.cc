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
    {"in_flight", Type::Count, true,
     "requests of a connection without an answer yet; then no more are read"},
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
    {"status", Type::String, true, "degraded: a container was lost to a corrupt file", nullptr,
     "ok|degraded"},
    {"uptime_ms", Type::Count, true, "since the daemon's start"},
    {"containers", Type::Count, true, "containers there are"},
    {"connections", Type::Count, true, "clients there are"},
    {"rss_bytes", Type::Count, true, "resident memory of the daemon"},
    {"open_fds", Type::Count, true, "its file descriptors"},
};
constexpr Schema kHealth = {"Health", "how the daemon is", kHealthFields};

constexpr Field kExitFields[] = {
    {"status", Type::Count, false,
     "as a shell has it: the code, or 128 + signal; absent if it is not known"},
    {"code", Type::Integer, false, "of a program that exited"},
    {"signal", Type::Count, false, "or the signal that ended it"},
    {"core_dumped", Type::Boolean, true, "whether it left a core"},
    {"oom_kills", Type::Count, false,
     "processes of the container that the kernel killed for want of memory"},
    {"started_at", Type::String, false, "RFC 3339; absent if it was never started"},
    {"exited_at", Type::String, true, "RFC 3339"},
    {"reason", Type::String, false, "why the status is not known, or how it was learned"},
    {"lost_bytes", Type::Count, true, "of the output, that the log could not take"},
    {"lost_lines", Type::Count, true, "the same, in lines"},
};
constexpr Schema kExit = {"Exit", "how a run ended", kExitFields};

constexpr Field kLogFields[] = {
    {"path", Type::String, true, "the current file; older ones have .1, .2 ... after it"},
    {"format", Type::String, true, "how it is written", nullptr, "cri|raw"},
};
constexpr Schema kLog = {"Log", "where the output goes", kLogFields};

constexpr Field kRestartFields[] = {
    {"policy", Type::String, true, "when it is started again", nullptr,
     "no|on-failure|unless-stopped|always"},
    {"max", Type::Count, true, "how often in a row, for on-failure; 0: no limit"},
    {"count", Type::Count, true, "restarts in a row so far"},
    {"pending", Type::Boolean, true, "it is about to be started again"},
};
constexpr Schema kRestart = {"Restart", "what follows an end", kRestartFields};

constexpr Field kContainerFields[] = {
    {"id", Type::String, true, "its name"},
    {"state", Type::String, true, "what it is at", nullptr,
     "creating|created|running|paused|exited|failed|stuck"},
    {"pid", Type::Count, false, "its first process, on the host"},
    {"bundle", Type::String, true, "where its config.json is"},
    {"created_at", Type::String, true, "RFC 3339"},
    {"started_at", Type::String, false, "RFC 3339"},
    {"owner", Type::Count, true, "the user whose it is"},
    {"labels", Type::Map, true, "as given"},
    {"terminal", Type::Boolean, true, "whether it has one"},
    {"stdin", Type::Boolean, true, "whether attached clients can send input"},
    {"remove", Type::Boolean, true, "whether it is removed when it ends"},
    {"monitored", Type::Boolean, true, "whether its monitor lives"},
    {"restart", Type::Record, true, "what follows an end", &kRestart},
    {"log", Type::Record, true, "where the output goes", &kLog},
    {"exit", Type::Record, false, "how the last run ended", &kExit},
    {"error", Type::String, false, "why it could not be made or started"},
};
constexpr Schema kContainer = {"Container", "a container", kContainerFields};

constexpr Field kListFields[] = {
    {"containers", Type::Records, true, "in the order of their ids", &kContainer}};
constexpr Schema kList = {"List", "containers", kListFields};

constexpr Field kLogFiles[] = {
    {"format", Type::String, true, "how they are written", nullptr, "cri|raw"},
    {"files", Type::Count, true,
     "how many descriptors come with this answer: read-only, the oldest first"},
};
constexpr Schema kLogs = {"LogFiles", "the log, as open files", kLogFiles};

constexpr Field kAttachedFields[] = {
    {"terminal", Type::Boolean, true, "whether the container has one"},
    {"stdin", Type::Boolean, true, "whether it reads input"},
};
constexpr Schema kAttached = {
    "Attached", "the connection to the container, which comes as one descriptor", kAttachedFields};

// The parameters.
constexpr const char* kIdAbout = "the container's id, or the beginning of it";
constexpr Field kOnlyId[] = {{"id", Type::String, true, kIdAbout}};
constexpr Field kCreateParams[] = {
    {"id", Type::String, false, "what to call it; else it gets a name of its own"},
    {"bundle", Type::String, false, "the path of a bundle; or:"},
    {"config", Type::Object, false, "the config.json itself; root.path in it is absolute"},
    {"labels", Type::Map, false, "kept, and not looked at"},
    {"owner", Type::Count, false, "the user who, as an operator, may act on it; else the caller"},
    {"stdin", Type::Boolean, false, "keep its standard input open for clients that attach"},
    {"remove", Type::Boolean, false, "remove it when it has ended"},
    {"weak", Type::Boolean, false, "remove it when this connection ends"},
    {"log_format", Type::String, false, "cri, if not given", nullptr, "cri|raw"},
    {"log_max_size", Type::Count, false, "bytes after which the log is rotated; 0: never"},
    {"log_max_files", Type::Count, false, "how many there may be; 5 if not given"},
    {"stop_signal", Type::String, false, "what stop sends; TERM if not given"},
    {"stop_timeout_ms", Type::Count, false,
     "how long stop waits before it kills; 10000 if not given"},
    {"restart", Type::String, false, "when to start it again; no if not given", nullptr,
     "no|on-failure|unless-stopped|always"},
    {"restart_max", Type::Count, false, "how often in a row, for on-failure; 0: no limit"},
};
constexpr Field kStopParams[] = {
    {"id", Type::String, true, kIdAbout},
    {"signal", Type::String, false, "what to send first; else the container's own"},
    {"timeout_ms", Type::Count, false, "how long to wait before KILL; else the container's own"},
};
constexpr Field kRestartParams[] = {
    {"id", Type::String, true, kIdAbout},
    {"timeout_ms", Type::Count, false, "how long to wait before KILL; else the container's own"},
};
constexpr Field kKillParams[] = {
    {"id", Type::String, true, kIdAbout},
    {"signal", Type::String, false, "KILL if not given"},
};
constexpr Field kRemoveParams[] = {
    {"id", Type::String, true, kIdAbout},
    {"force", Type::Boolean, false, "kill it first if it runs"},
};
constexpr Field kAttachParams[] = {
    {"id", Type::String, true, kIdAbout},
    {"wait", Type::Boolean, false,
     "the container waits for this client to read; else the client may miss output"},
    {"once", Type::Boolean, false, "the container's input ends with this client"},
};

constexpr Field kSinceParams[] = {
    {"since", Type::Count, false,
     "the number of the last event that is known; the ones after it are told"},
};
constexpr Field kSubscribedFields[] = {
    {"last", Type::Count, true, "the number of the last event so far"}};
constexpr Schema kSubscribed = {"Subscribed", "events follow, as notifications \"event\"",
                                kSubscribedFields};
constexpr Field kEventFields[] = {
    {"seq", Type::Count, true, "its number: one more than that of the event before"},
    {"time", Type::String, true, "RFC 3339"},
    {"type", Type::String, true, "what has happened", nullptr,
     "daemon-started|created|started|paused|resumed|exited|restarting|failed|stuck|removed|monitor-"
     "lost|corrupt"},
    {"id", Type::String, false, "to which container"},
    {"status", Type::Count, false, "of exited, if it is known"},
    {"oom_kills", Type::Count, false, "of exited, if there were any"},
    {"reason", Type::String, false,
     "of failed and corrupt, and of an exit whose status is not known"},
    {"delay_ms", Type::Count, false, "of restarting"},
    {"instance", Type::String, false, "of daemon-started"},
};
constexpr Schema kEvent = {"Event", "something that has happened", kEventFields};
constexpr Field kHistoryFields[] = {
    {"events", Type::Records, true, "in their order; about 512 KiB at most", &kEvent},
    {"last", Type::Count, true, "the number of the last of these: ask since it for more"},
};
constexpr Schema kHistory = {"History", "what has happened", kHistoryFields};

constexpr Field kResizeParams[] = {
    {"id", Type::String, true, kIdAbout},
    {"columns", Type::Count, true, "of the terminal"},
    {"rows", Type::Count, true, "of the terminal"},
};

constexpr Schema kOpenRpc = {"OpenRpc", "an OpenRPC document", {}};

constexpr Method kMethods[] = {
    {MethodId::Hello,
     "hello",
     "who answers, and what the caller may do",
     Role::None,
     false,
     {},
     &kHello},
    {MethodId::Discover,
     "rpc.discover",
     "this interface, as an OpenRPC document",
     Role::None,
     false,
     {},
     &kOpenRpc},
    {MethodId::Health, "daemon.health", "how the daemon is", Role::Reader, false, {}, &kHealth},
    {MethodId::Shutdown,
     "daemon.shutdown",
     "end the daemon; containers go on",
     Role::Admin,
     true,
     {},
     &kDone},
    {MethodId::Create, "container.create", "make a container", Role::Admin, true, kCreateParams,
     &kContainer},
    {MethodId::Run, "container.run", "make a container and start it", Role::Admin, true,
     kCreateParams, &kContainer},
    {MethodId::Start, "container.start", "start what was created or has ended", Role::Operator,
     true, kOnlyId, &kContainer},
    {MethodId::Stop, "container.stop", "end it, by KILL if need be", Role::Operator, true,
     kStopParams, &kContainer},
    {MethodId::Kill, "container.kill", "send a signal to its first process", Role::Operator, true,
     kKillParams, &kDone},
    {MethodId::Pause, "container.pause", "freeze its processes", Role::Operator, true, kOnlyId,
     &kContainer},
    {MethodId::Resume, "container.resume", "go on after a pause", Role::Operator, true, kOnlyId,
     &kContainer},
    {MethodId::Restart, "container.restart", "stop and start", Role::Operator, true, kRestartParams,
     &kContainer},
    {MethodId::Remove, "container.remove", "forget it, with its log", Role::Operator, true,
     kRemoveParams, &kDone},
    {MethodId::List, "container.list", "all containers", Role::Reader, false, {}, &kList},
    {MethodId::Inspect, "container.inspect", "one container", Role::Reader, false, kOnlyId,
     &kContainer},
    {MethodId::Wait, "container.wait", "answered when it has no process", Role::Reader, false,
     kOnlyId, &kContainer},
    {MethodId::Attach, "container.attach", "its input and output (man rtmon, ATTACHING)",
     Role::Operator, true, kAttachParams, &kAttached},
    {MethodId::Resize, "container.resize", "set the size of its terminal", Role::Operator, true,
     kResizeParams, &kDone},
    {MethodId::Logs, "container.logs", "its log, as open files", Role::Operator, false, kOnlyId,
     &kLogs},
    {MethodId::Subscribe, "events.subscribe", "be told of what happens, without a gap",
     Role::Reader, false, kSinceParams, &kSubscribed},
    {MethodId::History, "events.history", "what has happened", Role::Reader, false, kSinceParams,
     &kHistory},
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

std::span<const Method> methods() {
  return kMethods;
}

const Method* find_method(std::string_view name) {
  for (const Method& method : kMethods) {
    if (name == method.name) return &method;
  }
  return nullptr;
}

Error unknown_method(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Method& method : kMethods) names.emplace_back(method.name);
  Error error =
      Error::make(Code::Unsupported, "there is no method %s", spec::quote_briefly(name).c_str());
  std::string near = nearest(name, names);
  return std::move(error).with_hint(near.empty() ? "rpc.discover lists them"
                                                 : "did you mean '" + near + "'?");
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
