#include "runtime/plan/builder.h"

namespace plan {

Step& Builder::add(Op op, std::string what) {
  plan_.info.push_back({std::move(what), source_, phase_, code_});
  Step step = {};
  step.op = op;
  plan_.steps.push_back(step);
  return plan_.steps.back();
}

void Builder::call(std::string what, long nr, std::initializer_list<CallArg> args,
                   const CallOptions& options) {
  CallArgs& call = add(Op::Call, std::move(what)).args.call;
  call = {};
  call.nr = static_cast<int32_t>(nr);
  call.result_slot = static_cast<int16_t>(options.result_slot);
  call.tolerate[0] = options.tolerate;
  call.tolerate[1] = options.tolerate2;
  int i = 0;
  for (const CallArg& arg : args) {
    call.args[i] = arg.value;
    if (arg.is_slot) call.slot_mask = static_cast<uint8_t>(call.slot_mask | (1u << i));
    i++;
  }
}

int Builder::hand(Handed handed) {
  plan_.handed.push_back(std::move(handed));
  return static_cast<int>(plan_.handed.size()) - 1;
}

}  // namespace plan
