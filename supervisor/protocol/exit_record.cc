#include "supervisor/protocol/exit_record.h"

#include "base/log.h"
#include "base/strings.h"

namespace protocol {

namespace {

template <class T>
std::string number_or_null(bool given, T value) {
  return given ? std::to_string(value) : "null";
}

}  // namespace

std::string to_json(const ExitRecord& r) {
  bool signaled = r.signal != 0;
  std::string json = "{\"v\":1,\"id\":" + json_quote(r.id) + ",\"pid\":" + std::to_string(r.pid);
  json += ",\"exitCode\":" + number_or_null(!signaled, r.exit_code);
  json += ",\"signal\":" + number_or_null(signaled, r.signal);
  json += format(",\"coreDumped\":%s", r.core_dumped ? "true" : "false");
  json += ",\"oomKills\":" + number_or_null(r.oom_kills.has_value(), r.oom_kills.value_or(0));
  json += ",\"createdAt\":" + json_quote(r.created_at);
  json += ",\"startedAt\":" + (r.started_at.empty() ? "null" : json_quote(r.started_at));
  json += ",\"exitedAt\":" + json_quote(r.exited_at);
  json += format(",\"drain\":\"%s\"", r.drained ? "complete" : "timeout");
  json += ",\"log\":{\"bytes\":" + std::to_string(r.log_bytes) + ",\"lostBytes\":" + std::to_string(r.lost_bytes) +
          ",\"lostLines\":" + std::to_string(r.lost_lines) + "}}\n";
  return json;
}

}  // namespace protocol
