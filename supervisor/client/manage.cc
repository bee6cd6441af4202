// The commands that act on containers, one call each, and those that show them.
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strings.h"
#include "spec/json.h"
#include "spec/json_writer.h"
#include "supervisor/client/command.h"
#include "supervisor/client/show.h"
#include "supervisor/protocol/rpc.h"

namespace client {

namespace {

// One call for each container named. One that fails does not keep the others from their turn; its
// error counts.
Result<int> for_each(const Invocation& call, const char* method, const std::string& more = "") {
  Connection daemon = TRY(Connection::open(call.where));
  int status = 0;
  for (const std::string& name : call.args) {
    std::string params = id_params(name);
    if (!more.empty()) params = params.substr(0, params.size() - 1) + "," + more + "}";
    Result<Reply> reply = daemon.call(method, params);
    if (reply) {
      printf("%s\n", name.c_str());
      continue;
    }
    fprintf(stderr, "rtctl: %s\n", reply.error().text().c_str());
    if (!reply.error().hint.empty()) fprintf(stderr, "hint: %s\n", reply.error().hint.c_str());
    status = 1;
  }
  return status;
}

std::string timeout_member(const flags::Parsed& given) {
  return given.given("time") ? format("\"timeout_ms\":%lld", 1000LL * given.number("time")) : "";
}

std::string signal_member(const flags::Parsed& given) {
  return given.given("signal") ? "\"signal\":" + spec::quote_briefly(given.text("signal")) : "";
}

Result<std::string> inspect(Connection* daemon, const std::string& name, const char* method) {
  Reply reply = TRY(daemon->call(method, id_params(name)));
  return std::move(reply.result);
}

}  // namespace

Result<int> run_start(const Invocation& call) {
  return for_each(call, "container.start");
}
Result<int> run_pause(const Invocation& call) {
  return for_each(call, "container.pause");
}
Result<int> run_resume(const Invocation& call) {
  return for_each(call, "container.resume");
}
Result<int> run_restart(const Invocation& call) {
  return for_each(call, "container.restart", timeout_member(call.flags));
}
Result<int> run_kill(const Invocation& call) {
  return for_each(call, "container.kill", signal_member(call.flags));
}
Result<int> run_rm(const Invocation& call) {
  return for_each(call, "container.remove", call.flags.on("force") ? "\"force\":true" : "");
}
Result<int> run_stop(const Invocation& call) {
  std::string time = timeout_member(call.flags), signal = signal_member(call.flags);
  return for_each(call, "container.stop",
                  time + (time.empty() || signal.empty() ? "" : ",") + signal);
}

Result<int> run_wait(const Invocation& call) {
  Connection daemon = TRY(Connection::open(call.where));
  for (const std::string& name : call.args) {
    std::string text = TRY(inspect(&daemon, name, "container.wait"));
    spec::JsonDocument document = TRY(spec::JsonDocument::parse(text, "the daemon's answer"));
    std::optional<spec::JsonValue> exit = document.root().find("exit");
    std::optional<spec::JsonValue> status = exit ? exit->find("status") : std::nullopt;
    printf("%s\n", status ? std::string(status->text()).c_str() : "unknown");
  }
  return 0;
}

Result<int> run_inspect(const Invocation& call) {
  Connection daemon = TRY(Connection::open(call.where));
  std::string all = "[";
  for (const std::string& name : call.args) {
    std::string text = TRY(inspect(&daemon, name, "container.inspect"));
    all += (all.size() > 1 ? "," : "") + text;
  }
  return print_json(all + "]");
}

Result<int> run_ps(const Invocation& call) {
  Connection daemon = TRY(Connection::open(call.where));
  Reply reply = TRY(daemon.call("container.list", "{}"));
  spec::JsonDocument document = TRY(spec::JsonDocument::parse(reply.result, "the daemon's answer"));
  std::optional<spec::JsonValue> list = document.root().find("containers");
  if (!list) return document.root().missing("containers");
  std::vector<std::vector<std::string>> rows = {
      {"ID", "STATE", "PID", "STATUS", "RESTARTS", "CREATED"}};
  std::string json = "[";
  for (spec::JsonValue container : list->items()) {
    std::string state = TRY(container.get<std::string>("state"));
    bool runs = state == "running" || state == "paused" || state == "stuck";
    if (!runs && !call.flags.on("all")) continue;
    json += (json.size() > 1 ? "," : "") + protocol::json_text(container);
    rows.push_back(TRY(container_row(container, state)));
  }
  if (call.flags.text("format") == "json") return print_json(json + "]");
  if (call.flags.on("quiet")) {
    for (size_t i = 1; i < rows.size(); i++) printf("%s\n", rows[i][0].c_str());
    return 0;
  }
  print_table(rows);
  return 0;
}

Result<int> run_info(const Invocation& call) {
  Connection daemon = TRY(Connection::open(call.where));
  Reply hello = TRY(daemon.call("hello", "{}")), health = TRY(daemon.call("daemon.health", "{}"));
  if (call.flags.text("format") == "json")
    return print_json("{\"daemon\":" + hello.result + ",\"health\":" + health.result + "}");
  for (const std::string* part : {&hello.result, &health.result}) {
    spec::JsonDocument document = TRY(spec::JsonDocument::parse(*part, "the daemon's answer"));
    for (spec::JsonValue item : document.root().items()) {
      if (item.kind() == spec::JsonKind::Object) continue;
      printf("%-14s %s\n", std::string(item.key()).c_str(), std::string(item.text()).c_str());
    }
  }
  return 0;
}

}  // namespace client
