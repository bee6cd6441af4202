// Help texts, made from the table of commands.
#pragma once

#include <string>

#include "runtime/cmd/command.h"

namespace cmd {

std::string overview();                          // `rt`, `rt --help`
std::string help_text(const Command& command);   // `rt help NAME`, `rt NAME --help`
std::string usage_line(const Command& command);  // "rt run [flags] ID"

}  // namespace cmd
