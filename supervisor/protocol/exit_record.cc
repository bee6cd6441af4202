#include "supervisor/protocol/exit_record.h"

#include "base/log.h"
#include "base/strings.h"

namespace protocol {

namespace {

template <class T>
std::string number_or_null(bool given, T value) {
  return given ? std::to_string(value) : "null";
}

// Of exitCode and signal, one is a number.
std::string end_fields(int exit_code, int signal, bool core_dumped, bool known = true) {
  bool signaled = signal != 0;
  return ",\"exitCode\":" + number_or_null(known && !signaled, exit_code) +
         ",\"signal\":" + number_or_null(known && signaled, signal) +
         format(",\"coreDumped\":%s", core_dumped ? "true" : "false");
}

const char* drain_name(bool drained) {
  return drained ? "complete" : "timeout";
}

}  // namespace

std::string to_json(const ExitRecord& r) {
  std::string json = "{\"v\":1,\"id\":" + json_quote(r.id) + ",\"pid\":" + std::to_string(r.pid);
  json += end_fields(r.exit_code, r.signal, r.core_dumped, !r.unknown);
  json += ",\"oomKills\":" + number_or_null(r.oom_kills.has_value(), r.oom_kills.value_or(0));
  json += ",\"createdAt\":" + json_quote(r.created_at);
  json += ",\"startedAt\":" + (r.started_at.empty() ? "null" : json_quote(r.started_at));
  json += ",\"exitedAt\":" + json_quote(r.exited_at);
  json += format(",\"drain\":\"%s\"", drain_name(r.drained));
  json += ",\"log\":{\"bytes\":" + std::to_string(r.log_bytes) +
          ",\"lostBytes\":" + std::to_string(r.lost_bytes) +
          ",\"lostLines\":" + std::to_string(r.lost_lines) + "}}\n";
  return json;
}

std::string to_json(const ExecRecord& r) {
  std::string json = "{\"v\":1,\"id\":" + json_quote(r.id) + ",\"exec\":" + json_quote(r.name);
  json += ",\"pid\":" + std::to_string(r.pid) + end_fields(r.exit_code, r.signal, r.core_dumped);
  json += ",\"startedAt\":" + json_quote(r.started_at) + ",\"exitedAt\":" + json_quote(r.exited_at);
  return json + format(",\"drain\":\"%s\"}\n", drain_name(r.drained));
}

}  // namespace protocol
