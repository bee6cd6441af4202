#include "base/strings.h"
#include "runtime/cmd/command.h"
#include "runtime/cmd/output.h"
#include "runtime/container/container.h"

namespace cmd {

// The status is printed and not made our own: a program that ends with 1 is not a wait that failed.
Result<int> run_wait(const Invocation& call) {
  std::optional<int> status = TRY(container::wait(call.globals, call.id));
  return print(status ? format("%d\n", *status) : std::string("unknown\n"));
}

}  // namespace cmd
