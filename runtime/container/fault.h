// Faults for tests, from the environment variable RT_FAULT; without it these cost nothing.
//
//   RT_FAULT=step=17,errno=5   step 17 of the plan fails with errno 5 instead of being executed
//   RT_FAULT=step=17,kill      rt is killed (SIGKILL) when init stands before step 17
//   RT_FAULT=point=NAME,errno=5 or point=NAME,kill
//                              the same at a place of the parent's own; the names are where fault_point() is called
//
// `rt plan` numbers the steps. tests/fault walks them all.
#pragma once

#include "base/error.h"

namespace container {

int fault_step();   // -1: none
int fault_errno();  // 0: kill
Status fault_point(const char* name);
[[noreturn]] void die_of_fault();

}  // namespace container
