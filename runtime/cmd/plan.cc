#include "base/path.h"
#include "runtime/cmd/create_options.h"
#include "runtime/cmd/output.h"
#include "runtime/container/make.h"
#include "runtime/plan/print.h"

namespace cmd {

namespace {

container::CreateOptions options_of(const Invocation& call) {
  const Parsed& flags = call.flags;
  container::CreateOptions options;
  options.id =
      call.id.empty() ? "container" : call.id;  // it shows in the names of cgroup and keyring only
  options.bundle = absolute_path(flags.text("bundle"));
  options.config_file = absolute_or_empty(flags.text("config"));
  options.no_pivot = flags.on("no-pivot");
  options.no_new_keyring = flags.on("no-new-keyring");
  options.detach = false;  // a terminal then needs no console socket, which a dry run would not use
  return options;
}

}  // namespace

Result<int> run_plan(const Invocation& call) {
  container::Blueprint drawn = TRY(container::draw(call.globals, options_of(call), true));
  bool json = call.flags.text("format") == "json";
  return print(json ? plan::print_json(drawn.plan) : plan::print_text(drawn.plan));
}

}  // namespace cmd
