#include "base/log.h"
#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "runtime/cmd/host_ps.h"
#include "runtime/cmd/output.h"
#include "runtime/container/container.h"

namespace cmd {

namespace {

std::string json(const std::vector<pid_t>& pids) {
  std::string out = "[";
  for (pid_t pid : pids) out += format("%s%d", out.size() > 1 ? "," : "", pid);
  return out + "]\n";
}

}  // namespace

Result<int> run_ps(const Invocation& call) {
  std::vector<pid_t> pids = TRY(container::processes(call.globals, call.id));
  if (call.flags.text("format") == "json") return print(json(pids));
  std::vector<std::string> args = call.rest;
  if (args.empty()) args = {"-ef"};
  Result<std::string> output = run_host_ps(args);
  if (!output && output.error().code == Code::ExecNotFound) {
    if (!call.rest.empty())
      log_warning("there is no ps on this machine: its arguments have no effect, ignoring");
    return print(own_ps(pids));
  }
  std::string text = TRY(std::move(output));
  std::string filtered = TRY(filter_ps(text, pids));
  return print(filtered);
}

}  // namespace cmd
