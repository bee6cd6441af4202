// `rtctl events`: what has happened, and what happens.
#include <stdio.h>

#include "base/strings.h"
#include "spec/json.h"
#include "supervisor/client/command.h"
#include "supervisor/protocol/rpc.h"

namespace client {

namespace {

// "42 2026-11-24T13:40:01Z exited web status=3"; control characters cannot be in it: names and
// reasons are quoted if need be.
std::string event_line(spec::JsonValue event) {
  std::string line;
  for (spec::JsonValue item : event.items()) {
    std::string text = item.kind() == spec::JsonKind::String ? std::string(item.text())
                                                             : protocol::json_text(item);
    if (item.key() == "reason") text = protocol::json_text(item);
    bool bare =
        item.key() == "seq" || item.key() == "time" || item.key() == "type" || item.key() == "id";
    line += (line.empty() ? "" : " ") + (bare ? "" : std::string(item.key()) + "=") + text;
  }
  return line;
}

void show(spec::JsonValue event, bool json) {
  printf("%s\n", (json ? protocol::json_text(event) : event_line(event)).c_str());
  fflush(stdout);  // whoever reads is to have it now
}

Result<int> show_history(Connection* daemon, std::string params, bool json) {
  for (;;) {
    Reply reply = TRY(daemon->call("events.history", params));
    spec::JsonDocument document =
        TRY(spec::JsonDocument::parse(reply.result, "the daemon's answer"));
    std::optional<spec::JsonValue> events = document.root().find("events");
    size_t count = 0;
    if (events) {
      for (spec::JsonValue event : events->items()) show(event, json), count++;
    }
    if (count == 0) return 0;
    params = "{\"since\":" + std::to_string(TRY(document.root().get<uint64_t>("last"))) + "}";
  }
}

}  // namespace

Result<int> run_events(const Invocation& call) {
  std::string params = "{}";
  if (call.flags.given("since")) {
    std::optional<uint64_t> since = parse_number<uint64_t>(call.flags.text("since"));
    if (!since) return Error::make(Code::Usage, "--since: expected the number of an event");
    params = "{\"since\":" + std::to_string(*since) + "}";
  }
  Connection daemon = TRY(Connection::open(call.where));
  bool json = call.flags.text("format") == "json";
  if (call.flags.on("no-follow")) return show_history(&daemon, params, json);
  TRY(daemon.call("events.subscribe", params));
  for (;;) {
    std::string line = TRY(daemon.next());
    spec::JsonDocument document = TRY(spec::JsonDocument::parse(line, "the daemon's message"));
    std::optional<spec::JsonValue> event = document.root().find("params");
    std::string method = TRY(document.root().get<std::string>("method", ""));
    if (event && method == "event") show(*event, json);
    if (event && method == "events.lagged")
      fprintf(stderr, "rtctl: events %s are not kept any more\n",
              protocol::json_text(*event).c_str());
  }
}

}  // namespace client
