// `rt plan`: the dry run. The plan is the one that create would hand to init, so nothing here can differ from what happens.
#include "runtime/container/container.h"
#include "runtime/container/make.h"
#include "runtime/plan/print.h"

namespace container {

Result<std::string> describe_plan(const Globals& globals, const CreateOptions& options, bool json) {
  Blueprint blueprint = TRY(draw(globals, options, options.detach));
  return json ? plan::print_json(blueprint.plan) : plan::print_text(blueprint.plan);
}

}  // namespace container
