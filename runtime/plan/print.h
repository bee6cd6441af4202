// The plan for reading: what `rt plan` prints. What is printed is what runs.
#pragma once

#include <string>

#include "runtime/plan/plan.h"

namespace plan {

std::string print_text(const Plan& plan);  // a numbered step a line, under its phase
// {"namespaces":{...},"steps":[{"step","phase","op","what","source"}...]}
std::string print_json(const Plan& plan);

std::string_view op_name(Op op);  // "call", "mount-new"

}  // namespace plan
