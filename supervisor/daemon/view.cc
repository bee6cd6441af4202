// A container as clients see it.
#include "spec/json_writer.h"
#include "supervisor/daemon/api.h"

namespace rtd {

namespace {

void optional_text(spec::JsonWriter& out, const char* name, const std::string& text) {
  if (!text.empty()) out.field(name, text);
}

void write_exit(spec::JsonWriter& out, const LastExit& exit) {
  out.key("exit");
  out.begin_object();
  if (exit.status()) out.field("status", *exit.status());
  if (exit.code) out.field("code", *exit.code);
  if (exit.signal) out.field("signal", *exit.signal);
  out.field("core_dumped", exit.core_dumped);
  if (exit.oom_kills) out.field("oom_kills", *exit.oom_kills);
  optional_text(out, "started_at", exit.started_at);
  out.field("exited_at", exit.exited_at);
  optional_text(out, "reason", exit.reason);
  out.field("lost_bytes", exit.lost_bytes);
  out.field("lost_lines", exit.lost_lines);
  out.end_object();
}

}  // namespace

std::string container_json(const Keeper& keeper, const Container& container) {
  const Record& record = container.record;
  spec::JsonWriter out(spec::JsonWriter::kCompact);
  out.begin_object();
  out.field("id", record.id);
  out.field("state", state_name(container.state));
  if (record.pid > 0) out.field("pid", record.pid);
  out.field("bundle", record.bundle);
  out.field("created_at", record.created_at);
  if (container.alive()) optional_text(out, "started_at", record.started_at);
  out.field("owner", record.owner);
  out.key("labels");
  out.begin_object();
  for (const auto& [name, value] : record.labels) out.field(name, value);
  out.end_object();
  out.field("terminal", record.terminal);
  out.field("stdin", record.input);
  out.field("remove", record.remove);
  out.field("monitored", container.monitor != nullptr);
  out.key("restart");
  out.begin_object();
  out.field("policy", record.restart);
  out.field("max", record.restart_max);
  out.field("count", record.restarts);
  out.field("pending", container.restart_timer != 0);
  out.end_object();
  out.key("log");
  out.begin_object();
  out.field("path", keeper.log_path(container));
  out.field("format", record.log_format);
  out.end_object();
  if (record.exit) write_exit(out, *record.exit);
  optional_text(out, "error", record.error);
  out.end_object();
  return out.take();
}

}  // namespace rtd
