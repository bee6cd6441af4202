#include "runtime/cmd/command.h"
#include "runtime/cmd/output.h"
#include "runtime/container/container.h"

namespace cmd {

Result<int> run_gc(const Invocation& call) {
  container::Collected done = TRY(container::collect(call.globals));
  std::string text;
  for (const std::string& id : done.removed) text += id + "\n";
  int printed = TRY(print(text));
  if (done.failure) return *std::move(done.failure);
  return printed;
}

}  // namespace cmd
