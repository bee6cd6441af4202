#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "runtime/cmd/output.h"
#include "runtime/container/container.h"

namespace cmd {

namespace {

std::string ids(const std::vector<container::Info>& all) {
  std::string out;
  for (const container::Info& info : all) out += info.record.id + "\n";
  return out;
}

// null for none, as runc prints it: Go's decoders take it for an empty list.
std::string json(const std::vector<container::Info>& all) {
  if (all.empty()) return "null\n";
  std::string out = "[";
  for (const container::Info& info : all) {
    if (out.size() > 1) out += ',';
    out += state_json(info, "");
  }
  return out + "]\n";
}

std::string rows(const std::vector<container::Info>& all) {
  std::vector<std::vector<std::string>> rows = {
      {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
  for (const container::Info& info : all) {
    bool alive = info.status != spec::ContainerStatus::Stopped;
    rows.push_back({info.record.id, format("%d", alive ? info.record.init.pid : 0),
                    spec::status_name(info.status), info.record.bundle, info.record.created,
                    info.owner});
  }
  return table(rows);
}

}  // namespace

Result<int> run_list(const Invocation& call) {
  std::vector<container::Info> all = TRY(container::list(call.globals));
  if (call.flags.on("quiet")) return print(ids(all));
  if (call.flags.text("format") == "json") return print(json(all));
  return print(rows(all));
}

}  // namespace cmd
